"""What the bench of finding faces draws and counts; its figures are no tests."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from emotion.data.load import Faces
from emotion.face.find import BOX_SIDE, FRAME_RISE, FRAME_SPREAD, find_faces
from emotion.face.photo import read_photo
from tests.bench import finding, looks, pieces
from tests.bench.finding import are_taken_for_faces, measure_portraits, measure_variants, summarise
from tests.bench.frames import places_in_frames
from tests.bench.framing import measure_framing
from tests.bench.looks import Look, Looks, look_at
from tests.bench.pasted import NUM_VARIANTS, Paste, licensed_photos, paste, pictures_without_a_face, render
from tests.visitor import ASTRONAUT

WHITE = np.full((48, 48), 255, np.uint8)


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """A folder of its own for the looks."""
    monkeypatch.setattr(pieces, "RUNS", tmp_path)
    return tmp_path


def white_of(pasted):
    """(top, bottom, left, right) of what is wholly white, in photo pixels, right and bottom exclusive."""
    rows, columns = np.nonzero((pasted.photo == 255).all(axis=2))
    return rows.min(), rows.max() + 1, columns.min(), columns.max() + 1


def test_a_face_lies_where_it_is_said_to_lie():
    pasted = paste(WHITE, number=3, side=100)  # on bricks, which are nowhere white
    top, bottom, left, right = white_of(pasted)
    assert pasted.photo.shape == (480, 640, 3)
    assert (right - left, bottom - top) == (100, 100)
    assert pasted.centre.tolist() == [(left + right) / 2, (top + bottom) / 2]


def test_a_face_turns_about_its_middle_clockwise():
    half = WHITE.copy()
    half[24:] = 0  # white above, black below
    pasted = paste(half, number=3, side=100, degrees=90)
    top, bottom, left, right = white_of(pasted)
    assert (left + right) / 2 > pasted.centre[0] + 20  # what was above is to the right
    assert (top + bottom) / 2 == pytest.approx(pasted.centre[1], abs=1)


def test_a_share_of_the_face_lies_past_the_border():
    top, bottom, left, right = white_of(paste(WHITE, number=3, side=100, cut=0.3))
    assert (top, bottom) == (0, 70)
    assert right - left == 100


def test_a_bar_covers_a_share_of_the_face():
    top, bottom, left, right = white_of(paste(WHITE, number=3, side=100, covered=0.25))
    assert (bottom - top) * (right - left) == 75 * 100


def test_half_the_light_is_half_as_bright():
    assert paste(WHITE, number=3, light=0.5).photo.max() == 127


def test_a_face_is_found_only_in_its_place():
    photo = read_photo(ASTRONAUT)
    (face,) = find_faces(photo)
    centre = face.frame @ (24, 24, 1)
    look = look_at(Paste(photo, centre + np.array([0, 0.1 * face.side]), face.side))
    assert np.array_equal(look.pixels, face.pixels)
    assert (look.centre_error, look.side_ratio) == pytest.approx((0.1, 1))
    assert look.false_faces == 0
    assert look_at(Paste(photo, centre + np.array([0, face.side]), face.side)) == Look(None, None, None, 1)


@pytest.fixture
def white_face():
    """(photo, face): black, with a white square of 40 pixels for a face."""
    photo = np.zeros((160, 240, 3), np.uint8)
    photo[60:100, 70:110] = 255
    return photo, SimpleNamespace(side=40, frame=np.array([[40 / 48, 0, 70], [0, 40 / 48, 60]]))


def whites_of(pasted):
    """(number, (x, y) of the middle) of a variant's white pixels."""
    rows, columns = np.nonzero(pasted.photo[..., 0] > 180)
    return len(rows), np.array([columns.mean() + 0.5, rows.mean() + 0.5])


@pytest.mark.parametrize("number", range(NUM_VARIANTS))
@pytest.mark.parametrize("degrees", [0, 60, 180])
def test_a_variants_face_lies_where_it_is_said_to_lie(white_face, number, degrees):
    pasted = render(*white_face, number, side=80, degrees=degrees)
    count, middle = whites_of(pasted)
    assert count == pytest.approx(80**2, rel=0.02)
    assert middle == pytest.approx(pasted.centre, abs=1)


