"""What the trust bench draws and decides, on made-up faces; its figures are no tests."""

import numpy as np
import pytest

from emotion.data.load import Faces
from emotion.explain.explanation import explain
from tests.bench import maps


def faces(count=700):
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (count, 48, 48), np.uint8)
    pixels[:7] = 128  # constant pictures
    pixels[7:107] = pixels[-100:]  # copies
    return Faces(pixels, np.arange(count) % 7, ("",) * count)


def test_thirty_faces_of_each_emotion_are_measured_and_never_a_constant_picture():
    rows = maps.measured_faces(faces())
    assert np.array_equal(faces().labels[rows], np.repeat(np.arange(7), 30))
    assert len(set(rows)) == 210
    assert min(rows) >= 7


def test_a_shorter_run_measures_the_first_of_the_same_faces():
    rows, few = maps.measured_faces(faces()), maps.measured_faces(faces(), per_emotion=2)
    assert np.array_equal(few, rows.reshape(7, 30)[:, :2].ravel())


def test_nothing_is_tuned_on_a_measured_face_or_its_copy():
    pixels = faces().pixels
    measured = {face.tobytes() for face in pixels[maps.measured_faces(faces())]}
    tuning = maps.tuning_faces(faces())
    assert len(tuning) > 400
    assert not measured & {face.tobytes() for face in pixels[tuning]}


def test_faces_are_taken_in_turn_from_each_emotion():
    rows = maps.measured_faces(faces(), per_emotion=3)
    assert np.array_equal(faces().labels[maps.in_turn(rows)], np.tile(np.arange(7), 3))


def test_tuning_subjects_are_balanced_over_kinds_and_a_longer_run_begins_with_the_shorter():
    few, many = (maps.tuning_subjects(faces(), per_emotion) for per_emotion in (6, 12))
    assert few == many[:42]
    kinds = [kind for _, kind in few]
    assert kinds.count("face parts") == kinds.count("superpixels") == 21
    labels = faces().labels[[row for row, kind in few if kind == "superpixels"]]
    assert np.array_equal(np.bincount(labels), np.full(7, 3))


def toy_subject():
    """A face of 16 squares whose first emotion hangs on square 5: 0.6 shown, else 0.2; the second has the rest."""
    pixels = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    regions = np.add.outer(np.arange(48) // 12 * 4, np.arange(48) // 12)

    def classify(pictures):
        first = 0.2 + 0.4 * (pictures[:, 12:24, 12:24] == pixels[12:24, 12:24]).all(axis=(1, 2))
        return np.stack([first, 1 - first, *np.zeros((5, len(first)))], axis=1)

    names = tuple(map(str, range(16)))
    rounds = list(explain(pixels, regions, names, classify, rounds=(399,)))
    return maps.Subject(pixels, regions, names, rounds), classify


def test_the_maps_order_is_worth_more_than_random_order_worked_by_hand():
    subject, classify = toy_subject()
    weights = subject.maps[-1].weights[:, 0]
    assert weights.argmax() == 5
    # Hidden first, the probability falls from 0.6 to 0.2 over the first 16th of the pixels and stays there; shown
    # first, it rises over the first 16th. At random, and the other way round, the two are as far from 0.4.
    areas = [0.2 + 0.4 / 32, 0.6 - 0.4 / 32]
    assert maps.removal(subject, weights, classify, 0) == pytest.approx(np.array([areas] * 2))
    assert maps.removal_at_random(subject, classify)[:, 0] == pytest.approx([0.4, 0.4])


def test_a_contrast_hides_what_speaks_for_the_first_emotion():
    subject, classify = toy_subject()
    for chosen, by_chance in maps.contrast(subject, classify):
        assert chosen == 1
        assert by_chance < 0.5  # at most a fifth of the squares is hidden, of which one counts


def test_a_table_holds_a_line_for_each_bar():
    areas = {"map": [[0.2, 0.6]] * 2, "average": [[0.3, 0.5]] * 2, "random": [[0.4, 0.4]] * 2}
    one = {"fit": 0.8, "gap": 0.02, "samples": 798, "hidden_share": 1 / 2, "stable": True}
    one |= {"removed": areas, "contrast": [[1.0, 0.25]] * 2}
    rows = {row["what"]: row for row in maps.map_rows("superpixels", [one, one])}
    assert rows["deletion, grey, over random order"]["values"] == pytest.approx([0.5] * 3)
    assert rows["insertion, blur, over the average map of other faces"]["values"] == pytest.approx([1.2] * 3)
    assert rows["maps for which every other region was hidden, share"]["values"] == 1
    assert all(row["met"] in (True, None) for row in rows.values())
    assert {row["faces"] for row in rows.values()} == {2}
    poor = {row["what"]: row for row in maps.map_rows("superpixels", [one | {"fit": 0.6}] * 2)}
    assert poor["held-out R² of the top emotion, median"]["met"] is False


def test_a_map_that_was_stable_early_stands_for_the_later_rounds():
    assert maps.last_so_far([("a", "b"), ("c", None), (None, None)]) == [("a", "b"), ("c", "b"), ("c", "b")]


SHARES = np.array([0.2, 0.5, 0.1, 0.2])


def test_the_top_regions_are_hidden_that_fit_into_the_area():
    assert maps.hide_what_fits(np.array([2, 0, 1, 3]), SHARES, 0.3).tolist() == [False, True, False, True]
    assert maps.hide_what_fits(np.array([1, 0, 2, 3]), SHARES, 0.3).tolist() == [False, True, False, True]
    assert maps.hide_what_fits(np.array([1]), SHARES, 0.3).all()


def test_random_regions_hide_no_less():
    assert maps.hide_as_much(np.array([2, 0, 1, 3]), SHARES, 0.3).tolist() == [False, True, False, True]
    assert maps.hide_as_much(np.array([1, 0, 2, 3]), SHARES, 0.3).tolist() == [True, False, True, True]
    assert maps.hide_as_much(np.array([1, 0, 2, 3]), SHARES, 0).all()


def test_a_fit_is_useless_as_far_as_random_order_does_as_well():
    fits = np.linspace(0, 1, 100)
    by_chance = np.random.default_rng(0).uniform(0.4, 0.6, 100)
    worth = np.where(fits < 0.4, 1.0, 0.5)  # maps of a fit below 0.4 are as good as chance
    points = np.stack([np.arange(100), fits, worth * by_chance, by_chance], axis=1)
    thresholds = maps.fit_thresholds(points)
    assert thresholds["useless_below"] == pytest.approx(0.39, abs=0.01)
    assert thresholds["good_from"] == pytest.approx(0.40, abs=0.01)
    assert len(thresholds["bins"]) == 5


def test_a_fit_is_not_good_where_one_map_in_twenty_is_hardly_worth_more_than_chance():
    points = np.stack([np.arange(100), np.linspace(0, 1, 100), np.full(100, 0.3), np.full(100, 0.5)], axis=1)
    assert maps.fit_thresholds(points)["good_from"] == 0
    points[30, 2] = 0.45  # of 0.5: one of the twenty from 0.20 to 0.39
    thresholds = maps.fit_thresholds(points)
    assert thresholds["useless_below"] == 0
    assert thresholds["good_from"] == pytest.approx(0.4, abs=0.01)
