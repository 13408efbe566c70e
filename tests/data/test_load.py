import csv

import numpy as np
import pytest
from PIL import Image

from emotion import EMOTIONS, InputError
from emotion.data.faces import Faces, is_copy, num_repeats
from emotion.data.load import load_faces, load_labelled
from emotion.data.votes import CHOICES, HEADS, targets, vote_shares

# FER2013's csv, as Goodfellow et al. number it: 0 angry, 1 disgust, 2 fear, 3 happy, 4 sad, 5 surprise, 6 neutral.
LABEL_OF_CSV_NUMBER = (0, 1, 2, 3, 5, 6, 4)


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


def csv_row(emotion, usage="Training", pixels=None):
    face = draw_face(int(emotion)) if pixels is None else pixels
    return {"emotion": str(emotion), "pixels": " ".join(str(value) for value in face.ravel()), "Usage": usage}


def write_csv(file, rows, columns=("emotion", "pixels", "Usage")):
    with file.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return file


def every_emotion(usages=("Training", "PublicTest", "PrivateTest")):
    return [csv_row(number, usage) for usage in usages for number in range(7)]


def snapshot(folder):
    return {file: (file.stat().st_mtime_ns, file.is_file() and file.read_bytes()) for file in folder.rglob("*")}


def load_unchanged(folder, path=None, **options):
    """load_faces, which has to leave everything in folder as it was, whether it reads or refuses it."""
    before = snapshot(folder)
    try:
        return load_faces(path or folder, **options)
    finally:
        assert snapshot(folder) == before


def refusal(folder, path=None, **options):
    with pytest.raises(InputError) as caught:
        load_unchanged(folder, path, **options)
    text = str(caught.value)
    assert "\n" not in text
    return text


# The forms that are read


def test_train_and_validation_folders_are_read_as_they_are(tmp_path):
    write_class_folders(tmp_path / "train", 3, split=0)
    write_class_folders(tmp_path / "validation", 2, split=1)

    splits = load_unchanged(tmp_path)

    assert list(splits) == ["train", "validation"]
    for split, (number, count) in {"train": (0, 3), "validation": (1, 2)}.items():
        expected = [draw_face(number, label, face) for label in range(7) for face in range(count)]
        np.testing.assert_array_equal(splits[split].pixels, expected)
        np.testing.assert_array_equal(splits[split].labels, np.repeat(np.arange(7), count))
    assert splits["train"].names[:4] == ("angry/00.png", "angry/01.png", "angry/02.png", "disgust/00.png")


def test_pixels_and_labels_have_the_documented_types(tmp_path):
    train = load_faces(write_class_folders(tmp_path, 2))["train"]
    assert (train.pixels.dtype, train.pixels.shape) == (np.uint8, (7, 48, 48))
    assert (train.labels.dtype, train.labels.shape) == (np.int64, (7,))


def test_a_test_folder_beside_a_validation_folder_is_read_too(tmp_path):
    for number, split in enumerate(("train", "validation", "test")):
        write_class_folders(tmp_path / split, 2, split=number)
    splits = load_unchanged(tmp_path)
    assert list(splits) == ["train", "validation", "test"]
    np.testing.assert_array_equal(splits["test"].pixels[5], draw_face(2, 2, 1))


def test_the_common_download_gives_its_public_test_to_validation(tmp_path):
    write_class_folders(tmp_path / "train", 2, "Training_", split=0)
    write_class_folders(tmp_path / "test", 1, "PublicTest_", split=1)
    write_class_folders(tmp_path / "test", 3, "PrivateTest_", split=2)

    splits = load_unchanged(tmp_path)

    assert {split: len(faces.labels) for split, faces in splits.items()} == {"train": 14, "validation": 7, "test": 21}
    assert splits["validation"].names == tuple(f"{emotion}/PublicTest_00.png" for emotion in EMOTIONS)
    assert all("/PrivateTest_" in name for name in splits["test"].names)
    np.testing.assert_array_equal(splits["test"].pixels[3], draw_face(2, 1, 0))
    np.testing.assert_array_equal(splits["test"].labels, np.repeat(np.arange(7), 3))


