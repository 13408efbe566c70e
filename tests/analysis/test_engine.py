import threading
from concurrent.futures import ThreadPoolExecutor
from operator import methodcaller

import numpy as np
import pytest

from emotion import EMOTIONS, InputError
from emotion.analysis.engine import Engine, engine_in_the_making, explain_in_time
from emotion.explain.explanation import explain
from emotion.explain.regions import Regions

PIXELS = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
NAMES = ("a", "b", "c", "d")
REGIONS = Regions(np.repeat(np.arange(4), 12)[:, None] * np.ones(48, int), NAMES, (None,) * 4)
ALONE = 2 + len(NAMES)
"""Faces that are asked about before anything is known: the whole, all hidden, each region hidden."""


class Clockwork:
    """A classifier of noise, for maps that never become stable, and the clock that it moves: a second a face."""

    def __init__(self):
        self.count = 0

    def __call__(self, faces):
        self.count += len(faces)
        return np.random.default_rng(self.count).dirichlet(np.ones(len(EMOTIONS)), len(faces))

    def clock(self):
        return self.count


def _maps(seconds):
    classify = Clockwork()
    maps = explain_in_time(PIXELS, REGIONS, methodcaller("advance", classify), seconds, classify.clock)
    return list({id(one): one for one in maps}.values()), classify.count


def test_a_map_in_time_is_as_without_a_limit():
    maps, count = _maps(seconds=10_000)
    classify = Clockwork()
    for one, other in zip(maps, explain(PIXELS, REGIONS, classify), strict=True):
        assert np.array_equal(one.evidence, other.evidence)
    assert count == classify.count


def test_after_the_limit_the_last_map_stands_and_no_more_is_asked():
    (only,), count = _maps(seconds=ALONE - 1)
    assert only.num_samples == 0
    assert count == ALONE  # the batch that had begun is the last
    _, count = _maps(seconds=10_000)
    (*_, last), _ = _maps(seconds=count // 2)
    assert last.num_samples > 0
    assert last.sets is None


def test_where_there_is_no_map_in_time_a_sentence_says_so():
    with pytest.raises(InputError, match=r"took longer than -1 seconds.*try again in a few minutes"):
        _maps(seconds=-1)


REAL = Engine(lambda photo: [photo], lambda pixels: -pixels, lambda *face: iter(face))


def test_what_an_engine_is_asked_before_it_is_loaded_waits_and_is_answered():
    engine, load = engine_in_the_making(lambda: REAL)
    assert not engine.is_ready()
    with ThreadPoolExecutor() as pool:
        asked = [
            pool.submit(engine.find_faces, "photo"),
            pool.submit(engine.classify, 1),
            pool.submit(lambda: list(engine.explain(1, 2, 3))),
        ]
        assert not any(one.done() for one in asked)
        load()
        assert [one.result(10) for one in asked] == [["photo"], -1, [1, 2, 3]]
    assert engine.is_ready()


def test_where_loading_fails_whoever_waits_is_told():
    def fail():
        raise InputError("The weights are damaged.")

    engine, load = engine_in_the_making(fail)
    told = []

    def wait():
        with pytest.raises(InputError, match="damaged") as raised:
            engine.classify(1)
        told.append(raised.value)

    waiting = threading.Thread(target=wait)
    waiting.start()
    with pytest.raises(InputError, match="damaged"):
        load()
    waiting.join(10)
    assert len(told) == 1
