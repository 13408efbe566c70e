"""What lies in a path: which faces, in which split and with which label, and what is left out.

No face is read here, only listed.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from emotion import EMOTIONS, InputError
from emotion.data.faces import SPLIT_NAMES, Source, split_of
from emotion.data.folders import all_files, entries
from emotion.data.pictures import read_picture
from emotion.data.tables import table_sources, tables_of_faces

OTHER_NAMES = {
    "anger": "angry",
    "happiness": "happy",
    "sadness": "sad",
    "natural": "neutral",
    "disgusted": "disgust",
    "fearful": "fear",
    "surprised": "surprise",
}
"""Folder names of FER2013's common copies, and of other sets of faces, that differ from EMOTIONS."""

OTHER_SUFFIXES = (
    ".txt",
    ".csv",
    ".tsv",
    ".json",
    ".xml",
    ".md",
    ".html",
    ".pdf",
    ".zip",
    ".py",
    ".mat",
    ".npy",
    ".yaml",
    ".doc",
    ".docx",
    ".xls",
    ".xlsx",
    ".ini",
    ".db",
    ".log",
    ".lnk",
    ".url",
    ".tmp",
    ".part",
    ".crdownload",
)
"""Files that are no pictures and don't claim to be, in lower case."""

LOOSE, BESIDE_CSV = "files in no class folder", "beside the csv file that was read"
NO_PICTURES = "no pictures, by their names"
"""Why a file is left out, see also folders."""


@dataclass(frozen=True)
class Found:
    """What lies in a path.

    Attributes:
        root: Path of the folder, or of the one csv file, that holds the faces.
        sources: dict from split to a list of Sources; faces in no split are under None.
        skipped: dict from a reason to the Paths that are left out for it.
    """

    root: Path
    sources: dict
    skipped: dict


def find_sources(path, every_emotion=True, unreadable=None):
    """Tell the form of the data at a path and list its faces.

    Args:
        path: Path of a csv file or a folder, see load.load_faces.
        every_emotion: refuse class folders of fewer than seven emotions.
        unreadable: list that the names of rows without an emotion are added to; None refuses them.

    Returns:
        Found.

    Raises:
        InputError: there is nothing there, or something that can't be understood.
    """
    skipped = defaultdict(list)
    try:
        if path.is_file():
            return Found(path, table_sources(path, unreadable=unreadable), skipped)
        if path.is_dir():
            return _find_in_folder(path, every_emotion, skipped, unreadable)
    except OSError as error:
        raise InputError(
            f"{error.filename} can't be opened: {error.strerror}. Make it readable, or move it."
        ) from error
    raise InputError(f"There is nothing at {path}. Check the path: give a folder of class folders, or fer2013.csv.")


def _find_in_folder(path, every_emotion, skipped, unreadable):
    files, folders = entries(path, skipped)
    if any(split_of(folder.name) for folder in folders):
        skipped[LOOSE] += files
        folders = _by_split(path, {folder.name: folder for folder in folders})
        sources = {
            split: _class_folders(folder, every_emotion, skipped, unreadable) for split, folder in folders.items()
        }
        return Found(path, _with_public_test(sources), skipped)
    if any(_emotion_of(folder.name) for folder in folders):
        return Found(
            path, _told_by_files({None: _class_folders(path, every_emotion, skipped, unreadable)}, None), skipped
        )
    tables = tables_of_faces(files)
    if tables:
        skipped[BESIDE_CSV] += [file for file in files if file not in tables]
        skipped[BESIDE_CSV] += [file for folder in folders for file in all_files(folder)]
        if len(tables) == 1:
            return Found(tables[0], table_sources(tables[0], unreadable=unreadable), skipped)
        return Found(path, _tables_by_split(path, tables, unreadable), skipped)
    if len(folders) == 1:  # archives often unpack to a folder in a folder
        skipped[LOOSE] += files
        return _find_in_folder(folders[0], every_emotion, skipped, unreadable)
    raise InputError(
        f"The folder {path} has no class folder {', '.join(EMOTIONS)}, no folder train, validation or test, and no "
        "fer2013.csv. Check the path, or see README, Train your own."
    )


def _tables_by_split(path, tables, unreadable):
    sources = defaultdict(list)
    for table in _by_split(path, {table.stem: table for table in tables}).values():
        for split, faces in table_sources(table, f"{table.name} ", unreadable).items():
            sources[split] += faces
    return sources


