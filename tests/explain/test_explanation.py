import numpy as np
import pytest

from emotion import EMOTIONS
from emotion.explain.explanation import LAYERS, PIECES, Explaining, explain
from emotion.explain.masks import LAYER, hide
from emotion.explain.regions import superpixels
from tests.squares import FACE, GRID, HAPPY, ROWS, SAD, SQUARES, adds_up, happy_or_sad, last, shown_squares

WEIGHTS = np.linspace(-0.4, 1, 16)
ADDS_UP = adds_up(WEIGHTS, -2)


def stand_in(pixels):
    """Happy unless squares 5, 6 and 9 are all hidden; three others add a little of their own."""
    shown = shown_squares(pixels)
    return happy_or_sad(1 / (1 + np.exp(-(6.0 * shown[:, [5, 6, 9]].any(axis=1) - 3 + 0.3 * shown[:, :3].sum(axis=1)))))


def chance(pixels):
    """A probability that hangs on the pixels in a way that no additive model catches."""
    return happy_or_sad(0.5 + 0.4 * np.sin(1e3 * pixels.reshape(len(pixels), -1).mean(axis=1)))


@pytest.mark.parametrize("regions", [SQUARES, ROWS], ids=["squares", "rows"])
def test_the_first_has_the_networks_own_answer_to_hiding_each_region_alone(regions):
    first = next(explain(FACE, regions, stand_in))
    assert first.num_samples == 0
    for one in (first, first.by_parts()):
        for region in range(len(one.names)):
            assert one.alone[region] == pytest.approx(hide(FACE, np.isin(one.regions, [region]), stand_in))
        assert one.probabilities == pytest.approx(hide(FACE, np.isin(one.regions, []), stand_in))
        assert one.blurred == pytest.approx(hide(FACE, np.isin(one.regions, range(16)), stand_in))


def test_evidence_that_adds_up_is_found_as_it_is():
    explanation = last(explain(FACE, SQUARES, ADDS_UP))
    assert explanation.weights.shape == explanation.errors.shape == (16, 7)
    assert explanation.weights[:, HAPPY] == pytest.approx(WEIGHTS, abs=0.01)  # lime's penalty takes half a percent
    assert explanation.weights[:, SAD] == pytest.approx(-WEIGHTS, abs=0.01)
    assert explanation.errors[:, HAPPY].max() < 0.01
    assert explanation.fit[HAPPY] > 0.999
    assert explanation.stable


