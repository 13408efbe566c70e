"""FER2013 in any of its public forms, or anybody's class folders, goes in; pixels and labels come out.

FER2013: Goodfellow et al. 2013, "Challenges in Representation Learning" (arXiv 1307.0414), 35,887
faces of 48x48 grey pixels. Its csv counts the emotions in another order than its folders.
"""

import csv
import itertools
import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from emotion import EMOTIONS, IMAGE_SIZE, InputError
from emotion.photo import read_photo
from emotion.pixels import to_pixels

SPLITS = ("train", "validation", "test")
CSV_EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
CSV_USAGES = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}
OTHER_NAMES = {"natural": "neutral", "disgusted": "disgust", "fearful": "fear", "surprised": "surprise"}
"""Folder names of FER2013's common copies that differ from EMOTIONS."""
VALIDATION_SHARE = 0.1
"""Part of each emotion's training faces that is held out where no validation split is given; FER2013's own share."""


@dataclass(frozen=True)
class Faces:
    """One split of a data set.

    Attributes:
        pixels: (n, 48, 48) uint8, grey, 0-255.
        labels: (n,) int64, index into EMOTIONS.
        names: n strings, where each face comes from: "angry/face.jpg", or "row 12" of a csv file.
    """

    pixels: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]

    def counts(self):
        """How many faces each emotion has, as a dict in EMOTIONS order."""
        return dict(zip(EMOTIONS, np.bincount(self.labels, minlength=len(EMOTIONS)).tolist(), strict=True))


@dataclass(frozen=True)
class _Source:
    """A face not read yet, so that a rehearsal on few faces reads only those."""

    name: str
    label: int
    read: Callable[[], np.ndarray]


def load_faces(path, seed=0, limit=None):
    """Read a data set of labelled faces. Nothing is ever written, moved or deleted.

    Args:
        path: fer2013.csv or a folder with it; or a folder of class folders, in one of the forms
            DATA/<split>/<emotion>/*, DATA/<emotion>/* (a validation split is then drawn), or
            FER2013's common download, whose test/ holds PublicTest_ files (validation) and
            PrivateTest_ files (test).
        seed: draws the validation split where none is given, and the faces that limit keeps.
        limit: keep at most this many faces per split and emotion; None keeps all.

    Returns:
        dict from split ("train", "validation", and "test" where there is one) to Faces.

    Raises:
        InputError: the path, a class folder or a file is missing, empty, unknown or unreadable.
    """
    path = Path(path)
    sources = _find_sources(path)
    random = np.random.default_rng(seed)
    if not sources["validation"]:
        sources["train"], sources["validation"] = _hold_out(sources["train"], random)
    splits = {}
    for split in SPLITS:
        if sources[split]:
            splits[split] = _read(_keep(sources[split], limit, random))
    return splits


def is_copy(faces, among):
    """Which faces' pixels are exactly those of a face in among: (n,) bool.

    Args:
        faces: (n, 48, 48) uint8.
        among: (m, 48, 48) uint8.
    """
    known = {face.tobytes() for face in among}
    return np.array([face.tobytes() in known for face in faces], bool)


def num_repeats(faces):
    """How many of (n, 48, 48) uint8 faces are exact copies of an earlier one among them."""
    return len(faces) - len({face.tobytes() for face in faces})


def _find_sources(path):
    """Tell the form of the data at path; return a dict from each split to its _Sources, some of them empty."""
    if not path.exists():
        raise InputError(
            f"There is nothing at {path}. Expected a folder of class folders or fer2013.csv. "
            "Check the path, or see README, Train your own."
        )
    if path.is_file():
        return _csv_sources(path)
    if (path / "train").is_dir():
        return _split_folders(path)
    if (path / "fer2013.csv").is_file():
        return _csv_sources(path / "fer2013.csv")
    return {"train": _class_folders(path), "validation": [], "test": []}


def _split_folders(path):
    sources = {split: _class_folders(path / split) if (path / split).is_dir() else [] for split in SPLITS}
    if not sources["validation"]:  # FER2013's common download keeps both of its test parts in test/
        is_public = [Path(source.name).name.startswith("PublicTest_") for source in sources["test"]]
        sources["validation"] = list(itertools.compress(sources["test"], is_public))
        sources["test"] = list(itertools.compress(sources["test"], map(operator.not_, is_public)))
    return sources


