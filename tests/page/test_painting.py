import base64

import numpy as np
import pytest

from emotion.page.painting import read_painted


def _packed(mask):
    return base64.b64encode(np.packbits(mask).tobytes()).decode()


def test_a_mask_is_read_row_by_row_from_its_bits():
    mask = np.random.default_rng(0).random((48, 48)) < 0.3
    assert np.array_equal(read_painted(_packed(mask)), mask)
    first = np.zeros(288, np.uint8)
    first[[0, 6]] = 0b10000000, 0b01000000  # six bytes a row
    assert np.argwhere(read_painted(base64.b64encode(first).decode())).tolist() == [[0, 0], [1, 1]]


def test_nothing_painted_is_an_empty_mask():
    assert not read_painted("").any()


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        7,
        True,
        [1],
        {"painted": 1},
        "A",
        "AAAA",
        "A" * 388,
        "ä" * 384,
        _packed(np.ones((48, 48), bool)) + "AAAA",
        "<b>" * 128,
    ],
)
def test_what_is_no_mask_is_none(wrong):
    assert read_painted(wrong) is None
