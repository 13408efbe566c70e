import numpy as np
import pytest

from emotion import EMOTIONS, InputError
from emotion.data.faces import Faces
from emotion.data.load import load_faces
from emotion.data.votes import CHOICES, targets, vote_shares
from tests.data.drawn import (
    VOTE_HEADER,
    every_emotion,
    load_unchanged,
    refusal,
    write_class_folders,
    write_csv,
    write_splits,
    write_votes,
)

ANGER, HAPPINESS, NOBODY = (0, 0, 0, 0, 10, 0, 0, 0, 0, 0), (2, 7, 0, 0, 0, 0, 0, 0, 1, 0), (0,) * 10


def write_csv_votes(folder, counts, usages=("Training", "PublicTest", "PrivateTest")):
    """fer2013new.csv for write_csv(..., every_emotion(usages)): the same counts in each row."""
    rows = [(usage, f"fer{number:07}.png", *counts) for usage in usages for number in range(7)]
    return write_votes(folder / "fer2013new.csv", rows, ("Usage", "Image name", *VOTE_HEADER, "NF"))


def voted(*votes):
    """Faces labelled sad, with these votes in CHOICES order."""
    count = len(votes)
    return Faces(np.zeros((count, 48, 48), np.uint8), np.full(count, 5), ("",) * count, np.array(votes, np.int64))


# Reading them


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
        assert splits.skipped == []


def test_votes_stay_with_their_faces_under_limit_and_other_folder_names(tmp_path):
    data = tmp_path / "faces"
    write_class_folders(data, 6)
    (data / "neutral").rename(data / "Natural")
    rows = [("train", emotion, f"{number:02}.png", number, *[0] * 9) for emotion in EMOTIONS for number in range(6)]
    write_votes(tmp_path / "ferplus_votes.csv", rows)
    for faces in load_faces(data, limit=2).values():
        assert faces.votes[:, CHOICES.index("neutral")].tolist() == [int(name[-6:-4]) for name in faces.names]


def test_a_picture_in_a_subfolder_does_not_get_the_votes_of_one_of_the_same_name(tmp_path):
    write_splits(tmp_path, train=1, validation=1)
    (tmp_path / "train/angry/more").mkdir()
    (tmp_path / "train/angry/more/00.png").write_bytes((tmp_path / "train/angry/00.png").read_bytes())
    write_votes(tmp_path / "ferplus_votes.csv", [("train", "angry", "00.png", *ANGER)])
    assert load_faces(tmp_path)["train"].votes.sum(axis=1).tolist() == [10, 0, 0, 0, 0, 0, 0, 0]


def test_votes_for_none_of_the_faces_are_named_as_left_out(tmp_path):
    data = write_class_folders(tmp_path / "faces", 2)
    assert load_faces(data)["train"].votes is None
    write_votes(data / "ferplus_votes.csv", [("train", "angry", "elsewhere.png", *ANGER)])
    splits = load_faces(data)
    assert splits["train"].votes is None
    assert [one["example"] for one in splits.skipped] == ["ferplus_votes.csv"]


def test_the_csv_gets_the_votes_of_the_same_row(tmp_path):
    file = write_csv(tmp_path / "fer2013.csv", every_emotion())
    write_csv_votes(tmp_path, HAPPINESS)
    for path in (file, tmp_path):
        splits = load_unchanged(tmp_path, path)
        assert list(splits) == ["train", "validation", "test"]
        assert splits.skipped == []
        for faces in splits.values():
            np.testing.assert_array_equal(faces.votes, [[0, 0, 0, 7, 2, 0, 0, 0, 1, 0]] * 7)


@pytest.mark.parametrize("usages", [("Training", "PublicTest"), ("Training", "PrivateTest", "PublicTest")])
def test_votes_in_another_order_than_the_csv_are_refused(tmp_path, usages):
    write_csv(tmp_path / "fer2013.csv", every_emotion())
    file = write_csv_votes(tmp_path, HAPPINESS, usages)
    assert f"The file {file} has no test row 16" in refusal(tmp_path)


def test_votes_without_a_column_are_refused(tmp_path):
    write_class_folders(tmp_path, 2)
    file = write_votes(tmp_path / "ferplus_votes.csv", [], ("label", "file", *VOTE_HEADER))
    assert f"The file {file} has no column not_face." in refusal(tmp_path)


@pytest.mark.parametrize("count", ["x", "-1", "1.5", "", "²"])
def test_votes_that_are_no_counts_are_refused(tmp_path, count):
    write_class_folders(tmp_path, 2)
    file = write_votes(tmp_path / "ferplus_votes.csv", [("train", "angry", "00.png", count, *[0] * 9)])
    assert f"Row 2 of {file} has the votes 0, 0, 0, 0, {count}, " in refusal(tmp_path)


def test_two_rows_of_votes_for_one_face_are_refused(tmp_path):
    write_class_folders(tmp_path, 2)
    file = write_votes(tmp_path / "ferplus_votes.csv", [("train", "angry", "00.png", *ANGER)] * 2)
    assert f"The file {file} has two rows for angry/00.png." in refusal(tmp_path)


def test_votes_of_another_kind_of_file_are_refused(tmp_path):
    write_class_folders(tmp_path, 2)
    file = tmp_path / "ferplus_votes.csv"
    file.write_bytes(b"\x89PNG" + b"x" * 200_000)
    assert str(file) in refusal(tmp_path)


# What a network learns from


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
    np.testing.assert_allclose(targets(faces, "fer2013"), [[label]])
    np.testing.assert_allclose(targets(faces, "ferplus"), [[votes]])
    np.testing.assert_allclose(targets(faces, "mixed"), [[label, votes]])


@pytest.mark.parametrize("labels", ["ferplus", "mixed"])
def test_votes_that_are_asked_for_and_not_there_are_refused(labels):
    with pytest.raises(InputError):
        targets(Faces(np.zeros((1, 48, 48), np.uint8), np.array([0]), ("",)), labels)