def test_own_files_in_train_and_test_get_a_validation_split_drawn_from_train(tmp_path):
    write_class_folders(tmp_path / "train", 10, split=0)
    write_class_folders(tmp_path / "test", 2, split=1)

    splits = load_unchanged(tmp_path)

    assert {split: len(faces.labels) for split, faces in splits.items()} == {"train": 63, "validation": 7, "test": 14}
    np.testing.assert_array_equal(splits["test"].pixels[0], draw_face(1, 0, 0))
    assert not is_copy(splits["validation"].pixels, splits["train"].pixels).any()
    assert not is_copy(splits["validation"].pixels, splits["test"].pixels).any()


def test_class_folders_alone_get_a_validation_split_with_a_tenth_of_each_emotion(tmp_path):
    write_class_folders(tmp_path, 20)

    splits = load_unchanged(tmp_path)

    assert list(splits) == ["train", "validation"]
    assert set(splits["train"].counts().values()) == {18}
    assert set(splits["validation"].counts().values()) == {2}
    names = splits["train"].names + splits["validation"].names
    assert sorted(names) == [f"{emotion}/{number:02}.png" for emotion in EMOTIONS for number in range(20)]


def test_two_faces_of_each_emotion_are_enough_for_both_splits(tmp_path):
    splits = load_faces(write_class_folders(tmp_path, 2))
    assert set(splits["train"].counts().values()) == {1}
    assert set(splits["validation"].counts().values()) == {1}


def test_the_same_seed_draws_the_same_validation_split(tmp_path):
    write_class_folders(tmp_path, 10)
    first, again = load_faces(tmp_path, seed=3), load_faces(tmp_path, seed=3)
    for split in first:
        assert first[split].names == again[split].names
        np.testing.assert_array_equal(first[split].pixels, again[split].pixels)


def test_another_seed_draws_another_validation_split(tmp_path):
    write_class_folders(tmp_path, 10)
    assert load_faces(tmp_path, seed=0)["validation"].names != load_faces(tmp_path, seed=1)["validation"].names


@pytest.mark.parametrize("given_as", ["file", "folder"])
def test_the_csv_is_read_with_its_own_order_of_emotions(tmp_path, given_as):
    file = write_csv(tmp_path / "fer2013.csv", every_emotion())

    splits = load_unchanged(tmp_path, file if given_as == "file" else tmp_path)

    assert list(splits) == ["train", "validation", "test"]
    for faces in splits.values():
        np.testing.assert_array_equal(faces.labels, LABEL_OF_CSV_NUMBER)
        np.testing.assert_array_equal(faces.pixels, [draw_face(number) for number in range(7)])
    assert splits["train"].names[:2] == ("row 2", "row 3")
    assert splits["validation"].names[0] == "row 9"


def test_the_csv_is_read_whatever_the_order_of_its_columns(tmp_path):
    file = write_csv(tmp_path / "fer2013.csv", every_emotion(), columns=("emotion", "Usage", "pixels"))
    np.testing.assert_array_equal(load_faces(file)["train"].labels, LABEL_OF_CSV_NUMBER)


def test_a_csv_without_public_test_rows_gets_a_validation_split_drawn(tmp_path):
    rows = [csv_row(number, pixels=draw_face(number, copy)) for number in range(7) for copy in range(10)]
    splits = load_faces(write_csv(tmp_path / "fer2013.csv", rows))
    assert list(splits) == ["train", "validation"]
    assert set(splits["train"].counts().values()) == {9}
    assert set(splits["validation"].counts().values()) == {1}


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
    write_class_folders(tmp_path / "train", 1)
    write_class_folders(tmp_path / "validation", 1, split=1)
    (tmp_path / "train" / emotion).rename(tmp_path / "train" / folder)

    train = load_unchanged(tmp_path)["train"]

    label = EMOTIONS.index(emotion)
    np.testing.assert_array_equal(train.labels, np.arange(7))
    np.testing.assert_array_equal(train.pixels[label], draw_face(0, label, 0))
    assert train.names[label] == f"{folder}/00.png"


def test_two_folders_of_one_emotion_are_read_as_one(tmp_path):
    write_class_folders(tmp_path / "train", 1)
    write_class_folders(tmp_path / "validation", 1)
    write_picture(tmp_path / "train/natural/more.png", draw_face(9))
    train = load_faces(tmp_path)["train"]
    assert train.counts()["neutral"] == 2
    assert train.names[4:6] == ("natural/more.png", "neutral/00.png")