@pytest.mark.parametrize("number", range(NUM_VARIANTS))
@pytest.mark.parametrize("how", ["covered", "cut"])
def test_a_share_of_a_variants_face_is_covered_or_cut_off(white_face, number, how):
    pasted = render(*white_face, number, side=80, **{how: 0.3})
    count, middle = whites_of(pasted)
    assert count == pytest.approx(0.7 * 80**2, rel=0.02)
    assert np.hypot(*(middle - pasted.centre)) == pytest.approx(0.3 / 2 * 80, abs=1)


def test_variants_of_a_photo_all_differ(white_face):
    variants = [render(*white_face, number, covered=0.3).photo for number in range(NUM_VARIANTS)]
    assert len({variant.tobytes() for variant in variants}) == NUM_VARIANTS


def test_half_the_light_makes_a_variant_half_as_bright(white_face):
    assert render(*white_face, 0, light=0.5).photo.max() == 127


@pytest.mark.slow
def test_variants_of_each_licensed_photo_are_counted_apart(runs, monkeypatch):
    monkeypatch.setattr(finding, "CONDITIONS", {"share covered by a grey bar": ("covered", (0, 1))})
    monkeypatch.setattr(finding, "NUM_VARIANTS", 1)
    plain, hidden = measure_variants(always_angry)["share covered by a grey bar"]
    assert plain["of_photo"] == {key: {"count": 1, "found": 1, "alike": 1} for key in licensed_photos()}
    assert (plain["count"], plain["found"], plain["false_faces"], plain["framed"]) == (3, 1, 0, 1)
    assert (plain["centre_error"], plain["side_ratio"]) == pytest.approx((0, 1), abs=0.1)
    assert hidden["of_photo"] == {key: {"count": 1, "found": 0, "alike": 0} for key in licensed_photos()}


def test_places_in_a_frame_are_counted_in_its_sides_and_upright():
    face = find_faces(read_photo(ASTRONAUT))[0].pixels
    upright, tilted = (
        places_in_frames([paste(face, 3, side=200, degrees=degrees, size=(350, 350))]) for degrees in (0, 12)
    )
    for rows in (upright, tilted):
        assert {name: (row["count"], row["found"]) for name, row in rows.items()} == dict.fromkeys(rows, (1, 1))
        # She was framed by these landmarks.
        spread, across, down = (rows["landmarks"][name][0] for name in ("side", "across", "down"))
        assert spread == pytest.approx(FRAME_SPREAD, rel=0.03)
        assert (across, down) == pytest.approx((0.5, 0.5 + FRAME_RISE), abs=0.02)
    assert upright["HOG's box"]["side"][0] == pytest.approx(BOX_SIDE, rel=0.12)


def test_where_nothing_is_found_no_place_is_counted():
    rows = places_in_frames([paste(np.zeros_like(WHITE), 3)])
    assert rows["landmarks"] == {"count": 1, "found": 0}


def always_angry(pixels):
    return np.eye(7)[np.zeros(len(pixels), int)]


def test_what_was_found_is_summed_up():
    faces = Faces(np.stack([WHITE] * 4), np.array([0, 0, 1, 1]), ())
    seen = [Look(WHITE, 0.1, 0.8, 0), Look(None, None, None, 2), Look(WHITE, 0.3, 1.0, 1)]
    row = summarise(faces, seen, always_angry)
    assert row["count"] == 3
    assert row["found"] == pytest.approx(2 / 3)
    assert row["false_faces"] == 3
    assert (row["centre_error"], row["side_ratio"]) == pytest.approx((0.2, 0.9))
    assert row["given"] == row["framed"] == 0.5  # of the two found, one is angry


def test_where_nothing_is_found_there_is_no_accuracy():
    faces = Faces(WHITE[None], np.array([0]), ())
    row = summarise(faces, [Look(None, None, None, 0)], always_angry)
    assert row["found"] == 0
    assert row["centre_error"] is row["given"] is row["framed"] is None


