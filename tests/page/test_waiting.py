"""What a visitor is told while others come first; the hosts, photos and maps are toys."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from emotion.analysis.engine import Engine
from emotion.analysis.turns import Stage, Turns
from emotion.explain.explanation import explain
from emotion.page.session import Host
from emotion.page.texts import LOADING, SLOW, WORKING
from emotion.page.visit import Visit
from emotion.page.waiting import look_in_turn


def classify(pixels):
    return np.full((len(pixels), 7), 1 / 7)


@pytest.fixture
def host(face_at, record):
    """A host whose maps take three pieces of work, the second of which changes nothing."""

    def three_pieces(pixels, regions):
        *_, last = explain(pixels, regions, classify, layers=(1,))
        first = replace(last, sets=None)
        yield from (first, first, last)

    return Host(Engine(lambda photo: [face_at()], classify, three_pieces), record)


@pytest.fixture
def photo(tmp_path):
    Image.new("RGB", (48, 48)).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.fixture
def other(host):
    """The turn of another visitor, at work on a chart."""
    turn = host.engine.turns.join(Stage.CHART, 0)
    assert turn.wait(0)
    return turn


def test_the_place_is_told_then_that_it_is_worked_on_then_the_answer(host, photo, other):
    steps = look_in_turn(host, Visit(), photo)
    assert "1 photo before yours …" in next(steps)["answer"]
    other.__exit__(None)
    assert WORKING in next(steps)["answer"]
    assert "Not sure" in next(steps)["answer"]
    assert list(steps) == []


def test_who_has_nobody_before_is_told_of_no_place(host, photo):
    [contents] = look_in_turn(host, Visit(), photo)
    assert "Not sure" in contents["answer"]


def test_while_the_model_loads_the_place_is_told_too(host, photo):
    host.engine = replace(host.engine, turns=Turns(is_open=False), is_ready=lambda: False)
    first, second = (look_in_turn(host, Visit(), photo) for _ in range(2))
    assert f"{LOADING} Your photo is next …" in next(first)["answer"]
    assert f"{LOADING} 1 photo before yours …" in next(second)["answer"]


def test_the_first_map_waits_with_its_place_and_refinements_wait_without_a_word(host, photo):
    visit = Visit()
    list(look_in_turn(host, visit, photo))
    steps = host.explain(visit)
    with host.engine.turns.join(Stage.CHART, 0) as other:
        assert other.wait(0)
        assert "1 photo before yours" in next(steps)["map"]
    assert "before yours" not in next(steps)["map"]
    assert "<path" in next(steps)["map"]
    with host.engine.turns.join(Stage.CHART, 0) as other:
        assert other.wait(0)
        assert next(steps) == {}
    assert next(steps) == {}  # its turn has come
    assert next(steps) == {}  # a piece of work that changed nothing
    assert [("<path" in contents["map"], "sheet" in contents) for contents in steps] == [(True, False), (True, True)]


def test_nobody_has_the_refinements_of_another_before(host, photo):
    early, late = Visit(), Visit()
    list(look_in_turn(host, early, photo))
    refining = host.explain(early)
    assert "<path" in next(refining)["map"]
    list(look_in_turn(host, late, photo))
    with host.engine.turns.join(Stage.CHART, 0) as other:
        assert other.wait(0)
        assert next(refining) == {}  # it waits
        assert "1 photo before yours" in next(host.explain(late))["map"]


def test_who_leaves_the_page_or_takes_another_photo_frees_their_place(host, photo, other):
    closed, gone_on, staying = Visit(), Visit(), Visit()
    for visit in (closed, gone_on):
        visit.steps = look_in_turn(host, visit, photo)
        next(visit.steps)
    steps = look_in_turn(host, staying, photo)
    assert "3 photos before yours" in next(steps)["answer"]
    closed.steps.close()  # as Gradio does
    host.begin(gone_on, True)
    assert "1 photo before yours" in next(steps)["answer"]
    assert list(gone_on.steps) == [{}]


def test_who_comes_when_the_queue_is_full_is_told_so(host, photo):
    host.engine = replace(host.engine, turns=Turns(most=0))
    [contents] = look_in_turn(host, Visit(), photo)
    assert "Too many people are using this page" in contents["answer"]
    assert "failed" in contents["answer"]


def test_on_a_slow_computer_it_is_said_before_the_first_map_how_long_one_takes(host, photo):
    turns = host.engine.turns
    for slow in (False, True):
        visit = Visit()
        list(look_in_turn(host, visit, photo))
        maps = [contents["map"] for contents in host.explain(visit) if "map" in contents]
        assert ["This computer is slow" in one for one in maps] == [slow] + [False] * (len(maps) - 1)
        for stage in Stage:
            turns.seconds[stage].extend([SLOW] * turns.seconds[stage].maxlen)