def _table_of_split(folder, tables, unreadable):
    """The Sources of the one csv file that lies in a split's folder."""
    table, *others = tables
    sources = table_sources(table, f"{table.name} ", unreadable)
    if others or set(sources) - {None, split_of(folder.name)}:
        raise InputError(
            f"The folder {folder} should hold one csv file, of {split_of(folder.name)} faces alone: {table.name} is "
            "not. Put its files beside the folder, named after the splits."
        )
    return [source for faces in sources.values() for source in faces]


def _by_split(path, children):
    """dict from split, in order, to the file or folder in path that is named after it; children are by name."""
    by_split = {}
    for name, child in children.items():
        split = split_of(name)
        if split is None:
            raise InputError(
                f"The folder {child} lies beside splits but is not one of them. Name it train, validation or test, "
                "or move it elsewhere."
            )
        if split in by_split:
            raise InputError(
                f"Both {by_split[split].name} and {child.name} in {path} are {split} faces. Put them together, or move "
                "one of the two elsewhere."
            )
        by_split[split] = child
    return {split: by_split[split] for split in SPLIT_NAMES if split in by_split}


def _with_public_test(sources):
    """FER2013's common download keeps both of its test parts in test/: PublicTest_ is the validation split."""
    if "validation" in sources or "test" not in sources:
        return sources
    return _told_by_files(sources, "test")


def _told_by_files(sources, split):
    """Sources by split, of which those of one split go where FER2013's names of files, such as Training_1.jpg, say."""
    parts = defaultdict(list, sources | {split: []})
    for source in sources[split]:
        told, _, number = Path(source.name).stem.partition("_")
        parts[split_of(told) if number and split_of(told) else split].append(source)
    return {split: faces for split, faces in parts.items() if faces}


def _emotion_of(name):
    name = name.strip().lower()
    name = OTHER_NAMES.get(name, name)
    return name if name in EMOTIONS else None


def _class_folders(folder, every_emotion, skipped, unreadable):
    """The Sources below folder/<emotion>/, emotions in EMOTIONS order, then by name; or of a csv file there instead."""
    by_emotion = {emotion: [] for emotion in EMOTIONS}
    loose, children = entries(folder, skipped)
    if not children and (tables := tables_of_faces(loose)):
        skipped[BESIDE_CSV] += [file for file in loose if file not in tables]
        return _table_of_split(folder, tables, unreadable)
    skipped[LOOSE] += loose
    for child in children:
        emotion = _emotion_of(child.name)
        if emotion is None:
            raise InputError(
                f"The folder {child} is named after none of the seven emotions. Name it {', '.join(EMOTIONS)}, or move "
                "it elsewhere."
            )
        pictures = list(_pictures(child, skipped))
        if not pictures:
            raise InputError(f"The folder {child} is empty. Put pictures of faces in it, or remove it.")
        by_emotion[emotion] += [(f"{child.name}/{name}", f"{emotion}/{name}", file) for name, file in pictures]
    missing = [emotion for emotion, pictures in by_emotion.items() if not pictures]
    if missing and (every_emotion or len(missing) == len(EMOTIONS)):
        raise InputError(
            f"The folder {folder} has no class folder {', '.join(missing)}. It needs one for each emotion: "
            f"{', '.join(EMOTIONS)}. Check the path, or see README, Train your own."
        )
    return [
        Source(name, label, partial(read_picture, file), vote_key)
        for label, pictures in enumerate(by_emotion.values())
        for name, vote_key, file in pictures
    ]


def _pictures(folder, skipped, above=""):
    """Yield (name, Path) of the pictures in a class folder and in the folders below; above begins their names."""
    files, folders = entries(folder, skipped)
    for file in files:
        if file.suffix.lower() in OTHER_SUFFIXES:
            skipped[NO_PICTURES].append(file)
        else:
            yield f"{above}{file.name}", file
    for child in folders:
        if split_of(child.name) or _emotion_of(child.name):
            raise InputError(
                f"The folder {child} lies inside a class folder, but is named like a split or an emotion. Put splits "
                "outside, as in train/angry, and each emotion in a folder of its own."
            )
        yield from _pictures(child, skipped, f"{above}{child.name}/")
