from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from emotion import EMOTIONS, InputError
from emotion.analysis.engine import Engine
from emotion.explain.explanation import explain
from emotion.face.frame import Face
from emotion.measure.calibration import CERTAINTIES
from emotion.page.session import EMPTY, FIRST_KIND, FORGOTTEN, NOTHING_ELSE, WORKING, Host, Visit

HAPPY = EMOTIONS.index("happy")
RECORD = {
    "sha256": "0" * 64,
    "not_sure": {"certainty": next(iter(CERTAINTIES)), "threshold": 0.1},
    "faults": {name: {"limit": None} for name in ("small", "blurred", "dark", "bright", "cut", "turned")},
    "validation": {
        "count": 10,
        "accuracy": 0.6,
        "recall": dict.fromkeys(EMOTIONS, 0.6),
        "not_sure": {"answered": 5, "accuracy": 0.8},
    },
}
BOXES = (0, 48, 48, 0), (10, 40, 40, 10)
ANGLES = np.linspace(0, 2 * np.pi, 68, endpoint=False)


class ToyModel:
    """Happier with every bright pixel in the lower half; counts the pictures that it is asked about."""

    def __init__(self):
        self.asked = 0

    def __call__(self, pixels):
        self.asked += len(pixels)
        probabilities = np.full((len(pixels), 7), 0.05)
        probabilities[:, HAPPY] += 0.65 * pixels[:, 24:].mean(axis=(1, 2)) / 255
        probabilities[:, 0] += 0.65 - 0.65 * pixels[:, 24:].mean(axis=(1, 2)) / 255
        return probabilities


def face(box):
    pixels = np.zeros((48, 48), np.uint8)
    pixels[24:, :32] = 255
    landmarks = 24 + 20 * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
    crop = np.repeat(pixels[..., None], 3, axis=2)
    return Face(box, landmarks, np.array([[1.0, 0, 0], [0, 1.0, 0]]), crop, pixels, 0.0)


@pytest.fixture
def model():
    return ToyModel()


@pytest.fixture
def host(model):
    """A host whose photos show two faces, the second inside of the first's box; maps take three rounds."""

    def three_rounds(pixels, regions, names):
        *_, explanation = explain(pixels, regions, names, model, rounds=(1,))
        for count in (100, 200, 300):
            yield replace(explanation, num_samples=count, stable=count == 300)

    return Host(Engine(lambda photo: [face(box) for box in BOXES], model, three_rounds), RECORD, None)


@pytest.fixture
def photo(tmp_path):
    Image.new("RGB", (48, 48)).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.fixture
def visit(host, photo):
    """A visit whose first map is there."""
    visit, _ = host.begin(None, True)
    host.look(visit, photo)
    list(host.explain(visit))
    return visit


def test_before_a_photo_the_page_says_what_it_waits_for(host):
    assert EMPTY in host.begin(None, False)[1]["chart"]
    assert WORKING in host.begin(None, True)[1]["chart"]


def test_the_answer_is_there_before_the_map(host, photo):
    visit, _ = host.begin(None, True)
    contents = host.look(visit, photo)
    assert contents["map"]["value"] is None
    assert "class='top' data-emotion='happy'" in contents["chart"]
    assert contents["picker"] == {"choices": ["face 1", "face 2"], "value": "face 1", "visible": True}


def test_a_map_is_shown_from_the_first_round_on_and_says_when_it_is_done(host, photo):
    visit, _ = host.begin(None, True)
    host.look(visit, photo)
    progress = [contents["progress"] for contents in host.explain(visit)]
    assert [count in text for count, text in zip(("100", "200", "300", "300"), progress, strict=True)] == [True] * 4
    assert ["working" in text for text in progress] == [True, True, True, False]


def test_the_seven_maps_are_drawn_side_by_side_once_they_are_the_last_ones(host, photo):
    visit, _ = host.begin(None, given=True)
    host.look(visit, photo)
    *earlier, last = [contents["sheet"]["value"] for contents in host.explain(visit)]
    assert len(earlier) == 3
    assert earlier == [None] * 3
    assert last.shape[2] == 3
    assert host.ask(visit, "sad", NOTHING_ELSE, FIRST_KIND)["sheet"]["value"].shape == last.shape


def test_a_new_photo_stops_the_work_for_the_last_one(photo, model):
    rounds = []

    def endless(pixels, regions, names):
        *_, explanation = explain(pixels, regions, names, model, rounds=(1,))
        try:
            while True:
                rounds.append("asked")
                yield explanation
        finally:
            rounds.append("stopped")

    host = Host(Engine(lambda photo: [face(BOXES[0])], model, endless), RECORD, None)
    first, _ = host.begin(None, True)
    host.look(first, photo)
    maps = host.explain(first)
    next(maps)
    host.begin(first, True)
    assert list(maps) == []
    assert rounds == ["asked", "asked", "stopped"]


def test_faces_that_are_found_too_late_are_not_shown(host, photo):
    first, _ = host.begin(None, True)
    host.begin(first, True)
    assert host.look(first, photo) == {}
    assert list(host.explain(first)) == []


def test_a_photo_without_a_face_says_so_where_the_answer_would_be(host, photo):
    def none(photo):
        raise InputError("No face was found. Expected one. Try <another>.")

    refusing = Host(replace(host.engine, find_faces=none), RECORD, None)
    visit, _ = refusing.begin(None, True)
    contents = refusing.look(visit, photo)
    assert "No face was found. Expected one. Try &lt;another&gt;." in contents["chart"]
    assert "failed" in contents["chart"]
    assert list(refusing.explain(visit)) == []


