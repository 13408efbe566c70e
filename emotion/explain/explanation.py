"""A face, its regions and a classifier go in; three answers to "which parts drove this?" come out.

What hiding each region alone does is measured. What the answer rests on, over all the ways of seeing parts of the face,
is LIME's map. What decides it are sets of face parts, each confirmed by the classifier.
"""

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from emotion import EMOTIONS
from emotion.explain.masks import LAYER, ask, draw_any_share, greyed
from emotion.explain.subsets import DECISIVE, Sets, find_sets
from emotion.explain.surrogate import ROUNDING, Surrogate, expected_agreement, to_evidence

LAYERS = (1, 3, 6)
"""Layers of samples after which there is a map, each with those before: 120, 360 and 720 samples."""

PIECES = LAYERS[-1] + 3
"""Pieces of work: what each region does alone, the layers, the fit, and the sets."""

NUM_HELD_OUT = 96
"""Samples that only measure the fit."""

STABLE = 0.9
"""A map is stable when another of as many samples is expected to agree so well with it in rank (Spearman)."""


@dataclass(frozen=True)
class Explanation:
    """What is known of one face and its answer. Probabilities are (..., 7) in EMOTIONS order.

    Attributes:
        regions: (48, 48) int, numbered 0 to n-1 without gaps.
        names: n strings, one a region.
        parts: for each region the name of its face part, or None where no landmarks are known.
        probabilities: (7,) float, of the whole face.
        blurred: (7,) float, of the face with everything hidden.
        alone: (n, 7) float, measured: with the region hidden alone.
        evidence: (n, 14) float: for each emotion by how much a shown region raises its log-odds, then its log
            probability; the mean over all shares of the other regions hidden.
        deviations: (b, n, 14) float: how leaving out each block of samples moves the evidence (jackknife).
        fit: (7,) float, R^2 on samples of any share hidden that the map was not made from: 1 is all of the network's
            behaviour, 0 or less nothing; nan until the last.
        num_samples: of the map; 0 where the evidence is still only that of hiding alone.
        stable: whether another set of samples is expected to give the same map (see STABLE).
        alone_in_grey: (n, 7) float, measured: as alone, with the face's mean grey instead of blur; None until the last.
        sets: of face parts (regions, without landmarks); None until they are found.
        whole_parts: the same of the face parts as regions; None where no landmarks are known.
    """

    regions: np.ndarray
    names: tuple[str, ...]
    parts: tuple[str | None, ...]
    probabilities: np.ndarray
    blurred: np.ndarray
    alone: np.ndarray
    evidence: np.ndarray
    deviations: np.ndarray
    fit: np.ndarray
    num_samples: int = 0
    stable: bool = False
    alone_in_grey: np.ndarray | None = None
    sets: Sets | None = None
    whole_parts: "Explanation | None" = None

    @property
    def weights(self):
        """(n, 7) float: by how much a shown region raises each emotion's log-odds; exp of it is times the odds."""
        return self.evidence[:, : len(EMOTIONS)]

    @property
    def errors(self):
        """(n, 7) float: the standard errors of the weights."""
        return _errors(self.deviations[..., : len(EMOTIONS)])

    def contrast(self, emotion, other):
        """Why one emotion rather than another, from the same samples.

        Args:
            emotion: one of EMOTIONS.
            other: another of EMOTIONS.

        Returns:
            (weights, errors): (n,) float each; by how much log(p_emotion / p_other) grows when the region is shown,
            and its standard error.
        """
        first, second = (len(EMOTIONS) + EMOTIONS.index(one) for one in (emotion, other))
        deviations = self.deviations[..., first] - self.deviations[..., second]
        return self.evidence[:, first] - self.evidence[:, second], _errors(deviations)

    def condensed(self):
        """The same Explanation in a tenth of the memory: no weight, error or contrast differs.

        Errors need only the deviations' sums of squares and products, which the triangular factor of a QR decomposition
        shares with them: 14 rows instead of one a block.
        """
        factors = np.linalg.qr(self.deviations.swapaxes(0, 1), mode="r").swapaxes(0, 1)
        return replace(self, deviations=factors, whole_parts=self.whole_parts and self.whole_parts.condensed())

    def by_parts(self):
        """The Explanation whose regions are the face parts, each with the sum of its patches' evidence."""
        return self if self.whole_parts is None else self.whole_parts

    def disagree(self, emotion):
        """Which regions' effect hangs on what hides them: (n,) bool.

        Hidden by blur and by mean grey they move the emotion's probability in opposite directions, one of them by
        DECISIVE or more, the other by a point or more.
        """
        place = EMOTIONS.index(emotion)
        moved = self.probabilities[place] - np.stack([self.alone, self.alone_in_grey])[..., place]
        sizes = np.abs(moved)
        return (moved[0] * moved[1] < 0) & (sizes.max(axis=0) >= DECISIVE) & (sizes.min(axis=0) >= 0.01)


