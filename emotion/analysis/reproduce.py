"""Make a result again from its photo, and compare the two."""

import json
import math
from functools import partial
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from emotion import InputError
from emotion.analysis.engine import Engine
from emotion.analysis.pipeline import explain, look, turn
from emotion.analysis.result import FORMAT, Result, result, sha256_of
from emotion.explain import explanation
from emotion.face.find import find_faces

TOLERANCE = 1e-4
"""Two results are equal where no number differs by more: a hundredth of a percentage point. With an older
instruction set or another count of threads, numbers of three maps differed by 0.000001 at most."""

LEAST_OVERLAP = 0.5
"""Two boxes are of one face where they share so much of the area that both cover."""


def reproduce(photo_file, result_file, classify, record):
    """Make a result again from its photo.

    Args:
        photo_file: path of the photo.
        result_file: path of its result's JSON.
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
            f"This result was made with other weights (SHA-256 {given['weights_sha256'][:8]}..., here "
            f"{record['sha256'][:8]}...). Check out the version of the project that made it."
        )
    if not Path(photo_file).is_file():
        raise InputError(f"There is no photo {photo_file}. Check its path.")
    engine = Engine(find_faces, classify, partial(explanation.explain, classify=classify, seed=given["seed"]))
    found = look(photo_file, engine)
    found = turn(found, _number_at(found.faces, given["faces"][given["face"] - 1]["box"]))
    if sha256_of(found.face.pixels) != given["pixels_sha256"]:
        return ["the face's 48x48 pixels"]
    *_, made = explain(found, engine)
    return differences(given, result(made, record, given["kind"], given["seed"]))


def differences(given, made):
    """Where two Results differ by more than TOLERANCE, but for the versions of libraries: list of str, a place each."""
    return [gap for field in made if field != "versions" for gap in _gaps(field, given[field], made[field])]


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


def _number_at(faces, box):
    """The number, from 1, of the face whose box covers most of a box.

    Raises:
        InputError: none covers LEAST_OVERLAP.
    """
    overlaps = [_overlap(face.box, box) for face in faces]
    if max(overlaps) < LEAST_OVERLAP:
        raise InputError(
            "This photo has no face where the result has one. Give the photo that the result was made from, uncropped."
        )
    return 1 + int(np.argmax(overlaps))


def _overlap(box, other):
    """Which share two boxes (top, right, bottom, left) have in common of the area that they cover, 0-1."""
    height, width = (
        max(0, min(box[end], other[end]) - max(box[start], other[start])) for end, start in ((2, 0), (1, 3))
    )
    areas = sum((one[2] - one[0]) * (one[1] - one[3]) for one in (box, other))
    return height * width / max(areas - height * width, 1)


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
