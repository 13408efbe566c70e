import json

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import spearmanr
from sklearn import metrics as oracle

from emotion import EMOTIONS
from emotion.metrics import (
    apply_temperature,
    classification_report,
    coverage,
    cross_fitted_calibration_error,
    deletion_insertion,
    expected_calibration_error,
    fit_temperature,
    rank_agreement,
    ratio_interval,
    top_agreement,
    wilson_interval,
)


def certain(*predictions):
    """Probabilities that are all on one emotion each."""
    return np.eye(7)[list(predictions)]


def with_top(*tops):
    """Probabilities whose first emotion has the given share, and whose others share the rest."""
    return np.array([[top] + [(1 - top) / 6] * 6 for top in tops])


def draw_answers(count, temperature=1.0, seed=0):
    """Probabilities, and labels drawn from them as they would be with their logits divided by temperature."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 2, (count, 7))
    shares = softmax(logits / temperature, axis=1)
    labels = (random.random((count, 1)) > shares.cumsum(axis=1)).sum(axis=1)
    return softmax(logits, axis=1), np.minimum(labels, 6)


# classification_report


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
def test_a_report_agrees_with_scikit_learn(seed):
    probabilities, labels = draw_answers(400, temperature=3, seed=seed)
    predictions = probabilities.argmax(axis=1)

    report = classification_report(probabilities, labels)

    assert report["accuracy"] == pytest.approx(oracle.accuracy_score(labels, predictions))
    assert report["mean_recall"] == pytest.approx(oracle.balanced_accuracy_score(labels, predictions))
    assert report["confusion"] == oracle.confusion_matrix(labels, predictions, labels=range(7)).tolist()
    for name, score in (
        ("recall", oracle.recall_score),
        ("precision", oracle.precision_score),
        ("f1", oracle.f1_score),
    ):
        assert tuple(report[name]) == EMOTIONS
        expected = score(labels, predictions, labels=range(7), average=None)
        np.testing.assert_allclose(list(report[name].values()), expected, atol=1e-12)


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


# wilson_interval


def test_the_interval_of_8_in_10_is_wilsons():
    # z = 1.959964, z^2 = 3.841459: centre (8 + 1.920729) / 13.841459 = 0.716740;
    # half 1.959964 / 13.841459 * sqrt(8 * 2 / 10 + 0.960365) = 0.141601 * 1.600114 = 0.226577.
    assert wilson_interval(8, 10) == pytest.approx([0.490162, 0.943318], abs=2e-6)


def test_the_interval_of_none_begins_at_0_and_of_all_ends_at_1():
    # 0 of 10: up to z^2 / (n + z^2) = 3.841459 / 13.841459.
    assert wilson_interval(0, 10) == pytest.approx([0, 0.277533], abs=2e-6)
    assert wilson_interval(10, 10) == pytest.approx([1 - 0.277533, 1], abs=2e-6)


def test_the_interval_narrows_with_more_faces():
    few, many = wilson_interval(6, 10), wilson_interval(600, 1000)
    assert few[0] < many[0] < 0.6 < many[1] < few[1]


# expected_calibration_error


def test_a_calibration_error_worked_by_hand():
    # Two faces at 0.9, one of them right: |0.9 - 0.5| in the bin 13/15 to 14/15. One at 0.5, right: |0.5 - 1|.
    # (2 * 0.4 + 1 * 0.5) / 3
    error = expected_calibration_error(with_top(0.9, 0.9, 0.5), np.array([0, 4, 0]))
    assert error == pytest.approx(1.3 / 3)


def test_gaps_up_and_down_cancel_within_a_bin_and_not_between_bins():
    tops = with_top(0.61, 0.63, 0.81)
    # 0.61 and 0.63 lie in one bin (0.6 to 0.667): mean 0.62, half right: gap 0.12. 0.81, right: gap 0.19.
    assert expected_calibration_error(tops, np.array([0, 1, 0])) == pytest.approx((2 * 0.12 + 0.19) / 3)


def test_the_number_of_bins_decides_what_cancels():
    tops = with_top(0.3, 0.9)
    labels = np.array([0, 1])
    assert expected_calibration_error(tops, labels, num_bins=1) == pytest.approx(0.6 - 0.5)
    assert expected_calibration_error(tops, labels, num_bins=2) == pytest.approx((0.7 + 0.9) / 2)


def test_a_top_of_exactly_1_belongs_to_the_last_bin():
    # 1.0, wrong, and 0.95, right, lie in one bin: mean 0.975, half right.
    assert expected_calibration_error(with_top(1.0, 0.95), np.array([1, 0])) == pytest.approx(0.475)


def test_certain_and_right_is_calibrated_and_certain_and_wrong_is_not():
    assert expected_calibration_error(certain(2, 5), np.array([2, 5])) == 0
    assert expected_calibration_error(certain(2, 5), np.array([3, 6])) == 1


def test_labels_drawn_from_the_probabilities_have_a_small_error():
    assert expected_calibration_error(*draw_answers(20_000)) < 0.01


# Temperature


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.7, 3.0])
def test_the_temperature_of_the_labels_is_found_again(temperature):
    probabilities, labels = draw_answers(20_000, temperature)
    assert fit_temperature(probabilities, labels) == pytest.approx(temperature, rel=0.03)


@pytest.mark.parametrize(("label", "end"), [(0, 0.25), (1, 4)])
def test_the_temperature_stays_between_a_quarter_and_four(label, end):
    # Always right asks for the coldest, always wrong for the hottest.
    temperature = fit_temperature(with_top(0.6, 0.7, 0.8), np.full(3, label))
    assert temperature == pytest.approx(end, abs=0.01)
    assert 0.25 <= temperature <= 4


def test_a_face_whose_label_got_probability_0_does_not_break_the_fit():
    probabilities = certain(0, 1, 2, 3).astype(np.float32)
    temperature = fit_temperature(probabilities, np.array([0, 1, 2, 4]))
    assert 1 < temperature <= 4


def test_temperature_1_changes_nothing():
    probabilities, _ = draw_answers(50)
    np.testing.assert_allclose(apply_temperature(probabilities, 1), probabilities, atol=1e-12)
    np.testing.assert_allclose(apply_temperature(certain(3), 1), certain(3), atol=1e-11)


def test_a_temperature_divides_the_logits():
    logits = np.array([[2.0, 0, 0, 0, 0, 0, 0], [1.0, -1, 3, 0, 0, 0.5, 2]])
    halved = np.exp(logits / 2)
    expected = halved / halved.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(apply_temperature(softmax(logits, axis=1), 2), expected, atol=1e-12)


@pytest.mark.parametrize("temperature", [0.25, 4])
def test_a_temperature_keeps_the_order_and_the_sum(temperature):
    probabilities, _ = draw_answers(50)
    scaled = apply_temperature(probabilities, temperature)
    np.testing.assert_array_equal(scaled.argsort(axis=1), probabilities.argsort(axis=1))
    np.testing.assert_allclose(scaled.sum(axis=1), 1)


def test_heat_lowers_the_top_and_cold_raises_it():
    probabilities, _ = draw_answers(50)
    top = probabilities.max(axis=1)
    assert (apply_temperature(probabilities, 2).max(axis=1) < top).all()
    assert (apply_temperature(probabilities, 0.5).max(axis=1) > top).all()


# cross_fitted_calibration_error


def test_a_fitted_temperature_lowers_the_error_of_overconfident_answers():
    probabilities, labels = draw_answers(4000, temperature=3)
    before = expected_calibration_error(probabilities, labels)
    after = cross_fitted_calibration_error(probabilities, labels)
    assert before > 0.2
    assert after < 0.05


def test_each_half_is_measured_with_the_temperature_of_the_other():
    probabilities, labels = draw_answers(301, temperature=2)
    order = np.random.default_rng(5).permutation(301)
    first, second = order[:151], order[151:]
    scaled = np.empty_like(probabilities)
    scaled[first] = apply_temperature(probabilities[first], fit_temperature(probabilities[second], labels[second]))
    scaled[second] = apply_temperature(probabilities[second], fit_temperature(probabilities[first], labels[first]))
    expected = expected_calibration_error(scaled, labels)
    assert cross_fitted_calibration_error(probabilities, labels, seed=5) == pytest.approx(expected)


def test_the_answers_given_are_left_as_they_are():
    probabilities, labels = draw_answers(100, temperature=3)
    before = probabilities.copy()
    cross_fitted_calibration_error(probabilities, labels)
    np.testing.assert_array_equal(probabilities, before)


# maps


def test_deletion_and_insertion_worked_by_hand():
    # Region 0 has a quarter of the pixels, 1 a quarter, 2 half; only region 1 counts, so the probability is 1 where
    # it is shown. Hidden first: a ramp down over the first quarter, 1/8; shown first: a ramp up and then 1, 7/8.
    regions = np.repeat([0, 1, 2, 2], 12)[:, None].repeat(48, axis=1)

    def only_region_1(masks):
        return masks[:, 1].astype(float)

    assert deletion_insertion(np.array([1, 0, 2]), regions, only_region_1) == (0.125, 0.875)
    assert deletion_insertion(np.array([2, 0, 1]), regions, only_region_1) == (0.875, 0.125)
    assert deletion_insertion(np.array([0, 1, 2]), regions, only_region_1) == (0.375, 0.625)


def test_rank_agreement_is_the_mean_spearman_of_all_pairs():
    maps = np.random.default_rng(0).normal(size=(4, 9))
    pairs = [spearmanr(maps[i], maps[j]).statistic for i in range(4) for j in range(i)]
    assert rank_agreement(maps) == pytest.approx(np.mean(pairs))
    assert rank_agreement(np.array([[1, 2, 3], [10, 20, 21], [3, 2, 1]])) == pytest.approx((1 - 1 - 1) / 3)


def test_top_agreement_is_the_mean_jaccard_of_the_largest_by_size():
    maps = np.array([[9, -8, 1, 0], [9, 8, 0, 1], [0, -8, 1, 9]])  # the largest two: 01, 01, 13
    assert top_agreement(maps, num_top=2) == pytest.approx((1 + 1 / 3 + 1 / 3) / 3)


def test_coverage_counts_the_intervals_that_hold_the_truth():
    assert coverage(np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4), np.array([2.9, 4.0, 1.1, 4.0])) == 0.75


def test_a_ratio_has_an_interval_that_holds_it():
    random = np.random.default_rng(0)
    references = random.uniform(1, 2, 400)
    ratio, low, high = ratio_interval(0.8 * references + random.normal(0, 0.1, 400), references)
    assert low < 0.8 < high
    assert ratio == pytest.approx(0.8, abs=0.02)
    assert high - low == pytest.approx(4 * 0.1 / np.sqrt(400) / 1.5, rel=0.2)  # 4 standard errors of the mean's ratio
