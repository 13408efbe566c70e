"""A result: all numbers of an analysis as plain JSON, which is enough to make the map again.

It holds no file name, no date, and of the photo only what the map needs. Its regions follow the face's outlines, so it
is not anonymous, but no picture can be made from it.

The fields are described once, for whoever reads the code, for Gradio's documentation of the endpoint, and for pydantic,
which checks files (pydantic.dev/docs: TypedDict with __pydantic_config__).
"""

import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic takes Python's own from 3.12 on

from emotion import EMOTIONS, InputError
from emotion.analysis.pipeline import KINDS
from emotion.explain.explanation import BLUR, ROUNDS, seed_of
from emotion.measure.calibration import is_sure
from emotion.measure.photo_warnings import warn

FORMAT = 2
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


class Result(TypedDict):
    """What was found about one face of a photo. Probabilities, weights and errors are shares, 0-1.

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
        weights: by emotion, of each region: by how much the probability rises, on average, when it is shown.
        errors: their standard errors.
        intervals: their 95 % intervals, [low, high].
        contrast_errors: by two emotions, the earlier first, of each region: the standard error of the
            difference of its two weights.
        intercepts: by emotion, what the map says with all regions hidden.
        fit: by emotion, the map's R^2 on samples that it was not fitted to.
        surrogate_probabilities: by emotion, what the map's weights and intercept add up to.
        num_samples: how many pictures with hidden regions the weights were fitted to.
        hidden_share: which share (0-1) of the regions these hide, on average: 1/7, or 1/2 where 1/7 hardly moved the
            answer.
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
    weights: dict[str, list[float]]
    errors: dict[str, list[float]]
    intervals: dict[str, list[list[float]]]
    contrast_errors: dict[str, dict[str, list[float]]]
    intercepts: dict[str, float]
    fit: dict[str, float]
    surrogate_probabilities: dict[str, float]
    num_samples: Annotated[int, Field(ge=1, le=ROUNDS[-1])]
    hidden_share: float
    stable: bool
    baseline: str
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    versions: dict[str, str]


def result(analysis, record, seed=None):
    """All that an Analysis found about the chosen face, as plain JSON.

    Args:
        analysis: pipeline.Analysis with an explanation.
        record: content of models/emotion.json.
        seed: what drew the explanation's samples; None where that was the pixels' own.

    Returns:
        Result.
    """
    explanation, pixels = analysis.explanation, analysis.face.pixels
    probabilities = explanation.probabilities
    weights, errors = explanation.weights, explanation.errors
    intervals = np.stack([weights - 1.96 * errors, weights + 1.96 * errors], axis=-1)
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
        "kind": analysis.kind,
        "regions": explanation.regions.tolist(),
        "names": list(explanation.names),
        "weights": _by_emotion(weights.T),
        "errors": _by_emotion(errors.T),
        "intervals": _by_emotion(intervals.transpose(1, 0, 2)),
        "contrast_errors": {
            first: {
                second: _plain(explanation.contrast(first, second)[1])
                for second in EMOTIONS[EMOTIONS.index(first) + 1 :]
            }
            for first in EMOTIONS[:-1]
        },
        "intercepts": _by_emotion(explanation.intercepts),
        "fit": _by_emotion(explanation.fit),
        "surrogate_probabilities": _by_emotion(explanation.surrogate_probabilities),
        "num_samples": int(explanation.num_samples),
        "hidden_share": float(explanation.hidden_share),
        "stable": bool(explanation.stable),
        "baseline": f"blur, standard deviation {BLUR} pixels of 48",
        "seed": seed_of(pixels) if seed is None else seed,
        "versions": {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
    }


def read_result(file):
    """Read a result from its file.

    Args:
        file: path of the JSON.

    Returns:
        Result.

    Raises:
        InputError: the file is missing, of another version, or holds something else.
    """
    try:
        given = json.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"The file {file} can't be read. Check its path.") from error
    except (ValueError, RecursionError) as error:  # no text, no JSON, or too deep
        raise InputError(f"The file {file} is not JSON. {_MENDED_BY}") from error
    if isinstance(given, dict) and given.get("format") != FORMAT and "pixels_sha256" in given:
        raise InputError(
            f"The result {file} comes from another version of this program, not format {FORMAT}: use that version, or "
            "analyse the photo again."
        )
    try:
        _FIELDS.validate_python(given)
    except ValidationError as error:
        raise InputError(f"The file {file} is not a result, or was changed. {_MENDED_BY}") from error
    if given["face"] > len(given["faces"]):
        raise InputError(f"The file {file} is not a result, or was changed. {_MENDED_BY}")
    return given


_FIELDS = TypeAdapter(Result)
_MENDED_BY = "Download the data (JSON) from the page once more."


def _by_emotion(values):
    """By emotion the values of (7, ...) float."""
    return {emotion: _plain(value) for emotion, value in zip(EMOTIONS, values, strict=True)}


def _plain(values):
    """Numbers as JSON has them, to the sixth decimal."""
    return np.round(np.asarray(values, float), 6).tolist()


def sha256_of(pixels):
    """The SHA-256 of 48x48 grey values, row by row, as hexadecimal digits."""
    return hashlib.sha256(pixels.tobytes()).hexdigest()
