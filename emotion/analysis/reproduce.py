"""A result is made again from its photo, and the two are compared."""

import json
import math
from pathlib import Path
from typing import get_args, get_origin, get_type_hints

import numpy as np

from emotion import InputError
from emotion.analysis.pipeline import KINDS
from emotion.analysis.result import FORMAT, FoundFace, Result, result, sha256_of
from emotion.explain.explanation import ROUNDS, explain
from emotion.face.find import find_faces
from emotion.face.photo import read_photo

TOLERANCE = 1e-4
"""Two results are equal where no number differs by more: a hundredth of a percentage point. With an older
instruction set or another count of threads, numbers of three maps differed by 0.000001 at most."""

LEAST_OVERLAP = 0.5
"""Two boxes are of one face where they share so much of the area that both cover."""


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
    if sha256_of(face.pixels) != given["pixels_sha256"]:
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
