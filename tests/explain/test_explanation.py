import itertools

import numpy as np
import pytest
from lime.lime_base import LimeBase
from lime.lime_image import LimeImageExplainer
from scipy.stats import norm, rankdata, t
from sklearn.linear_model import Ridge

from emotion import EMOTIONS
from emotion.explain.explanation import (
    FEW,
    HALF,
    PAIR_PRIME,
    PRIME,
    _BalancedExplainer,
    _BlockRidge,
    _draw_pairs,
    _draw_planes,
    _expected_agreement,
    explain,
    hidden,
    hide,
)
from emotion.explain.regions import superpixels

FACE = np.random.default_rng(7).integers(0, 256, (48, 48), np.uint8)
GRID = np.add.outer(np.arange(48) // 12 * 4, np.arange(48) // 12)  # 16 squares of 12 x 12, numbered by rows
GRID_NAMES = tuple(f"square {number}" for number in range(16))
SQUARES = [(y, x) for y in range(0, 48, 12) for x in range(0, 48, 12)]
FEAR, HAPPY, SAD = (EMOTIONS.index(emotion) for emotion in ("fear", "happy", "sad"))
LAYER = FEW.layer_size


def looks_at_square_5(pixels):
    """0.2 happy where square 5 is hidden, 0.8 where it is shown; sad has the rest."""
    shown = (pixels[:, 12:24, 12:24] == FACE[12:24, 12:24]).all(axis=(1, 2))
    probabilities = np.zeros((len(pixels), 7))
    probabilities[:, HAPPY] = 0.2 + 0.6 * shown
    probabilities[:, SAD] = 0.8 - 0.6 * shown
    return probabilities


def shown_squares(pixels):
    """(16, n) bool: which squares are not hidden."""
    return np.array(
        [(pixels[:, y : y + 12, x : x + 12] == FACE[y : y + 12, x : x + 12]).all((1, 2)) for y, x in SQUARES]
    )


def happy_or_sad(happy):
    """Probabilities (n, 7) of happy (n,), of which sad has the rest."""
    return np.outer(happy, np.eye(7)[HAPPY]) + np.outer(1 - happy, np.eye(7)[SAD])


def looks_at_pairs(pixels):
    """0.9 happy where squares 5 and 6 are both shown, else 0.1; sad has most of the rest, fear what square 9 adds."""
    shown = shown_squares(pixels)
    probabilities = np.zeros((len(pixels), 7))
    probabilities[:, HAPPY] = 0.1 + 0.8 * (shown[5] & shown[6])
    probabilities[:, FEAR] = 0.05 * shown[9]
    probabilities[:, SAD] = 1 - probabilities.sum(axis=1)
    return probabilities


def last(generator):
    *_, explanation = generator
    return explanation


def test_a_classifier_that_looks_at_one_patch_gets_that_patch_back():
    explanation = last(explain(FACE, GRID, GRID_NAMES, looks_at_square_5))
    weights = explanation.weights
    assert weights.shape == (16, 7)
    assert weights[5, HAPPY] == pytest.approx(0.6, abs=0.02)  # the ridge penalty takes a little
    assert weights[5, SAD] == pytest.approx(-0.6, abs=0.02)
    assert np.abs(np.delete(weights, 5, axis=0)).max() < 0.01
    assert explanation.fit[[HAPPY, SAD]].min() > 0.99
    assert explanation.surrogate_probabilities[HAPPY] == pytest.approx(0.8, abs=0.02)
    assert explanation.intercepts[HAPPY] == pytest.approx(0.2, abs=0.02)
    assert explanation.probabilities[HAPPY] == pytest.approx(0.8)


def is_sure(pixels):
    """0.9 happy unless squares 5, 6 and 9 are all hidden, then 0.5; sad has the rest."""
    return happy_or_sad(0.5 + 0.4 * shown_squares(pixels)[[5, 6, 9]].any(axis=0))


def best_additive_model(chance=6 / 7):
    """Weights (16,), value at the face and R^2 of the linear model that is nearest to looks_at_pairs' happy.

    By its moments, where samples show a square with a chance.
    """
    mean_together = 0.8 * chance**2
    weights = np.zeros(16)
    weights[[5, 6]] = 0.8 * chance  # what one adds, as often as the other is shown
    variance = mean_together * (0.8 - mean_together)
    explained = (weights**2).sum() * chance * (1 - chance)
    return weights, 0.1 + mean_together + (1 - chance) * weights.sum(), explained / variance


def test_two_patches_that_count_only_together_share_the_weight():
    weights, at_the_face, fit = best_additive_model()
    explanation = last(explain(FACE, GRID, GRID_NAMES, looks_at_pairs, rounds=(LAYER,)))
    assert explanation.hidden_share == pytest.approx(1 / 7)
    spread = LAYER * 6 / 7**2
    assert explanation.weights[:, HAPPY] == pytest.approx(weights * spread / (spread + 1), abs=0.01)  # penalty 1
    assert explanation.surrogate_probabilities[HAPPY] == pytest.approx(at_the_face, abs=0.01)
    assert explanation.fit[HAPPY] == pytest.approx(fit, abs=0.02)


def test_an_answer_that_few_hidden_regions_leave_as_it_is_is_asked_about_with_half_of_them_hidden():
    explanation = last(explain(FACE, GRID, GRID_NAMES, is_sure, rounds=(480,)))
    assert explanation.hidden_share == 1 / 2
    assert explanation.num_samples == 480
    expected = np.zeros(16)
    expected[[5, 6, 9]] = 0.1  # 0.4, where both others are hidden
    assert explanation.weights[:, HAPPY] == pytest.approx(expected, abs=0.02)
    assert explanation.intercepts[HAPPY] == pytest.approx(0.7, abs=0.02)


def test_it_hides_half_from_the_first_map_on_and_is_asked_about_few_once_only():
    given = []

    def remembers(pixels):
        given.append(len(pixels))
        return is_sure(pixels)

    maps = list(explain(FACE, GRID, GRID_NAMES, remembers, rounds=(133, 399)))
    assert [one.hidden_share for one in maps] == [1 / 2] * len(maps)
    assert maps[0].num_samples == HALF.share_size
    assert sum(given) == 1 + FEW.share_size + maps[-1].num_samples


def test_the_last_region_is_hidden_too():
    def looks_at_the_last(pixels):
        shown = (pixels[:, 36:, 36:] == FACE[36:, 36:]).all(axis=(1, 2))
        return np.eye(7)[np.where(shown, HAPPY, SAD)]

    assert last(explain(FACE, GRID, GRID_NAMES, looks_at_the_last)).weights[15, HAPPY] > 0.9


def test_a_regions_weights_for_the_seven_emotions_cancel():
    explanation = last(explain(FACE, GRID, GRID_NAMES, looks_at_pairs))
    assert np.abs(explanation.weights.sum(axis=1)).max() < 1e-6


def test_a_contrast_is_the_map_of_a_classifier_that_gives_the_difference():
    def difference(pixels):
        probabilities = looks_at_pairs(pixels)
        probabilities[:, 0] = probabilities[:, HAPPY] - probabilities[:, SAD]
        return probabilities

    weights, errors = last(explain(FACE, GRID, GRID_NAMES, looks_at_pairs, rounds=(LAYER,))).contrast("happy", "sad")
    expected = last(explain(FACE, GRID, GRID_NAMES, difference, rounds=(LAYER,)))
    assert weights == pytest.approx(expected.weights[:, 0])
    assert errors == pytest.approx(expected.errors[:, 0])


def _answered(plan, num_shares, num_regions=6):
    """Masks of a plan's shares, and answers drawn from a seed."""
    random = np.random.RandomState(1)
    explainer = _BalancedExplainer(np.eye(7)[HAPPY], random_state=random)
    explainer._turn_to(plan)
    masks = np.concatenate([explainer._draw_share(num_regions) for _ in range(num_shares)])
    return masks, random.dirichlet(np.ones(7), len(masks)) + 0.1 * masks[:, :1]


@pytest.mark.parametrize("plan", [FEW, HALF], ids=["few", "half"])
def test_errors_and_fit_are_those_of_leaving_out_block_by_block(plan):
    masks, probabilities = _answered(plan, 1)
    _, (weights, covariances), fit, _ = _BlockRidge(plan).explain_instance_with_data(masks, probabilities)
    rows = np.arange(len(masks))
    changes, missed = [], np.zeros((len(masks), 7))
    for left_out in rows.reshape(-1, plan.block_size):
        others = np.setdiff1d(rows, left_out)
        stock = Ridge(alpha=1).fit(masks[others], probabilities[others])
        changes.append(weights - stock.coef_.T)
        missed[left_out] = probabilities[left_out] - stock.predict(masks[left_out])
    changes = np.array(changes) - np.mean(changes, axis=0)
    assert covariances == pytest.approx(np.einsum("bnk,bnl->nkl", changes, changes))
    assert fit == pytest.approx(1 - (missed**2).sum(axis=0) / (len(masks) * probabilities.var(axis=0)))


@pytest.mark.parametrize("plan", [FEW, HALF], ids=["few", "half"])
def test_the_scatter_of_whole_layers_sets_the_size_of_the_errors(plan):
    # Two layers: of each emotion, the mean square error of a weight is that of the mean of two, by their difference,
    # but for what Student's t adds.
    masks, probabilities = _answered(plan, 2 * plan.num_shares)
    _, (_, covariances), _, _ = _BlockRidge(plan).explain_instance_with_data(masks, probabilities)
    halves = [
        Ridge(alpha=1).fit(m, p).coef_ for m, p in zip(np.split(masks, 2), np.split(probabilities, 2), strict=True)
    ]
    mean_squares = ((halves[0] - halves[1]) ** 2 / 4).mean(axis=1)
    variances = np.diagonal(covariances, axis1=1, axis2=2)
    degrees = variances.sum(axis=0) ** 2 / (variances**2).sum(axis=0)
    wider = t.ppf(0.975, degrees) / norm.ppf(0.975)
    assert variances.mean(axis=0) == pytest.approx(mean_squares * wider**2)


def looks_at_three(pixels):
    """0.9 happy where squares 0, 4 and 8 are all shown, else 0.1; sad has the rest."""
    return happy_or_sad(0.1 + 0.8 * shown_squares(pixels)[[0, 4, 8]].all(axis=0))


def unsteady(pixels):
    """A probability that hangs on the pixels in a way that no additive model catches, around what square 5 says."""
    noise = np.sin(1e3 * pixels.reshape(len(pixels), -1).mean(axis=1))
    return happy_or_sad(looks_at_square_5(pixels)[:, HAPPY] + 0.1 * noise)


def sure_but_unsteady(pixels):
    """Little of the same around an answer that nothing moves, so that half of the regions are hidden."""
    noise = np.sin(1e3 * pixels.reshape(len(pixels), -1).mean(axis=1))
    return happy_or_sad(0.9 + 0.03 * noise)


@pytest.mark.parametrize("classify", [unsteady, sure_but_unsteady])
@pytest.mark.parametrize("num_samples", [399, 1197])
def test_intervals_hold_the_true_weights_as_often_as_they_say(classify, num_samples):
    hits = []
    true_weights = last(explain(FACE, GRID, GRID_NAMES, classify, seed=99, rounds=(20_000,))).weights
    for seed in range(40):
        one = last(explain(FACE, GRID, GRID_NAMES, classify, seed, rounds=(num_samples,)))
        hits.append(np.abs(one.weights - true_weights)[:, HAPPY] <= 1.96 * one.errors[:, HAPPY])
    assert np.mean(hits) == pytest.approx(0.95, abs=0.03)


def test_what_regions_do_together_hardly_moves_a_weight():
    # Independent masks of as many samples, with one region in seven hidden, scatter by 0.03.
    maps = [last(explain(FACE, GRID, GRID_NAMES, looks_at_three, seed, rounds=(LAYER,))) for seed in range(5)]
    weights = np.array([one.weights[[0, 4, 8], HAPPY] for one in maps])
    assert weights.std(axis=0).max() < 0.01


def test_noise_has_no_fit():
    masks, _ = _answered(FEW, 3, num_regions=20)
    noise = np.random.default_rng(4).dirichlet(np.ones(7), len(masks))
    _, _, fit, _ = _BlockRidge(FEW).explain_instance_with_data(masks, noise)
    assert fit.max() < 0.05


def test_a_classifier_that_says_always_the_same_has_a_map_of_nothing():
    explanation = last(explain(FACE, GRID, GRID_NAMES, lambda pixels: np.full((len(pixels), 7), 1 / 7)))
    assert np.abs(explanation.weights).max() < 1e-9
    assert explanation.stable
    assert np.isfinite(explanation.fit).all()


def test_the_same_face_has_the_same_map_every_time_and_another_face_another():
    def grey_level(pixels):
        probabilities = np.zeros((len(pixels), 7))
        probabilities[:, HAPPY] = (pixels.mean(axis=(1, 2)) / 255) ** 3
        return probabilities

    other = 255 - FACE
    first, second = (last(explain(FACE, GRID, GRID_NAMES, grey_level, rounds=(133,))) for _ in range(2))
    assert np.array_equal(first.weights, second.weights)
    third = last(explain(other, GRID, GRID_NAMES, grey_level, rounds=(133,)))
    assert not np.array_equal(first.weights, third.weights)


def test_the_samples_hang_on_the_seed_alone_not_on_the_rounds_before():
    def chance(pixels):  # no map of it is ever stable
        return happy_or_sad(0.5 + 0.4 * np.sin(1e3 * pixels.reshape(len(pixels), -1).mean(axis=1)))

    at_once = last(explain(FACE, GRID, GRID_NAMES, chance, 5, rounds=(1600,)))
    in_rounds = list(explain(FACE, GRID, GRID_NAMES, chance, 5, rounds=(400, 800, 1600)))
    assert len(in_rounds) == 3
    assert in_rounds[-1].num_samples == at_once.num_samples
    np.testing.assert_array_equal(in_rounds[-1].weights, at_once.weights)


def _given(rounds):
    """All pictures that the classifier is asked about, of which the first is the face itself: it is wholly happy."""
    given = []

    def remembers(pixels):
        given.append(pixels)
        random = np.random.default_rng(len(given))
        return np.eye(7)[[HAPPY]] if len(given) == 1 else random.dirichlet(np.ones(7), len(pixels))

    *_, explanation = explain(FACE, GRID, GRID_NAMES, remembers, rounds=rounds)
    return np.concatenate(given), explanation


def test_the_classifier_is_given_whole_grey_pictures_0_to_255():
    pictures, _ = _given((133,))
    assert pictures.dtype == np.uint8
    assert pictures.shape == (1 + FEW.share_size, 48, 48)
    assert np.array_equal(pictures[0], FACE)
    of_face, of_blur = pictures == FACE, pictures == hidden(FACE)
    assert (of_face | of_blur).all()


@pytest.mark.parametrize("num_regions", [1, 20, 49])
def test_regions_are_hidden_alone_and_together_equally_often(num_regions):
    hides = 1 - _draw_planes(np.random.RandomState(0), num_regions).astype(int)
    assert hides.shape == (399, num_regions)
    assert (hides.reshape(-1, PRIME, num_regions).sum(axis=1) == 1).all()  # each region once in a block
    together = hides.T @ hides
    assert (together.diagonal() == 57).all()
    assert (together[~np.eye(num_regions, dtype=bool)] == 8).all()
    for three in itertools.islice(itertools.combinations(range(num_regions), 3), 1000):
        assert hides[:, three].all(axis=1).sum() == 1


@pytest.mark.parametrize("num_regions", [1, 20, 49])
def test_opposites_show_any_three_regions_in_all_ways_equally_often(num_regions):
    masks = _draw_pairs(np.random.RandomState(0), num_regions)
    assert masks.shape == (2 * (PAIR_PRIME + 1), num_regions)
    assert (masks[::2] + masks[1::2] == 1).all()
    for three in itertools.islice(itertools.combinations(range(num_regions), 3), 1000):
        ways = masks[:, three] @ [1, 2, 4]
        assert (np.bincount(ways, minlength=8) == 15).all()


def test_three_shares_make_a_whole_array():
    explainer = _BalancedExplainer(np.eye(7)[HAPPY], random_state=0)
    hides = 1 - np.concatenate([explainer._draw_share(20) for _ in range(3)]).astype(int)
    assert hides.shape == (399, 20)
    assert (hides.T @ hides == 8 + 49 * np.eye(20)).all()


def test_a_later_round_adds_to_the_samples_of_the_earlier():
    early, _ = _given((133,))
    late, explanation = _given((133, 350))
    assert explanation.num_samples == 266  # two whole shares
    assert len(late) == 1 + 266
    assert np.array_equal(late[:134], early)


def test_it_stops_when_the_map_is_stable():
    maps = list(explain(FACE, GRID, GRID_NAMES, looks_at_square_5, rounds=(133, 399, 798, 1197)))
    assert [one.num_samples for one in maps] == [133, 399, 798]  # the first two layers that can be compared
    assert [one.stable for one in maps] == [False, False, True]


def graded(pixels):
    """A probability to which each square adds more than the one before, and that no additive model catches wholly."""
    noise = 0.1 * np.sin(1e3 * pixels.reshape(len(pixels), -1).mean(axis=1))
    return happy_or_sad(0.3 + 0.005 * np.arange(-4, 12) @ shown_squares(pixels) + noise)


def test_how_well_maps_agree_is_foretold_from_one_of_them():
    maps = [last(explain(FACE, GRID, GRID_NAMES, graded, seed, rounds=(2 * LAYER,))) for seed in range(12)]
    foretold = [_expected_agreement(one.weights[:, HAPPY], one.errors[:, HAPPY]) for one in maps]
    measured = np.corrcoef(rankdata([one.weights[:, HAPPY] for one in maps], axis=1))
    assert 0.7 < measured[np.triu_indices(12, 1)].mean() < 0.98
    assert np.mean(foretold) == pytest.approx(measured[np.triu_indices(12, 1)].mean(), abs=0.04)


def test_less_than_a_point_makes_no_order():
    weights = np.array([0.3, 0, 0.0005, 0.001, 0.0015])
    assert _expected_agreement(weights, np.full(5, 0.001)) == pytest.approx(1)
    assert _expected_agreement(20 * weights, np.full(5, 0.02)) < 0.9
    assert _expected_agreement(np.zeros(5), np.zeros(5)) == 1


def test_it_says_so_when_the_map_is_not_stable_at_the_cap():
    _, explanation = _given((133, 399))
    assert not explanation.stable


def test_closing_it_stops_the_work():
    counts = []

    def counts_faces(pixels):
        counts.append(len(pixels))
        return np.random.default_rng(len(counts)).dirichlet(np.ones(7), len(pixels))

    maps = explain(FACE, GRID, GRID_NAMES, counts_faces, rounds=(133, 100_000))
    next(maps)
    maps.close()
    assert sum(counts) == 1 + 133


def test_weights_are_those_of_stock_lime_on_the_same_samples():
    rng = np.random.default_rng(3)

    def random_answers(pixels):
        return rng.dirichlet(np.ones(7), len(pixels))

    class Balanced(LimeImageExplainer):  # stock but for the masks
        def data_labels(self, *arguments, **options):
            explainer = _BalancedExplainer(np.eye(7)[HAPPY], random_state=0)
            masks, probabilities = explainer.data_labels(*arguments, **options)
            self.used = masks, probabilities
            return masks, probabilities

    stock = Balanced(kernel=lambda distances, kernel_width: np.ones_like(distances), feature_selection="none")
    colour = np.repeat(FACE[..., None], 3, axis=2)
    result = stock.explain_instance(
        colour,
        lambda pictures: random_answers(pictures[..., 0]),
        top_labels=7,
        hide_color=np.repeat(hidden(FACE)[..., None], 3, axis=2),
        num_samples=LAYER,
        segmentation_fn=lambda _: GRID,
    )
    assert type(stock.base) is LimeBase
    intercepts, (weights, _), _, _ = _BlockRidge(FEW).explain_instance_with_data(*stock.used)
    for label in range(7):
        assert intercepts[label] == pytest.approx(result.intercept[label], abs=1e-6)
        assert dict(enumerate(weights[:, label])) == pytest.approx(dict(result.local_exp[label]), abs=1e-6)


def test_hiding_regions_shows_their_baseline():
    probabilities = hide(FACE, GRID, [5], looks_at_square_5)
    assert probabilities.shape == (7,)
    assert probabilities[HAPPY] == pytest.approx(0.2)
    assert hide(FACE, GRID, [4, 6], looks_at_square_5)[HAPPY] == pytest.approx(0.8)
    assert hide(FACE, GRID, [], looks_at_square_5)[HAPPY] == pytest.approx(0.8)


def test_hidden_is_blurred_and_keeps_the_mean_grey():
    blurred = hidden(FACE)
    assert blurred.dtype == np.uint8
    assert blurred.std() < FACE.std() / 5
    assert abs(blurred.mean() - FACE.mean()) < 3


def test_a_real_sized_map_explains_every_region():
    regions, names = superpixels(FACE)
    explanation = last(explain(FACE, regions, names, looks_at_square_5, rounds=(LAYER,)))
    assert explanation.weights.shape == explanation.errors.shape == (len(names), 7)
    assert np.isfinite(explanation.weights).all()
    assert np.isfinite(explanation.errors).all()
