"""What is wrong with the picture of a face, in plain sentences.

A warning means that the model is right about faces like this one less often, by COST or more. Where
that begins is measured for each network, on validation faces made worse, and kept in its record.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import laplace

from emotion.face.landmarks import frame_landmarks
from emotion.measure.corruptions import blur, brighten, cut_off, shrink

COST = 0.10
"""How much more (0-1) of the answers is wrong where a warning is given."""

NUM_BINS = 20
"""Measures that differ from face to face are sorted into this many bins of equally many faces. 3,589 faces at six
levels make 1,077 each, whose accuracy has a standard error of 1.5 points."""


@dataclass(frozen=True)
class Weakness:
    """One way in which the picture of a face can be poor.

    Attributes:
        unit: what its measure counts.
        worse: 1 where a higher measure is worse, -1 where a lower one is.
        measure: Face -> float.
        examples: (n, 48, 48) uint8 pixels -> pairs of measures (n,) and pixels (n, 48, 48) uint8
            that have them, from good to poor.
        sentence: the warning.
    """

    unit: str
    worse: int
    measure: Callable
    examples: Callable
    sentence: str


def warn(face, limits):
    """Say what is wrong with the picture of a face.

    Args:
        face: find.Face.
        limits: measure_limits' answer, from the network's record.

    Returns:
        list of str, sentences; empty for a good picture.
    """
    sentences = [
        weakness.sentence
        for name, weakness in WEAKNESSES.items()
        if limits[name]["limit"] is not None and weakness.worse * (weakness.measure(face) - limits[name]["limit"]) > 0
    ]
    return sentences if face.framed_landmarks is not None else [*sentences, UNPLACED]


def measure_limits(classify, pixels, labels):
    """Find where each weakness begins to cost more than COST.

    Args:
        classify: Classifier, see model.
        pixels: (n, 48, 48) uint8, validation faces.
        labels: (n,) int, index into EMOTIONS.

    Returns:
        dict, ready for JSON: by name of WEAKNESSES a dict with unit, limit (the measure beyond which a warning is
        given; None where the weakness never costs as much), warned (share of the unchanged faces
        that would get it, 0-1) and curve (by bin of faces, from good to poor: their mean measure and
        accuracy, 0-1).
    """
    accuracy = float(np.mean(classify(pixels).argmax(axis=1) == labels))
    limits = {}
    for name, weakness in WEAKNESSES.items():
        measures, right = [], []
        for values, worse in weakness.examples(pixels):
            measures.append(values)
            right.append(classify(worse).argmax(axis=1) == labels)
        curve = _curve(weakness.worse * np.concatenate(measures), np.concatenate(right))
        limit = _crossing(curve, accuracy - COST)
        limits[name] = {
            "unit": weakness.unit,
            "limit": None if limit is None else weakness.worse * limit,
            "warned": 0.0 if limit is None else float(np.mean(weakness.worse * measures[0] > limit)),
            "curve": [{"measure": weakness.worse * value, "accuracy": accuracy} for value, accuracy in curve],
        }
    return limits


def _curve(badness, right):
    """List of (mean badness, accuracy), from good to poor: by level where few are tried, else by bin."""
    levels = np.unique(badness)
    if len(levels) <= NUM_BINS:
        groups = [badness == level for level in levels]
    else:
        groups = np.array_split(np.argsort(badness), min(NUM_BINS, len(badness)))
    return [(float(badness[group].mean()), float(right[group].mean())) for group in groups]


def _crossing(curve, accuracy):
    """The badness from which on a curve stays below an accuracy, by straight lines; None if it ends above."""
    if curve[-1][1] >= accuracy:
        return None
    good = [number for number, (_, value) in enumerate(curve) if value >= accuracy]
    if not good:
        return curve[0][0]
    (low, above), (high, below) = curve[good[-1]], curve[good[-1] + 1]
    return low + (high - low) * (above - accuracy) / (above - below)


def sharpness(pixels):
    """How fine the detail of faces is: the spread of their Laplacian against the spread of their greys.

    Args:
        pixels: (n, 48, 48) uint8.

    Returns:
        (n,) float, 0 for an even grey.
    """
    greys = pixels.astype(np.float32)
    return laplace(greys, axes=(1, 2)).std(axis=(1, 2)) / np.maximum(greys.std(axis=(1, 2)), 1)


def turn(landmarks):
    """How far a face looks to the side.

    Args:
        landmarks: (68, 2) float, of an upright face.

    Returns:
        float, 0 (straight ahead) to 1: by how much one half of the face, from the tip of the nose
        to the jaw, is wider than the other, as a share of both.
    """
    nose, left, right = landmarks[30, 0], landmarks[1:4, 0].mean(), landmarks[13:16, 0].mean()
    return float(abs((nose - left) - (right - nose)) / max(abs(right - left), 1e-6))


def _mean_grey(pixels):
    return pixels.mean(axis=(1, 2))


def _shrunk(pixels):
    for side in (48, 40, 32, 24, 20, 16, 12):
        yield np.full(len(pixels), side), shrink(pixels, side)


def _blurred(pixels):
    for sigma in (0, 0.5, 1, 1.5, 2, 3):
        worse = blur(pixels, sigma) if sigma else pixels
        yield sharpness(worse), worse


def _darkened(pixels):
    for factor in (1, 0.5, 0.25, 0.12, 0.06, 0.03):
        worse = brighten(pixels, factor)
        yield _mean_grey(worse), worse


def _brightened(pixels):
    for factor in (1, 1.25, 1.5, 2, 3, 4):
        worse = brighten(pixels, factor)
        yield _mean_grey(worse), worse


def _cut(pixels):
    for share in (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
        yield np.full(len(pixels), share), cut_off(pixels, share)


def _turned(pixels):
    yield np.array([turn(frame_landmarks(face)) for face in pixels]), pixels


_WEAK = "the model is wrong more often about such faces."
WEAKNESSES = {
    "small": Weakness(
        "side of the face, photo pixels",
        -1,
        lambda face: face.side,
        _shrunk,
        f"The face is small: {_WEAK} Move closer, or use a larger version of the photo.",
    ),
    "blurred": Weakness(
        "sharpness",
        -1,
        lambda face: sharpness(face.pixels[None])[0],
        _blurred,
        f"The face is blurred: {_WEAK} Hold the camera still, and let it focus on the face.",
    ),
    "dark": Weakness(
        "mean grey, 0-255",
        -1,
        lambda face: face.pixels.mean(),
        _darkened,
        f"The face is dark: {_WEAK} Turn it towards the light.",
    ),
    "bright": Weakness(
        "mean grey, 0-255",
        1,
        lambda face: face.pixels.mean(),
        _brightened,
        f"The face is overexposed: {_WEAK} Take the photo in softer light.",
    ),
    "cut": Weakness(
        "share of the face outside of the photo",
        1,
        lambda face: face.outside,
        _cut,
        f"The photo's edge cuts the face: {_WEAK} Leave some room around the head.",
    ),
    "turned": Weakness(
        "turn to the side, 0-1",
        1,
        lambda face: -1 if face.framed_landmarks is None else turn(face.framed_landmarks),
        _turned,
        f"The face is turned to one side: {_WEAK} Look towards the camera.",
    ),
}
"""By name, in the order in which they are said. A tilt is none of them: faces are set upright first."""

UNPLACED = (
    "The eyes, nose and mouth could not be found on this face. So it is framed roughly, and its map shows patches "
    "instead of face parts. Look towards the camera, in even light, with nothing in front of the face."
)
"""Said of a face without landmarks."""