# Pictures of other kinds


def ramp():
    """A smooth face-sized picture, which JPEG keeps to within a few grey levels."""
    return np.add.outer(np.arange(48) * 2, np.arange(48) * 3).astype(np.uint8)


OTHER_PICTURES = {
    "colour": (Image.fromarray(ramp()).convert("RGB"), "png", 0),
    "opaque RGBA": (Image.fromarray(ramp()).convert("RGBA"), "png", 0),
    "palette": (Image.fromarray(ramp()).convert("P"), "png", 0),
    "16 bit grey": (Image.fromarray(ramp().astype(np.uint16) * 257), "png", 0),
    "lossless WebP": (Image.fromarray(ramp()).convert("RGB"), "webp", 0),
    "GIF": (Image.fromarray(ramp()), "gif", 0),
    "grey JPEG": (Image.fromarray(ramp()), "jpg", 4),
    "CMYK JPEG": (Image.fromarray(ramp()).convert("RGB").convert("CMYK"), "jpg", 6),
    "upper-case suffix": (Image.fromarray(ramp()), "PNG", 0),
    "twice as large": (Image.fromarray(ramp()).resize((96, 96), Image.Resampling.BICUBIC), "png", 8),
}


@pytest.mark.parametrize("kind", OTHER_PICTURES)
def test_pictures_of_other_kinds_go_through(tmp_path, kind):
    picture, suffix, tolerance = OTHER_PICTURES[kind]
    write_class_folders(tmp_path / "train", 1)
    write_class_folders(tmp_path / "validation", 1)
    options = {"lossless": True} if suffix == "webp" else {}
    picture.save(tmp_path / f"train/fear/another.{suffix}", **options)

    train = load_unchanged(tmp_path)["train"]

    row = train.names.index(f"fear/another.{suffix}")
    assert train.labels[row] == 2
    np.testing.assert_allclose(train.pixels[row].astype(int), ramp().astype(int), atol=tolerance)


def test_a_transparent_picture_is_laid_over_white(tmp_path):
    write_class_folders(tmp_path / "train", 1)
    write_class_folders(tmp_path / "validation", 1)
    write_picture(tmp_path / "train/sad/clear.png", np.zeros((48, 48, 4), np.uint8))
    train = load_faces(tmp_path)["train"]
    assert (train.pixels[train.names.index("sad/clear.png")] == 255).all()


@pytest.mark.parametrize("shape", [(1, 1), (20, 31), (300, 100)])
def test_pictures_of_other_sizes_go_through(tmp_path, shape):
    write_class_folders(tmp_path / "train", 1)
    write_class_folders(tmp_path / "validation", 1)
    write_picture(tmp_path / "train/sad/other.png", np.full(shape, 77, np.uint8))
    train = load_faces(tmp_path)["train"]
    assert (train.pixels[train.names.index("sad/other.png")] == 77).all()


