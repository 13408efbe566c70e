import numpy as np
import pytest
from scipy.stats import rankdata
from sklearn.linear_model import Ridge

from emotion.explain.masks import draw_half
from emotion.explain.surrogate import Surrogate, expected_agreement, fit_ridge, to_evidence


def test_evidence_is_the_log_odds_of_each_probability_then_its_logarithm():
    assert to_evidence([0.2, 0.8]) == pytest.approx(np.log([0.25, 4, 0.2, 0.8]))


def test_probabilities_of_nothing_have_finite_evidence():
    assert np.isfinite(to_evidence([0.0, 1.0])).all()


def _answered(num_layers=1, num_regions=6):
    random = np.random.RandomState(1)
    masks = np.concatenate([draw_half(random, num_regions) for _ in range(num_layers)])
    return masks, random.normal(size=(len(masks), 14)) + masks[:, :1]


def test_deviations_are_those_of_leaving_out_pair_by_pair():
    masks, evidence = _answered()
    _, weights, deviations = fit_ridge(masks, evidence)
    rows = np.arange(len(masks))
    changes = []
    for left_out in rows.reshape(-1, 2):
        others = np.setdiff1d(rows, left_out)
        changes.append(weights - Ridge(alpha=1).fit(masks[others], evidence[others]).coef_.T)
    assert deviations == pytest.approx(np.array(changes) - np.mean(changes, axis=0))


def test_intervals_hold_the_true_weights_as_often_as_they_say():
    # Noise around weights of nothing: the interval of 1.96 errors holds 0 in 95 % of cases.
    hits = []
    for seed in range(40):
        random = np.random.RandomState(seed)
        masks = np.concatenate([draw_half(random, 40) for _ in range(6)])
        _, weights, deviations = fit_ridge(masks, random.normal(size=(len(masks), 14)))
        hits.append(np.abs(weights) <= 1.96 * np.sqrt((deviations**2).sum(axis=0)))
    assert np.mean(hits) == pytest.approx(0.955, abs=0.02)


def _surrogate(alone, weights, face=1.0, intercept=0.0):
    columns = np.array([1] + [0] * 13)  # the evidence of the first emotion only
    return Surrogate(
        face * columns, np.outer(alone, columns), intercept * columns, np.outer(weights, columns), np.ones((2, 4, 14))
    )


def test_it_expects_at_the_face_what_is_measured_there():
    surrogate = _surrogate([0.5, 0, 0, 0], [1, 1, 1, 1])
    assert surrogate.expected([[1, 1, 1, 1]])[0, 0] == pytest.approx(1 / (1 + np.exp(-1)))


def test_it_expects_with_half_or_more_hidden_what_lime_found():
    surrogate = _surrogate([0.5, 0, 0, 0], [1, 2, 3, 4], intercept=-2)
    log_odds = np.array([-2 + 1 + 2, -2 + 3, -2])
    masks = [[1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert surrogate.expected(masks)[:, 0] == pytest.approx(1 / (1 + np.exp(-log_odds)))


def test_with_a_quarter_hidden_it_expects_the_mean_of_both():
    surrogate = _surrogate([0.5, 0, 0, 0], [1, 2, 3, 4], intercept=-2)
    log_odds = ((1 - 0.5) + (-2 + 2 + 3 + 4)) / 2
    assert surrogate.expected([[0, 1, 1, 1]])[0, 0] == pytest.approx(1 / (1 + np.exp(-log_odds)))


def test_its_evidence_is_the_mean_over_all_shares_hidden():
    # From 0 to a half hidden a weight runs evenly from 2 to 6, then it stays: 1/2 * 4 + 1/2 * 6.
    assert _surrogate([2] * 4, [6] * 4).evidence[:, 0] == pytest.approx([5] * 4)


def test_a_surrogate_that_expects_every_answer_fits_wholly_and_one_that_expects_their_mean_not_at_all():
    masks = np.random.default_rng(0).random((50, 4)) < 0.5
    surrogate = _surrogate([0.5, 0, 0, 0], [1, 2, 3, 4], intercept=-2)
    answers = surrogate.expected(masks)
    assert surrogate.fit(masks, answers)[0] == pytest.approx(1)
    flat = _surrogate([0] * 4, [0] * 4, face=0)
    assert flat.fit(masks, 0.5 + 0.1 * np.resize([1, -1], (50, 7))) == pytest.approx(np.zeros(7))


def test_how_well_maps_agree_is_foretold_from_the_halves_of_one():
    random = np.random.default_rng(0)
    truth = random.normal(size=400)
    halves = truth + 0.7 * random.normal(size=(2, 400))
    whole, other = truth + 0.7 / np.sqrt(2) * random.normal(size=(2, 400))
    measured = np.corrcoef(rankdata([whole, other], axis=1))[0, 1]
    assert expected_agreement(halves) == pytest.approx(measured, abs=0.05)


def test_maps_of_nothing_agree():
    assert expected_agreement(np.zeros((2, 5))) == 1
