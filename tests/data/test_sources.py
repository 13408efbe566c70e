import runpy
from pathlib import Path

import numpy as np
import pytest

from emotion import EMOTIONS, InputError
from emotion.data.load import load_faces, load_labelled
from tests.data.drawn import (
    draw_face,
    every_emotion,
    load_unchanged,
    refusal,
    sizes,
    write_class_folders,
    write_csv,
    write_picture,
    write_splits,
)

CASES = Path(__file__).parents[3] / "shared/cases"


def skipped(splits):
    """By reason, how many files and which one is named."""
    return {one["reason"]: (one["count"], one["example"]) for one in splits.skipped}


# Splits


def test_train_and_validation_folders_are_read_as_they_are(tmp_path):
    write_splits(tmp_path, train=3, validation=2)
    splits = load_unchanged(tmp_path)
    assert list(splits) == ["train", "validation"]
    for split, (number, count) in {"train": (0, 3), "validation": (1, 2)}.items():
        expected = [draw_face(number, label, face) for label in range(7) for face in range(count)]
        np.testing.assert_array_equal(splits[split].pixels, expected)
        np.testing.assert_array_equal(splits[split].labels, np.repeat(np.arange(7), count))
    assert splits["train"].names[:4] == ("angry/00.png", "angry/01.png", "angry/02.png", "disgust/00.png")
    assert splits.skipped == []


@pytest.mark.parametrize("change", [str.lower, str.upper, str.title])
@pytest.mark.parametrize("load", [load_faces, load_labelled])
@pytest.mark.parametrize("name", ["val", "valid", "validation", "dev", "eval", "test", "testing"])
def test_splits_are_known_by_every_name_in_use_in_any_case(tmp_path, name, load, change):
    write_splits(tmp_path, **{change("train"): 2, change(name): 1})
    splits = load(tmp_path)
    is_test = name.startswith("test")
    np.testing.assert_array_equal(splits["test" if is_test else "validation"].pixels[3], draw_face(1, 3, 0))
    expected = {"train": 14, "test" if is_test else "validation": 7}
    if is_test and load is load_faces:
        expected = {"train": 7, "validation": 7, "test": 7}  # the validation faces are then drawn from train
    assert sizes(splits) == expected


def test_training_faces_may_be_called_training(tmp_path):
    assert sizes(load_faces(write_splits(tmp_path, Training=3, dev=1, Testing=2))) == {
        "train": 21,
        "validation": 7,
        "test": 14,
    }


@pytest.mark.parametrize("load", [load_faces, load_labelled])
@pytest.mark.parametrize("name", ["extra", "train2", "tests", "angry", "val_new"])
def test_a_folder_beside_splits_that_is_none_is_refused_by_its_name(tmp_path, name, load):
    write_splits(tmp_path, train=2, validation=1)
    write_picture(tmp_path / name / "angry/00.png", draw_face(0))
    assert str(tmp_path / name) in refusal(tmp_path, load=load)


@pytest.mark.parametrize("names", [("val", "valid"), ("test", "Testing"), ("train", "training")])
def test_two_folders_of_one_split_are_refused_by_their_names(tmp_path, names):
    write_splits(tmp_path, **{"train": 2, "val": 1} | dict.fromkeys(names, 1))
    text = refusal(tmp_path)
    assert all(name in text for name in names)


def test_the_common_download_gives_its_public_test_to_validation(tmp_path):
    write_class_folders(tmp_path / "train", 2, "Training_", split=0)
    write_class_folders(tmp_path / "test", 1, "PublicTest_", split=1)
    write_class_folders(tmp_path / "test", 3, "PrivateTest_", split=2)
    splits = load_unchanged(tmp_path)
    assert sizes(splits) == {"train": 14, "validation": 7, "test": 21}
    assert splits["validation"].names == tuple(f"{emotion}/PublicTest_00.png" for emotion in EMOTIONS)
    assert all("/PrivateTest_" in name for name in splits["test"].names)
    np.testing.assert_array_equal(splits["test"].pixels[3], draw_face(2, 1, 0))
    np.testing.assert_array_equal(splits["test"].labels, np.repeat(np.arange(7), 3))


