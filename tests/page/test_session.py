import base64
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from emotion import EMOTIONS, InputError
from emotion.analysis.engine import Engine
from emotion.analysis.pipeline import FIRST_KIND
from emotion.analysis.turns import Stage
from emotion.explain.explanation import explain
from emotion.explain.masks import hidden
from emotion.page.collection import Collection
from emotion.page.session import Host, newest
from emotion.page.texts import FORGOTTEN, LOADING, STOPPED, WORKING
from emotion.page.visit import Visit
from emotion.page.waiting import look_closer_in_turn

HAPPY = EMOTIONS.index("happy")
BOXES = (0, 48, 48, 0), (10, 40, 40, 10)


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


@pytest.fixture
def model():
    return ToyModel()


@pytest.fixture
def host(model, face_at, record):
    """A host whose photos show two faces, the second inside of the first's box; maps take three rounds."""

    def three_rounds(pixels, regions):
        *_, explanation = explain(pixels, regions, model, layers=(1,))
        for count in (100, 200, 300):
            yield replace(explanation, num_samples=count, sets=explanation.sets if count == 300 else None)

    return Host(Engine(lambda photo: [face_at(box) for box in BOXES], model, three_rounds), record)


@pytest.fixture
def photo(tmp_path):
    Image.new("RGB", (48, 48)).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.fixture
def visit(host, photo):
    """A visit whose last map is there."""
    visit, _ = host.begin(None, True)
    host.look(visit, photo)
    list(host.explain(visit))
    return visit


def _has_map(contents):
    return "<path" in contents["map"]


def _map_of(contents):
    return re.search("data-map=.([a-z ]*)", contents["map"])[1]


def test_while_a_photo_is_looked_at_the_page_says_so(host):
    assert WORKING in host.begin(None, True)[1]["answer"]
    assert WORKING not in host.begin(None, False)[1]["answer"]
    host.engine = replace(host.engine, is_ready=lambda: False)
    assert LOADING in host.begin(None, True)[1]["answer"]


def test_the_answer_is_there_before_the_map(host, photo):
    visit, _ = host.begin(None, True)
    contents = host.look(visit, photo)
    assert not _has_map(contents)
    assert "happy 48\N{NO-BREAK SPACE}%" in contents["answer"]
    assert contents["faces"].count('name="face"') == 2


def test_a_map_is_shown_from_the_first_round_on_and_says_when_it_is_done(host, photo):
    visit, _ = host.begin(None, True)
    host.look(visit, photo)
    maps = [contents["map"] for contents in host.explain(visit)]
    assert [f"Refining: {count} variants" in text for count, text in zip((100, 200, 300), maps, strict=False)] == [
        True
    ] * 3
    assert ["working" in text for text in maps] == [True, True, True, False]


def test_the_seven_maps_are_drawn_side_by_side_once_they_are_the_last_ones(host, photo):
    visit, _ = host.begin(None, given=True)
    assert host.look(visit, photo)["sheet"] == ""
    *earlier, last = host.explain(visit)
    assert not any("sheet" in contents for contents in earlier)
    assert last["sheet"].count("<svg") == 7


def test_a_new_photo_stops_the_work_for_the_last_one(host, photo, model, face_at):
    rounds = []

    def endless(pixels, regions):
        *_, explanation = explain(pixels, regions, model, layers=(1,))
        try:
            while True:
                rounds.append("asked")
                yield explanation
        finally:
            rounds.append("stopped")

    host.engine = Engine(lambda photo: [face_at()], model, endless)
    first, _ = host.begin(None, True)
    host.look(first, photo)
    maps = host.explain(first)
    next(maps)
    host.begin(first, True)
    assert list(maps) == []
    assert rounds == ["asked", "stopped"]


def test_faces_that_are_found_too_late_are_not_shown(host, photo):
    first, _ = host.begin(None, True)
    host.begin(first, True)
    assert host.look(first, photo) == {}
    assert list(host.explain(first)) == []


