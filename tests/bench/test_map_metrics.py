import numpy as np
import pytest
from scipy.stats import spearmanr

from tests.bench.map_metrics import (
    coverage,
    deletion_insertion,
    r_squared,
    rank_agreement,
    ratio_interval,
    top_agreement,
)


def test_deletion_and_insertion_worked_by_hand():
    # Region 0 has a quarter of the pixels, 1 a quarter, 2 half; only region 1 counts, so the probability is 1 where
    # it is shown. Hidden first: a ramp down over the first quarter, 1/8; shown first: a ramp up and then 1, 7/8.
    regions = np.repeat([0, 1, 2, 2], 12)[:, None].repeat(48, axis=1)

    def only_region_1(masks):
        return masks[:, 1].astype(float)

    assert deletion_insertion(np.array([1, 0, 2]), regions, only_region_1) == (0.125, 0.875)
    assert deletion_insertion(np.array([2, 0, 1]), regions, only_region_1) == (0.875, 0.125)
    assert deletion_insertion(np.array([0, 1, 2]), regions, only_region_1) == (0.375, 0.625)


def test_deletion_and_insertion_in_fewer_steps_hide_several_regions_at_once():
    # Four equal quarters in two steps: the probability, that quarter 0 is shown, falls in the first step.
    regions = np.repeat(np.arange(4), 12)[:, None].repeat(48, axis=1)
    asked = []

    def only_region_0(masks):
        asked.append(len(masks))
        return masks[:, :1].astype(float)

    deletion, insertion = deletion_insertion(np.arange(4), regions, only_region_0, num_steps=2)
    assert (deletion, insertion) == ([0.25], [0.75])
    assert asked == [6]


def test_r_squared_worked_by_hand():
    # The answers vary by 4 + 0 + 4 around their mean; they were missed by 1 + 0 + 1.
    assert r_squared(np.array([1.0, 3, 5]), np.array([2.0, 3, 4])) == 0.75


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
