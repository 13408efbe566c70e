"""Places for visitors whom the computer answers many times a second: as many as it can keep up with, for a while each.

Who has a place knows its random name. It is free again as soon as they leave, and soon after they fall silent.
"""

import secrets
import statistics
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from emotion.server.refusals import MIRROR_OVER, MIRRORS_TAKEN, MIRRORS_YOURS, ONE_AT_A_TIME, Refused
from emotion.server.visitors import MIRRORS

ANSWERS_A_SECOND = 8
"""What everybody in a place should get; nobody is let in who would cost the others that."""

MOST_A_SECOND = 15
"""Whoever asks more often waits."""

SECONDS = 120
"""How long a place is anybody's."""

SILENCE = 5
"""Seconds without a word after which a place is free."""


@dataclass
class Place:
    """Somebody's place.

    Attributes:
        name: what its owner knows.
        visitor: whose it is, see visitors.Visitors; None where nobody tells them apart.
        held: whatever is held of them.
        began: when they came, in seconds.
        heard: when they asked last.
        busy: whether they wait for an answer.
    """

    name: str
    visitor: str | None
    held: object
    began: float
    heard: float
    busy: bool = False


class Places:
    """All places, and how long answers take."""

    def __init__(self, make: Callable, lanes: int, clock=time.monotonic):
        """Begin without visitors.

        Args:
            make: function without arguments that gives what is to be held of a new visitor.
            lanes: how many answers are worked on at a time.
            clock: function that returns seconds.
        """
        self._make, self._lanes, self._clock = make, lanes, clock
        self._places = {}
        self._seconds = deque(maxlen=50)  # the median of the last ones minds no single slow answer

    def enter(self, name="", visitor=None):
        """Take a place, or come back to one, to ask for an answer: until that is there, the place is busy.

        Args:
            name: str, of the place; "" for a new one.
            visitor: see Place.

        Returns:
            (Place, wait): wait in seconds before the answer is due.

        Raises:
            Refused: all places or the visitor's are taken, this one is over, or its owner already waits for an answer.
        """
        now = self._clock()
        self._places = {place.name: place for place in self._places.values() if self._is_kept(place, now)}
        if not name:
            if len(self._places) >= self._room():
                raise Refused(503, MIRRORS_TAKEN)
            if visitor and sum(place.visitor == visitor for place in self._places.values()) >= MIRRORS:
                raise Refused(409, MIRRORS_YOURS)
            name = secrets.token_hex(16)
            self._places[name] = Place(name, visitor, self._make(), now, now - 1 / MOST_A_SECOND)
        if name not in self._places:
            raise Refused(410, MIRROR_OVER)
        place = self._places[name]
        if place.busy:
            raise Refused(429, ONE_AT_A_TIME)
        wait = max(0.0, place.heard + 1 / MOST_A_SECOND - now)
        place.busy, place.heard = True, now + wait
        return place, wait

    def note(self, seconds):
        """Take note of how long one answer took, by itself, without waiting for a lane."""
        self._seconds.append(seconds)

    def leave(self, name):
        """Free a place, if there is one of that name."""
        self._places.pop(name, None)

    def _room(self):
        """How many can be answered ANSWERS_A_SECOND times a second each: at least one."""
        if not self._seconds:
            return 1
        return max(1, int(self._lanes / (ANSWERS_A_SECOND * statistics.median(self._seconds))))

    @staticmethod
    def _is_kept(place, now):
        return now - place.began < SECONDS and (place.busy or now - place.heard < SILENCE)
