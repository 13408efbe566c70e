import json
from pathlib import Path

import numpy as np
import pytest

from emotion import EMOTIONS, InputError
from emotion.data.faces import Faces
from emotion.measure.calibration import abstention_report, choose_abstention, is_sure
from emotion.measure.corruptions import CORRUPTIONS
from emotion.measure.evaluate import ROBUSTNESS, evaluate, find_copies, measure, robustness, robustness_table
from emotion.measure.metrics import classification_report, vote_agreement
from emotion.network.model import load_classifier

ROOT = Path(__file__).parents[2]


def bright_means_happy(pixels):
    """A toy Classifier: happy above a mean grey of 128, and the surer the further from it; else sad."""
    mean = pixels.mean(axis=(1, 2)) / 255
    probabilities = np.full((len(pixels), 7), 0.02)
    probabilities[:, EMOTIONS.index("happy")] = 0.9 * mean
    probabilities[:, EMOTIONS.index("sad")] = 0.9 * (1 - mean)
    return probabilities


def grey_faces(*greys, labels, votes=None):
    """Faces of one grey each."""
    pixels = np.broadcast_to(np.array(greys, np.uint8)[:, None, None], (len(greys), 48, 48)).copy()
    indices = np.array([EMOTIONS.index(label) for label in labels])
    return Faces(pixels, indices, ("",) * len(greys), votes)


def make_splits():
    votes = np.zeros((5, 10), int)
    votes[:, EMOTIONS.index("happy")] = 10
    labels = ["happy", "sad", "happy", "sad", "sad"]
    return {
        "train": grey_faces(10, 10, 200, labels=["sad", "sad", "happy"]),
        "validation": grey_faces(200, 10, 180, 60, 140, labels=labels, votes=votes),
        "test": grey_faces(250, 250, 200, labels=["happy", "sad", "sad"]),
    }


def test_copies_are_found_within_each_split_and_of_training_faces():
    copied, duplicates = find_copies(make_splits())
    assert {split: rows.tolist() for split, rows in copied.items()} == {
        "validation": [True, True, False, False, False],
        "test": [False, False, True],
    }
    assert duplicates == {
        "inside_train": 1,
        "inside_validation": 0,
        "inside_test": 1,
        "validation_copies_of_train": 2,
        "test_copies_of_train": 1,
    }


def test_without_training_faces_nobody_knows_their_copies():
    assert find_copies({"test": make_splits()["test"]}) == ({}, {"inside_test": 1})


def test_a_split_of_nothing_but_copies_is_refused():
    train = make_splits()["train"]
    with pytest.raises(InputError):
        find_copies({"train": train, "test": train})


def test_training_faces_alone_are_measured_as_such():
    rule = {"certainty": "top", "threshold": 0.8}
    figures = evaluate(bright_means_happy, {"train": make_splits()["train"]}, rule)
    assert list(figures) == ["duplicates", "not_sure", "train"]
    assert figures["train"]["accuracy"] == 1


def test_an_evaluation_holds_every_split_with_and_without_copies():
    splits = make_splits()
    figures = evaluate(bright_means_happy, splits)
    assert json.loads(json.dumps(figures)) == figures
    reports = ["validation", "validation_without_copies", "test", "test_without_copies"]
    assert list(figures) == ["duplicates", "not_sure", *reports]
    assert [figures[name]["count"] for name in reports] == [5, 3, 3, 2]
    # 140 is bright and labelled sad; so is one 250, and 200 in the test.
    assert [figures[name]["accuracy"] for name in reports] == pytest.approx([4 / 5, 2 / 3, 1 / 3, 1 / 2])
    # The voters call every validation face happy: 10 and 60 are not, and three labels are sad.
    assert figures["validation"]["votes"]["agreement"] == pytest.approx(3 / 5)
    assert figures["validation"]["votes"]["label_agreement"] == pytest.approx(2 / 5)
    assert figures["validation_without_copies"]["votes"]["count"] == 3
    assert figures["test"]["votes"] is None
    assert set(figures["test"]["robustness"]) == set(CORRUPTIONS)


