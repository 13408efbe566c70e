"""What is asked of an Explanation: which parts speak for an emotion, or for one emotion rather than another?"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from emotion import EMOTIONS
from emotion.explain.explanation import Explanation
from emotion.measure.intervals import NORMAL_95

SMALLEST_SCALE = np.log(1.2)
"""Where no weight reaches 1.2 times the odds, colours end there: next to nothing must not look like much."""


POOR_FIT = 0.2
"""A map whose R^2 is below this explains less than a fifth of what the network does: the page says not to trust it."""


@dataclass(frozen=True, eq=False)
class Question:
    """One question about one face.

    Attributes:
        explanation: Explanation.
        emotion: the one of EMOTIONS that is explained.
        other: another of EMOTIONS that it is compared with, or None.
    """

    explanation: Explanation
    emotion: str
    other: str | None = None

    @property
    def towards(self):
        """What the parts speak for: "happy", or "happy rather than sad"."""
        return self.emotion if self.other is None else f"{self.emotion} rather than {self.other}"

    @cached_property
    def weights(self):
        """(n,) float: evidence, by how much showing each region raises the log-odds of what is asked about."""
        return self._answer[0]

    @cached_property
    def errors(self):
        """(n,) float: the standard errors of the weights."""
        return self._answer[1]

    @property
    def _answer(self):
        if self.other is not None:
            return self.explanation.contrast(self.emotion, self.other)
        label = EMOTIONS.index(self.emotion)
        return self.explanation.weights[:, label], self.explanation.errors[:, label]

    @property
    def intervals(self):
        """(n, 2) float: the 95 % interval of each weight, low and high."""
        return np.stack([self.weights - NORMAL_95 * self.errors, self.weights + NORMAL_95 * self.errors], axis=1)

    @property
    def sure(self):
        """(n,) bool: whether a weight's 95 % interval lies wholly on one side of 0."""
        return np.abs(self.weights) > NORMAL_95 * self.errors

    @property
    def shown(self):
        """(n,) float: the weights, 0 where they can't be told from 0."""
        return np.where(self.sure, self.weights, 0)

    @property
    def order(self):
        """(n,) int: the regions, sure ones first, then by the size of their weights."""
        return np.lexsort((-np.abs(self.weights), ~self.sure))

    @property
    def strongest(self):
        """(k,) int: the regions that are sure, the strongest first."""
        return self.order[: self.sure.sum()]

    @property
    def scale(self):
        """Float: the weight at which colours end; the same for all emotions, so that their maps can be compared."""
        weights = self.explanation.weights if self.other is None else self.weights
        return max(float(np.abs(weights).max()), SMALLEST_SCALE)

    def share(self, probabilities=None):
        """What is asked about, of the whole face or of any (7,) probabilities.

        Returns:
            float: the emotion's probability (0-1), or how far it is ahead of the other's (-1 to 1).
        """
        probabilities = self.explanation.probabilities if probabilities is None else probabilities
        ahead_of = 0 if self.other is None else probabilities[EMOTIONS.index(self.other)]
        return float(probabilities[EMOTIONS.index(self.emotion)] - ahead_of)

    @property
    def is_answer(self):
        """Whether it asks about the answer itself, which the verified sets are about."""
        return self.other is None and self.emotion == EMOTIONS[self.explanation.probabilities.argmax()]

    @property
    def disagree(self):
        """(k,) int: strong regions that act the other way where they are hidden by grey instead of blur."""
        if self.explanation.alone_in_grey is None:
            return np.zeros(0, int)
        return np.flatnonzero(self.explanation.disagree(self.emotion))

    @property
    def weakest(self):
        """The emotion whose fit counts: the worse of the two that are compared."""
        asked = [emotion for emotion in (self.emotion, self.other) if emotion]
        return min(asked, key=lambda emotion: self.explanation.fit[EMOTIONS.index(emotion)])

    @property
    def fit(self):
        """Float: R^2 of the map on samples that it was not fitted to; of a comparison the worse; nan at first."""
        return float(self.explanation.fit[EMOTIONS.index(self.weakest)])

    @property
    def poor(self):
        """Whether the map should be drawn faded; not while its fit is unknown."""
        return self.fit < POOR_FIT
