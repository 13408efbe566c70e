"""FER+'s votes: whom they are for, and what a network learns from them.

FER+: Barsoum et al. 2016 (arXiv 1608.01041), ten people's votes for each of FER2013's faces.
"""

import numpy as np

from emotion import EMOTIONS, MIN_VOTES, InputError
from emotion.data.csv_file import bad_row, csv_rows
from emotion.data.faces import split_of

VOTES_NAME, CSV_VOTES_NAME = "ferplus_votes.csv", "fer2013new.csv"
"""FER+'s votes by file name, for class folders; and as FER+ gives them out, in the order of fer2013.csv's rows."""
CHOICES = (*EMOTIONS, "contempt", "unknown", "not_face")
"""What FER+'s voters could choose from: the order of the last axis of every array of votes."""
VOTE_COLUMNS = {"angry": "anger", "happy": "happiness", "sad": "sadness"}
"""The columns of FER+'s files whose names differ from CHOICES."""
HEADS = {"fer2013": ("label",), "ferplus": ("votes",), "mixed": ("label", "votes")}
"""What a network learns from, one head for each: FER2013's label, FER+'s votes, or both, side by side."""


def vote_shares(faces):
    """How the votes of each face divide over the seven emotions.

    Args:
        faces: Faces with votes.

    Returns:
        (n, 7) float32, rows adding up to 1. A face with fewer than MIN_VOTES on the seven emotions
        keeps its label instead: people mostly saw contempt, something unknown or no face there, or
        nobody voted, and what is left says too little.
    """
    counts = faces.votes[:, : len(EMOTIONS)].astype(np.float32)
    totals = counts.sum(axis=1, keepdims=True)
    return np.where(totals >= MIN_VOTES, counts / np.maximum(totals, 1), one_hot(faces.labels))


def targets(faces, labels):
    """What each head is to answer for each face.

    Args:
        faces: Faces.
        labels: one of HEADS.

    Returns:
        (n, k, 7) float32 for k heads, rows adding up to 1.

    Raises:
        InputError: votes are asked for, and none are given.
    """
    if "votes" in HEADS[labels] and faces.votes is None:
        raise InputError(
            f"The labels {labels} need FER+'s votes, and these faces have none. Put {VOTES_NAME} in or beside the "
            f"folder, or {CSV_VOTES_NAME} beside fer2013.csv, or choose --labels fer2013."
        )
    answers = {"label": lambda: one_hot(faces.labels), "votes": lambda: vote_shares(faces)}
    return np.stack([answers[head]() for head in HEADS[labels]], axis=1)


def one_hot(labels):
    """(n,) int labels as (n, 7) float32, EMOTIONS order."""
    return np.eye(len(EMOTIONS), dtype=np.float32)[labels]


def find_votes(path, found):
    """Read the file of votes that belongs to a data set.

    Args:
        path: Path that the trainer gave.
        found: sources.Found of that path.

    Returns:
        (file, votes): the file's Path, and a dict from a Source's vote_key to (10,) int64 in CHOICES order; both None
        where there is no such file, or where it names none of the faces. A vote_key is "angry/face.jpg", or
        "train row 12" of fer2013.csv.

    Raises:
        InputError: the file is damaged, or of another csv file.
    """
    keys = {source.vote_key for sources in found.sources.values() for source in sources}
    file = found.root.parent / CSV_VOTES_NAME
    if found.root.is_file() and file.is_file():
        votes = _read_votes(file, {"not_face": "nf"}, ("usage",), _row_key)
        if keys - votes.keys():
            raise InputError(
                f"The file {file} has no {min(keys - votes.keys())}, as {found.root.name} has. Both must have the same "
                "rows in the same order. Copy both files again."
            )
        return file, votes
    for folder in (found.root, found.root.absolute().parent, path.absolute().parent):
        file = folder / VOTES_NAME
        if file.is_file():
            votes = _read_votes(file, {}, ("label", "file"), lambda _, row: f"{row['label']}/{row['file']}")
            return (file, votes) if keys & votes.keys() else (None, None)
    return None, None


def _row_key(number, row):
    return f"{split_of(row['usage'])} row {number}"


def _read_votes(file, other_columns, key_columns, key_of):
    columns = [({**VOTE_COLUMNS, **other_columns}).get(choice, choice) for choice in CHOICES]
    advice = f"FER+'s votes have the columns {', '.join((*key_columns, *columns))}. Copy the file again."
    votes = {}
    for number, row in csv_rows(file, (*key_columns, *columns), advice):
        counts = [row[column] for column in columns]
        if not all(count.isascii() and count.isdigit() for count in counts):
            raise bad_row(f"Row {number} of {file}", f"the votes {', '.join(counts)}", "ten counts of 0 or more")
        key = key_of(number, row)
        if key in votes:
            raise InputError(f"The file {file} has two rows for {key}. Leave out the wrong one.")
        votes[key] = np.array(counts, np.int64)
    return votes
