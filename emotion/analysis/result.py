"""A result: all numbers of an analysis as plain JSON, which is enough to make the map again.

It holds no file name, no date, and of the photo only what the map needs. Its regions follow the face's outlines, so it
is not anonymous, but no picture can be made from it.

The fields are described once, for whoever reads the code, for Gradio's documentation of the endpoint, and for pydantic,
which checks files (pydantic.dev/docs: TypedDict with __pydantic_config__).
"""

import hashlib
import platform
from importlib.metadata import version
from itertools import combinations
from typing import Annotated, Literal

import numpy as np
from pydantic import ConfigDict, Field
from typing_extensions import TypedDict  # pydantic takes Python's own from 3.12 on

from emotion import EMOTIONS, InputError
from emotion.analysis.pipeline import FIRST_KIND, KINDS
from emotion.explain.explanation import seed_of
from emotion.explain.masks import BLUR
from emotion.measure.calibration import is_sure
from emotion.measure.intervals import NORMAL_95
from emotion.measure.photo_warnings import warn

FORMAT = 3
"""Of the results written here; another number means other fields."""

LIBRARIES = (
    "dlib-bin",
    "face-recognition",
    "keras",
    "lime",
    "numpy",
    "pillow",
    "scikit-image",
    "scipy",
    "tensorflow",
)
"""Those that a result depends on."""

STRICT = ConfigDict(strict=True, extra="forbid")


class FoundFace(TypedDict):
    """A face of the photo.

    Attributes:
        box: [top, right, bottom, left], photo pixels.
        frame: 2 rows of 3 numbers: point (x, y) of the 48x48 picture is frame @ (x, y, 1) in photo pixels.
        warnings: what is wrong with its picture, in sentences.
    """

    __pydantic_config__ = STRICT

    box: Annotated[list[int], Field(min_length=4, max_length=4)]
    frame: list[list[float]]
    warnings: list[str]


class FoundSets(TypedDict):
    """Which sets of face parts decide the answer, each confirmed by the network; see subsets.Sets.

    Attributes:
        changing: names of the parts; with them hidden the answer is another. None where no set was found.
        changed: by emotion, the probabilities then.
        sufficient: names of the parts; with all others hidden the answer keeps most of its probability.
        kept: by emotion, the probabilities then.
        none_alone: whether a set changes the answer though each part alone hardly does.
    """

    __pydantic_config__ = STRICT

    changing: list[str] | None
    changed: dict[str, float] | None
    sufficient: list[str] | None
    kept: dict[str, float] | None
    none_alone: bool


class Result(TypedDict):
    """What was found about one face of a photo. Probabilities are shares, 0-1; evidence is in log-odds.

    Attributes:
        format: version of these fields.
        faces: of the photo, the largest first.
        face: which of them this is about, counted from 1.
        pixels_sha256: of the 48x48 grey values that the model read, row by row.
        weights_sha256: of the model's file.
        probabilities: by emotion.
        sure: whether the top emotion is the answer; else the answer is "not sure".
        candidates: the two most probable emotions.
        kind: of regions, "superpixels" or "face parts".
        regions: 48 rows of 48 numbers: which region a pixel belongs to, counted from 0.
        names: of the regions.
        alone: by emotion, of each region, measured: the probability with that region alone hidden.
        alone_in_grey: the same, hidden by the face's mean grey.
        blurred: by emotion, measured: the probability with everything hidden.
        evidence: by emotion, of each region: by how much showing it raises the log-odds; exp of it is times the odds.
        errors: their standard errors.
        intervals: their 95 % intervals, [low, high].
        contrasts: by two emotions, the earlier first, of each region: by how much showing it raises the logarithm of
            the first one's probability over the second one's.
        contrast_errors: their standard errors.
        fit: by emotion, the map's R^2 on samples that it was not fitted to, of any share hidden.
        sets: of face parts, that decide the answer.
        num_samples: how many pictures with hidden regions the evidence was fitted to.
        stable: whether another set of samples is expected to give the same map.
        baseline: what stands for a hidden region.
        seed: draws the samples.
        versions: of Python and the libraries.
    """

    __pydantic_config__ = STRICT

    format: Literal[FORMAT]
    faces: Annotated[list[FoundFace], Field(min_length=1)]
    face: Annotated[int, Field(ge=1)]
    pixels_sha256: str
    weights_sha256: str
    probabilities: dict[str, float]
    sure: bool
    candidates: list[str]
    kind: Literal[tuple(KINDS)]
    regions: list[list[int]]
    names: list[str]
    alone: dict[str, list[float]]
    alone_in_grey: dict[str, list[float]]
    blurred: dict[str, float]
    evidence: dict[str, list[float]]
    errors: dict[str, list[float]]
    intervals: dict[str, list[list[float]]]
    contrasts: dict[str, dict[str, list[float]]]
    contrast_errors: dict[str, dict[str, list[float]]]
    fit: dict[str, float]
    sets: FoundSets
    num_samples: Annotated[int, Field(ge=1)]
    stable: bool
    baseline: str
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    versions: dict[str, str]