def explain(pixels, regions, classify, seed=None, layers=LAYERS):
    """Explain a face's seven probabilities, better and better.

    Args:
        pixels: (48, 48) uint8, grey, 0-255.
        regions: Regions, at most 49 (see regions.superpixels).
        classify: function from (n, 48, 48) uint8 to (n, 7) float probabilities.
        seed: draws the samples. None takes one that the pixels give: the same face has the same map every time.
        layers: counts of layers of samples (see masks.LAYER), rising, after each of which there is a map.

    Yields:
        Explanation: the first has what is measured alone, the next have maps, the last has the sets too. Closing the
        generator stops the work.
    """
    making, shown = Explaining(pixels, regions, seed, layers), None
    while not making.done:
        making.advance(classify)
        if making.shown is not shown:
            shown = making.shown
            yield shown


class Explaining:
    """An Explanation in the making, by pieces of work of some hundred pictures; in between it can change processes.

    Attributes:
        shown: the best Explanation so far; None before the first piece.
        done: whether it is the last one.

    Args of its making: see explain.
    """

    def __init__(self, pixels, regions, seed=None, layers=LAYERS):
        from emotion.explain.lime import BalancedLime  # lime loads scikit-learn, for which no page's start should wait

        random = np.random.RandomState(seed_of(pixels) if seed is None else seed)
        self.pixels, self.regions, self.layers, self.explainer = pixels, regions, layers, BalancedLime(random)
        self.held_out = draw_any_share(random, len(regions.names), NUM_HELD_OUT)
        self.shown = self.latest = self.surrogate = self.fit = None
        self.done = False

    def advance(self, classify):
        """Do the next piece of work with a classifier, see explain; return this same object."""
        if self.shown is None:
            self.shown = self.latest = self._alone(classify)
        elif len(self.explainer.layers) < self.layers[-1]:
            self._add_layer(classify)
        elif self.fit is None:
            answers = ask(self.pixels, self.regions.numbers, self.held_out, classify)
            self.fit = self.surrogate.fit(self.held_out, answers)
        else:
            self.shown, self.done = _with_sets(self.latest, self.fit, self.pixels, classify), True
        return self

    def _alone(self, classify):
        explanation, coarse = _measure_alone(self.pixels, self.regions, classify), self.regions.by_parts()
        if coarse is self.regions:
            return explanation
        return replace(explanation, whole_parts=_measure_alone(self.pixels, coarse, classify))

    def _add_layer(self, classify):
        numbers, count = self.regions.numbers, len(self.explainer.layers) + 1
        if count not in self.layers:
            self.explainer.add_layer(self.pixels, numbers, classify)
            return
        face = to_evidence(self.latest.probabilities)
        found = self.explainer.explain(self.pixels, numbers, classify, count)
        self.surrogate = Surrogate(face, face - to_evidence(self.latest.alone), *found)
        self.latest = _with_map(self.latest, self.surrogate, count * LAYER)
        if count < self.layers[-1]:
            self.shown = self.latest


def seed_of(pixels):
    """The seed that a face's pixels (48, 48) give: int, 0 to 2^32 - 1."""
    return int.from_bytes(hashlib.sha256(pixels.tobytes()).digest()[:4], "big")


def _measure_alone(pixels, regions, classify):
    """The Explanation of what hiding each region alone does."""
    count = len(regions.names)
    shown = np.concatenate([np.ones((1, count)), np.zeros((1, count)), 1 - np.eye(count)])
    probabilities, blurred, *alone = ask(pixels, regions.numbers, shown, classify)
    evidence = to_evidence(probabilities) - to_evidence(alone)
    known = (regions.numbers, regions.names, regions.parts, probabilities, blurred, np.array(alone))
    return Explanation(*known, evidence, np.zeros((1, *evidence.shape)), np.full(len(EMOTIONS), np.nan))


def _with_map(explanation, surrogate, num_samples):
    """The Explanation with a Surrogate's evidence, and its face parts with the sums of it."""
    evidence, deviations, top = surrogate.evidence, surrogate.deviations, explanation.probabilities.argmax()
    shift = 2 * deviations[::2, :, top].sum(axis=0)  # from the map of all samples to that of every other block
    stable = bool(expected_agreement(evidence[:, top] + np.stack([shift, -shift])) >= STABLE)
    found = {"num_samples": num_samples, "stable": stable}
    parts = explanation.whole_parts
    if parts is not None:
        sums = np.array([[part == name for part in explanation.parts] for name in parts.names], float)
        parts = replace(parts, evidence=sums @ evidence, deviations=sums @ deviations, **found)
    return replace(explanation, evidence=evidence, deviations=deviations, whole_parts=parts, **found)


def _with_sets(explanation, fit, pixels, classify):
    """The Explanation with its fit, with sets, and with what hiding by grey does."""
    parts = explanation.by_parts()
    weights = parts.weights[:, parts.probabilities.argmax()]
    sets = find_sets(parts.probabilities, parts.alone, weights, lambda sets: ask(pixels, parts.regions, sets, classify))

    def finished(one, **more):
        grey = ask(pixels, one.regions, 1 - np.eye(len(one.names)), classify, greyed)
        return replace(one, fit=fit, sets=sets, alone_in_grey=grey, **more)

    return finished(explanation, whole_parts=explanation.whole_parts and finished(explanation.whole_parts))


def _errors(deviations):
    return np.sqrt((deviations**2).sum(axis=0) + ROUNDING**2)