def test_a_parts_evidence_is_the_sum_of_its_patches():
    explanation = last(explain(FACE, ROWS, stand_in))
    parts = explanation.by_parts()
    assert parts.names == ("row 0", "row 1", "row 2", "row 3")
    assert np.array_equal(parts.regions, GRID // 4)
    assert parts.weights == pytest.approx(explanation.weights.reshape(4, 4, 7).sum(axis=1))
    summed = explanation.deviations.reshape(-1, 4, 4, 14).sum(axis=2)
    assert parts.errors == pytest.approx(np.sqrt((summed[..., :7] ** 2).sum(axis=0)), abs=1e-5)
    assert parts.contrast("happy", "sad")[0] == pytest.approx(
        explanation.contrast("happy", "sad")[0].reshape(4, 4).sum(axis=1)
    )


def test_without_landmarks_the_regions_are_the_parts():
    explanation = last(explain(FACE, SQUARES, stand_in))
    assert explanation.by_parts() is explanation


def test_a_contrast_is_the_map_of_the_log_ratio_of_two_probabilities():
    def spread(pixels):  # fear takes a share that hangs on square 3 from both
        rest = 1 - 0.5 * shown_squares(pixels)[:, 3:4]
        return rest * ADDS_UP(pixels) + np.outer(1 - rest[:, 0], np.eye(7)[EMOTIONS.index("fear")])

    weights, _ = last(explain(FACE, SQUARES, spread)).contrast("happy", "sad")
    assert weights == pytest.approx(WEIGHTS, abs=0.01)  # log(happy / sad), whatever fear has


def test_a_contrast_turned_round_is_its_opposite_with_the_same_errors():
    explanation = last(explain(FACE, SQUARES, chance))
    weights, errors = explanation.contrast("happy", "sad")
    turned, same = explanation.contrast("sad", "happy")
    assert turned == pytest.approx(-weights)
    assert same == pytest.approx(errors)


def test_condensed_it_has_the_same_errors_and_contrasts_in_fewer_rows():
    explanation = last(explain(FACE, ROWS, stand_in))
    condensed = explanation.condensed()
    for one, other in ((condensed, explanation), (condensed.by_parts(), explanation.by_parts())):
        assert one.deviations.shape == (14, len(one.names), 14)
        assert one.errors == pytest.approx(other.errors, abs=1e-12)
        assert np.array(one.contrast("sad", "fear")) == pytest.approx(
            np.array(other.contrast("sad", "fear")), abs=1e-12
        )


def test_intervals_hold_the_true_weights_as_often_as_they_say():
    truth = last(explain(FACE, SQUARES, chance, seed=99, layers=(100,))).weights[:, HAPPY]
    drawn = [last(explain(FACE, SQUARES, chance, seed)) for seed in range(30)]
    hits = [np.abs(one.weights[:, HAPPY] - truth) <= 1.96 * one.errors[:, HAPPY] for one in drawn]
    assert np.mean(hits) == pytest.approx(0.95, abs=0.03)


def test_chance_has_no_fit():
    assert last(explain(FACE, SQUARES, chance)).fit[HAPPY] < 0.3


def test_a_map_that_other_samples_would_change_is_not_stable():
    def chance_far_from_the_face(pixels):
        happy = np.where(shown_squares(pixels).sum(axis=1) >= 15, 0.9, chance(pixels)[:, HAPPY])
        return happy_or_sad(happy)

    assert not last(explain(FACE, SQUARES, chance_far_from_the_face)).stable


def test_sets_are_what_the_network_says_of_them():
    explanation = last(explain(FACE, SQUARES, stand_in))
    sets = explanation.sets
    assert sets.changing == (5, 6, 9)
    assert sets.changed == pytest.approx(hide(FACE, np.isin(GRID, sets.changing), stand_in))
    others = np.setdiff1d(range(16), sets.sufficient)
    assert sets.kept == pytest.approx(hide(FACE, np.isin(GRID, others), stand_in))
    assert sets.none_alone
    assert sets.num_queries <= 100


def test_sets_are_of_face_parts_where_they_are_known():
    explanation = last(explain(FACE, ROWS, stand_in))
    assert explanation.sets is explanation.by_parts().sets
    assert explanation.sets.changing == (1, 2)


def test_where_blur_and_grey_disagree_it_is_known():
    # By blur hiding square 5 makes it less happy; by grey, which has no structure, happier.
    def likes_flat(pixels):
        tiles = pixels[:, 12:24, 12:24].reshape(len(pixels), -1).astype(float)
        return happy_or_sad(
            np.where(
                (pixels[:, 12:24, 12:24] == FACE[12:24, 12:24]).all((1, 2)), 0.6, 0.4 + 0.5 * (tiles.std(axis=1) == 0)
            )
        )

    explanation = last(explain(FACE, SQUARES, likes_flat))
    assert np.flatnonzero(explanation.disagree("happy")).tolist() == [5]


def test_a_classifier_that_says_always_the_same_has_a_map_of_nothing():
    explanation = last(explain(FACE, SQUARES, lambda pixels: np.full((len(pixels), 7), 1 / 7)))
    assert np.abs(explanation.weights).max() < 1e-9
    assert explanation.stable
    assert np.isfinite(explanation.fit).all()
    assert explanation.sets.changing is None


def test_the_same_face_has_the_same_map_every_time_and_another_seed_another():
    first, second = (last(explain(FACE, SQUARES, chance, layers=(1,))) for _ in range(2))
    assert np.array_equal(first.weights, second.weights)
    other = last(explain(FACE, SQUARES, chance, seed=1, layers=(1,)))
    assert not np.array_equal(first.weights, other.weights)


def test_the_samples_hang_on_the_seed_alone_not_on_the_rounds_before():
    at_once = last(explain(FACE, SQUARES, chance, 5, layers=(3,)))
    *_, in_rounds = explain(FACE, SQUARES, chance, 5, layers=(1, 2, 3))
    assert in_rounds.num_samples == at_once.num_samples == 3 * LAYER
    np.testing.assert_array_equal(in_rounds.weights, at_once.weights)
    np.testing.assert_array_equal(in_rounds.fit, at_once.fit)


def test_it_gets_better_and_better_and_the_last_has_all_three_answers():
    found = list(explain(FACE, ROWS, stand_in))
    assert [one.num_samples for one in found] == [0, *(LAYER * layers for layers in LAYERS)]
    assert [one.sets is not None for one in found] == [False] * len(LAYERS) + [True]


def test_it_takes_as_many_pieces_of_work_as_are_counted_on():
    making, count = Explaining(FACE, ROWS), 0
    while not making.done:
        making.advance(stand_in)
        count += 1
    assert count == PIECES


def test_closing_it_stops_the_queries():
    counts = []

    def counted(pixels):
        counts.append(len(pixels))
        return chance(pixels)

    explanations = explain(FACE, SQUARES, counted, layers=(1, 100))
    next(explanations)
    assert sum(counts) == 1 + 1 + 16
    next(explanations)
    explanations.close()
    assert sum(counts) == 1 + 1 + 16 + LAYER


def test_a_real_sized_map_explains_every_region():
    explanation = last(explain(FACE, superpixels(FACE), chance, layers=(1,)))
    assert explanation.weights.shape == explanation.errors.shape == (len(explanation.names), 7)
    assert np.isfinite(explanation.weights).all()
    assert np.isfinite(explanation.errors).all()
