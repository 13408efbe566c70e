"""FER2013's csv, in its own order of emotions, and csv files like it: which faces they hold.

FER2013: Goodfellow et al. 2013, "Challenges in Representation Learning" (arXiv 1307.0414), 35,887
faces of 48x48 grey pixels.
"""

import re
from collections import defaultdict
from functools import partial

import numpy as np

from emotion import EMOTIONS, IMAGE_SIZE
from emotion.data.csv_file import bad_row, csv_header, csv_rows
from emotion.data.faces import SPLIT_NAMES, Source, split_of

CSV_EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""The order in which the csv counts the emotions: another one than the folders'."""

CSV_NAMES = ("fer2013.csv", "icml_face_data.csv")
"""The csv file with all splits, as FER2013 and its competition on Kaggle call it."""

CSV_ADVICE = "A csv file of faces has the columns emotion, pixels and Usage, as fer2013.csv has. Check that it is one."


def tables_of_faces(files):
    """Which of a folder's files (Paths) are csv files of faces: the one with all splits, or those named after splits.

    Of the latter, only those with labels count, if any has: Kaggle's test.csv has none. A single csv file with the
    columns of fer2013.csv may have any name.
    """
    whole = [file for name in CSV_NAMES for file in files if file.name.lower() == name]
    if whole:
        return whole[:1]
    csv_files = [file for file in files if file.suffix.lower() == ".csv"]
    tables = [file for file in csv_files if split_of(file.stem)]
    if not tables:
        tables = [file for file in csv_files if {"emotion", "pixels"} <= set(csv_header(file))]
        return tables if len(tables) == 1 else []
    return [table for table in tables if "emotion" in csv_header(table)] or tables


def table_sources(file, prefix="", unreadable=None):
    """List the faces of a csv file.

    Args:
        file: Path.
        prefix: what the names of its rows begin with.
        unreadable: list that the names of rows without an emotion are added to; None refuses them.

    Returns:
        dict from split to a list of Sources. The split is what the column Usage says, or the first one whose values
        are names of splits; without such a column, the one that the file is named after, or None.

    Raises:
        InputError: the file is of another form, or a row's emotion or Usage is unknown.
    """
    sources, usage = defaultdict(list), None
    for number, row in csv_rows(file, ("emotion", "pixels"), CSV_ADVICE):
        where = f"Row {number} of {file}"
        if row["emotion"] not in tuple("0123456"):
            if unreadable is None:
                raise bad_row(where, f"the emotion {row['emotion']!r}", "a number from 0 to 6")
            unreadable.append(f"{prefix}row {number}")
            continue
        usage = usage or next((name for name in row if name in ("usage", "split") or split_of(row[name])), None)
        split = split_of(row[usage] if usage else file.stem)
        if usage and split is None:
            raise bad_row(where, f"the Usage {row[usage]!r}", "Training, PublicTest or PrivateTest")
        label = EMOTIONS.index(CSV_EMOTIONS[int(row["emotion"])])
        read = partial(_read_row, row["pixels"], where)
        sources[split].append(Source(f"{prefix}row {number}", label, read, f"{prefix}{split} row {number}"))
    return {split: sources[split] for split in (*SPLIT_NAMES, None) if split in sources}


def _read_row(text, where):
    wanted = f"{IMAGE_SIZE * IMAGE_SIZE} numbers from 0 to 255"
    try:
        pixels = np.array(re.sub(r"[][,]", " ", text).split(), np.uint8)
    except (ValueError, OverflowError) as error:
        raise bad_row(where, "pixels that are no grey levels", wanted) from error
    if pixels.size != IMAGE_SIZE * IMAGE_SIZE:
        raise bad_row(where, f"{pixels.size} pixels", wanted)
    return pixels.reshape(IMAGE_SIZE, IMAGE_SIZE)
