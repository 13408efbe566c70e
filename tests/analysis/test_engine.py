import numpy as np
import pytest

from emotion import EMOTIONS, InputError
from emotion.analysis.engine import explain_in_time
from emotion.explain.explanation import FEW, ROUNDS

PIXELS = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
REGIONS = np.repeat(np.arange(4), 12)[:, None] * np.ones(48, int)


class Clockwork:
    """A classifier of noise, for maps that never become stable, that lets time go by."""

    def __init__(self, clock):
        self.clock, self.count = clock, 0

    def __call__(self, faces):
        self.count += len(faces)
        self.clock["now"] += len(faces)  # a second a face
        return np.random.default_rng(self.count).dirichlet(np.ones(len(EMOTIONS)), len(faces))


@pytest.fixture
def clock(monkeypatch):
    time = {"now": 0}
    monkeypatch.setattr("emotion.engine.time.monotonic", lambda: time["now"])
    return time


def _maps(clock, seconds):
    classify = Clockwork(clock)
    return list(explain_in_time(PIXELS, REGIONS, ("a", "b", "c", "d"), classify, seconds)), classify.count


def test_a_map_in_time_is_as_without_a_limit(clock):
    maps, count = _maps(clock, seconds=10_000)
    assert tuple(one.num_samples for one in maps) == ROUNDS
    assert count == 1 + ROUNDS[-1]


def test_after_the_limit_the_last_map_stands_and_no_more_is_asked(clock):
    maps, count = _maps(clock, seconds=FEW.share_size + 10)
    assert [one.num_samples for one in maps] == [FEW.share_size]
    assert count == 1 + 2 * FEW.share_size  # the batch that had begun is the last, though the round has three shares


def test_where_there_is_no_map_in_time_a_sentence_says_so(clock):
    with pytest.raises(InputError, match=r"took too long. Expected 0 seconds .* try again in a few minutes"):
        _maps(clock, seconds=0)
