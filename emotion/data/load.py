"""FER2013 in any of its public forms, or anybody's class folders, read into pixels and labels."""

from pathlib import Path

import numpy as np

from emotion import EMOTIONS, InputError
from emotion.data.faces import SPLIT_NAMES, Faces, Splits, split_of
from emotion.data.sources import find_sources
from emotion.data.votes import CHOICES, find_votes

VALIDATION_SHARE = 0.1
"""Part of each emotion's training faces that is held out where no validation split is given; FER2013's own share."""
UNREADABLE = "pictures or rows that can't be read"


def load_faces(path, seed=0, limit=None, skip_unreadable=False):
    """Read a data set of labelled faces to train with. Nothing is ever written, moved or deleted.

    Args:
        path: a folder of class folders, in one of the forms DATA/<split>/<emotion>/* or
            DATA/<emotion>/* (a validation split is then drawn), where folders below an emotion's are
            read too; FER2013's common download, whose test/ holds PublicTest_ files (validation) and
            PrivateTest_ files (test); fer2013.csv, or another csv file with its columns; a folder with
            fer2013.csv, icml_face_data.csv, or csv files named after the splits; or a folder that holds
            nothing but one of these. faces.SPLIT_NAMES says what the splits may be called. FER+'s votes are
            read as well where ferplus_votes.csv lies in or beside the folder, or fer2013new.csv beside the csv.
        seed: draws the validation split where none is given, and the faces that limit keeps.
        limit: keep at most this many faces per split and emotion; None keeps all.
        skip_unreadable: leave out, and count, faces that can't be read, instead of refusing them.

    Returns:
        Splits, with "train", "validation", and "test" where there is one. Every file below path was read, or
        is named in its skipped.

    Raises:
        InputError: the path, a class folder or a file is missing, empty, unknown or unreadable.
    """
    path = Path(path)
    unreadable = [] if skip_unreadable else None
    found = find_sources(path, unreadable=unreadable)
    sources = dict(found.sources)
    if None in sources:
        sources["train"] = sources.pop(None) + sources.get("train", [])
    if not sources.get("train"):
        raise InputError(
            f"{path} has no training faces. Put some in the folder train, or in rows whose Usage is Training; or see "
            "README, Train your own."
        )
    random = np.random.default_rng(seed)
    if not sources.get("validation"):
        sources["train"], sources["validation"] = _hold_out(sources["train"], random)
    return _read_splits(path, found, sources, limit, random, unreadable)


def load_labelled(path, seed=0, limit=None, skip_unreadable=False):
    """Read labelled faces to measure with: as load_faces does, but nothing is held out.

    Args:
        path: as in load_faces; class folders may be fewer than seven, and splits be missing.
        seed: draws the faces that limit keeps.
        limit: keep at most this many faces per split and emotion; None keeps all.
        skip_unreadable: as in load_faces.

    Returns:
        Splits, of the splits that are there. Faces in no split are of the split that the path or the folder
        around it is named after, or else "test". Training faces stay "train", even with nothing beside them.

    Raises:
        InputError: as load_faces; or faces in no split may be training faces, by a name.
    """
    path = Path(path)
    unreadable = [] if skip_unreadable else None
    found = find_sources(path, every_emotion=False, unreadable=unreadable)
    sources = dict(found.sources)
    if None in sources:
        split = _split_by_place(path, found.root)
        sources[split] = sources.pop(None) + sources.get(split, [])
    if not any(sources.values()):
        raise InputError(f"{path} has no faces. Check that the file is whole, or copy it again.")
    return _read_splits(path, found, sources, limit, np.random.default_rng(seed), unreadable)


def _split_by_place(path, root):
    """The split of faces that are in none, which lie in root, below a path (both Paths) or the same."""
    above = path.resolve().parent
    for place in (root.resolve(), *root.resolve().parents):
        if split := split_of(place.stem if place.is_file() else place.name):
            return split
        if place == above:
            return "test"
        if "train" in place.name.lower():
            raise InputError(
                f"{place} may hold training faces, by its name, and these are never measured as others. Name it "
                "train, validation or test."
            )
    return "test"


def _hold_out(sources, random):
    """Draw a stratified validation split: (train, validation) lists, each emotion with at least one face in both."""
    held_out = set()
    for label, emotion in enumerate(EMOTIONS):
        rows = [row for row, source in enumerate(sources) if source.label == label]
        if len(rows) < 2:
            raise InputError(
                f"The emotion {emotion} has too few training faces: {len(rows)}. It needs 2 or more, since one is held "
                "out for validation. Add faces, or give a validation split."
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


def _read_splits(path, found, sources, limit, random, unreadable):
    votes_file, votes = find_votes(path, found)
    splits = {
        split: _read(split, _keep(sources[split], limit, random), votes, unreadable)
        for split in SPLIT_NAMES
        if sources.get(split)
    }
    skipped = {
        reason: [file.relative_to(path).as_posix() for file in files if file != votes_file]
        for reason, files in found.skipped.items()
    } | {UNREADABLE: unreadable}
    return Splits(
        splits,
        [{"reason": why, "count": len(names), "example": names[0]} for why, names in skipped.items() if names],
    )


def _read(split, sources, votes, unreadable):
    """The Faces of a split; those that can't be read are added by name to a list, or refused where it is None."""
    pixels, kept = [], []
    for source in sources:
        try:
            pixels.append(source.read())
            kept.append(source)
        except InputError:
            if unreadable is None:
                raise
            unreadable.append(source.name)
    lost = {source.label for source in sources} - {source.label for source in kept}
    if lost and (split == "train" or not kept):
        raise InputError(
            f"None of the {split} faces of the emotion {EMOTIONS[min(lost)]} can be read. Replace them, or remove the "
            "folder."
        )
    nothing = np.zeros(len(CHOICES), np.int64)
    return Faces(
        pixels=np.stack(pixels),
        labels=np.array([source.label for source in kept], np.int64),
        names=tuple(source.name for source in kept),
        votes=None if votes is None else np.stack([votes.get(source.vote_key, nothing) for source in kept]),
    )
