"""Who gets a place, how long it lasts, and how often they are answered, by a clock that the tests move."""

import pytest

from emotion.server.places import ANSWERS_A_SECOND, MOST_A_SECOND, SECONDS, SILENCE, Places
from emotion.server.refusals import Refused
from emotion.server.visitors import MIRRORS


class Room:
    def __init__(self, lanes=1):
        self.now, self.count = 0.0, 0
        self.places = Places(self.come, lanes, lambda: self.now)

    def come(self):
        self.count += 1
        return self.count

    def ask(self, name="", after=1.0):
        self.now += after
        place, _ = self.places.enter(name)
        place.busy = False
        return place

    def refused(self, name="", after=1.0):
        with pytest.raises(Refused) as refused:
            self.ask(name, after)
        return refused.value.status


@pytest.fixture
def room():
    return Room()


def test_whoever_comes_back_finds_what_is_held_of_them(room):
    first = room.ask()
    room.places.note(0.001)
    second = room.ask()
    assert first.name != second.name
    assert [room.ask(place.name).held for place in (first, second)] == [first.held, second.held] == [1, 2]


@pytest.mark.parametrize("lanes", [1, 3])
def test_as_many_are_let_in_as_can_be_answered_often_enough(lanes):
    room = Room(lanes)
    for _ in range(9):
        room.places.note(0.99 / ANSWERS_A_SECOND / 2)  # a lane has time for two
    room.places.note(30.0)  # a single slow answer changes nothing
    for _ in range(2 * lanes):
        room.ask(after=0.1)
    assert room.refused(after=0.1) == 503


def test_where_not_even_one_can_be_answered_often_enough_one_is_let_in(room):
    room.places.note(5.0)
    room.ask()
    assert room.refused() == 503


def test_before_anything_was_measured_one_is_let_in(room):
    room.ask()
    assert room.refused() == 503


def test_a_place_is_free_once_its_owner_leaves_or_falls_silent(room):
    first = room.ask()
    room.places.leave(first.name)
    room.places.leave("nobody")
    second = room.ask()
    assert room.refused(first.name) == 410
    third = room.ask(after=SILENCE + 1)
    assert room.refused(second.name) == 410
    assert room.ask(third.name).held == 3


def test_who_waits_for_an_answer_is_not_silent(room):
    place, _ = room.places.enter()
    assert room.refused(after=2 * SILENCE) == 503
    place.busy = False


def test_a_place_ends_after_its_time_however_busy_its_owner(room):
    place = room.ask()
    while room.now < SECONDS:
        room.ask(place.name)
    assert room.refused(place.name) == 410
    room.ask()


@pytest.mark.parametrize("name", ["0" * 32, "nobody", "\x00"])
def test_an_invented_name_has_no_place(room, name):
    assert room.refused(name) == 410


def test_nobody_is_answered_twice_at_a_time(room):
    place, _ = room.places.enter()
    assert room.refused(place.name) == 429
    place.busy = False
    room.ask(place.name)


def test_whoever_asks_too_often_waits(room):
    name = room.ask().name
    waits = []
    for _ in range(3):
        place, wait = room.places.enter(name)  # at the same moment
        place.busy = False
        waits.append(wait * MOST_A_SECOND)
    assert waits == pytest.approx([1, 2, 3])
    room.now += 5 / MOST_A_SECOND
    assert room.places.enter(name)[1] == 0


def test_one_visitor_cannot_take_every_place(room):
    room.places.note(0.001)
    for _ in range(MIRRORS):
        room.places.enter(visitor="someone")
    with pytest.raises(Refused):
        room.places.enter(visitor="someone")
    room.places.enter(visitor="another")
    for _ in range(MIRRORS + 1):
        room.places.enter()  # where visitors are not told apart