def test_a_photo_without_a_face_says_so_where_the_answer_would_be(host, photo):
    def none(photo):
        raise InputError("No face found. Try <another> photo.")

    host.engine = replace(host.engine, find_faces=none)
    visit, _ = host.begin(None, True)
    contents = host.look(visit, photo)
    assert "No face found. Try &lt;another&gt; photo." in contents["answer"]
    assert "failed" in contents["answer"]
    assert list(host.explain(visit)) == []


def test_a_map_that_took_too_long_says_so_and_leaves_the_answer(host, photo):
    def slow(pixels, regions):
        raise InputError("The map took too long. Try again.")
        yield

    host.engine = replace(host.engine, explain=slow)
    visit, _ = host.begin(None, True)
    host.look(visit, photo)
    [contents] = host.explain(visit)
    assert "happy 48\N{NO-BREAK SPACE}%" in contents["answer"]
    assert "The map took too long." in contents["answer"]
    assert "There is no map." in contents["map"]
    assert "working" not in contents["map"]


def test_no_emotion_and_no_comparison_asks_the_model_again(host, visit, model):
    before = model.asked
    for emotion in EMOTIONS:
        for other in ("", *EMOTIONS):
            host.ask(visit, emotion, other)
            assert list(host.explain(visit)) == []
    assert model.asked == before


def test_a_comparison_names_both_emotions_and_one_with_itself_is_none(host, visit):
    assert _map_of(host.ask(visit, other="angry")) == "happy rather than angry"
    assert _map_of(host.ask(visit, "sad")) == "sad rather than angry"
    assert _map_of(host.ask(visit, "angry")) == "angry"
    assert _map_of(host.ask(visit, other="angry")) == "angry"
    host.ask(visit, other="sad")
    assert _map_of(host.ask(visit, other="")) == "angry"


def test_what_is_no_emotion_and_no_kind_is_passed_over(host, visit):
    contents = host.ask(visit, "<i>", ["sad"], {"kind": 1})
    assert _map_of(contents) == "happy"
    assert "<i>" not in "".join(contents.values())


def test_the_other_kind_of_regions_is_another_look_at_the_same_map(host, visit, model):
    before = model.asked
    contents = host.ask(visit, kind="face parts")
    assert ">background<" in contents["parts"]
    assert _has_map(host.ask(visit, kind=FIRST_KIND))
    assert list(host.explain(visit)) == []
    assert model.asked == before


def test_the_answer_tells_what_decides_it_once_that_is_known_and_another_emotion_what_speaks_for_it(host, photo):
    visit, _ = host.begin(None, True)
    host.look(visit, photo)
    *early, last = (contents["answer"] for contents in host.explain(visit))
    assert not any("blurred face looks" in answer for answer in early[:2])
    assert "blurred face looks happy" in last
    assert "blurred face" not in host.ask(visit, emotion="fear")["answer"]


def test_nothing_is_downloaded_before_the_map_is_finished(host, photo):
    visit, _ = host.begin(None, True)
    host.look(visit, photo)
    next(host.explain(visit))
    assert host.take_card(visit) is None
    assert host.take_result(visit) is None


def test_the_emotion_that_is_asked_for_meanwhile_is_the_one_that_is_drawn_next(host, photo):
    visit, _ = host.begin(None, True)
    host.look(visit, photo)
    maps = host.explain(visit)
    assert _map_of(next(maps)) == "happy"
    host.ask(visit, "fear")
    assert _map_of(next(maps)) == "fear"


def test_a_hidden_part_is_asked_about_and_the_bars_show_the_answer(host, visit, model):
    region = int(visit.explanation.weights[:, HAPPY].argmax())
    before = model.asked
    contents = host.hide(visit, [region])
    assert model.asked == before + 1
    assert f"Without {visit.explanation.names[region]}: happy " in contents["answer"]
    assert "Without what you hid" in contents["chart"]
    assert f'value="{region}" ' in re.search("<input[^>]*checked[^>]*>", contents["parts"])[0]
    assert "Without" not in host.hide(visit, [])["answer"]


def test_what_is_no_region_is_passed_over(host, visit):
    host.hide(visit, [1, 400, -1, "2", None])
    assert visit.hidden == [1]