@pytest.mark.parametrize("load", [load_faces, load_labelled])
def test_without_folders_of_splits_the_names_of_fer2013s_files_tell_them(tmp_path, load):
    for split, prefix in enumerate(("Training_", "PublicTest_", "PrivateTest_")):
        write_class_folders(tmp_path, 3 - split, prefix, split)
    splits = load(tmp_path)
    assert sizes(splits) == {"train": 21, "validation": 14, "test": 7}
    np.testing.assert_array_equal(splits["test"].pixels[2], draw_face(2, 2, 0))


def test_fer2013s_own_test_folder_is_measured_as_the_two_parts_that_it_has(tmp_path):
    write_class_folders(tmp_path / "test", 1, "PublicTest_")
    write_class_folders(tmp_path / "test", 2, "PrivateTest_")
    assert sizes(load_labelled(tmp_path / "test")) == {"validation": 7, "test": 14}


@pytest.mark.parametrize(
    ("place", "split"),
    [
        ("train", "train"),
        ("data/Train/images", "train"),
        ("data/val/images", "validation"),
        ("train/data/images", "test"),
        ("mine", "test"),
    ],
)
def test_faces_in_no_split_are_of_the_one_that_their_folder_or_the_one_around_it_is_named_after(tmp_path, place, split):
    write_class_folders(tmp_path / place, 1)
    assert sizes(load_labelled(tmp_path / place)) == {split: 7}


@pytest.mark.parametrize("place", ["train_set", "My training faces", "train2"])
def test_what_may_be_training_faces_by_its_name_is_not_measured_as_others(tmp_path, place):
    write_class_folders(tmp_path / "data" / place, 1)
    write_csv(tmp_path / f"{place}.csv", every_emotion(("",)), ("emotion", "pixels"))
    for given in (tmp_path / "data" / place, tmp_path / "data", tmp_path / f"{place}.csv"):
        assert "may hold training faces" in refusal(tmp_path, given, load_labelled)


@pytest.mark.parametrize("folder", ["archive", "archive/images"])
@pytest.mark.parametrize("load", [load_faces, load_labelled])
def test_a_data_set_in_a_folder_of_a_folder_is_read(tmp_path, load, folder):
    write_splits(tmp_path / folder, train=2, val=1)
    (tmp_path / "README.txt").write_text("where it comes from")
    splits = load(tmp_path)
    assert sizes(splits) == {"train": 14, "validation": 7}
    assert list(skipped(splits).values()) == [(1, "README.txt")]


def test_a_folder_without_any_class_is_refused(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"no class folder")
    assert " angry, disgust, fear, happy, neutral, sad, surprise" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["nowhere", "x" * 5000])
def test_a_missing_path_is_refused(tmp_path, name):
    assert str(tmp_path / name) in refusal(tmp_path, tmp_path / name)


# Class folders


@pytest.mark.parametrize(
    ("folder", "emotion"),
    [
        ("natural", "neutral"),
        ("anger", "angry"),
        ("Happiness", "happy"),
        ("sadness", "sad"),
        ("disgusted", "disgust"),
        ("fearful", "fear"),
        ("surprised", "surprise"),
        ("Natural", "neutral"),
        ("HAPPY", "happy"),
        ("Angry", "angry"),
    ],
)
def test_folder_names_of_common_copies_are_understood(tmp_path, folder, emotion):
    write_splits(tmp_path, train=1, validation=1)
    (tmp_path / "train" / emotion).rename(tmp_path / "train" / folder)
    train = load_unchanged(tmp_path)["train"]
    label = EMOTIONS.index(emotion)
    np.testing.assert_array_equal(train.labels, np.arange(7))
    np.testing.assert_array_equal(train.pixels[label], draw_face(0, label, 0))
    assert train.names[label] == f"{folder}/00.png"


def test_two_folders_of_one_emotion_are_read_as_one(tmp_path):
    write_splits(tmp_path, train=1, validation=1)
    write_picture(tmp_path / "train/natural/more.png", draw_face(9))
    train = load_faces(tmp_path)["train"]
    assert train.counts()["neutral"] == 2
    assert train.names[4:6] == ("natural/more.png", "neutral/00.png")


