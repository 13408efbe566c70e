"""What the judges of the map say of made-up networks whose right answer is known."""

import numpy as np
import pytest

from tests.bench.figures.maps import SHORT
from tests.bench.map_judges import HIDDEN, judge_order, judge_sets, judge_splits, judge_truth
from tests.bench.map_rows import order_rows, sets_rows, speed_rows, splits_rows, steady_rows, truth_rows
from tests.bench.map_subject import KINDS, Subject
from tests.squares import FACE, ROWS, adds_up, happy_or_sad, shown_squares

ADDS_UP = adds_up(np.linspace(-0.4, 1, 16), -2)


class BlackFace:
    """Stands for the average face."""

    fitted = staticmethod(np.zeros_like)


def test_a_network_that_adds_up_in_log_odds_is_foretold_and_stock_lime_is_further_off():
    found = judge_truth(Subject(FACE, ADDS_UP, ROWS))
    assert found["ours"]["fit"] > 0.999 > found["stock"]["fit"]
    assert all(found["ours"][str(many)] < 0.5 for many in HIDDEN)
    assert found["alone"] == pytest.approx(0, abs=1e-6)
    met = {row["what"]: row["met"] for row in truth_rows([found])}
    assert met["R² over any share hidden, median, ours"]
    assert met["a part hidden alone, most points off"]


def test_the_maps_order_beats_random_order():
    found = judge_order(Subject(FACE, ADDS_UP, ROWS), BlackFace, np.zeros((48, 48)))
    rows = order_rows([found, found])
    against_chance = [row for row in rows if row["what"].endswith("over random") and row["kind"] == "superpixels"]
    assert len(against_chance) == 6
    for row in against_chance:
        assert row["values"][0] < 1 if row["what"].startswith("deletion") else row["values"][0] > 1


def test_sets_are_asked_about_once_more():
    def needs_a_row(pixels):
        return happy_or_sad(np.where(shown_squares(pixels)[:, 4:8].any(axis=1), 0.9, 0.1))

    found = judge_sets(Subject(FACE, needs_a_row, ROWS))
    assert found["confirmed"]
    assert found["changing"] == found["sufficient"] == 1
    values = {row["what"]: row["values"] for row in sets_rows([found])}
    assert values["parts in the set that suffices, mean"] == 1


def test_regions_along_which_the_network_adds_up_fit_better_than_regions_across():
    found = judge_splits(Subject(FACE, ADDS_UP, ROWS))
    values = {(row["what"], row["kind"]): row["values"] for row in splits_rows([found])}
    fit = "R² over any share hidden, median"
    assert values[fit, "patches"] > 0.999 > values[fit, "plain SLIC"]
    assert values["Spearman of two seeds", "patches"] > 0.99


def test_the_cards_short_table_finds_each_of_its_lines():
    subject, alike = Subject(FACE, ADDS_UP, ROWS), {"spearman": 1.0, "jaccard": 1.0, "coverage": 0.95}
    order = judge_order(subject, BlackFace, np.zeros((48, 48)))
    rows = [
        *truth_rows([judge_truth(subject)]),
        *sets_rows([judge_sets(subject)]),
        *order_rows([order, order]),
        *steady_rows([dict.fromkeys(KINDS, alike)]),
        *speed_rows([{"alone": 0.1, "first": 0.2, "last": 1.0, "sets": 0.1, "plain": 60.0}]),
    ]
    shown = {(what.format("ours"), kind) for lines in SHORT.values() for what, kind in lines}
    assert shown <= {(row["what"], row["kind"]) for row in rows}
