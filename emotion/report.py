"""An analysis goes in; what a visitor takes home comes out: a picture, and all numbers, which make the map again.

A result is plain JSON: no file name, no date, and of the photo only what the map needs. Its regions follow the face's
outlines, so it is not anonymous, but no picture can be made from it.
"""

import hashlib
import json
import math
import platform
from importlib.metadata import version
from pathlib import Path
from typing import TypedDict, get_args, get_origin, get_type_hints

import numpy as np

from emotion import EMOTIONS, InputError
from emotion.explain import BLUR, ROUNDS, explain, seed_of
from emotion.faces import find_faces
from emotion.metrics import is_sure
from emotion.photo import read_photo
from emotion.quality import warn
from emotion.regions import face_parts, superpixels
from emotion.render import CARD_MAP_SIDE, draw_card, draw_contrast, draw_heat_map
from emotion.words import SURE, answer_text, contrast_text, fit_text, samples_text, weights_text

FORMAT = 2
"""Of the results written here; another number means other fields."""

KINDS = {
    "superpixels": lambda face: superpixels(face.pixels, face.framed_landmarks),
    "face parts": lambda face: (
        superpixels(face.pixels) if face.landmarks is None else face_parts(face.framed_landmarks)
    ),
}
"""How a faces.Face is split into regions, by what it is called: Face -> (regions, names)."""

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
"""Those that a result hangs on."""

TOLERANCE = 1e-4
"""Two results are equal where no number differs by more: a hundredth of a percentage point. With an older
instruction set or another count of threads, numbers of three maps differed by 0.000001 at most."""

LEAST_OVERLAP = 0.5
"""Two boxes are of one face where they share so much of the area that both cover."""


class FoundFace(TypedDict):
    """A face of the photo.

    Attributes:
        box: [top, right, bottom, left], photo pixels.
        frame: 2 rows of 3 numbers: point (x, y) of the 48x48 picture is frame @ (x, y, 1) in photo pixels.
        warnings: what is wrong with its picture, in sentences.
    """

    box: list[int]
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

    format: int
    faces: list[FoundFace]
    face: int
    pixels_sha256: str
    weights_sha256: str
    probabilities: dict[str, float]
    sure: bool
    candidates: list[str]
    kind: str
    regions: list[list[int]]
    names: list[str]
    weights: dict[str, list[float]]
    errors: dict[str, list[float]]
    intervals: dict[str, list[list[float]]]
    contrast_errors: dict[str, dict[str, list[float]]]
    intercepts: dict[str, float]
    fit: dict[str, float]
    surrogate_probabilities: dict[str, float]
    num_samples: int
    hidden_share: float
    stable: bool
    baseline: str
    seed: int
    versions: dict[str, str]


def analyse(file, number, kind, engine, record):
    """All about one face of a photo, for programs.

    Args:
        file: path of the photo.
        number: of the face, from 1, the largest.
        kind: one of KINDS.
        engine: engine.Engine.
        record: content of models/emotion.json.

    Returns:
        Result.

    Raises:
        InputError: the photo can't be read, has no face or none of that number, or there is no such kind.
    """
    if kind not in tuple(KINDS):
        raise InputError(
            f"There is no such kind of regions. Expected {' or '.join(map(repr, KINDS))}. Give one of them."
        )
    faces = engine.find_faces(read_photo(file))
    if number not in range(1, len(faces) + 1):
        raise InputError(
            f"There is no face of that number in this photo. Expected a whole number from 1 to {len(faces)}, "
            "1 for the largest. Give one of them."
        )
    chosen = int(number) - 1
    *_, explanation = engine.explain(faces[chosen].pixels, *KINDS[kind](faces[chosen]))
    return result(faces, chosen, explanation, kind, record)


