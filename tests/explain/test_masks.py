import itertools

import numpy as np
import pytest

from emotion.explain.masks import BATCH_SIZE, LAYER, ask, draw_any_share, draw_half, greyed, hidden, hide
from tests.squares import FACE, GRID, HAPPY, adds_up, shown_squares

LOOKS_AT_5 = adds_up(2 * np.log(4) * np.eye(16)[5], -np.log(4))  # 0.8 happy where square 5 is shown, else 0.2


@pytest.mark.parametrize("num_regions", [1, 20, 49])
def test_half_masks_come_with_their_opposites_and_show_any_three_regions_in_all_ways_equally_often(num_regions):
    masks = draw_half(np.random.RandomState(0), num_regions)
    assert masks.shape == (LAYER, num_regions)
    assert (masks[::2] + masks[1::2] == 1).all()
    for three in itertools.islice(itertools.combinations(range(num_regions), 3), 1000):
        assert (np.bincount(masks[:, three] @ [1, 2, 4], minlength=8) == LAYER / 8).all()


def test_another_state_draws_other_half_masks():
    random = np.random.RandomState(0)
    assert (draw_half(random, 20) != draw_half(random, 20)).any()


def test_masks_of_any_share_run_evenly_from_all_hidden_to_all_shown():
    shares = draw_any_share(np.random.RandomState(0), 49, 1000).mean(axis=1)
    assert np.histogram(shares, bins=4, range=(0, 1))[0] == pytest.approx([250] * 4, abs=25)


def test_hiding_regions_shows_their_baseline():
    probabilities = hide(FACE, np.isin(GRID, [5]), LOOKS_AT_5)
    assert probabilities.shape == (7,)
    assert probabilities[HAPPY] == pytest.approx(0.2)
    assert hide(FACE, np.isin(GRID, [4, 6]), LOOKS_AT_5)[HAPPY] == pytest.approx(0.8)
    assert hide(FACE, np.isin(GRID, []), LOOKS_AT_5)[HAPPY] == pytest.approx(0.8)


def test_the_classifier_is_given_whole_grey_pictures_of_face_and_baseline_in_batches():
    given = []

    def remembers(pictures):
        given.append(pictures)
        return LOOKS_AT_5(pictures)

    shown = np.random.default_rng(0).random((300, 16)) < 0.5
    answers = ask(FACE, GRID, shown, remembers)
    assert [len(batch) for batch in given] == [BATCH_SIZE, 300 - BATCH_SIZE]
    pictures = np.concatenate(given)
    assert pictures.dtype == np.uint8
    assert np.array_equal(shown_squares(pictures), shown)
    assert ((pictures == FACE) | (pictures == hidden(FACE))).all()
    assert answers[:, HAPPY] == pytest.approx(np.where(shown[:, 5], 0.8, 0.2))


def test_hidden_is_blurred_and_keeps_the_mean_grey():
    blurred = hidden(FACE)
    assert blurred.dtype == np.uint8
    assert blurred.std() < FACE.std() / 5
    assert abs(blurred.mean() - FACE.mean()) < 3


def test_greyed_is_one_grey_the_mean_of_the_face():
    grey = greyed(FACE)
    assert grey.dtype == np.uint8
    assert grey.std() == 0
    assert abs(grey.mean() - FACE.mean()) <= 0.5
