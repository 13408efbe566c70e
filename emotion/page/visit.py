"""What is held of one visitor."""

import time
from dataclasses import dataclass, field
from threading import Event

import numpy as np

from emotion import EMOTIONS, IMAGE_SIZE
from emotion.analysis.pipeline import FIRST_KIND, KINDS, Analysis
from emotion.explain.explanation import Explanation
from emotion.page.album import Album
from emotion.page.question import Question
from emotion.page.search import Search


@dataclass
class Visit:
    """What is held of one face of a visitor's photo, between two clicks.

    Attributes:
        analysis: pipeline.Analysis; None while the faces are looked for.
        emotion: the one that is explained.
        other: the one that it is compared with, or None.
        kind: of regions, one of pipeline.KINDS.
        hidden: numbers of the regions that the visitor hid.
        painted: (48, 48) bool, the pixels that the visitor painted over.
        told: number of the message that said so.
        asked: another object each time that the visitor asks for something else.
        since: seconds of the monotonic clock when it began.
        explained: the latest Explanation; None while it is waited for.
        begun: whether an Explanation has been asked for.
        done: whether it is the last one.
        search: for the photo's faces.
        album: the photos of the whole visit.
        number: the photo's in the album; None while its faces are looked for.
        serial: tells it from the others of the visit.
        ended: set as soon as the visitor has gone on to another photo or face: all work for this one stops.
    """

    analysis: Analysis | None = None
    emotion: str = EMOTIONS[0]
    other: str | None = None
    kind: str = FIRST_KIND
    hidden: list[int] = field(default_factory=list)
    painted: np.ndarray = field(default_factory=lambda: np.zeros((IMAGE_SIZE, IMAGE_SIZE), bool))
    told: int = 0
    asked: object = None
    since: float = field(default_factory=time.monotonic)
    explained: Explanation | None = None
    begun: bool = False
    done: bool = False
    search: Search = field(default_factory=Search)
    album: Album = field(default_factory=Album)
    number: int | None = None
    serial: int = 0
    ended: Event = field(default_factory=Event)

    def __post_init__(self):
        """From now on, its face is the one on show. Work for the last one ends, and for another photo."""
        before, self.serial = self.album.turn_to(self)
        self.search.visit = self
        if before is not None:
            before.ended.set()
            if before.search is not self.search:
                before.search.ended.set()
                if not before.search.done.is_set():
                    self.album.cut_short.add(before.number)

    @property
    def explanation(self):
        """The Explanation on show, by the regions of its kind; None while it is waited for."""
        return self.explained and KINDS[self.kind](self.explained)

    @property
    def question(self):
        """The Question asked about the face; None while its Explanation is waited for."""
        return self.explanation and Question(self.explanation, self.emotion, self.other)

    @property
    def covered(self):
        """(48, 48) bool: the pixels that are hidden, by parts or by paint; only where there is an Explanation."""
        return self.painted | np.isin(self.explanation.regions, self.hidden)

    @property
    def is_finished(self):
        """Whether the Explanation on show says all that there is to say."""
        return self.explained is not None and self.explained.sets is not None

    @property
    def probabilities(self):
        """(7,) float: of the face on show."""
        return self.analysis.probabilities[self.analysis.chosen]