def test_the_rule_for_not_sure_is_chosen_on_validation_and_used_on_every_split():
    splits = make_splits()
    figures = evaluate(bright_means_happy, splits)
    validation = splits["validation"]
    assert figures["not_sure"] == choose_abstention(bright_means_happy(validation.pixels), validation.labels)
    # All but the grey of 140, 0.494 happy against 0.406 sad, whose gap is the least.
    assert figures["validation"]["not_sure"]["answered"] == 4
    assert figures["validation"]["not_sure"]["accuracy"] == 1
    assert figures["test"]["not_sure"] == abstention_report(np.array([True, False, False]), np.ones(3, bool))


def test_a_rule_that_is_given_is_used_as_it_is():
    rule = {"certainty": "top", "threshold": 0.8}
    figures = evaluate(bright_means_happy, {"test": make_splits()["test"]}, rule)
    assert figures["not_sure"] == rule
    assert figures["test"]["not_sure"]["answered"] == 2  # the two of grey 250: 0.88


def test_a_measure_is_all_of_its_parts():
    faces = make_splits()["validation"]
    probabilities = bright_means_happy(faces.pixels)
    rule = {"certainty": "gap", "threshold": 0.5}
    report = measure(probabilities, faces.labels, faces.votes, rule)
    assert report | classification_report(probabilities, faces.labels) == report
    right = probabilities.argmax(axis=1) == faces.labels
    assert report["not_sure"] == abstention_report(right, is_sure(probabilities, rule))
    assert report["votes"] == vote_agreement(probabilities, faces.labels, faces.votes)
    assert sum(row["count"] for row in report["reliability"]) == 5
    assert set(report["cross_fitted"]) == {"calibration_error", "not_sure"}


def test_robustness_worked_by_hand():
    # 250 is wrong until it is half as bright, which takes 200 along; twice as bright, 70 turns wrong as well.
    faces = grey_faces(200, 250, 60, 70, labels=["happy", "sad", "sad", "sad"])
    measured = robustness(bright_means_happy, faces, ["brightness", "blur"])
    assert list(measured) == ["brightness", "blur"]
    accuracy = {row["level"]: row["accuracy"] for row in measured["brightness"]}
    assert accuracy == {0.25: 0.75, 0.5: 0.75, 0.75: 0.75, 1.5: 0.75, 2: 0.5}
    assert {row["accuracy"] for row in measured["blur"]} == {0.75}  # one grey each: nothing to blur


def test_the_table_gives_mean_and_worst_of_each_rows_corruptions():
    curves = {
        name: [{"level": level, "accuracy": 0.6} for level in corruption.levels]
        for name, corruption in CORRUPTIONS.items()
    }
    (worst,) = (row for row in curves["shift down"] if row["level"] == -4)
    worst["accuracy"] = 0.4
    table = robustness_table({"accuracy": 0.7, "robustness": curves})
    assert [row["name"] for row in table] == list(ROBUSTNESS)
    by_name = {row["name"]: row for row in table}
    assert by_name["moved by 4 pixels"] == {
        "name": "moved by 4 pixels",
        "accuracy": pytest.approx((3 * 0.6 + 0.4) / 4),
        "worst": 0.4,
        "cost": pytest.approx(0.3),
    }
    assert by_name["half as bright"]["cost"] == pytest.approx(0.1)


@pytest.mark.slow
def test_the_shipped_weights_measure_as_their_record_says(fer2013):
    """All figures but robustness, of which one way stands for all: each takes seconds."""
    classify, record = load_classifier(ROOT / "models")
    faces = fer2013["validation"]
    report = measure(classify(faces.pixels), faces.labels, faces.votes, record["not_sure"])
    expected = record["validation"]
    for name in ("accuracy", "mean_recall", "calibration_error"):
        assert report[name] == pytest.approx(expected[name], abs=0.001), name
    # Another processor may add up in another order, which can tip a face that lies on the edge.
    assert np.abs(np.array(report["confusion"]) - np.array(expected["confusion"])).sum() <= 4
    assert report["votes"]["count"] == expected["votes"]["count"]
    assert report["votes"]["agreement"] == pytest.approx(expected["votes"]["agreement"], abs=0.001)
    assert report["not_sure"]["coverage"] == pytest.approx(expected["not_sure"]["coverage"], abs=0.002)
    measured = robustness(classify, faces, ["JPEG"])["JPEG"]
    for row, other in zip(measured, expected["robustness"]["JPEG"], strict=True):
        assert row["accuracy"] == pytest.approx(other["accuracy"], abs=0.002), row["level"]