def _class_folders(folder):
    """The _Sources below folder/<emotion>/, emotions in EMOTIONS order, files by name."""
    by_emotion = {emotion: [] for emotion in EMOTIONS}
    found = set()
    for child in sorted(folder.iterdir()):
        if not child.is_dir() or child.name.startswith((".", "__")):
            continue
        name = child.name.lower()
        emotion = OTHER_NAMES.get(name, name)
        if emotion not in EMOTIONS:
            raise InputError(
                f"The folder {child} is named after none of the seven emotions. "
                f"Expected class folders named {', '.join(EMOTIONS)} only. Rename it, or move it elsewhere."
            )
        files = sorted(file for file in child.iterdir() if file.is_file() and not file.name.startswith("."))
        if not files:
            raise InputError(
                f"The folder {child} is empty. Expected pictures of faces in it. "
                "Put some there, or see README, Train your own."
            )
        found.add(emotion)
        by_emotion[emotion] += files
    missing = [emotion for emotion in EMOTIONS if emotion not in found]
    if missing:
        raise InputError(
            f"The folder {folder} has no class folder {', '.join(missing)}. "
            f"Expected one folder per emotion: {', '.join(EMOTIONS)}. Check the path, or see README, Train your own."
        )
    return [
        _Source(f"{file.parent.name}/{file.name}", label, partial(_read_file, file))
        for label, files in enumerate(by_emotion.values())
        for file in files
    ]


def _read_file(file):
    try:
        return to_pixels(read_photo(file))
    except InputError as error:  # add which of the many files it is
        raise InputError(f"The file {file} can't be used. {error}") from error


def _csv_sources(file):
    try:
        return _read_csv(file)
    except csv.Error as error:
        raise InputError(
            f"The file {file} is no csv file. Expected FER2013's csv, with the columns emotion, pixels and Usage. "
            "Check that it is the original fer2013.csv."
        ) from error


def _read_csv(file):
    sources = {split: [] for split in SPLITS}
    with file.open(newline="", encoding="utf-8-sig", errors="replace") as lines:
        rows = csv.DictReader(lines, restval="")
        rows.fieldnames = [name.strip() for name in rows.fieldnames or ()]  # one copy in use has " pixels", " Usage"
        missing = {"emotion", "pixels", "Usage"} - set(rows.fieldnames)
        if missing:
            raise InputError(
                f"The file {file} has no column {', '.join(sorted(missing))}. Expected FER2013's csv, "
                "with the columns emotion, pixels and Usage. Check that it is the original fer2013.csv."
            )
        for row in rows:
            where = f"Row {rows.line_num} of {file}"
            if row["emotion"] not in tuple("0123456"):
                raise InputError(_bad_row(where, f"the emotion {row['emotion']!r}", "a number from 0 to 6"))
            if row["Usage"] not in CSV_USAGES:
                raise InputError(_bad_row(where, f"the Usage {row['Usage']!r}", f"one of {', '.join(CSV_USAGES)}"))
            label = EMOTIONS.index(CSV_EMOTIONS[int(row["emotion"])])
            read = partial(_read_row, row["pixels"], where)
            sources[CSV_USAGES[row["Usage"]]].append(_Source(f"row {rows.line_num}", label, read))
    if not sources["train"]:
        raise InputError(
            f"The file {file} has no training rows. Expected rows whose Usage is Training. "
            "Check that it is the original fer2013.csv."
        )
    return sources


def _read_row(text, where):
    expected = f"{IMAGE_SIZE * IMAGE_SIZE} numbers from 0 to 255"
    try:
        pixels = np.array(text.split(), np.uint8)
    except (ValueError, OverflowError) as error:
        raise InputError(_bad_row(where, "pixels that are no such numbers", expected)) from error
    if pixels.size != IMAGE_SIZE * IMAGE_SIZE:
        raise InputError(_bad_row(where, f"{pixels.size} pixels", expected))
    return pixels.reshape(IMAGE_SIZE, IMAGE_SIZE)


def _bad_row(where, given, expected):
    return f"{where} has {given}. Expected {expected}. Check that the file is whole, or copy it again."


def _hold_out(sources, random):
    """Draw a stratified validation split: (train, validation) lists, each emotion with at least one face in both."""
    held_out = set()
    for label, emotion in enumerate(EMOTIONS):
        rows = [row for row, source in enumerate(sources) if source.label == label]
        if len(rows) < 2:
            raise InputError(
                f"The emotion {emotion} has {len(rows)} training faces. Expected at least 2, since one is held out "
                "for validation. Add faces, or give a validation split."
            )
        count = max(1, round(len(rows) * VALIDATION_SHARE))
        held_out.update(random.choice(rows, count, replace=False).tolist())
    train = [source for row, source in enumerate(sources) if row not in held_out]
    return train, [sources[row] for row in sorted(held_out)]


def _keep(sources, limit, random):
    if limit is None:
        return sources
    kept = []
    for label in range(len(EMOTIONS)):
        rows = [row for row, source in enumerate(sources) if source.label == label]
        kept += random.permutation(rows)[:limit].astype(int).tolist()
    return [sources[row] for row in sorted(kept)]


def _read(sources):
    return Faces(
        pixels=np.stack([source.read() for source in sources]),
        labels=np.array([source.label for source in sources], np.int64),
        names=tuple(source.name for source in sources),
    )
