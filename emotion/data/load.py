"""FER2013 in any of its public forms, or anybody's class folders, goes in; pixels and labels come out.

FER2013: Goodfellow et al. 2013, "Challenges in Representation Learning" (arXiv 1307.0414), 35,887
faces of 48x48 grey pixels. Its csv counts the emotions in another order than its folders.
FER+: Barsoum et al. 2016 (arXiv 1608.01041), ten people's votes for each of the same faces.
"""

import csv
import itertools
import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from emotion import EMOTIONS, IMAGE_SIZE, MIN_VOTES, InputError
from emotion.face.photo import read_photo
from emotion.face.pixels import to_pixels

SPLITS = ("train", "validation", "test")
CSV_EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
CSV_USAGES = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}
VALIDATION_SHARE = 0.1
"""Part of each emotion's training faces that is held out where no validation split is given; FER2013's own share."""
VOTES_NAME, CSV_VOTES_NAME = "ferplus_votes.csv", "fer2013new.csv"
"""FER+'s votes by file name, for class folders; and as FER+ gives them out, in the order of fer2013.csv's rows."""
CHOICES = (*EMOTIONS, "contempt", "unknown", "not_face")
"""What FER+'s voters could choose from: the order of the last axis of every array of votes."""
VOTE_COLUMNS = {"angry": "anger", "happy": "happiness", "sad": "sadness"}
"""The columns of FER+'s files whose names differ from CHOICES."""
OTHER_NAMES = {name: emotion for emotion, name in VOTE_COLUMNS.items()} | {
    "natural": "neutral",
    "disgusted": "disgust",
    "fearful": "fear",
    "surprised": "surprise",
}
"""Folder names of FER2013's common copies, and of other sets of faces, that differ from EMOTIONS."""
JUDGES = {"fer2013": ("label",), "ferplus": ("votes",), "mixed": ("label", "votes")}
"""Whose judgement a network learns: FER2013's label, FER+'s voters, or both, side by side."""


@dataclass(frozen=True)
class Faces:
    """One split of a data set.

    Attributes:
        pixels: (n, 48, 48) uint8, grey, 0-255.
        labels: (n,) int64, index into EMOTIONS.
        names: n strings, where each face comes from: "angry/face.jpg", or "row 12" of a csv file.
        votes: (n, 10) int64, how many of FER+'s voters made each of CHOICES, all 0 for a face
            without votes; None where no votes are given.
    """

    pixels: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]
    votes: np.ndarray | None = None

    def counts(self):
        """How many faces each emotion has, as a dict in EMOTIONS order."""
        return dict(zip(EMOTIONS, np.bincount(self.labels, minlength=len(EMOTIONS)).tolist(), strict=True))


@dataclass(frozen=True)
class _Source:
    """A face not read yet, so that a rehearsal on few faces reads only those."""

    name: str
    label: int
    read: Callable[[], np.ndarray]
    vote_key: str
    """What its row in a file of votes is called; see _find_votes."""


def load_faces(path, seed=0, limit=None):
    """Read a data set of labelled faces to train with. Nothing is ever written, moved or deleted.

    Args:
        path: fer2013.csv or a folder with it; or a folder of class folders, in one of the forms
            DATA/<split>/<emotion>/*, DATA/<emotion>/* (a validation split is then drawn), or
            FER2013's common download, whose test/ holds PublicTest_ files (validation) and
            PrivateTest_ files (test). FER+'s votes are read as well where ferplus_votes.csv lies in
            or beside the folder, or fer2013new.csv beside fer2013.csv.
        seed: draws the validation split where none is given, and the faces that limit keeps.
        limit: keep at most this many faces per split and emotion; None keeps all.

    Returns:
        dict from split ("train", "validation", and "test" where there is one) to Faces.

    Raises:
        InputError: the path, a class folder or a file is missing, empty, unknown or unreadable.
    """
    path = Path(path)
    sources = _find_sources(path)
    if not sources["train"]:
        raise InputError(
            f"{path} has no training faces. Expected some in the folder train, or in rows whose Usage is Training. "
            "Check the path, or see README, Train your own."
        )
    votes = _find_votes(path, sources)
    random = np.random.default_rng(seed)
    if not sources["validation"]:
        sources["train"], sources["validation"] = _hold_out(sources["train"], random)
    return _read_splits(sources, votes, limit, random)


