import numpy as np
import pytest

from emotion.explain.subsets import DECISIVE, KEPT, find_sets

HAPPY, SAD = 3, 5


def network(log_odds):
    """A function from masks (m, n) to probabilities (m, 7): happy by its log-odds, sad the rest."""

    def ask(shown):
        happy = 1 / (1 + np.exp(-log_odds(np.asarray(shown, bool))))
        return np.outer(happy, np.eye(7)[HAPPY]) + np.outer(1 - happy, np.eye(7)[SAD])

    return ask


def found(log_odds, weights):
    ask, count = network(log_odds), len(weights)
    asked = []

    def counted(shown):
        asked.append(len(shown))
        return ask(shown)

    probabilities, alone = ask(np.ones((1, count)))[0], ask(~np.eye(count, dtype=bool))
    sets = find_sets(probabilities, alone, np.asarray(weights, float), counted)
    assert sets.num_queries == sum(asked) <= 100
    return sets, ask, probabilities


def test_one_region_that_decides_is_found():
    sets, _, _ = found(lambda shown: 4.0 * shown[:, 2] - 2, [0, 1, 4, 0, 0])
    assert sets.changing == (2,)
    assert sets.changed_to == "sad"
    assert sets.sufficient == (2,)
    assert not sets.none_alone


def test_regions_that_stand_in_for_each_other_are_found_together_and_none_decides_alone():
    sets, _, _ = found(lambda shown: 8.0 * shown[:, 1:4].any(axis=1) - 4, [0, 3, 3, 3, 0, 1])
    assert sets.changing == (1, 2, 3)
    assert len(sets.sufficient) == 1
    assert sets.none_alone


def test_an_answer_that_nothing_changes_has_no_changing_set():
    sets, _, _ = found(lambda shown: np.full(len(shown), 2.0), [1, 2, 3])
    assert sets.changing is None
    assert sets.changed is None
    assert sets.changed_to is None
    assert not sets.none_alone


def test_an_answer_that_only_the_whole_face_gives_needs_no_smaller_set():
    sets, _, _ = found(lambda shown: 20.0 * shown.all(axis=1) - 10, [1, 2, 3])
    assert len(sets.changing) == 1
    assert sets.sufficient is None
    assert sets.kept is None


def test_a_region_that_decides_alone_is_found_wherever_the_map_points():
    sets, _, _ = found(lambda shown: 4.0 * shown[:, 4] - 2, [5, 4, 3, 2, 1])
    assert sets.changing == sets.sufficient == (4,)


def test_a_map_that_points_elsewhere_does_not_hide_a_pair_that_decides():
    sets, _, _ = found(lambda shown: 6.0 * shown[:, [7, 8]].any(axis=1) - 3, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    assert sets.changing == (7, 8)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_said_of_a_set_is_what_the_network_says_of_it(seed):
    random = np.random.default_rng(seed)
    weights, pairs = random.normal(size=20), random.normal(size=(20, 20)) / 4

    def log_odds(shown):
        return shown @ weights + np.einsum("mi,ij,mj->m", shown, pairs, shown)

    sets, ask, probabilities = found(log_odds, weights)
    answer = probabilities.argmax()
    if sets.changing is not None:
        said = ask(~np.isin(np.arange(20), sets.changing)[None])[0]
        assert said == pytest.approx(sets.changed)
        assert said.argmax() != answer
        for region in sets.changing:  # and each of its regions is needed
            others = np.isin(np.arange(20), sets.changing) & (np.arange(20) != region)
            assert ask(~others[None])[0].argmax() == answer
    if sets.sufficient is not None:
        said = ask(np.isin(np.arange(20), sets.sufficient)[None])[0]
        assert said == pytest.approx(sets.kept)
        assert said[answer] >= KEPT * probabilities[answer]
        assert said.argmax() == answer
    if sets.none_alone:
        alone = ask(~np.eye(20, dtype=bool))
        assert np.abs(alone - probabilities)[:, answer].max() < DECISIVE
