import numpy as np
import pytest
from lime.lime_base import LimeBase
from lime.lime_image import LimeImageExplainer

from emotion import EMOTIONS
from emotion.explain import _PairedExplainer, explain, hidden
from emotion.regions import superpixels

FACE = np.random.default_rng(7).integers(0, 256, (48, 48), np.uint8)
GRID = np.add.outer(np.arange(48) // 12 * 4, np.arange(48) // 12)  # 16 squares of 12 x 12, numbered by rows
GRID_NAMES = tuple(f"square {number}" for number in range(16))
HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")


def looks_at_square_5(pixels):
    """0.2 happy where square 5 is hidden, 0.8 where it is shown; sad has the rest."""
    shown = (pixels[:, 12:24, 12:24] == FACE[12:24, 12:24]).all(axis=(1, 2))
    probabilities = np.zeros((len(pixels), 7))
    probabilities[:, HAPPY] = 0.2 + 0.6 * shown
    probabilities[:, SAD] = 0.8 - 0.6 * shown
    return probabilities


def test_a_classifier_that_looks_at_one_patch_gets_that_patch_back():
    explanation = explain(FACE, GRID, GRID_NAMES, looks_at_square_5)
    weights = explanation.weights
    assert weights.shape == (16, 7)
    assert weights[5, HAPPY] == pytest.approx(0.6, abs=0.02)  # the ridge penalty takes a little
    assert weights[5, SAD] == pytest.approx(-0.6, abs=0.02)
    assert np.abs(np.delete(weights, 5, axis=0)).max() < 0.01
    assert explanation.fit[[HAPPY, SAD]].min() > 0.99
    assert explanation.surrogate_probabilities[HAPPY] == pytest.approx(0.8, abs=0.02)
    assert explanation.probabilities[HAPPY] == pytest.approx(0.8)


def test_the_last_region_is_hidden_too():
    def looks_at_the_last(pixels):
        shown = (pixels[:, 36:, 36:] == FACE[36:, 36:]).all(axis=(1, 2))
        return np.eye(7)[np.where(shown, HAPPY, SAD)]

    assert explain(FACE, GRID, GRID_NAMES, looks_at_the_last).weights[15, HAPPY] > 0.9


def test_a_regions_weights_for_the_seven_emotions_cancel():
    explanation = explain(FACE, GRID, GRID_NAMES, looks_at_square_5)
    assert np.abs(explanation.weights.sum(axis=1)).max() < 1e-6


def test_the_same_face_has_the_same_map_every_time_and_another_face_another():
    def grey_level(pixels):
        probabilities = np.zeros((len(pixels), 7))
        probabilities[:, HAPPY] = pixels.mean(axis=(1, 2)) / 255
        return probabilities

    other = 255 - FACE
    first, second = (explain(FACE, GRID, GRID_NAMES, grey_level, num_samples=64) for _ in range(2))
    assert np.array_equal(first.weights, second.weights)
    assert not np.array_equal(first.weights, explain(other, GRID, GRID_NAMES, grey_level, num_samples=64).weights)


def test_the_classifier_is_given_whole_grey_pictures_0_to_255():
    given = []

    def remembers(pixels):
        given.append(pixels)
        return np.full((len(pixels), 7), 1 / 7)

    explain(FACE, GRID, GRID_NAMES, remembers, num_samples=100)
    pictures = np.concatenate(given)
    assert pictures.dtype == np.uint8
    assert pictures.shape[1:] == (48, 48)
    assert np.array_equal(pictures[0], FACE)
    of_face, of_blur = pictures == FACE, pictures == hidden(FACE)
    assert (of_face | of_blur).all()


def test_samples_come_in_pairs_that_hide_what_the_other_shows():
    colour = np.repeat(FACE[..., None], 3, axis=2)
    explainer = _PairedExplainer(random_state=0)
    masks, _ = explainer.data_labels(colour, 0 * colour, GRID, lambda pictures: np.zeros((len(pictures), 7)), 40)
    assert masks.shape == (40, 16)
    assert masks[0].all()
    assert np.array_equal(masks[:20], 1 - masks[20:])


def test_weights_are_those_of_stock_lime_on_the_same_samples():
    rng = np.random.default_rng(3)
    masks = rng.integers(0, 2, (300, 16))
    masks[0] = 1
    probabilities = rng.dirichlet(np.ones(7), 300)
    distances = rng.uniform(0, 1, 300)
    ours, stock = _PairedExplainer(random_state=0).base, LimeImageExplainer(random_state=0).base
    assert type(stock) is LimeBase
    intercepts, weights, fit, local = ours.explain_instance_with_data(masks, probabilities, distances, "all", 99)
    for label in range(7):
        stock_intercept, stock_weights, stock_fit, stock_local = stock.explain_instance_with_data(
            masks, probabilities, distances, label, 99, feature_selection="none"
        )
        assert intercepts[label] == pytest.approx(stock_intercept, abs=1e-6)
        assert dict(enumerate(weights[:, label])) == pytest.approx(dict(stock_weights), abs=1e-6)
        assert fit[label] == pytest.approx(stock_fit, abs=1e-6)
        assert local[label] == pytest.approx(stock_local[0], abs=1e-6)


def test_hidden_is_blurred_and_keeps_the_mean_grey():
    blurred = hidden(FACE)
    assert blurred.dtype == np.uint8
    assert blurred.std() < FACE.std() / 5
    assert abs(blurred.mean() - FACE.mean()) < 3


def test_a_real_sized_map_explains_every_region():
    regions, names = superpixels(FACE)
    explanation = explain(FACE, regions, names, looks_at_square_5, num_samples=256)
    assert explanation.weights.shape == (len(names), 7)
    assert np.isfinite(explanation.weights).all()