def test_hidden_files_and_folders_are_skipped(tmp_path):
    write_class_folders(tmp_path / "train", 1)
    write_class_folders(tmp_path / "validation", 1)
    for name in (
        "train/angry/.DS_Store",
        "train/angry/._00.png",
        "train/.cache/x",
        "train/__MACOSX/x",
        "train/list.txt",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("no picture")
    assert load_unchanged(tmp_path)["train"].names == tuple(f"{emotion}/00.png" for emotion in EMOTIONS)


# limit


def test_limit_keeps_that_many_faces_of_each_emotion_in_each_split(tmp_path):
    write_class_folders(tmp_path / "train", 5)
    write_class_folders(tmp_path / "validation", 3, split=1)
    write_picture(tmp_path / "train/happy/more.png", draw_face(9))

    splits = load_unchanged(tmp_path, limit=4)

    assert set(splits["train"].counts().values()) == {4}
    assert set(splits["validation"].counts().values()) == {3}


def test_limit_keeps_other_faces_with_another_seed_and_the_same_with_the_same(tmp_path):
    write_class_folders(tmp_path / "train", 10)
    write_class_folders(tmp_path / "validation", 1)
    names = [load_faces(tmp_path, seed=seed, limit=3)["train"].names for seed in (0, 0, 1)]
    assert names[0] == names[1]
    assert names[0] != names[2]


def test_limited_faces_keep_their_own_label_and_pixels(tmp_path):
    write_class_folders(tmp_path / "train", 4)
    write_class_folders(tmp_path / "validation", 1)
    train = load_faces(tmp_path, limit=2)["train"]
    for pixels, label, name in zip(train.pixels, train.labels, train.names, strict=True):
        emotion, file = name.split("/")
        assert emotion == EMOTIONS[label]
        np.testing.assert_array_equal(pixels, draw_face(0, label, int(file.removesuffix(".png"))))


def test_limit_reads_no_more_faces_than_it_keeps(tmp_path):
    broken = {"emotion": "0", "pixels": "broken", "Usage": "Training"}
    write_csv(tmp_path / "fer2013.csv", [*every_emotion(), broken])

    def is_read(seed):
        try:
            load_faces(tmp_path, seed, limit=1)
        except InputError:
            return False
        return True

    # Two angry faces, of which the seed keeps one: only those seeds that keep the broken one may meet it.
    assert {is_read(seed) for seed in range(20)} == {True, False}


# Votes

ANGER, HAPPINESS, NOBODY = (0, 0, 0, 0, 10, 0, 0, 0, 0, 0), (2, 7, 0, 0, 0, 0, 0, 0, 1, 0), (0,) * 10
VOTE_HEADER = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown")


def write_votes(file, rows, header=("split", "label", "file", *VOTE_HEADER, "not_face")):
    with file.open("w", newline="") as lines:
        csv.writer(lines).writerows([header, *rows])
    return file


def write_csv_votes(folder, counts, usages=("Training", "PublicTest", "PrivateTest")):
    """fer2013new.csv for write_csv(..., every_emotion(usages)): the same counts in each row."""
    rows = [(usage, f"fer{number:07}.png", *counts) for usage in usages for number in range(7)]
    return write_votes(folder / "fer2013new.csv", rows, ("Usage", "Image name", *VOTE_HEADER, "NF"))


def test_votes_beside_or_in_the_folder_are_read_in_the_order_of_choices(tmp_path):
    data = tmp_path / "faces"
    write_class_folders(data / "train", 1)
    write_class_folders(data / "validation", 1, "v", split=1)
    rows = [("train", "angry", "00.png", *ANGER), ("validation", "happy", "v00.png", *HAPPINESS)]
    for place in (tmp_path, data):
        file = write_votes(place / "ferplus_votes.csv", rows)
        splits = load_unchanged(data)
        file.unlink()
        train, validation = (dict(zip(CHOICES, split.votes.T, strict=True)) for split in splits.values())
        assert train["angry"].tolist() == [10, 0, 0, 0, 0, 0, 0]
        assert validation["happy"].tolist() == [0, 0, 0, 7, 0, 0, 0]
        assert validation["neutral"].tolist() == [0, 0, 0, 2, 0, 0, 0]
        assert validation["unknown"].tolist() == [0, 0, 0, 1, 0, 0, 0]
        assert splits["validation"].votes.sum() == splits["train"].votes.sum() == 10


def test_votes_stay_with_their_faces_under_limit_and_other_folder_names(tmp_path):
    data = tmp_path / "faces"
    write_class_folders(data, 6)
    (data / "neutral").rename(data / "Natural")
    rows = [("train", emotion, f"{number:02}.png", number, *[0] * 9) for emotion in EMOTIONS for number in range(6)]
    write_votes(tmp_path / "ferplus_votes.csv", rows)
    for faces in load_faces(data, limit=2).values():
        assert faces.votes[:, CHOICES.index("neutral")].tolist() == [int(name[-6:-4]) for name in faces.names]


def test_without_votes_or_with_those_of_other_faces_there_are_none(tmp_path):
    data = write_class_folders(tmp_path / "faces", 2)
    assert load_faces(data)["train"].votes is None
    write_votes(tmp_path / "ferplus_votes.csv", [("train", "angry", "elsewhere.png", *ANGER)])
    assert load_faces(data)["train"].votes is None


def test_the_csv_gets_the_votes_of_the_same_row(tmp_path):
    file = write_csv(tmp_path / "fer2013.csv", every_emotion())
    write_csv_votes(tmp_path, HAPPINESS)
    for path in (file, tmp_path):
        splits = load_unchanged(tmp_path, path)
        assert list(splits) == ["train", "validation", "test"]
        for faces in splits.values():
            np.testing.assert_array_equal(faces.votes, [[0, 0, 0, 7, 2, 0, 0, 0, 1, 0]] * 7)


@pytest.mark.parametrize("usages", [("Training", "PublicTest"), ("Training", "PrivateTest", "PublicTest")])
def test_votes_in_another_order_than_the_csv_are_refused(tmp_path, usages):
    write_csv(tmp_path / "fer2013.csv", every_emotion())
    file = write_csv_votes(tmp_path, HAPPINESS, usages)
    text = refusal(tmp_path)
    assert f"The file {file} has no PrivateTest row 16, as fer2013.csv has." in text
    assert "Expected the same rows in the same order." in text


def test_votes_without_a_column_are_refused(tmp_path):
    write_class_folders(tmp_path, 2)
    file = write_votes(tmp_path / "ferplus_votes.csv", [], ("label", "file", *VOTE_HEADER))
    text = refusal(tmp_path)
    assert f"The file {file} has no column not_face. Expected FER+'s votes, with the columns label, file" in text


@pytest.mark.parametrize("count", ["x", "-1", "1.5", "", "²"])
def test_votes_that_are_no_counts_are_refused(tmp_path, count):
    write_class_folders(tmp_path, 2)
    file = write_votes(tmp_path / "ferplus_votes.csv", [("train", "angry", "00.png", count, *[0] * 9)])
    text = refusal(tmp_path)
    assert f"Row 2 of {file} has the votes 0, 0, 0, 0, {count}, " in text
    assert "Expected ten counts of 0 or more." in text


def test_two_rows_of_votes_for_one_face_are_refused(tmp_path):
    write_class_folders(tmp_path, 2)
    file = write_votes(tmp_path / "ferplus_votes.csv", [("train", "angry", "00.png", *ANGER)] * 2)
    assert f"The file {file} has two rows for angry/00.png. Expected one for each face." in refusal(tmp_path)


def test_votes_of_another_kind_of_file_are_refused(tmp_path):
    write_class_folders(tmp_path, 2)
    file = tmp_path / "ferplus_votes.csv"
    file.write_bytes(b"\x89PNG" + b"x" * 200_000)
    text = refusal(tmp_path)
    assert str(file) in text
    assert "Expected FER+'s votes" in text


def voted(*votes):
    """Faces labelled sad, with these votes in CHOICES order."""
    count = len(votes)
    return Faces(np.zeros((count, 48, 48), np.uint8), np.full(count, 5), ("",) * count, np.array(votes, np.int64))


def test_vote_shares_worked_by_hand():
    shares = vote_shares(voted((2, 0, 0, 0, 6, 0, 0, 0, 2, 0), (0, 0, 0, 1, 0, 4, 0, 5, 0, 0)))
    np.testing.assert_allclose(shares, [[0.25, 0, 0, 0, 0.75, 0, 0], [0, 0, 0, 0.2, 0, 0.8, 0]])
    assert shares.dtype == np.float32


@pytest.mark.parametrize(
    "votes", [NOBODY, (0, 0, 0, 0, 0, 0, 0, 0, 0, 10), (4, 0, 0, 0, 0, 0, 0, 0, 6, 0), (0, 4, 0, 0, 0, 0, 0, 6, 0, 0)]
)
def test_a_face_with_fewer_than_five_votes_on_the_seven_emotions_falls_back_to_its_label(votes):
    np.testing.assert_array_equal(vote_shares(voted(votes)), [[0, 0, 0, 0, 0, 1, 0]])


def test_targets_are_the_label_the_votes_or_both_side_by_side():
    faces = voted((2, 0, 0, 0, 6, 0, 0, 0, 2, 0))
    label, votes = [0, 0, 0, 0, 0, 1, 0], [0.25, 0, 0, 0, 0.75, 0, 0]
    assert list(HEADS) == ["fer2013", "ferplus", "mixed"]
    np.testing.assert_allclose(targets(faces, "fer2013"), [[label]])
    np.testing.assert_allclose(targets(faces, "ferplus"), [[votes]])
    np.testing.assert_allclose(targets(faces, "mixed"), [[label, votes]])


@pytest.mark.parametrize("labels", ["ferplus", "mixed"])
def test_votes_that_are_asked_for_and_not_there_are_refused(labels):
    with pytest.raises(InputError) as caught:
        targets(Faces(np.zeros((1, 48, 48), np.uint8), np.array([0]), ("",)), labels)
    text = str(caught.value)
    assert text.startswith(f"The labels {labels} need FER+'s votes, and there are none for these faces. Expected ")
    assert "choose --labels fer2013" in text


# Faces to measure with


def test_class_folders_to_measure_with_are_all_test_and_may_lack_emotions(tmp_path):
    write_class_folders(tmp_path, 3)
    for file in (tmp_path / "disgust").iterdir():
        file.unlink()
    (tmp_path / "disgust").rmdir()
    splits = load_labelled(tmp_path)
    assert list(splits) == ["test"]
    assert splits["test"].counts() == dict.fromkeys(EMOTIONS, 3) | {"disgust": 0}


@pytest.mark.parametrize("present", [("train", "test"), ("validation", "test"), ("train", "validation", "test")])
def test_splits_to_measure_with_are_read_as_they_are(tmp_path, present):
    for number, split in enumerate(present):
        write_class_folders(tmp_path / split, 2, split=number)
    splits = load_labelled(tmp_path, limit=1)
    assert tuple(splits) == present
    assert all(set(faces.counts().values()) == {1} for faces in splits.values())


def test_training_faces_with_nothing_beside_them_are_measured(tmp_path):
    write_class_folders(tmp_path / "train", 2)
    assert list(load_labelled(tmp_path)) == ["test"]


def test_a_folder_without_any_class_is_refused_for_measuring_too(tmp_path):
    with pytest.raises(InputError, match="has no class folder angry, disgust, fear, happy, neutral, sad, surprise"):
        load_labelled(tmp_path)


# Counts and copies


def test_counts_name_every_emotion_in_order():
    faces = Faces(np.zeros((4, 48, 48), np.uint8), np.array([6, 0, 6, 3]), ("a", "b", "c", "d"))
    counts = faces.counts()
    assert counts == {"angry": 1, "disgust": 0, "fear": 0, "happy": 1, "neutral": 0, "sad": 0, "surprise": 2}
    assert tuple(counts) == EMOTIONS


def test_a_copy_is_a_face_with_exactly_the_same_pixels():
    among = np.stack([draw_face(0), draw_face(1)])
    almost = draw_face(0)
    almost[47, 47] ^= 1
    faces = np.stack([draw_face(1), draw_face(2), almost, draw_face(0)])
    copied = is_copy(faces, among)
    assert copied.dtype == bool
    assert copied.tolist() == [True, False, False, True]


def test_no_face_is_a_copy_among_none():
    none = np.zeros((0, 48, 48), np.uint8)
    assert is_copy(draw_face(0)[None], none).tolist() == [False]
    assert is_copy(none, draw_face(0)[None]).shape == (0,)


def test_repeats_are_counted_beyond_the_first_of_each():
    a, b, c = (draw_face(number) for number in range(3))
    assert num_repeats(np.stack([a, b, a, a, c, b])) == 3
    assert num_repeats(np.stack([a, b, c])) == 0


# What is refused: each text names the file or folder and what was expected; load_unchanged sees that nothing changes


def test_a_missing_path_is_refused(tmp_path):
    text = refusal(tmp_path, tmp_path / "nowhere")
    assert f"There is nothing at {tmp_path / 'nowhere'}." in text
    assert "Expected a folder of class folders or fer2013.csv." in text


def test_a_folder_without_a_class_is_refused(tmp_path):
    write_class_folders(tmp_path / "train", 1)
    write_class_folders(tmp_path / "validation", 1)
    (tmp_path / "validation/fear/00.png").unlink()
    (tmp_path / "validation/fear").rmdir()
    text = refusal(tmp_path)
    assert f"The folder {tmp_path / 'validation'} has no class folder fear." in text
    assert "Expected one folder per emotion: angry, disgust, fear, happy, neutral, sad, surprise." in text


def test_a_folder_without_any_class_is_refused(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"no class folder")
    text = refusal(tmp_path)
    assert f"The folder {tmp_path} has no class folder angry, disgust, fear, happy, neutral, sad, surprise." in text


@pytest.mark.parametrize("content", [None, ".DS_Store"])
def test_an_empty_class_folder_is_refused(tmp_path, content):
    write_class_folders(tmp_path, 2)
    for file in (tmp_path / "happy").iterdir():
        file.unlink()
    if content:
        (tmp_path / "happy" / content).write_text("hidden")
    text = refusal(tmp_path)
    assert f"The folder {tmp_path / 'happy'} is empty. Expected pictures of faces in it." in text


@pytest.mark.parametrize("name", ["contempt", "happy2", "New folder"])
def test_an_unknown_class_folder_is_refused(tmp_path, name):
    write_class_folders(tmp_path, 2)
    write_picture(tmp_path / name / "00.png", draw_face(0))
    text = refusal(tmp_path)
    assert f"The folder {tmp_path / name} is named after none of the seven emotions." in text
    assert "Expected class folders named angry, disgust, fear, happy, neutral, sad, surprise only." in text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is not a picture that can be read here"),
        (b"just some words", "is not a picture that can be read here"),
        ("cut", "is cut short or damaged"),
        ("bmp", "is not a picture that can be read here"),
    ],
)
def test_an_unreadable_file_is_refused_by_its_name(tmp_path, content, reason):
    write_class_folders(tmp_path / "train", 1)
    write_class_folders(tmp_path / "validation", 1)
    file = tmp_path / "train/sad/broken.png"
    if content == "bmp":
        Image.fromarray(draw_face(0)).save(file, format="BMP")
    else:
        whole = (tmp_path / "train/sad/00.png").read_bytes()
        file.write_bytes(whole[: len(whole) // 2] if content == "cut" else content)
    text = refusal(tmp_path)
    assert f"The file {file} can't be used." in text
    assert reason in text
    assert "Expected a whole JPEG, PNG, WebP" in text


def test_an_emotion_with_one_face_is_refused_where_one_must_be_held_out(tmp_path):
    write_class_folders(tmp_path, 3)
    for number in (1, 2):
        (tmp_path / f"disgust/{number:02}.png").unlink()
    text = refusal(tmp_path)
    assert "The emotion disgust has 1 training faces. Expected at least 2" in text


def test_an_emotion_without_training_rows_is_refused_where_one_must_be_held_out(tmp_path):
    rows = [csv_row(number) for number in (0, 0, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6)]
    write_csv(tmp_path / "fer2013.csv", rows)
    assert "The emotion disgust has 0 training faces. Expected at least 2" in refusal(tmp_path)


def test_a_csv_header_may_hold_spaces_and_a_byte_order_mark(tmp_path):
    file = write_csv(tmp_path / "fer2013.csv", every_emotion())
    text = file.read_text().replace("emotion,pixels,Usage", "emotion, pixels, Usage", 1)
    plain = load_faces(file)
    file.write_text(text, encoding="utf-8-sig")
    assert np.array_equal(load_faces(file)["train"].pixels, plain["train"].pixels)


@pytest.mark.parametrize("column", ["emotion", "pixels", "Usage"])
def test_a_csv_without_a_column_is_refused(tmp_path, column):
    columns = [name for name in ("emotion", "pixels", "Usage") if name != column]
    file = write_csv(tmp_path / "fer2013.csv", every_emotion(), columns)
    text = refusal(tmp_path)
    assert f"The file {file} has no column {column}." in text
    assert "Expected FER2013's csv, with the columns emotion, pixels and Usage." in text


@pytest.mark.parametrize("content", [b"", bytes(range(256)) * 1000, b"\x89PNG" + b"x" * 200_000])
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    file = tmp_path / "faces.zip"
    file.write_bytes(content)
    text = refusal(tmp_path, file)
    assert str(file) in text
    assert "Expected FER2013's csv" in text


def test_a_csv_without_training_rows_is_refused(tmp_path):
    write_csv(tmp_path / "fer2013.csv", every_emotion(("PublicTest", "PrivateTest")))
    text = refusal(tmp_path)
    assert (
        f"{tmp_path} has no training faces. Expected some in the folder train, or in rows whose Usage is Training."
        in text
    )


def test_splits_without_a_train_folder_are_refused_for_training(tmp_path):
    write_class_folders(tmp_path / "validation", 2)
    assert f"{tmp_path} has no training faces. Expected some in the folder train" in refusal(tmp_path)


@pytest.mark.parametrize("emotion", ["7", "-1", "happy", "", "0.0"])
def test_a_csv_row_with_another_emotion_is_refused(tmp_path, emotion):
    rows = every_emotion()
    rows[3]["emotion"] = emotion
    file = write_csv(tmp_path / "fer2013.csv", rows)
    text = refusal(tmp_path)
    assert f"Row 5 of {file} has the emotion {emotion!r}. Expected a number from 0 to 6." in text


@pytest.mark.parametrize("usage", ["Test", "training", ""])
def test_a_csv_row_with_another_usage_is_refused(tmp_path, usage):
    rows = every_emotion()
    rows[2]["Usage"] = usage
    file = write_csv(tmp_path / "fer2013.csv", rows)
    text = refusal(tmp_path)
    assert f"Row 4 of {file} has the Usage {usage!r}. Expected one of Training, PublicTest, PrivateTest." in text


@pytest.mark.parametrize("count", [0, 1, 2303, 2305])
def test_a_csv_row_with_another_number_of_pixels_is_refused(tmp_path, count):
    rows = every_emotion()
    rows[8]["pixels"] = " ".join(["7"] * count)
    file = write_csv(tmp_path / "fer2013.csv", rows)
    text = refusal(tmp_path)
    assert f"Row 10 of {file} has {count} pixels. Expected 2304 numbers from 0 to 255." in text


@pytest.mark.parametrize("pixel", ["x", "256", "1000", "-1", "1.5", "99999999999999999999", "0x10"])
def test_a_csv_row_with_a_pixel_that_is_no_grey_level_is_refused(tmp_path, pixel):
    rows = every_emotion()
    rows[0]["pixels"] = " ".join(["7"] * 2303 + [pixel])
    file = write_csv(tmp_path / "fer2013.csv", rows)
    text = refusal(tmp_path)
    assert f"Row 2 of {file} has pixels that are no such numbers. Expected 2304 numbers from 0 to 255." in text


@pytest.mark.parametrize("columns", [("emotion", "pixels", "Usage"), ("emotion", "Usage", "pixels")])
@pytest.mark.parametrize("num_fields", [1, 2])
def test_a_csv_row_cut_short_is_refused(tmp_path, columns, num_fields):
    file = write_csv(tmp_path / "fer2013.csv", every_emotion(), columns)
    last = csv_row(6, "PrivateTest")
    with file.open("a", newline="") as lines:
        lines.write(",".join([last[column] for column in columns][:num_fields]))
    text = refusal(tmp_path)
    assert f"Row 23 of {file} has " in text
    assert "None" not in text


# FER2013 itself


def test_fer2013_has_its_known_size(fer2013):
    assert {split: faces.pixels.shape for split, faces in fer2013.items()} == {
        "train": (28709, 48, 48),
        "validation": (3589, 48, 48),
    }
    # The counts that the data set's authors and its many users give for Training and PublicTest.
    assert list(fer2013["train"].counts().values()) == [3995, 436, 4097, 7215, 4965, 4830, 3171]
    assert list(fer2013["validation"].counts().values()) == [467, 56, 496, 895, 607, 653, 415]


def test_fer2013_has_its_known_copies(fer2013):
    train, validation = fer2013["train"].pixels, fer2013["validation"].pixels
    assert num_repeats(train) == 1236
    assert is_copy(validation, train).sum() == 280


def test_fer2013_has_votes_for_all_but_159_faces(fer2013):
    assert sum((faces.votes.sum(axis=1) == 0).sum() for faces in fer2013.values()) == 159
    agreed = [faces.votes[:, :7].argmax(axis=1) == faces.labels for faces in fer2013.values()]
    assert np.concatenate(agreed).mean() == pytest.approx(0.63, abs=0.02)  # as shared/design/training.md gives it
