"""What is held of one visitor."""

from dataclasses import dataclass, field
from threading import Event

from emotion import EMOTIONS
from emotion.analysis.pipeline import FIRST_KIND, Analysis
from emotion.explain.explanation import Explanation


@dataclass
class Visit:
    """What is held of one face of a visitor's photo, between two clicks.

    Attributes:
        analysis: pipeline.Analysis; None while the faces are looked for.
        emotion: the one that is explained.
        other: the one that it is compared with, or None.
        kind: of regions, one of pipeline.KINDS.
        hidden: numbers of the regions that the visitor hid.
        explanations: by kind, the latest Explanation.
        done: the kinds whose Explanation is the last one.
        ended: set as soon as the visitor has gone on to another photo or face: all work for this one stops.
    """

    analysis: Analysis | None = None
    emotion: str = EMOTIONS[0]
    other: str | None = None
    kind: str = FIRST_KIND
    hidden: list[int] = field(default_factory=list)
    explanations: dict[str, Explanation] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    ended: Event = field(default_factory=Event)

    @property
    def explanation(self):
        """The Explanation on show, or None while it is waited for."""
        return self.explanations.get(self.kind)

    @property
    def probabilities(self):
        """(7,) float: of the face on show."""
        return self.analysis.probabilities[self.analysis.chosen]
