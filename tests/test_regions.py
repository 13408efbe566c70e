import numpy as np
import pytest
from scipy.ndimage import label

from emotion.regions import superpixels

RAMP = np.add.outer(np.arange(48), np.arange(48)).astype(np.uint8)
NOISE = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
FLAT = np.full((48, 48), 128, np.uint8)


@pytest.mark.parametrize("pixels", [RAMP, NOISE, FLAT])
def test_superpixels_are_numbered_from_0_without_gaps_and_named(pixels):
    regions, names = superpixels(pixels)
    assert regions.shape == (48, 48)
    assert np.array_equal(np.unique(regions), np.arange(len(names)))
    assert len(set(names)) == len(names)
    assert 30 <= len(names) <= 60


@pytest.mark.parametrize("pixels", [RAMP, NOISE])
def test_each_superpixel_is_one_piece(pixels):
    regions, names = superpixels(pixels)
    for region in range(len(names)):
        assert label(regions == region, structure=np.ones((3, 3)))[1] == 1


def test_superpixels_follow_an_edge():
    edge = 17  # in the middle of a cell of SLIC's starting grid
    halves = np.full((48, 48), 40, np.uint8)
    halves[:, edge:] = 220
    regions, names = superpixels(halves)
    left = np.bincount(regions[:, :edge].ravel(), minlength=len(names))
    right = np.bincount(regions[:, edge:].ravel(), minlength=len(names))
    assert np.minimum(left, right).sum() <= 48  # at most one column of pixels is on the wrong side


def test_the_same_pixels_have_the_same_superpixels():
    assert np.array_equal(superpixels(NOISE)[0], superpixels(NOISE.copy())[0])
