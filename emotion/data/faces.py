"""A labelled face before it is read, and the faces of a data set once they are."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from emotion import EMOTIONS

SPLIT_NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "val", "valid", "dev", "eval", "publictest"),
    "test": ("test", "testing", "privatetest"),
}
"""The three splits, in order, and what folders, csv files and the csv's column Usage call them, in any case."""


@dataclass(frozen=True)
class Source:
    """A face that is not read yet, so that a rehearsal on few faces reads only those.

    Attributes:
        name: where it comes from: "angry/face.jpg", or "row 12" of a csv file.
        label: index into EMOTIONS.
        read: () -> (48, 48) uint8, grey, 0-255; raises InputError.
        vote_key: what its row in a file of votes is called, see votes.find_votes.
    """

    name: str
    label: int
    read: Callable
    vote_key: str


@dataclass(frozen=True)
class Faces:
    """One split of a data set.

    Attributes:
        pixels: (n, 48, 48) uint8, grey, 0-255.
        labels: (n,) int64, index into EMOTIONS.
        names: n strings, where each face comes from: "angry/face.jpg", or "row 12" of a csv file.
        votes: (n, 10) int64, how many of FER+'s voters made each of votes.CHOICES, all 0 for a face
            without votes; None where no votes are given.
    """

    pixels: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]
    votes: np.ndarray | None = None

    def counts(self):
        """How many faces each emotion has, as a dict in EMOTIONS order."""
        return dict(zip(EMOTIONS, np.bincount(self.labels, minlength=len(EMOTIONS)).tolist(), strict=True))


class Splits(dict):
    """A data set: a dict from split ("train", "validation", "test") to Faces, of the splits that are there.

    Attributes:
        skipped: what lies there and was not read: list of dicts, ready for JSON, with reason (str), count (of files or
            rows) and example (the first one's path or row).
    """

    def __init__(self, faces, skipped=()):
        super().__init__(faces)
        self.skipped = list(skipped)

    def skipped_lines(self):
        """A sentence for each reason why something was skipped: list of str."""
        return [f"Skipped {one['count']} ({one['reason']}), such as {one['example']}." for one in self.skipped]


def split_of(name):
    """The split that a name stands for, "train", "validation" or "test"; None if it stands for none.

    Case does not matter, nor do blanks, "-" and "_": "Public Test" is validation.
    """
    plain = re.sub(r"[\s_-]", "", name).lower()
    return next((split for split, names in SPLIT_NAMES.items() if plain in names), None)


def digest(splits):
    """SHA-256, as hexadecimal digits, of every face, label and vote of a dict from split to Faces, in their order."""
    hashed = hashlib.sha256()
    for split, faces in splits.items():
        hashed.update(f"{split} {faces.pixels.shape} {faces.votes is None}".encode())
        for array in (faces.pixels, faces.labels, faces.votes):
            hashed.update(b"" if array is None else np.ascontiguousarray(array).tobytes())
    return hashed.hexdigest()


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
