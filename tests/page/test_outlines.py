import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.draw import polygon2mask

from emotion.page.outlines import outlines


def _inside(path, shape):
    """(h, w) bool: the pixels whose centres an SVG path holds, by the rule that every loop turns inside out."""
    inside = np.zeros(shape, bool)
    for loop in path.split("Z")[:-1]:
        corners = np.array([[float(y), float(x)] for x, y in re.findall(r"(\d+) (\d+)", loop)])
        inside ^= polygon2mask(shape, corners - 0.5)
    return inside


def test_a_square_has_four_corners():
    assert outlines(np.zeros((2, 3), int)) == ["M0 0L3 0L3 2L0 2Z"]


@given(arrays(int, (6, 7), elements=st.integers(0, 2)))
def test_each_path_holds_the_pixels_of_its_region_and_no_other(regions):
    _, regions = np.unique(regions, return_inverse=True)
    regions = regions.reshape(6, 7)
    paths = outlines(regions)
    assert len(paths) == regions.max() + 1
    for region, path in enumerate(paths):
        assert np.array_equal(_inside(path, regions.shape), regions == region)