@pytest.mark.slow
def test_looks_are_those_that_look_at_gives_and_are_taken_once(runs, monkeypatch):
    face = find_faces(read_photo(ASTRONAUT))[0].pixels
    faces = Faces(np.stack([face, WHITE]), np.array([4, 4]), ())
    seen, blank = Looks()(faces, side=[160, 120], light=0.9)
    alone = look_at(paste(face, 0, side=160, light=0.9))
    assert np.array_equal(seen.pixels, alone.pixels)
    assert (seen.centre_error, seen.side_ratio) == (alone.centre_error, alone.side_ratio)
    assert blank == Look(None, None, None, 0)
    monkeypatch.setattr(looks.multiprocessing, "get_context", pytest.fail)
    again, _ = Looks()(faces, side=[160, 120], light=0.9)
    assert np.array_equal(again.pixels, seen.pixels)
    with pytest.raises(pytest.fail.Exception):
        Looks()(faces, side=[160, 121], light=0.9)


def test_what_framing_costs_is_counted_on_the_faces_that_were_found():
    faces = Faces(np.stack([WHITE] * 5), np.array([0, 0, 1, 1, 1]), ())
    black = np.zeros_like(WHITE)
    seen = [
        Look(WHITE, 0, 1.1, 0),
        Look(black, 0, 1.2, 0),
        Look(WHITE, 0, 0.8, 0),
        Look(black, 0, 1.0, 0),
        Look(None, None, None, 0),
    ]

    def angry_where_white(pixels):
        return np.eye(7)[np.where(pixels.mean(axis=(1, 2)) > 128, 0, 1)]

    table = measure_framing(faces, angry_where_white, lambda *_, **__: seen)
    expected = {
        "angry": {"count": 2, "found": 2, "given": 1, "cut_again": 1, "framed": 0.5, "side_ratio": pytest.approx(1.15)},
        "disgust": {"count": 3, "found": 2, "given": 0, "cut_again": 0, "framed": 0.5, "side_ratio": 0.9},
        "fear": {"count": 0, "found": 0, "given": None, "cut_again": None, "framed": None, "side_ratio": None},
    }
    for name, row in expected.items():
        assert table[name] | {"lost": None} == row | {"lost": None}
    assert table["fear"]["lost"] is None
    lost, low, high = table["all"]["lost"]  # of -1, 0, 0, 1
    assert (lost, high) == pytest.approx((0, 1.96 * np.sqrt(2 / 3) / 2))
    assert low == -high


@pytest.mark.slow
def test_the_rate_without_what_nobody_took_for_a_face_stands_beside_the_whole_one(runs):
    face = find_faces(read_photo(ASTRONAUT))[0].pixels
    votes = np.zeros((2, 10), int)
    votes[0, 4] = 10
    faces = Faces(np.stack([face, WHITE]), np.array([4, 4]), ("face", "white"), votes)
    record = measure_portraits(faces, Looks())
    assert (record["count"], record["found"], record["missed"]) == (2, 0.5, ["white"])
    assert (record["taken_for_faces"]["count"], record["taken_for_faces"]["found"]) == (1, 1)


def test_a_picture_is_no_face_where_half_of_the_voters_say_so_or_there_are_none():
    votes = np.zeros((4, 10), int)
    votes[0, :2] = 3, 7
    votes[1, [3, 9]] = 6, 4  # the last choice is "not a face"
    votes[2, [3, 9]] = 5, 5
    assert are_taken_for_faces(votes).tolist() == [True, True, False, False]


def test_pictures_without_a_face_are_photos_and_all_differ():
    pictures = dict(pictures_without_a_face())
    assert len(pictures) >= 30
    assert len({photo.tobytes() for photo in pictures.values()}) == len(pictures)
    for photo in pictures.values():
        assert photo.dtype == np.uint8
        assert photo.shape[2] == 3
        assert np.ptp(photo) > 50


@pytest.mark.parametrize(("weights", "kept"), [("these", True), ("others", False)])
def test_a_part_that_a_stopped_run_did_not_reach_stays_if_it_is_of_the_same_weights(tmp_path, weights, kept):
    (tmp_path / "faces.json").write_text(json.dumps({"weights": "these", "conditions": {}, "portraits": 1}))
    parts = {"portraits": lambda: 2}
    finding.write_parts(parts, tmp_path / "faces.json", {"weights": weights})
    record = json.loads((tmp_path / "faces.json").read_text())
    assert record["portraits"] == 2
    assert record["weights"] == weights
    assert ("conditions" in record) == kept