PAINTED = np.indices((48, 48)).sum(axis=0) < 60


def _packed(mask):
    return base64.b64encode(np.packbits(mask).tobytes()).decode()


def test_what_is_painted_over_is_asked_about_together_with_the_hidden_parts(host, visit, model):
    asked = []
    host.engine = replace(host.engine, classify=lambda pixels: asked.append(pixels) or model(pixels))
    region = int(visit.explanation.weights[:, HAPPY].argmax())
    contents = host.hide(visit, [region], _packed(PAINTED))
    covered = PAINTED | (visit.explanation.regions == region)
    pixels = visit.analysis.face.pixels
    [[seen]] = asked
    assert np.array_equal(seen, np.where(covered, hidden(pixels), pixels))
    assert f"Without {visit.explanation.names[region]} and the painted area: happy " in contents["answer"]
    assert "Without the painted area: happy " in host.hide(visit, [], _packed(PAINTED))["answer"]
    assert "Without" not in host.hide(visit, [], "")["answer"]


@pytest.mark.parametrize("wrong", [None, 3, "x", ["x"], {}])
def test_what_is_no_mask_and_no_list_is_passed_over(host, visit, wrong):
    host.hide(visit, [1], _packed(PAINTED))
    host.hide(visit, wrong if wrong != ["x"] else None, wrong)
    assert visit.hidden == [1]
    assert np.array_equal(visit.painted, PAINTED)


def test_a_message_that_was_overtaken_by_a_later_one_is_passed_over(host, visit):
    host.hide(visit, [1], "", 5)
    assert host.hide(visit, [2], "", 4) == {}
    assert visit.hidden == [1]
    host.hide(visit, [2], "", 6)
    assert visit.hidden == [2]


def test_hiding_before_there_is_a_map_changes_nothing(host, photo):
    visit, _ = host.begin(None, True)
    host.look(visit, photo)
    assert host.hide(visit, [1]) == {}


def test_another_kind_of_regions_shows_the_whole_face_again(host, visit):
    host.hide(visit, [1], _packed(PAINTED))
    host.ask(visit, kind="face parts")
    assert not visit.covered.any()


def test_another_face_ends_the_work_for_the_last_and_keeps_the_kind_of_regions(host, visit):
    host.ask(visit, kind="face parts")
    turned, contents = host.choose(visit, 1)
    assert visit.ended.is_set()
    assert turned.kind == "face parts"
    assert turned.analysis.chosen == 1
    assert not _has_map(contents)


def test_of_two_faces_chosen_quickly_the_second_is_explained_and_the_work_for_the_first_ends(host, visit):
    first, _ = host.choose(visit, 1)
    second, _ = host.choose(visit, 0)  # told before the page knew of the first
    assert first.ended.is_set()
    assert not second.ended.is_set()


def test_who_has_gone_on_to_another_photo_turns_to_no_face_of_the_last(host, visit):
    other, _ = host.begin(visit, True)
    with pytest.raises(InputError):
        host.choose(visit, 1)
    assert not other.ended.is_set()


def test_what_is_hidden_on_one_map_is_for_no_other(host, visit):
    """Known by its key: the page's script forgets what was hidden where the key changes."""

    def key(contents):
        return re.search('data-key="(.*?)"', contents["map"])[1]

    keys = [key(host.ask(visit, kind=kind)) for kind in ("face parts", "superpixels")]
    other, _ = host.choose(visit, 1)
    *_, last = host.explain(other)
    again, known = host.choose(other, 0)
    keys += [key(last), key(known)]
    assert len(set(keys)) == 4
    assert key(host.ask(again, emotion="sad")) == keys[-1]


def test_an_answer_that_was_overtaken_while_it_was_drawn_is_drawn_again(host, visit):
    drawn = []

    def make():
        drawn.append(visit.emotion)
        if len(drawn) == 1:
            host.ask(visit, emotion="fear")
        return visit.emotion

    assert newest(visit, make) == "fear"
    assert len(drawn) == 2


