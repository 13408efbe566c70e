import json

import numpy as np
import pytest

from emotion import EMOTIONS
from emotion.measure.calibration import expected_calibration_error
from emotion.measure.intervals import wilson_interval
from emotion.measure.metrics import classification_report, vote_agreement
from tests.measure.answers import certain, draw_answers


def test_a_report_worked_by_hand():
    # Labels: 4 angry, 2 happy. Predictions: 3 angry right, 1 angry called happy, 1 happy right, 1 happy called sad.
    report = classification_report(certain(0, 0, 0, 3, 3, 5), np.array([0, 0, 0, 0, 3, 3]))
    nothing = dict.fromkeys(EMOTIONS)
    assert report["count"] == 6
    assert report["accuracy"] == pytest.approx(4 / 6)
    assert report["recall"] == nothing | {"angry": 3 / 4, "happy": 1 / 2}
    assert report["mean_recall"] == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert report["precision"] == nothing | {"angry": 1.0, "happy": 1 / 2, "sad": 0.0}
    assert report["f1"] == nothing | {"angry": pytest.approx(6 / 7), "happy": 1 / 2, "sad": 0.0}
    assert report["confusion"][0] == [3, 0, 0, 1, 0, 0, 0]
    assert report["confusion"][3] == [0, 0, 0, 1, 0, 1, 0]
    assert sum(map(sum, report["confusion"])) == 6
    assert report["calibration_error"] == pytest.approx(2 / 6)


def test_an_emotion_that_never_occurs_has_no_recall_and_is_left_out_of_the_mean():
    report = classification_report(certain(0, 1, 2), np.array([0, 1, 1]))
    assert report["recall"]["angry"] == 1
    assert report["recall"]["disgust"] == 0.5
    assert [emotion for emotion in EMOTIONS if report["recall"][emotion] is None] == list(EMOTIONS[2:])
    assert report["mean_recall"] == pytest.approx(0.75)
    assert report["precision"]["fear"] == 0


def test_an_emotion_that_is_never_predicted_has_no_precision():
    report = classification_report(certain(0, 0), np.array([0, 1]))
    assert report["precision"]["disgust"] is None
    assert report["recall"]["disgust"] == 0


def test_an_emotion_that_neither_occurs_nor_is_predicted_has_no_f1():
    report = classification_report(certain(0, 0), np.array([0, 1]))
    assert report["f1"]["fear"] is None
    assert report["f1"]["disgust"] == 0


@pytest.mark.parametrize("seed", range(3))
def test_a_report_is_what_counting_face_by_face_gives(seed):
    probabilities, labels = draw_answers(400, temperature=3, seed=seed)
    said = probabilities.argmax(axis=1)
    report = classification_report(probabilities, labels)
    for number, emotion in enumerate(EMOTIONS):
        right = sum(1 for label, answer in zip(labels, said, strict=True) if label == answer == number)
        labelled, called = list(labels).count(number), list(said).count(number)
        assert report["recall"][emotion] == pytest.approx(right / labelled)
        assert report["precision"][emotion] == pytest.approx(right / called)
        assert report["f1"][emotion] == pytest.approx(2 * right / (labelled + called))
        assert sum(report["confusion"][number]) == labelled
        assert sum(row[number] for row in report["confusion"]) == called
        assert report["confusion"][number][number] == right
    assert report["mean_recall"] == pytest.approx(np.mean(list(report["recall"].values())))


def test_a_report_of_float32_answers_can_be_written_as_json():
    probabilities, labels = draw_answers(20)
    report = classification_report(probabilities.astype(np.float32), labels)
    assert json.loads(json.dumps(report)) == report


def test_a_report_holds_the_interval_and_the_calibration_error_of_its_own_answers():
    probabilities, labels = draw_answers(50)
    report = classification_report(probabilities, labels)
    right = int((probabilities.argmax(axis=1) == labels).sum())
    assert report["accuracy_interval"] == wilson_interval(right, 50)
    assert report["calibration_error"] == expected_calibration_error(probabilities, labels)


# Votes


def test_agreement_with_votes_worked_by_hand():
    votes = np.zeros((8, 10), int)
    votes[0, 0] = 10  # angry, and so says the model
    votes[1, [0, 3]] = 5, 3  # angry by half of the votes; the model says happy, the label angry
    votes[2, [3, 4]] = 6, 4  # happy, and so says the model
    votes[3, [3, 4]] = 5, 5  # a tie is no majority
    votes[4, [3, 4, 5]] = 4, 3, 3  # neither are 4 votes
    votes[5, 7] = 9  # contempt is none of the seven
    votes[6, [3, 8]] = 5, 5  # happy or unknown: a tie too
    report = vote_agreement(certain(0, 3, 3, 3, 3, 3, 3, 3), np.array([0, 0, 5, 3, 3, 3, 3, 3]), votes)
    assert report == {
        "count": 3,
        "agreement": pytest.approx(2 / 3),
        "agreement_interval": wilson_interval(2, 3),
        "label_agreement": pytest.approx(2 / 3),
    }
    assert json.loads(json.dumps(report)) == report


def test_without_any_majority_there_is_no_agreement():
    report = vote_agreement(certain(0), np.array([0]), np.zeros((1, 10), int))
    assert report == {"count": 0, "agreement": None, "agreement_interval": None, "label_agreement": None}