def result(analysis, record, kind=FIRST_KIND, seed=None):
    """All that an Analysis found about the chosen face, as plain JSON.

    Args:
        analysis: pipeline.Analysis with a finished explanation, the last that explain yields.
        record: content of models/emotion.json.
        kind: of regions, one of pipeline.KINDS.
        seed: what drew the explanation's samples; None where that was the pixels' own.

    Returns:
        Result.

    Raises:
        InputError: the explanation is not finished.
    """
    if analysis.explanation.sets is None:
        raise InputError("The computer was too busy to finish the map. Please try again in a few minutes.")
    pixels, explanation = analysis.face.pixels, KINDS[kind](analysis.explanation)
    weights, errors, probabilities = explanation.weights, explanation.errors, explanation.probabilities
    intervals = np.stack([weights - NORMAL_95 * errors, weights + NORMAL_95 * errors], axis=-1)
    pairs = list(combinations(EMOTIONS, 2))
    contrasts = {pair: explanation.contrast(*pair) for pair in pairs}
    return {
        "format": FORMAT,
        "faces": [
            {"box": list(map(int, face.box)), "frame": _plain(face.frame), "warnings": warn(face, record["faults"])}
            for face in analysis.faces
        ],
        "face": analysis.chosen + 1,
        "pixels_sha256": sha256_of(pixels),
        "weights_sha256": record["sha256"],
        "probabilities": _by_emotion(probabilities),
        "sure": bool(is_sure(probabilities[None], record["not_sure"])[0]),
        "candidates": [EMOTIONS[index] for index in np.argsort(-probabilities, kind="stable")[:2]],
        "kind": kind,
        "regions": explanation.regions.tolist(),
        "names": list(explanation.names),
        "alone": _by_emotion(explanation.alone.T),
        "alone_in_grey": _by_emotion(explanation.alone_in_grey.T),
        "blurred": _by_emotion(explanation.blurred),
        "evidence": _by_emotion(weights.T),
        "errors": _by_emotion(errors.T),
        "intervals": _by_emotion(intervals.transpose(1, 0, 2)),
        "contrasts": _by_pair(contrasts, 0),
        "contrast_errors": _by_pair(contrasts, 1),
        "fit": _by_emotion(explanation.fit),
        "sets": _named(explanation.sets, explanation.by_parts().names),
        "num_samples": int(explanation.num_samples),
        "stable": bool(explanation.stable),
        "baseline": f"blur, standard deviation {BLUR} pixels of 48",
        "seed": seed_of(pixels) if seed is None else seed,
        "versions": {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
    }


def _by_pair(contrasts, place):
    """By two emotions, the earlier first, their weights (place 0) or errors (1)."""
    return {
        first: {second: _plain(contrasts[first, second][place]) for second in EMOTIONS[number:]}
        for number, first in enumerate(EMOTIONS[:-1], start=1)
    }


def _named(sets, names):
    """A subsets.Sets as FoundSets, by the names of the regions that it is of."""

    def named(numbers):
        return None if numbers is None else [names[number] for number in numbers]

    return {
        "changing": named(sets.changing),
        "changed": None if sets.changed is None else _by_emotion(sets.changed),
        "sufficient": named(sets.sufficient),
        "kept": None if sets.kept is None else _by_emotion(sets.kept),
        "none_alone": bool(sets.none_alone),
    }


def _by_emotion(values):
    """By emotion the values of (7, ...) float."""
    return {emotion: _plain(value) for emotion, value in zip(EMOTIONS, values, strict=True)}


def _plain(values):
    """Numbers as JSON has them, to the sixth decimal."""
    return np.round(np.asarray(values, float), 6).tolist()


def sha256_of(pixels):
    """The SHA-256 of 48x48 grey values, row by row, as hexadecimal digits."""
    return hashlib.sha256(pixels.tobytes()).hexdigest()