def test_a_closer_look_that_is_asked_for_before_the_first_one_spoils_nothing(host, photo, steps):
    visit, _ = host.begin(None, True)
    assert list(look_closer_in_turn(host, visit)) == []
    host.look(visit, photo)
    assert any("faces" in contents for contents in look_closer_in_turn(host, visit))


@pytest.mark.parametrize("way", ["leaves", "goes on"])
def test_the_photo_is_let_go_of_where_nobody_waits_for_its_search(host, photo, steps, way):
    visit, _ = host.begin(None, True)
    host.look(visit, photo)
    assert visit.search.photo is not None
    with host.engine.turns.join(Stage.CHART, 0) as turn:
        assert turn.wait(0)
        search = look_closer_in_turn(host, visit)
        next(search)
        if way == "leaves":
            search.close()  # as Gradio does
        else:
            host.begin(visit, True)
            list(search)
    assert visit.search.photo is None
    assert visit.search.done.is_set()


@pytest.mark.parametrize("number", [-1, 2])
def test_a_face_that_is_not_there_cannot_be_chosen(host, visit, number):
    with pytest.raises(InputError):
        host.choose(visit, number)
    assert not visit.ended.is_set()


def test_what_is_downloaded_is_of_the_map_on_show(host, visit):
    result = host.take_result(visit)
    assert result["names"] == list(visit.explanation.names)
    assert result["kind"] == FIRST_KIND
    assert host.take_card(visit).shape[2] == 3
    assert host.take_result(Visit()) is None
    assert host.take_card(Visit()) is None


class Steps:
    """An engine's search in steps, which a test lets go on: at a glance the first face, later the second one's."""

    def __init__(self, first, more):
        self.first, self.more, self.closed = first, more, False

    def glance(self, photo):
        return self.first

    def look_closer(self, photo, faces):
        try:
            yield [], 0.3
            yield self.more, 0.9
            yield [], 1.0
        finally:
            self.closed = True


@pytest.fixture
def steps(host, face_at):
    """The host's search, from now on in steps: a small face first."""
    steps = Steps([face_at((0, 24, 24, 0))], [face_at((0, 48, 24, 24))])
    frame = np.array([[2.0, 0, 24], [0, 2.0, 0]])  # the second face is the larger one
    steps.more = [replace(steps.more[0], frame=frame)]
    host.engine = replace(host.engine, glance=steps.glance, look_closer=steps.look_closer)
    return steps


def test_the_answer_does_not_wait_for_the_search_to_end_which_says_how_far_it_is(host, photo, steps):
    visit, _ = host.begin(None, True)
    contents = host.look(visit, photo)
    assert "happy 48" in contents["answer"]
    assert 'name="face"' not in contents["faces"]
    assert "Looking closer" in contents["search"]
    later = list(host.look_closer(visit))
    assert [re.search('progress value="([^"]*)"', one["search"])[1] for one in later[:3]] == ["0.30", "0.90", "1.00"]
    assert "1 more face" in later[-1]["search"]
    assert "progress" not in later[-1]["search"]


def test_faces_that_are_found_later_leave_the_answer_and_its_map_alone(host, photo, steps):
    visit, _ = host.begin(None, True)
    host.look(visit, photo)
    list(host.explain(visit))
    changed = [set(contents) for contents in host.look_closer(visit)]
    assert set.union(*changed) == {"album", "faces", "search"}
    assert visit.analysis.chosen == 0
    assert len(visit.analysis.faces) == len(visit.analysis.probabilities) == 2
    assert list(host.explain(visit)) == []


def test_faces_that_are_found_later_do_not_move_the_photo_before_a_visitor_asks_for_one(host, photo, steps):
    visit, _ = host.begin(None, True)
    host.look(visit, photo)
    later = [contents["faces"] for contents in host.look_closer(visit) if "faces" in contents]
    assert "large" not in later[-1]
    turned, contents = host.choose(visit, 1)
    assert "large" in contents["faces"]
    assert turned.analysis.face is steps.more[0]


