import numpy as np
import pytest
from lime.lime_base import LimeBase
from lime.lime_image import LimeImageExplainer

from emotion.explain.lime import BalancedLime
from emotion.explain.masks import LAYER, hidden
from tests.squares import FACE, GRID, HAPPY, adds_up, happy_or_sad, shown_squares

WEIGHTS = np.linspace(-1, 1, 16)
SHRINK = LAYER / 4 / (LAYER / 4 + 1)  # what the ridge's penalty of 1 leaves of a weight, with half shown


def explained(classify, num_layers=1, seed=0):
    return BalancedLime(np.random.RandomState(seed)).explain(FACE, GRID, classify, num_layers)


def test_a_classifier_that_adds_up_in_log_odds_gets_its_weights_back():
    intercepts, weights, deviations = explained(adds_up(WEIGHTS, 0.5))
    assert weights[:, HAPPY] == pytest.approx(SHRINK * WEIGHTS, abs=1e-6)
    assert intercepts[HAPPY] == pytest.approx(0.5 + (1 - SHRINK) * WEIGHTS.sum() / 2, abs=1e-6)
    assert np.abs(deviations[..., HAPPY]).max() < 0.01


def test_what_two_regions_do_together_does_not_move_a_weight():
    def together(pixels):
        shown = shown_squares(pixels)
        return happy_or_sad(1 / (1 + np.exp(-2.0 * (shown[:, 5] & shown[:, 6]))))

    for seed in range(3):
        weights = explained(together, seed=seed)[1][:, HAPPY]
        assert weights == pytest.approx(SHRINK * (np.eye(16)[5] + np.eye(16)[6]), abs=1e-6)


def test_weights_are_those_of_stock_lime_on_the_same_samples_and_log_odds():
    random = np.random.default_rng(3)

    def chance(pixels):
        return random.dirichlet(np.ones(7), len(pixels))

    class SameSamples(LimeImageExplainer):  # stock but for the masks, and for what it is asked to explain
        def data_labels(self, *_, **__):
            ours = BalancedLime(np.random.RandomState(0))
            ours.add_layer(FACE, GRID, chance)
            masks, probabilities = ours.data_labels()
            self.used = masks, probabilities
            return masks, np.log(probabilities / (1 - probabilities))

    stock = SameSamples(kernel=lambda distances, kernel_width: np.ones_like(distances), feature_selection="none")
    result = stock.explain_instance(
        np.repeat(FACE[..., None], 3, axis=2),
        chance,
        top_labels=7,
        hide_color=np.repeat(hidden(FACE)[..., None], 3, axis=2),
        num_samples=LAYER,
        segmentation_fn=lambda _: GRID,
    )
    assert type(stock.base) is LimeBase
    answers = iter(np.split(stock.used[1], range(256, LAYER, 256)))
    intercepts, weights, _ = explained(lambda pixels: next(answers))
    for label in range(7):
        assert intercepts[label] == pytest.approx(result.intercept[label], abs=1e-6)
        assert dict(enumerate(weights[:, label])) == pytest.approx(dict(result.local_exp[label]), abs=1e-6)


def test_a_later_round_adds_to_the_samples_of_the_earlier():
    counts = []

    def counted(pixels):
        counts.append(len(pixels))
        return adds_up(WEIGHTS)(pixels)

    explainer = BalancedLime(np.random.RandomState(4))
    explainer.explain(FACE, GRID, counted, 1)
    in_rounds = explainer.explain(FACE, GRID, counted, 3)
    assert sum(counts) == 3 * LAYER
    at_once = explained(counted, 3, seed=4)
    for one, other in zip(in_rounds, at_once, strict=True):
        assert np.array_equal(one, other)