def test_a_map_that_took_too_long_says_so_and_leaves_the_answer(host, photo):
    def slow(pixels, regions, names):
        raise InputError("The heat map took too long. Expected less. Try again.")
        yield

    late = Host(replace(host.engine, explain=slow), RECORD, None)
    visit, _ = late.begin(None, True)
    late.look(visit, photo)
    [contents] = late.explain(visit)
    assert list(contents) == ["progress"]
    assert "The heat map took too long." in contents["progress"]


def test_no_emotion_and_no_comparison_asks_the_model_again(host, visit, model):
    before = model.asked
    for emotion in EMOTIONS:
        for other in (NOTHING_ELSE, *EMOTIONS):
            host.ask(visit, emotion, other, FIRST_KIND)
            assert list(host.explain(visit)) == []
    assert model.asked == before


def test_a_comparison_names_both_emotions_and_one_with_itself_is_none(host, visit):
    contents = host.ask(visit, "happy", "angry", FIRST_KIND)
    assert contents["map"]["alt_text"].startswith("Heat map for happy rather than angry. ")
    assert "happy rather than angry" in contents["regions"]
    assert "rather than" not in host.ask(visit, "happy", "happy", FIRST_KIND)["map"]["alt_text"]
    assert "happy" not in host.ask(visit, "happy", "sad", FIRST_KIND)["other"]["choices"]


def test_the_other_kind_of_regions_is_explained_once_and_kept(host, visit, model):
    contents = host.ask(visit, "happy", NOTHING_ELSE, "face parts")
    assert contents["map"]["value"] is None
    *_, last = host.explain(visit)
    assert "background" in last["regions"]
    assert "background 1" not in last["regions"]
    before = model.asked
    assert host.ask(visit, "happy", NOTHING_ELSE, FIRST_KIND)["map"]["value"] is not None
    assert host.ask(visit, "happy", NOTHING_ELSE, "face parts")["map"]["value"] is not None
    assert list(host.explain(visit)) == []
    assert model.asked == before


def test_another_kind_of_regions_ends_the_work_on_the_first_and_coming_back_shows_no_coarser_map(host, photo):
    visit, _ = host.begin(None, True)
    host.look(visit, photo)
    superpixels = host.explain(visit)
    assert "100 faces" in next(superpixels)["progress"]
    assert "200 faces" in next(superpixels)["progress"]
    host.ask(visit, "happy", NOTHING_ELSE, "face parts")
    assert list(superpixels) == []
    parts = host.explain(visit)
    assert "100 faces" in next(parts)["progress"]
    assert "200 faces" in host.ask(visit, "happy", NOTHING_ELSE, FIRST_KIND)["progress"]
    assert list(parts) == []
    assert ["200 faces" in contents["progress"] for contents in host.explain(visit)] == [False, False]
    assert visit.done == {FIRST_KIND}
    assert visit.explanation.num_samples == 300


def test_the_emotion_that_is_asked_for_meanwhile_is_the_one_that_is_drawn_next(host, photo):
    visit, _ = host.begin(None, True)
    host.look(visit, photo)
    maps = host.explain(visit)
    assert "for happy" in next(maps)["map"]["alt_text"]
    host.ask(visit, "fear", NOTHING_ELSE, FIRST_KIND)
    assert "for fear" in next(maps)["map"]["alt_text"]


def test_a_hidden_region_is_asked_about_and_told_beside_what_the_map_promised(host, visit, model):
    host.ask(visit, "happy", NOTHING_ELSE, FIRST_KIND)
    region = int(visit.explanation.weights[:, HAPPY].argmax())
    before = model.asked
    text = host.hide(visit, [region])["test"]
    assert model.asked == before + 1
    assert f"With {visit.explanation.names[region]} hidden, happy " in text
    assert "The map promised −" in text
    assert f"The face with these parts blurred: {visit.explanation.names[region]}" in text


def test_what_is_no_region_is_passed_over(host, visit):
    host.hide(visit, [1, 400, -1, "2", None])
    assert visit.hidden == [1]


def test_a_click_hides_a_region_and_another_shows_it_again(host, visit):
    contents = host.toggle(visit, 3)
    assert "value='3' checked" in contents["regions"]
    assert contents["regions"].count("checked") == 1
    assert "checked" not in host.toggle(visit, 3)["regions"]
    assert visit.hidden == []


def test_a_point_of_the_map_is_the_region_that_is_drawn_there(host, visit):
    # The drawing is 576 pixels wide: 12 for each of the 48.
    assert host.region_at(visit, 0, 575) == visit.explanation.regions[47, 0]
    assert host.region_at(visit, 299, 12) == visit.explanation.regions[1, 24]
    assert host.region_at(visit, 10, 576) is None  # the colour bar
    assert host.region_at(Visit(), 10, 10) is None


def test_a_click_on_two_faces_means_the_smaller_one(host, visit):
    assert host.face_at(visit, 20, 20) == 1
    assert host.face_at(visit, 2, 2) == 0
    assert host.face_at(visit, 60, 20) is None


def test_another_face_ends_the_work_for_the_last_and_keeps_the_kind_of_regions(host, visit):
    host.ask(visit, "happy", NOTHING_ELSE, "face parts")
    turned, contents = host.choose(visit, 1)
    assert visit.ended.is_set()
    assert turned.kind == "face parts"
    assert contents["picker"]["value"] == "face 2"
    assert "Face 2 of 2" in contents["seen"]
    assert contents["map"]["value"] is None


def test_what_is_taken_home_is_of_the_map_on_show(host, visit):
    result = host.take_result(visit)
    assert result["names"] == list(visit.explanation.names)
    assert result["kind"] == FIRST_KIND
    assert host.take_card(visit).shape[2] == 3
    assert host.take_result(Visit()) is None
    assert host.take_card(Visit()) is None


def test_a_visitor_who_was_forgotten_is_told_why(host):
    assert FORGOTTEN in host.forgotten()["chart"]