def result(faces, chosen, explanation, kind, record, seed=None):
    """All that was found about one face, as plain JSON.

    Args:
        faces: list of faces.Face, those of the photo.
        chosen: index of the one that is explained.
        explanation: its Explanation.
        kind: one of KINDS, the explanation's.
        record: content of models/emotion.json.
        seed: what drew the explanation's samples; None where that was the pixels' own.

    Returns:
        Result.
    """
    pixels, probabilities = faces[chosen].pixels, explanation.probabilities
    weights, errors = explanation.weights, explanation.errors
    intervals = np.stack([weights - SURE * errors, weights + SURE * errors], axis=-1)
    return {
        "format": FORMAT,
        "faces": [
            {"box": list(map(int, face.box)), "frame": _plain(face.frame), "warnings": warn(face, record["faults"])}
            for face in faces
        ],
        "face": chosen + 1,
        "pixels_sha256": _sha256(pixels),
        "weights_sha256": record["sha256"],
        "probabilities": _by_emotion(probabilities),
        "sure": bool(is_sure(probabilities[None], record["not_sure"])[0]),
        "candidates": [EMOTIONS[index] for index in np.argsort(-probabilities, kind="stable")[:2]],
        "kind": kind,
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


def card(face, explanation, kind, emotion, record, thresholds=None, other=None):
    """Draw one picture of an answer and its map.

    Args:
        face: faces.Face.
        explanation: its Explanation.
        kind: one of KINDS, the explanation's.
        emotion: the one of EMOTIONS that is explained.
        record: content of models/emotion.json.
        thresholds: dict with useless_below and good_from, R^2 each (models/explanation.json, fit), where measured.
        other: one of EMOTIONS to explain emotion against, or None.

    Returns:
        (H, W, 3) uint8, RGB.
    """
    limit = -np.inf if thresholds is None else thresholds["useless_below"]
    if other is None:
        heading = f"What speaks for {emotion}"
        picture = draw_heat_map(explanation, emotion, face.crop, limit, CARD_MAP_SIDE)
        words = weights_text(explanation, emotion)
    else:
        heading = f"Why {emotion} rather than {other}"
        picture = draw_contrast(explanation, emotion, other, face.crop, limit, CARD_MAP_SIDE)
        words = contrast_text(explanation, emotion, other)
    return draw_card(
        face.crop,
        answer_text(explanation.probabilities, record["not_sure"]),
        explanation.probabilities,
        bool(is_sure(explanation.probabilities[None], record["not_sure"])[0]),
        (heading, picture),
        [
            ("In words", words.replace(" (±", "\N{NO-BREAK SPACE}(±")),
            ("How far to trust it", fit_text(explanation, emotion, thresholds, other)),
        ],
        f"Model {record['sha256'][:8]} (SHA-256), {kind} hidden by a blur: {samples_text(explanation)}. "
        "What a face looks like to a small model, not what anyone feels.",
    )


def reproduce(photo_file, result_file, classify, record):
    """Make a result again from its photo.

    Args:
        photo_file: path of the photo.
        result_file: path of the JSON that result() made of it.
        classify: model.Classifier.
        record: content of models/emotion.json.

    Returns:
        list of str, what differs; empty where they are equal (see TOLERANCE).

    Raises:
        InputError: a file can't be read, the result is none, was made with other weights, or the photo has no face
            where the result has its own.
    """
    given = read_result(result_file)
    if given["weights_sha256"] != record["sha256"]:
        raise InputError(
            f"This result was made with other weights, whose SHA-256 begins with {given['weights_sha256'][:8]}. "
            f"Expected those that are here: {record['sha256'][:8]}. Check out the version of the project that made it."
        )
    if not Path(photo_file).is_file():
        raise InputError(f"The photo {photo_file} is missing. Expected the photo of the result. Check the path.")
    faces = find_faces(read_photo(photo_file))
    chosen = _at(faces, given["faces"][given["face"] - 1]["box"])
    face = faces[chosen]
    if _sha256(face.pixels) != given["pixels_sha256"]:
        return ["the face's 48x48 pixels"]
    regions, names = KINDS[given["kind"]](face)
    *_, explanation = explain(face.pixels, regions, names, classify, given["seed"], (given["num_samples"],))
    made = result(faces, chosen, explanation, given["kind"], record, given["seed"])
    return differences(given, made)


def differences(given, made):
    """Where two Results differ by more than TOLERANCE, but for the versions of libraries: list of str, a place each."""
    return [gap for field in made if field != "versions" for gap in _gaps(field, given[field], made[field])]


def read_result(file):
    """Read a result that was taken home.

    Args:
        file: path of the JSON.

    Returns:
        Result.

    Raises:
        InputError: the file is missing, or holds something else.
    """
    expected = "Expected the JSON that the page gives. Download it once more."
    try:
        given = json.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"The file {file} can't be read. {expected}") from error
    except (ValueError, RecursionError) as error:  # no text, no JSON, or too deep
        raise InputError(f"The file {file} is no JSON. {expected}") from error
    if isinstance(given, dict) and given.get("format") != FORMAT and "pixels_sha256" in given:
        raise InputError(
            f"The file {file} is a result of another version. Expected format {FORMAT}. "
            "Check out the version of the project that made it."
        )
    meant = (
        _is(given, Result)
        and given["kind"] in KINDS
        and 1 <= given["face"] <= len(given["faces"])
        and all(len(face["box"]) == 4 for face in given["faces"])
        and 0 <= given["seed"] < 2**32
        and 1 <= given["num_samples"] <= ROUNDS[-1]
    )
    if not meant:
        raise InputError(f"The file {file} is no result, or was changed. {expected}")
    return given


