"""Who a visitor is, and how much they may take within a minute, by a clock that the tests move."""

from contextlib import ExitStack, nullcontext

import pytest

from emotion.server.refusals import ENOUGH, Refused
from emotion.server.visitors import AT_ONCE, BYTES, EVENTS, MINUTE, PHOTOS, Visitors


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def visitors(clock):
    return Visitors(clock=clock)


def refused(visitors, name="someone"):
    with pytest.raises(Refused) as refusal:
        visitors.take(name, photos=1)
    return refusal.value


def scope(client=("192.0.2.7", 50_000), **headers):
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"client": client, "headers": pairs}


def test_after_so_many_photos_a_visitor_is_asked_to_wait_and_others_are_not(visitors, clock):
    for _ in range(PHOTOS):
        visitors.take("someone", photos=1)
    error = refused(visitors)
    assert (error.status, error.text) == (429, ENOUGH)
    visitors.take("another", photos=1)
    clock.now = MINUTE
    visitors.take("someone", photos=1)


def test_a_minute_begins_with_each_photo(visitors, clock):
    visitors.take("someone", photos=PHOTOS - 1)
    clock.now = MINUTE / 2
    visitors.take("someone", photos=1)
    refused(visitors)
    clock.now = MINUTE
    visitors.take("someone", photos=PHOTOS - 1)
    refused(visitors)


def test_what_was_begun_may_end_and_then_too_many_bytes_are_refused(visitors):
    visitors.take("someone", photos=1)
    for _ in range(2):
        visitors.take("someone", num_bytes=BYTES)
    refused(visitors)


def test_who_has_not_been_here_for_a_minute_is_forgotten(visitors, clock):
    visitors.take("someone", photos=1)
    clock.now = MINUTE
    visitors.take("another", photos=1)
    assert list(visitors._taken) == ["another"]


def test_without_a_header_the_connection_s_address_names_a_visitor():
    assert Visitors().name(scope(x_real_ip="198.51.100.1")) == "192.0.2.7"
    assert Visitors().name(scope(client=None)) == ""


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("203.0.113.9, 198.51.100.1", "198.51.100.1"),  # the first is what the visitor claims
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:5::6", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
        ("198.51.100.1:5678", "198.51.100.1"),
        ("[2001:db8:1:2::4]:5678", "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
    ],
)
def test_behind_a_proxy_its_header_names_a_visitor(given, name):
    assert Visitors("X-Forwarded-For").name(scope(x_forwarded_for=given)) == name


def test_a_connection_past_the_proxy_is_named_by_its_address():
    assert Visitors("X-Real-IP").name(scope()) == "192.0.2.7"


def test_a_visitor_who_sends_events_all_the_time_is_asked_to_wait(visitors, clock):
    for _ in range(EVENTS):
        visitors.take("someone", events=1)
    with pytest.raises(Refused):
        visitors.take("someone", events=1)
    visitors.take("someone", photos=1)
    clock.now = MINUTE
    visitors.take("someone", events=1)


def test_one_visitor_cannot_hold_all_connections(visitors):
    with ExitStack() as held:
        for _ in range(AT_ONCE):
            held.enter_context(visitors.one_more("someone"))
        for name, expectation in (("someone", pytest.raises(Refused)), ("another", nullcontext())):
            with expectation, visitors.one_more(name):
                pass
    with visitors.one_more("someone"):
        pass