def test_a_split_without_a_class_is_refused(tmp_path):
    write_splits(tmp_path, train=1, validation=1)
    (tmp_path / "validation/fear/00.png").unlink()
    (tmp_path / "validation/fear").rmdir()
    assert f"The folder {tmp_path / 'validation'} has no class folder fear." in refusal(tmp_path)


@pytest.mark.parametrize("content", [None, ".DS_Store", "Thumbs.db", "list.txt", "actor1/.hidden.png"])
def test_a_class_folder_without_a_picture_is_refused(tmp_path, content):
    write_class_folders(tmp_path, 2)
    for file in (tmp_path / "happy").iterdir():
        file.unlink()
    if content:
        (tmp_path / "happy" / content).parent.mkdir(exist_ok=True)
        (tmp_path / "happy" / content).write_text("no picture")
    assert f"The folder {tmp_path / 'happy'} is empty." in refusal(tmp_path)


@pytest.mark.parametrize("name", ["contempt", "happy2", "New folder"])
def test_an_unknown_class_folder_is_refused(tmp_path, name):
    write_class_folders(tmp_path, 2)
    write_picture(tmp_path / name / "00.png", draw_face(0))
    assert str(tmp_path / name) in refusal(tmp_path)


def test_loose_pictures_and_those_in_subfolders_of_a_class_are_all_read(tmp_path):
    write_splits(tmp_path, train=1, validation=1)
    write_picture(tmp_path / "train/happy/actor1/00.png", draw_face(8))
    write_picture(tmp_path / "train/happy/actor1/day2/00.png", draw_face(9))
    train = load_unchanged(tmp_path)["train"]
    rows = np.flatnonzero(train.labels == 3)
    assert [train.names[row] for row in rows] == ["happy/00.png", "happy/actor1/00.png", "happy/actor1/day2/00.png"]
    np.testing.assert_array_equal(train.pixels[rows], [draw_face(0, 3, 0), draw_face(8), draw_face(9)])


@pytest.mark.parametrize("name", ["train", "Test", "sad", "anger"])
def test_a_subfolder_of_a_class_named_like_a_split_or_an_emotion_is_refused(tmp_path, name):
    write_class_folders(tmp_path, 2)
    write_picture(tmp_path / "happy" / name / "00.png", draw_face(0))
    assert str(tmp_path / "happy" / name) in refusal(tmp_path)


def test_the_shared_cases_of_subfolders_are_read_whole(tmp_path, monkeypatch):
    if not CASES.is_dir():
        pytest.skip(f"The cases are not at {CASES}")
    (tmp_path / "subfolders").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(CASES))
    runpy.run_path(str(CASES / "subfolders/make.py"))
    assert load_labelled(tmp_path / "subfolders/a")["test"].counts() == dict.fromkeys(EMOTIONS, 10) | {"happy": 50}
    assert load_labelled(tmp_path / "subfolders/b")["test"].counts() == dict.fromkeys(EMOTIONS, 10)


def test_a_link_back_to_a_folder_above_is_named_and_not_followed(tmp_path):
    write_splits(tmp_path, train=1, validation=1)
    (tmp_path / "train/happy/again").symlink_to(tmp_path / "train", target_is_directory=True)
    splits = load_faces(tmp_path)
    assert sizes(splits) == {"train": 7, "validation": 7}
    assert list(skipped(splits).values()) == [(1, "train/happy/again")]


@pytest.mark.parametrize("name", ["x", "happy/../x"])
def test_a_link_to_itself_is_named_and_not_followed(tmp_path, name):
    write_splits(tmp_path, train=1, validation=1)
    (tmp_path / "train/happy/x").symlink_to(tmp_path / "train/happy/x" if name == "x" else "../happy/x")
    assert list(skipped(load_faces(tmp_path)).values()) == [(1, "train/happy/x")]


def test_links_between_two_classes_are_followed_once(tmp_path):
    write_class_folders(tmp_path, 2)
    for one, other in (("angry", "happy"), ("happy", "angry")):
        (tmp_path / one / "more").symlink_to(tmp_path / other, target_is_directory=True)
    splits = load_labelled(tmp_path)
    assert sizes(splits) == {"test": 18}
    assert list(skipped(splits).values()) == [(2, "angry/more/more")]


# What is left out