def _by_emotion(values):
    """By emotion the values of (7, ...) float."""
    return {emotion: _plain(value) for emotion, value in zip(EMOTIONS, values, strict=True)}


def _plain(values):
    """Numbers as JSON has them, to the sixth decimal."""
    return np.round(np.asarray(values, float), 6).tolist()


def _sha256(pixels):
    return hashlib.sha256(pixels.tobytes()).hexdigest()


def _at(faces, box):
    """The index of the face whose box covers most of a box.

    Raises:
        InputError: none covers LEAST_OVERLAP.
    """
    overlaps = [_overlap(face.box, box) for face in faces]
    if max(overlaps) < LEAST_OVERLAP:
        raise InputError(
            "This photo has no face where the result has its own. "
            "Expected the photo that the result was made of, whole. Check that it is the right one."
        )
    return int(np.argmax(overlaps))


def _overlap(box, other):
    """Which share two boxes (top, right, bottom, left) have in common of the area that they cover, 0-1."""
    height, width = (
        max(0, min(box[end], other[end]) - max(box[start], other[start])) for end, start in ((2, 0), (1, 3))
    )
    areas = sum((one[2] - one[0]) * (one[1] - one[3]) for one in (box, other))
    return height * width / max(areas - height * width, 1)


def _is(value, hint):
    """Whether a value from JSON has a type of Result's."""
    if get_origin(hint) is list:
        return isinstance(value, list) and all(_is(one, get_args(hint)[0]) for one in value)
    if get_origin(hint) is dict:
        return isinstance(value, dict) and all(_is(one, get_args(hint)[1]) for one in value.values())
    if hint in (Result, FoundFace):
        fields = get_type_hints(hint)
        return (
            isinstance(value, dict) and value.keys() == fields.keys() and all(_is(value[f], fields[f]) for f in fields)
        )
    return type(value) is hint or (hint is float and type(value) is int)


def _gaps(place, given, made):
    """Yield a few words on each place where what is given is not what was made."""
    if isinstance(made, dict | list) and type(given) is type(made) and len(given) == len(made):
        keys = made if isinstance(made, dict) else range(len(made))
        if isinstance(made, dict) and given.keys() != made.keys():
            yield f"{place}: other names"
        else:
            for key in keys:
                yield from _gaps(f"{place} {key}", given[key], made[key])
    elif isinstance(made, float):
        if not math.isclose(given, made, rel_tol=0, abs_tol=TOLERANCE):
            yield f"{place}: {given} there, {made} here"
    elif given != made:
        yield place
