import pytest

from emotion.measure.intervals import wilson_interval


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