@pytest.mark.parametrize("place", ["", "train/", "train/angry/", "train/angry/actor1/"])
@pytest.mark.parametrize(
    "name",
    [
        ".DS_Store",
        "._00.png",
        "Thumbs.db",
        "thumbs.DB",
        "ehthumbs.db",
        "desktop.ini",
        "Icon\r",
        "00.png:Zone.Identifier",
        ".cache/x.png",
        "__MACOSX/x.png",
        "@eaDir/x.png",
        "$RECYCLE.BIN/x.png",
        "lost+found/x.png",
        "#recycle/x.png",
        "Picasa.ini",
        "ZbThumbnail.info",
        "Thumbs.db:encryptable",
        "~$notes.docx",
    ],
)
def test_what_a_system_left_there_is_skipped_and_counted(tmp_path, place, name):
    write_splits(tmp_path, train=1, validation=1)
    file = tmp_path / f"{place}{name}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("no picture")
    splits = load_unchanged(tmp_path)
    assert splits["train"].names == tuple(f"{emotion}/00.png" for emotion in EMOTIONS)
    assert skipped(splits) == {"system files": (1, f"{place}{name}")}


def test_every_file_is_read_or_counted_as_left_out(tmp_path):
    write_splits(tmp_path, train=2, validation=1)
    for name in (
        "README.txt",
        "overview.png",
        "train/labels.csv",
        "train/loose.png",
        "train/angry/list.txt",
        "train/angry/actor1/notes.JSON",
        "train/angry/Thumbs.db",
        "validation/sad/.hidden",
        ".git/objects/a",
        ".git/objects/b",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("no picture")
    splits = load_unchanged(tmp_path)
    num_files = sum(file.is_file() for file in tmp_path.rglob("*"))
    assert sum(sizes(splits).values()) + sum(one["count"] for one in splits.skipped) == num_files
    assert skipped(splits) == {
        "system files": (4, ".git/objects/a"),
        "files in no class folder": (4, "README.txt"),
        "no pictures, by their names": (2, "train/angry/list.txt"),
    }
    lines = splits.skipped_lines()
    assert len(lines) == 3
    for line, one in zip(lines, splits.skipped, strict=True):
        assert one["reason"] in line
        assert str(one["count"]) in line


def test_what_lies_beside_a_csv_is_counted_as_left_out(tmp_path):
    write_csv(tmp_path / "fer2013.csv", every_emotion())
    write_csv(tmp_path / "train.csv", every_emotion(), ("emotion", "pixels"))
    write_picture(tmp_path / "extra/angry/00.png", draw_face(0))
    splits = load_unchanged(tmp_path)
    assert sizes(splits) == {"train": 7, "validation": 7, "test": 7}
    assert list(skipped(splits).values()) == [(2, "train.csv")]


@pytest.mark.parametrize("seed", range(40))
def test_whatever_lies_there_is_read_counted_as_left_out_or_refused(tmp_path, seed):
    random = np.random.default_rng(seed)
    form = random.choice(["classes", "splits", "csv"])
    data = tmp_path / random.choice(["", "inner"])
    if form == "classes":
        write_class_folders(data, 1)
    elif form == "splits":
        write_splits(data, train=1, Val=1)
    else:
        write_csv(data / "fer2013.csv", every_emotion())
    folders = [folder for folder in tmp_path.rglob("*") if folder.is_dir()] + [tmp_path]
    for number in range(random.integers(1, 6)):
        place = random.choice(folders) / random.choice(["", "", "more", "actor1/day2", ".hidden", "test", "sad"])
        name = random.choice(["a.png", "b.bmp", "notes.txt", "Thumbs.db", "test.csv", "x.json"])
        write_picture(place / f"{number}.png", draw_face(number))
        if name[-3:] in ("png", "bmp"):
            write_picture(place / name, draw_face(seed, number))
        else:
            (place / name).write_text("no picture")
    try:
        splits = load_unchanged(tmp_path, load=load_labelled)
    except InputError:
        return
    num_files = sum(file.is_file() for file in tmp_path.rglob("*"))
    num_faces = sum(sizes(splits).values())
    if form == "csv" and num_faces == 21:
        num_files -= 1  # the csv itself is no face
        num_faces = 0
    assert num_faces + sum(one["count"] for one in splits.skipped) == num_files
