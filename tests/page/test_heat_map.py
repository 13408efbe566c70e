from dataclasses import replace

import numpy as np
import pytest

from emotion import EMOTIONS
from emotion.page.heat_map import SIGNED_MAP, draw_heat_map
from emotion.page.question import Question

QUARTERS = np.add.outer(np.arange(48) // 24 * 2, np.arange(48) // 24)
HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")
CROP = np.full((96, 96, 3), 128, np.uint8)


@pytest.fixture
def quarters(explanation, evidence_of):
    """Makes an Explanation of four quarters: two weights for happy, the same against sad."""

    def make(above_left, below_right, error=0.01):
        weights = np.zeros((4, 7))
        weights[[0, 3], HAPPY] = above_left, below_right
        weights[:, SAD] = -weights[:, HAPPY]
        return replace(
            explanation,
            regions=QUARTERS,
            names=tuple("abcd"),
            **evidence_of(weights, error),
        )

    return make


def _warmths(question, crop=CROP):
    """Mean red minus mean blue of the map's four quarters, by rows."""
    picture = draw_heat_map(question, crop)
    face = picture[: picture.shape[1]].astype(int)
    warmth = face[..., 0] - face[..., 2]
    return [half.mean() for rows in np.array_split(warmth, 2) for half in np.array_split(rows, 2, axis=1)]


def test_for_is_orange_against_is_blue_and_nothing_is_grey(quarters):
    above_left, above_right, below_left, below_right = _warmths(Question(quarters(0.3, -0.3), "happy"))
    assert above_left > 60
    assert below_right < -60
    assert abs(above_right) < 10
    assert abs(below_left) < 10


def test_the_sign_turns_with_the_emotion(quarters):
    happy, sad = (_warmths(Question(quarters(0.3, -0.3), name))[0] for name in ("happy", "sad"))
    assert happy > 60 > -60 > sad


def test_weaker_weights_are_paler(quarters):
    strong, *_, weak = _warmths(Question(quarters(0.3, 0.1), "happy"))
    assert strong > 2 * weak > 0


def test_a_map_of_nothing_is_grey(quarters):
    assert max(map(abs, _warmths(Question(quarters(0, 0), "happy")))) < 10


def test_a_region_whose_interval_holds_0_stays_grey(quarters):
    strong, *_, weak = _warmths(Question(quarters(0.3, 0.1, error=0.06), "happy"))
    assert strong > 60
    assert abs(weak) < 10


def test_a_map_with_a_poor_fit_is_faded(quarters):
    clear, faded = (
        _warmths(Question(replace(quarters(0.3, -0.3), fit=np.full(7, fit)), "happy"))[0] for fit in (0.3, 0.1)
    )
    assert clear / 2 > faded > 0


def test_a_comparison_shows_what_tells_two_emotions_apart(quarters):
    above_left, above_right, _, below_right = _warmths(Question(quarters(0.3, -0.3), "happy", "sad"))
    assert above_left > 60 > 10 > above_right > -10
    assert below_right < -60


def test_the_face_shows_through_in_its_own_detail(quarters):
    stripes = np.zeros((288, 288, 3), np.uint8)
    stripes[:, ::2] = 255  # finer than the 48 x 48 pixels that were explained
    picture = draw_heat_map(Question(quarters(0, 0), "happy"), np.kron(stripes, np.ones((2, 2, 1), np.uint8)))
    assert picture[100, :576].std() > 100


def test_regions_are_outlined(quarters):
    picture = draw_heat_map(Question(quarters(0, 0), "happy"), CROP)
    middle = picture.shape[1] // 2
    assert picture[100, middle - 2 : middle + 2].max() > picture[100, middle // 2].max() + 40


def test_the_colours_grow_darker_from_nothing_both_ways():
    def lightness(value):
        return SIGNED_MAP(value)[:3] @ np.array([0.299, 0.587, 0.114])

    assert lightness(0.5) > 0.99
    assert max(lightness(0.0), lightness(1.0)) < 0.5
    assert lightness(0.25) > lightness(0.0)
    assert lightness(0.75) > lightness(1.0)