def load_labelled(path, seed=0, limit=None):
    """Read labelled faces to measure with: as load_faces does, but nothing is held out.

    Args:
        path: as in load_faces; class folders may be fewer than seven, and splits be missing.
        seed: draws the faces that limit keeps.
        limit: keep at most this many faces per split and emotion; None keeps all.

    Returns:
        dict from split to Faces, of the splits that are there. Faces without splits, and training
        faces that have nothing beside them, are all "test".

    Raises:
        InputError: as load_faces.
    """
    path = Path(path)
    sources = _find_sources(path, every_emotion=False)
    if not (sources["validation"] or sources["test"]):
        sources = {"train": [], "validation": [], "test": sources["train"]}
    return _read_splits(sources, _find_votes(path, sources), limit, np.random.default_rng(seed))


def vote_shares(faces):
    """How the votes of each face divide over the seven emotions.

    Args:
        faces: Faces with votes.

    Returns:
        (n, 7) float32, rows adding up to 1. Faces with fewer than MIN_VOTES on the seven emotions
        fall back to their label, all of it: people mostly saw contempt, something unknown or no face
        there, or nobody voted, and what is left says too little.
    """
    counts = faces.votes[:, : len(EMOTIONS)].astype(np.float32)
    totals = counts.sum(axis=1, keepdims=True)
    return np.where(totals >= MIN_VOTES, counts / np.maximum(totals, 1), one_hot(faces.labels))


def targets(faces, labels):
    """What each judge says of each face: FER2013's label, FER+'s votes, or both.

    Args:
        faces: Faces.
        labels: one of JUDGES.

    Returns:
        (n, k, 7) float32 for k judges, rows adding up to 1.

    Raises:
        InputError: votes are asked for, and none are given.
    """
    if "votes" in JUDGES[labels] and faces.votes is None:
        raise InputError(
            f"The labels {labels} need FER+'s votes, and there are none for these faces. Expected {VOTES_NAME} in "
            f"or beside the folder, or {CSV_VOTES_NAME} beside fer2013.csv. Put it there, or choose --labels fer2013."
        )
    judgements = {"label": lambda: one_hot(faces.labels), "votes": lambda: vote_shares(faces)}
    return np.stack([judgements[judge]() for judge in JUDGES[labels]], axis=1)


def one_hot(labels):
    """(n,) int labels as (n, 7) float32, EMOTIONS order."""
    return np.eye(len(EMOTIONS), dtype=np.float32)[labels]


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


def _find_sources(path, every_emotion=True):
    """Tell the form of the data at path; return a dict from each split to its _Sources, some of them empty."""
    if not path.exists():
        raise InputError(
            f"There is nothing at {path}. Expected a folder of class folders or fer2013.csv. "
            "Check the path, or see README, Train your own."
        )
    if path.is_file():
        return _csv_sources(path)
    if any((path / split).is_dir() for split in SPLITS):
        return _split_folders(path, every_emotion)
    if (path / "fer2013.csv").is_file():
        return _csv_sources(path / "fer2013.csv")
    return {"train": _class_folders(path, every_emotion), "validation": [], "test": []}


def _split_folders(path, every_emotion):
    sources = {
        split: _class_folders(path / split, every_emotion) if (path / split).is_dir() else [] for split in SPLITS
    }
    if not sources["validation"]:  # FER2013's common download keeps both of its test parts in test/
        is_public = [Path(source.name).name.startswith("PublicTest_") for source in sources["test"]]
        sources["validation"] = list(itertools.compress(sources["test"], is_public))
        sources["test"] = list(itertools.compress(sources["test"], map(operator.not_, is_public)))
    return sources


def _class_folders(folder, every_emotion):
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
    if missing and (every_emotion or not found):
        raise InputError(
            f"The folder {folder} has no class folder {', '.join(missing)}. "
            f"Expected one folder per emotion: {', '.join(EMOTIONS)}. Check the path, or see README, Train your own."
        )
    return [
        _Source(f"{file.parent.name}/{file.name}", label, partial(_read_file, file), f"{EMOTIONS[label]}/{file.name}")
        for label, files in enumerate(by_emotion.values())
        for file in files
    ]


def _read_file(file):
    try:
        return to_pixels(read_photo(file))
    except InputError as error:  # add which of the many files it is
        raise InputError(f"The file {file} can't be used. {error}") from error


