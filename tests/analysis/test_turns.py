import threading

import pytest

from emotion import InputError
from emotion.analysis.turns import PAUSE, SILENCE, Stage, Turns

CHART, FIRST, REFINEMENT, SEARCH = Stage


class Clock:
    def __init__(self):
        self.now = 0

    def __call__(self):
        return self.now


class Work:
    """Photos by name, whose pieces of work take a second each, done one at a time as Turns has it."""

    def __init__(self, turns, clock):
        self.turns, self.clock, self.done, self.left = turns, clock, [], {}

    def bring(self, name, refinements=2):
        self.left[name] = [CHART, FIRST, *[REFINEMENT] * refinements]
        self.left[name].append(self.clock())  # since when it waits
        self._join(name)

    def _join(self, name):
        stage, *_, since = self.left[name]
        self.left[name].insert(0, self.turns.join(stage, since))

    def step(self):
        """The next piece of work of all that could be done."""
        (name,) = [name for name, (turn, *_) in self.left.items() if turn.wait(0)]
        turn, stage, *more = self.left[name]
        self.clock.now += 1
        with turn:
            self.done.append((name, stage))
        self.left[name] = more
        if len(more) > 1:
            self._join(name)
        else:
            del self.left[name]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def turns(clock):
    return Turns(clock=clock)


def test_charts_come_first_then_first_maps_then_refinements_of_each_the_oldest_photo(turns, clock):
    work = Work(turns, clock)
    for name in "abc":
        work.bring(name)
        clock.now += 1
    while work.left:
        work.step()
    stages = [CHART, FIRST, REFINEMENT]
    assert work.done == [(name, stage) for stage in stages for name in "abc" for _ in range(1 + (stage == REFINEMENT))]


def test_nobody_waits_for_the_refinement_of_another(turns, clock):
    work = Work(turns, clock)
    work.bring("early", refinements=5)
    for _ in range(4):
        work.step()
    work.bring("late", refinements=1)
    while work.left:
        work.step()
    assert work.done[4:] == [("late", CHART), ("late", FIRST), *[("early", REFINEMENT)] * 3, ("late", REFINEMENT)]


def test_as_many_work_at_a_time_as_there_are_lanes(clock):
    turns = Turns(2, clock=clock)
    first, second, third = (turns.join(CHART, number) for number in range(3))
    assert not second.wait(0) or first.wait(0)
    assert [first.wait(0), second.wait(0), third.wait(0)] == [True, True, False]
    with second:
        pass
    assert third.wait(0)


def test_who_leaves_frees_the_place_at_once(turns):
    at_work, leaving, staying = (turns.join(CHART, number) for number in range(3))
    assert at_work.wait(0)
    assert staying.place()[0] == 2
    with leaving:
        pass
    assert staying.place()[0] == 1
    with at_work:
        pass
    assert staying.wait(0)


@pytest.mark.parametrize(("stage", "before"), [(CHART, 1), (FIRST, 1), (REFINEMENT, 0)])
def test_of_the_work_under_way_what_others_need_as_urgently_counts_as_before(turns, stage, before):
    with turns.join(stage, 9) as at_work:
        assert at_work.wait(0)
        assert turns.join(FIRST, 1).place()[0] == before


def test_who_is_gone_is_passed_over_before_they_notice(turns):
    gone = threading.Event()
    leaving = turns.join(CHART, 0, gone.is_set)
    staying = turns.join(CHART, 1)
    gone.set()
    assert staying.place()[0] == 0
    assert not leaving.wait(0)
    assert staying.wait(0)


def test_work_that_fails_frees_the_turn_too(turns):
    failing, next_one = turns.join(CHART, 0), turns.join(CHART, 1)
    assert failing.wait(0)
    with pytest.raises(ZeroDivisionError), failing:
        raise ZeroDivisionError
    assert next_one.wait(0)


def test_the_wait_is_guessed_from_the_last_pieces_of_work(turns, clock):
    def work(stage, seconds):
        with turns.join(stage, clock()) as turn:
            assert turn.wait(0)
            clock.now += seconds

    for seconds in (2, 30, 1):
        work(CHART, seconds)
    charts = [turns.join(CHART, clock()) for _ in range(3)]
    assert [turn.place() for turn in charts] == [(0, 2), (1, 4), (2, 6)]
    first_map = turns.join(FIRST, 0)
    assert first_map.place() == (3, None)  # nobody knows yet how long that takes
    for turn in charts:
        turn.__exit__(None)
    first_map.__exit__(None)
    work(FIRST, 5)
    turns.join(CHART, clock())
    assert turns.join(FIRST, 0).place() == (1, 7)
    assert turns.join(CHART, clock()).place()[0] == 1  # maps come after


def test_beyond_its_length_the_queue_takes_no_photo_but_all_that_those_before_still_wait_for():
    turns, gone = Turns(most=2), threading.Event()
    turns.join(CHART, 0, gone.is_set)
    turns.join(FIRST, 0)
    with pytest.raises(InputError, match="Too many people"):
        turns.join(CHART, 0)
    turns.join(FIRST, 0)
    turns.join(REFINEMENT, 0)
    gone.set()
    with pytest.raises(InputError):
        turns.join(CHART, 0)


def test_until_it_is_open_nobody_works_and_then_who_waits_is_woken():
    turns, worked = Turns(is_open=False), []

    def work(number):
        with turns.join(CHART, number) as turn:
            if turn.wait(60):
                worked.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    assert worked == []
    turns.open()
    for thread in threads:
        thread.join(60)
    assert sorted(worked) == [0, 1, 2]


def test_whoever_falls_silent_is_passed_over_until_they_ask_again(turns, clock):
    silent, waiting = turns.join(REFINEMENT, 0), turns.join(REFINEMENT, 1)
    assert not waiting.wait(0)
    assert waiting.place()[0] == 1
    clock.now += SILENCE
    assert waiting.place()[0] == 0
    with waiting:
        assert waiting.wait(0)
        assert not silent.wait(0)
    with silent:
        assert silent.wait(0)


def test_a_closer_look_comes_after_all_that_others_wait_for_and_not_between_two_pieces_of_work(turns, clock):
    joined = [turns.join(stage, since) for since, stage in enumerate((SEARCH, REFINEMENT, FIRST, CHART))]
    for turn in joined[:0:-1]:
        assert [other.wait(0) for other in joined if other.began is None].count(True) == 1
        assert turn.began is not None
        clock.now += 1
        turn.__exit__(None)
    assert not joined[0].wait(0)
    clock.now += PAUSE
    assert joined[0].wait(0)


def test_a_chart_is_worked_on_beside_a_map_where_there_is_room_but_no_second_map(clock):
    turns = Turns(clock=clock, beside=1)
    first, second, *charts = (turns.join(stage, 0) for stage in (FIRST, FIRST, CHART, CHART))
    charts[1].__exit__(None)  # its visitor has gone
    assert charts[0].wait(0)
    assert not first.wait(0)
    charts[0].__exit__(None)
    assert first.wait(0)
    third = turns.join(CHART, 1)
    assert not second.wait(0)
    assert third.wait(0)
    assert not turns.join(CHART, 2).wait(0)
