"""Small data sets of drawn faces, in every form, for the tests of reading them."""

import csv

import numpy as np
import pytest
from PIL import Image

from emotion import EMOTIONS, InputError
from emotion.data.load import load_faces

CSV_COLUMNS = ("emotion", "pixels", "Usage")
VOTE_HEADER = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown")


def draw_face(*numbers):
    return np.random.default_rng(numbers).integers(0, 256, (48, 48), dtype=np.uint8)


def write_picture(file, pixels):
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)


def write_class_folders(folder, count, prefix="", split=0):
    """Write count faces of each emotion, the face of draw_face(split, label, number)."""
    for label, emotion in enumerate(EMOTIONS):
        for number in range(count):
            write_picture(folder / emotion / f"{prefix}{number:02}.png", draw_face(split, label, number))
    return folder


def write_splits(folder, **counts):
    """Write class folders in a folder for each split; the faces of the first are draw_face(0, ...), and so on."""
    for number, (split, count) in enumerate(counts.items()):
        write_class_folders(folder / split, count, split=number)
    return folder


def csv_row(emotion, usage="Training", pixels=None):
    face = draw_face(int(emotion)) if pixels is None else pixels
    return {"emotion": str(emotion), "pixels": " ".join(str(value) for value in face.ravel()), "Usage": usage}


def every_emotion(usages=("Training", "PublicTest", "PrivateTest")):
    return [csv_row(number, usage) for usage in usages for number in range(7)]


def write_csv(file, rows, columns=CSV_COLUMNS):
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return file


def write_votes(file, rows, header=("split", "label", "file", *VOTE_HEADER, "not_face")):
    with file.open("w", newline="") as lines:
        csv.writer(lines).writerows([header, *rows])
    return file


def sizes(splits):
    return {split: len(faces.labels) for split, faces in splits.items()}


def load_unchanged(folder, path=None, load=load_faces, **options):
    """load_faces, which has to leave everything in folder as it was, whether it reads or refuses it."""
    before = _snapshot(folder)
    try:
        return load(path or folder, **options)
    finally:
        assert _snapshot(folder) == before


def refusal(folder, path=None, load=load_faces, **options):
    """The one line that says why a data set is refused."""
    with pytest.raises(InputError) as caught:
        load_unchanged(folder, path, load, **options)
    text = str(caught.value)
    assert "\n" not in text
    return text


def _snapshot(folder):
    return {file: (file.stat().st_mtime_ns, file.is_file() and file.read_bytes()) for file in folder.rglob("*")}
