"""What is held of one visitor."""

from dataclasses import dataclass, field
from threading import Event

from emotion import EMOTIONS
from emotion.analysis.pipeline import FIRST_KIND, KINDS, Analysis
from emotion.explain.explanation import Explanation
from emotion.page.album import Album


@dataclass
class Visit:
    """What is held of one face of a visitor's photo, between two clicks.

    Attributes:
        analysis: pipeline.Analysis; None while the faces are looked for.
        emotion: the one that is explained.
        other: the one that it is compared with, or None.
        kind: of regions, one of pipeline.KINDS.
        hidden: numbers of the regions that the visitor hid.
        explained: the latest Explanation; None while it is waited for.
        done: whether it is the last one.
        album: the photos of the whole visit.
        number: the photo's in the album; None while its faces are looked for.
        ended: set as soon as the visitor has gone on to another photo or face: all work for this one stops.
    """

    analysis: Analysis | None = None
    emotion: str = EMOTIONS[0]
    other: str | None = None
    kind: str = FIRST_KIND
    hidden: list[int] = field(default_factory=list)
    explained: Explanation | None = None
    done: bool = False
    album: Album = field(default_factory=Album)
    number: int | None = None
    ended: Event = field(default_factory=Event)

    @property
    def explanation(self):
        """The Explanation on show, by the regions of its kind; None while it is waited for."""
        return self.explained and KINDS[self.kind](self.explained)

    @property
    def is_finished(self):
        """Whether the Explanation on show says all that there is to say."""
        return self.explained is not None and self.explained.sets is not None

    @property
    def probabilities(self):
        """(7,) float: of the face on show."""
        return self.analysis.probabilities[self.analysis.chosen]
