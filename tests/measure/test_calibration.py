import json

import numpy as np
import pytest
from scipy.special import softmax

from emotion.measure.calibration import (
    NEVER,
    abstention_report,
    apply_temperature,
    choose_abstention,
    cross_fitted_abstention,
    cross_fitted_calibration_error,
    expected_calibration_error,
    fit_temperature,
    is_sure,
    reliability,
)
from emotion.measure.intervals import wilson_interval
from tests.measure.answers import certain, draw_answers, with_top


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


def test_reliability_worked_by_hand():
    # Bins of 1/15: 0.9 and 0.92 lie in 13/15 to 14/15, one of them right; 0.5 in 7/15 to 8/15, right.
    bins = reliability(with_top(0.9, 0.5, 0.92), np.array([0, 0, 4]))
    assert [row["count"] for row in bins] == [1, 2]
    assert [row["probability"] for row in bins] == pytest.approx([0.5, 0.91])
    assert [row["accuracy"] for row in bins] == [1, 0.5]
    assert json.loads(json.dumps(bins)) == bins


def test_reliability_counts_every_face_once():
    assert sum(row["count"] for row in reliability(*draw_answers(500))) == 500


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


# "Not sure"


def pairs(*shares):
    """Probabilities with these two shares on angry and disgust, the rest spread evenly."""
    return np.array([[first, second] + [(1 - first - second) / 5] * 5 for first, second in shares])


def test_the_threshold_is_the_lowest_that_keeps_the_answers_right_often_enough():
    # From the surest down: right, right, right, wrong, right, wrong. Of the first 1 to 6: 1, 1, 1, 3/4, 4/5, 4/6 right.
    probabilities = with_top(0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
    labels = np.array([0, 0, 0, 1, 0, 1])
    threshold = {
        wanted: choose_abstention(probabilities, labels, wanted)["threshold"] for wanted in (1, 0.8, 0.75, 0.6)
    }
    # The gap falls with the top here, so both measures answer the same faces, and the first one is chosen.
    assert threshold == pytest.approx({1: 0.65, 0.8: 0.45, 0.75: 0.45, 0.6: 0.2})


def test_faces_of_one_certainty_are_answered_all_or_none():
    rule = choose_abstention(with_top(0.9, 0.7, 0.7, 0.7), np.array([0, 0, 0, 1]), wanted=0.8)
    assert rule["threshold"] == pytest.approx(0.8)
    assert rule["coverage"]["top"] == 0.25


def test_nothing_is_answered_where_no_threshold_will_do():
    probabilities = with_top(1.0, 0.7)
    rule = choose_abstention(probabilities, np.array([1, 0]), wanted=0.85)
    assert rule["threshold"] == NEVER
    assert not is_sure(probabilities, rule).any()
    assert json.loads(json.dumps(rule)) == rule


def test_the_measure_that_answers_more_faces_is_chosen():
    # Right by a wide gap at a low top, wrong by a narrow gap at a higher one: only the gap tells them apart.
    probabilities = pairs((0.5, 0.1), (0.5, 0.1), (0.52, 0.48), (0.52, 0.48))
    rule = choose_abstention(probabilities, np.array([0, 0, 1, 1]), wanted=0.85)
    assert rule["certainty"] == "gap"
    assert rule["threshold"] == pytest.approx((0.4 + 0.04) / 2)
    assert rule["coverage"] == {"top": 0, "gap": 0.5}
    assert is_sure(probabilities, rule).tolist() == [True, True, False, False]
    # And the other way round: equal gaps, tops that tell.
    probabilities = pairs((0.6, 0.2), (0.5, 0.1))
    rule = choose_abstention(probabilities, np.array([0, 1]), wanted=0.85)
    assert (rule["certainty"], rule["coverage"]["top"]) == ("top", 0.5)


def test_what_is_answered_is_right_as_often_as_wanted_and_no_wider_rule_would_be():
    probabilities, labels = draw_answers(5000)
    rule = choose_abstention(probabilities, labels)
    right = probabilities.argmax(axis=1) == labels
    report = abstention_report(right, is_sure(probabilities, rule))
    assert report["accuracy"] >= 0.85
    assert report["coverage"] == max(rule["coverage"].values())
    for share in np.linspace(report["coverage"] + 0.01, 1, 20):
        certainty = probabilities.max(axis=1)
        assert right[certainty >= np.quantile(certainty, 1 - share)].mean() < 0.85


def test_an_abstention_report_worked_by_hand():
    report = abstention_report(np.array([1, 1, 0, 1, 0], bool), np.array([1, 1, 1, 0, 0], bool))
    assert report == {
        "answered": 3,
        "coverage": 0.6,
        "accuracy": pytest.approx(2 / 3),
        "accuracy_interval": wilson_interval(2, 3),
    }
    nothing = abstention_report(np.array([True]), np.array([False]))
    assert nothing == {"answered": 0, "coverage": 0, "accuracy": None, "accuracy_interval": None}


def test_each_half_abstains_by_the_rule_of_the_other():
    probabilities, labels = draw_answers(301)
    order = np.random.default_rng(5).permutation(301)
    first, second = order[:151], order[151:]
    sure = np.empty(301, bool)
    sure[first] = is_sure(probabilities[first], choose_abstention(probabilities[second], labels[second]))
    sure[second] = is_sure(probabilities[second], choose_abstention(probabilities[first], labels[first]))
    expected = abstention_report(probabilities.argmax(axis=1) == labels, sure)
    assert cross_fitted_abstention(probabilities, labels, seed=5) == expected


def test_an_accuracy_that_was_chosen_holds_on_other_faces():
    report = cross_fitted_abstention(*draw_answers(20_000))
    assert report["accuracy"] == pytest.approx(0.85, abs=0.01)
    assert 0.1 < report["coverage"] < 0.9