def test_who_has_chosen_another_face_keeps_it_while_more_are_found(host, photo, steps, face_at):
    steps.first = [face_at((0, 24, 24, 0)), face_at((24, 24, 48, 0))]
    visit, _ = host.begin(None, True)
    host.look(visit, photo)
    search = host.look_closer(visit)
    next(search)
    turned, _ = host.choose(visit, 1)
    contents = next(search)
    assert turned.analysis.chosen == 1
    assert len(turned.analysis.faces) == 3
    assert re.search('value="([0-9])"[^>]*checked', contents["faces"])[1] == "1"


def test_who_goes_on_to_another_photo_ends_the_search(host, photo, steps):
    visit, _ = host.begin(None, True)
    host.look(visit, photo)
    search = host.look_closer(visit)
    next(search)
    host.begin(visit, True)
    assert list(search) == []
    assert steps.closed


def test_who_comes_back_to_the_photo_on_show_does_not_end_its_search(host, photo, steps):
    visit, _ = host.begin(None, True)
    host.look(visit, photo)
    search = host.look_closer(visit)
    next(search)
    returned, _ = Collection(host).come_back(visit, visit.number)
    assert "1 more face" in list(search)[-1]["search"]
    assert len(returned.analysis.faces) == 2


def test_who_comes_back_to_a_photo_that_was_not_searched_to_the_end_is_told(host, photo, steps):
    first, _ = host.begin(None, True)
    host.look(first, photo)
    second, _ = host.begin(first, True)
    host.look(second, photo)
    list(host.look_closer(second))
    for number, told in ((1, True), (2, False), (1, True)):
        second, contents = Collection(host).come_back(second, number)
        assert (STOPPED in contents["search"]) == told


def test_a_photo_without_a_face_at_a_glance_says_what_is_known_and_answers_when_one_is_found(host, photo, steps):
    steps.first = []
    visit, _ = host.begin(None, True)
    contents = host.look(visit, photo)
    assert "No face found yet. Looking closer" in contents["answer"]
    assert "working" in contents["answer"]
    assert list(host.explain(visit)) == []
    later = list(host.look_closer(visit))
    assert "happy 48" in next(contents["answer"] for contents in later if "answer" in contents)
    assert len(list(host.explain(visit))) > 0


def test_a_photo_in_which_the_closer_look_finds_nothing_says_so_at_last(host, photo, steps):
    steps.first, steps.more = [], []
    visit, _ = host.begin(None, True)
    host.look(visit, photo)
    *_, last = host.look_closer(visit)
    assert "No face found. Try a photo" in last["answer"]
    assert "failed" in last["answer"]
    assert "Looking closer" not in last["search"]


def test_a_closer_look_that_fails_leaves_the_answer(host, photo, steps):
    def fail(photo, faces):
        raise InputError("Nobody can be reached.")
        yield

    host.engine = replace(host.engine, look_closer=fail)
    visit, _ = host.begin(None, True)
    host.look(visit, photo)
    (contents,) = host.look_closer(visit)
    assert set(contents) == {"search"}
    assert "stopped early" in contents["search"]


def test_a_file_that_cannot_be_read_is_not_said_to_have_no_face(host, steps, tmp_path):
    (tmp_path / "text.jpg").write_text("This is no picture.")
    visit, _ = host.begin(None, True)
    assert "read as a picture" in host.look(visit, tmp_path / "text.jpg")["answer"]
    assert list(host.look_closer(visit)) == []


def test_a_result_waits_for_all_faces_and_numbers_them_by_size(host, photo, steps):
    visit, _ = host.begin(None, True)
    host.look(visit, photo)
    list(host.explain(visit))
    with ThreadPoolExecutor(1) as pool:
        taken = pool.submit(host.take_result, visit)
        assert not taken.done()
        list(host.look_closer(visit))
        numbers = taken.result(60)
    assert [face["box"] for face in numbers["faces"]] == [list(steps.more[0].box), list(steps.first[0].box)]
    assert numbers["face"] == 2


def test_a_visitor_who_was_forgotten_is_told_why(host):
    assert FORGOTTEN in host.forgotten()["answer"]
