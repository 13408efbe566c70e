"""Whose turn it is to work: charts first, then everybody's first map, then refinements; of each, the oldest photo.

Last come closer looks for more faces, where one is known: only in a PAUSE.
"""

import threading
import time
from collections import defaultdict, deque
from enum import IntEnum
from itertools import count
from statistics import median

from emotion import InputError
from emotion.server.refusals import BUSY

QUEUE_SIZE = 100
"""Photos that wait for their turn; whoever brings one more is told so."""

SILENCE = 10
"""Seconds after which whoever does not ask for their turn loses it to the next: they may have gone without a word."""

PAUSE = 0.5
"""Seconds without other work after which closer looks may begin: the next piece of a map often comes a moment later."""

REMEMBERED = 9
"""The last pieces of work of a stage, of whose times the median is what the next is expected to take."""


class Stage(IntEnum):
    """What a photo waits for, the most urgent first."""

    CHART = 0
    FIRST_MAP = 1
    REFINEMENT = 2
    SEARCH = 3


class Turns:
    """Lets a few pieces of work through at a time, each a fraction of a second, in the order of Stage and of age.

    Attributes:
        lanes: how many at a time.
    """

    def __init__(self, lanes=1, most=QUEUE_SIZE, clock=time.monotonic, is_open=True, beside=0):
        """Begin with nobody waiting.

        Args:
            lanes: see Turns.
            most: photos that may wait when another one comes.
            clock: function that returns seconds.
            is_open: whether work may begin; if not, it waits for open().
            beside: how many more at a time, if these are charts.
        """
        self.lanes, self.most, self.clock, self.is_open, self.beside = lanes, most, clock, is_open, beside
        self.changed = threading.Condition()
        self.waiting, self.at_work, self.serial, self.worked = [], [], count(), -PAUSE
        self.seconds = defaultdict(lambda: deque(maxlen=REMEMBERED))  # by stage

    def open(self):
        """Let work begin."""
        with self.changed:
            self.is_open = True
            self.changed.notify_all()

    def join(self, stage, since, gone=lambda: False):
        """Take a place.

        Args:
            stage: Stage of the piece of work.
            since: seconds of the clock when the photo came.
            gone: function that says whether nobody wants the work any more; it is then passed over.

        Returns:
            Turn, a context manager whose end frees the place.

        Raises:
            InputError: it is a new photo, and too many are waiting.
        """
        with self.changed:
            if stage == Stage.CHART and len(self._present()) >= self.most:
                raise InputError(BUSY)
            turn = Turn(self, stage, since, next(self.serial), gone)
            self.waiting.append(turn)
        return turn

    def expected(self, stages):
        """Seconds that pieces of work of these stages take, one after the other; None while nobody knows."""
        times = [self.seconds[stage] for stage in stages]
        return sum(map(median, times)) if all(times) else None

    def _present(self):
        return [turn for turn in self.waiting if turn.is_asked_for() and not turn.gone()]


class Turn:
    """A place among those who wait, then the turn to work; see Turns.join."""

    def __init__(self, turns, stage, since, serial, gone):
        self.turns, self.stage, self.gone = turns, stage, gone
        self.order, self.began = (stage, since, serial), None
        self.asking, self.asked = False, turns.clock()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        turns = self.turns
        with turns.changed:
            if self.began is None:
                turns.waiting.remove(self)
            else:
                turns.at_work.remove(self)
                if self.stage != Stage.SEARCH:
                    turns.worked = turns.clock()
                if kind is None:
                    turns.seconds[self.stage].append(turns.clock() - self.began)
            turns.changed.notify_all()

    def wait(self, seconds=None):
        """Wait for the turn so many seconds, None for as long as it takes; return whether it has come."""
        turns = self.turns
        with turns.changed:
            self.asking = True
            come = turns.changed.wait_for(self._is_next, seconds)
            self.asking, self.asked = False, turns.clock()
            if come:
                turns.waiting.remove(self)
                turns.at_work.append(self)
                self.began = turns.clock()
                turns.changed.notify_all()  # where there are several lanes, the next one's turn may have come
        return self.began is not None

    def is_asked_for(self):
        """Whether somebody waits for it, or did a moment ago."""
        return self.asking or self.turns.clock() - self.asked < SILENCE

    def place(self):
        """How long it may take to come.

        Returns:
            (int, float): photos that come before, and seconds until this piece of work should be done; None instead
            while it is not known how long such work takes.
        """
        turns = self.turns
        with turns.changed:
            before = [turn for turn in turns.at_work if turn.stage <= self.stage]
            before += [turn for turn in turns._present() if turn.order < self.order]
            seconds = turns.expected([turn.stage for turn in [*before, self]])
        return len(before), seconds and seconds / turns.lanes

    def _is_next(self):
        turns = self.turns
        present = turns._present()
        lanes = turns.lanes + turns.beside * (self.stage == Stage.CHART)
        early = self.stage == Stage.SEARCH and turns.clock() - turns.worked < PAUSE
        free = turns.is_open and len(turns.at_work) < lanes and not early
        return free and self in present and self is min(present, key=lambda turn: turn.order)