def _csv_rows(file, columns, expected):
    """Yield (row number, dict) of a csv file, whose header is checked first; expected words what it should be."""
    try:
        with file.open(newline="", encoding="utf-8-sig", errors="replace") as lines:
            rows = csv.DictReader(lines, restval="")
            rows.fieldnames = [name.strip() for name in rows.fieldnames or ()]  # one copy in use has " pixels"
            missing = sorted(set(columns) - set(rows.fieldnames))
            if missing:
                raise InputError(f"The file {file} has no column {', '.join(missing)}. {expected}")
            for row in rows:
                yield rows.line_num, row
    except csv.Error as error:
        raise InputError(f"The file {file} is no csv file. {expected}") from error


def _csv_sources(file):
    columns = ("emotion", "pixels", "Usage")
    expected = (
        "Expected FER2013's csv, with the columns emotion, pixels and Usage. Check that it is the original fer2013.csv."
    )
    sources = {split: [] for split in SPLITS}
    for number, row in _csv_rows(file, columns, expected):
        where = f"Row {number} of {file}"
        if row["emotion"] not in tuple("0123456"):
            raise InputError(_bad_row(where, f"the emotion {row['emotion']!r}", "a number from 0 to 6"))
        if row["Usage"] not in CSV_USAGES:
            raise InputError(_bad_row(where, f"the Usage {row['Usage']!r}", f"one of {', '.join(CSV_USAGES)}"))
        label = EMOTIONS.index(CSV_EMOTIONS[int(row["emotion"])])
        read = partial(_read_row, row["pixels"], where)
        sources[CSV_USAGES[row["Usage"]]].append(_Source(f"row {number}", label, read, f"{row['Usage']} row {number}"))
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


def _find_votes(path, sources):
    """Read the file of votes that belongs to the data at path.

    Returns:
        dict from vote_key to (10,) int64, CHOICES order; None where there is no such file, or it
        names none of the faces. A vote_key is "angry/face.jpg", or "Training row 12" of fer2013.csv.
    """
    keys = {source.vote_key for split in SPLITS for source in sources[split]}
    file = (path.parent if path.is_file() else path) / CSV_VOTES_NAME
    if file.is_file() and (path.is_file() or (path / "fer2013.csv").is_file()):
        votes = _collect_votes(file, {"not_face": "NF"}, ("Usage",), "{Usage} row {number}")
        if keys - votes.keys():
            raise InputError(
                f"The file {file} has no {min(keys - votes.keys())}, as fer2013.csv has. "
                "Expected the same rows in the same order. Copy both files again."
            )
        return votes
    for file in (path / VOTES_NAME, path.absolute().parent / VOTES_NAME):
        if file.is_file():
            votes = _collect_votes(file, {}, ("label", "file"), "{label}/{file}")
            return votes if keys & votes.keys() else None
    return None


def _collect_votes(file, other_columns, key_columns, key):
    columns = [({**VOTE_COLUMNS, **other_columns}).get(choice, choice) for choice in CHOICES]
    expected = f"Expected FER+'s votes, with the columns {', '.join((*key_columns, *columns))}. Copy the file again."
    votes = {}
    for number, row in _csv_rows(file, (*key_columns, *columns), expected):
        counts = [row[column] for column in columns]
        if not all(count.isascii() and count.isdigit() for count in counts):
            where = f"Row {number} of {file}"
            raise InputError(_bad_row(where, f"the votes {', '.join(counts)}", "ten counts of 0 or more"))
        name = key.format(number=number, **{column: row[column] for column in key_columns})
        if name in votes:
            raise InputError(
                f"The file {file} has two rows for {name}. Expected one for each face. Leave out the wrong one."
            )
        votes[name] = np.array(counts, np.int64)
    return votes


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


def _read_splits(sources, votes, limit, random):
    return {split: _read(_keep(sources[split], limit, random), votes) for split in SPLITS if sources[split]}


def _read(sources, votes):
    nothing = np.zeros(len(CHOICES), np.int64)
    return Faces(
        pixels=np.stack([source.read() for source in sources]),
        labels=np.array([source.label for source in sources], np.int64),
        names=tuple(source.name for source in sources),
        votes=None if votes is None else np.stack([votes.get(source.vote_key, nothing) for source in sources]),
    )
