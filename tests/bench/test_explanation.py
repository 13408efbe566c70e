"""What the bench of the explanation draws and decides, on made-up faces; its figures are no tests."""

import numpy as np
import pytest

from emotion.data.load import Faces
from tests.bench import explanation as bench
from tests.squares import FACE, ROWS, adds_up, happy_or_sad, shown_squares

ADDS_UP = adds_up(np.linspace(-0.4, 1, 16), -2)


def faces(count=700):
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (count, 48, 48), np.uint8)
    pixels[:7] = 128  # constant pictures
    pixels[7:107] = pixels[-100:]  # copies
    return Faces(pixels, np.arange(count) % 7, ("",) * count)


def test_thirty_faces_of_each_emotion_are_measured_and_never_a_constant_picture():
    rows = bench.measured_faces(faces())
    assert np.array_equal(faces().labels[rows], np.repeat(np.arange(7), 30))
    assert len(set(rows)) == 210
    assert min(rows) >= 7


def test_a_shorter_run_measures_the_first_of_the_same_faces():
    rows, few = bench.measured_faces(faces()), bench.measured_faces(faces(), per_emotion=2)
    assert np.array_equal(few, rows.reshape(7, 30)[:, :2].ravel())


def test_nothing_is_tuned_on_a_measured_face_or_its_copy():
    pixels = faces().pixels
    measured = {face.tobytes() for face in pixels[bench.measured_faces(faces())]}
    tuning = bench.tuning_faces(faces())
    assert len(tuning) > 400
    assert not measured & {face.tobytes() for face in pixels[tuning]}


def test_faces_are_taken_in_turn_from_each_emotion():
    rows = bench.measured_faces(faces(), per_emotion=3)
    assert np.array_equal(faces().labels[bench.in_turn(rows)], np.tile(np.arange(7), 3))


class BlackFace:
    """Stands for the average face."""

    fitted = staticmethod(np.zeros_like)


def test_a_network_that_adds_up_in_log_odds_is_foretold_and_stock_lime_is_further_off():
    found = bench.judge_truth(bench.Subject(FACE, ADDS_UP, ROWS))
    assert found["ours"]["fit"] > 0.999 > found["stock"]["fit"]
    assert all(found["ours"][str(many)] < 0.5 for many in bench.HIDDEN)
    assert found["alone"] == pytest.approx(0, abs=1e-6)
    met = {row["what"]: row["met"] for row in bench.truth_rows([found])}
    assert met["R² over any share hidden, median, ours"]
    assert met["a part hidden alone, most points off"]


def test_the_maps_order_beats_random_order():
    found = bench.judge_order(bench.Subject(FACE, ADDS_UP, ROWS), BlackFace, np.zeros((48, 48)))
    rows = bench.order_rows([found, found])
    against_chance = [row for row in rows if row["what"].endswith("over random") and row["kind"] == "superpixels"]
    assert len(against_chance) == 6
    for row in against_chance:
        assert row["values"][0] < 1 if row["what"].startswith("deletion") else row["values"][0] > 1


def test_sets_are_asked_about_once_more():
    def needs_a_row(pixels):
        return happy_or_sad(np.where(shown_squares(pixels)[:, 4:8].any(axis=1), 0.9, 0.1))

    found = bench.judge_sets(bench.Subject(FACE, needs_a_row, ROWS))
    assert found["confirmed"]
    assert found["changing"] == found["sufficient"] == 1
    values = {row["what"]: row["values"] for row in bench.sets_rows([found])}
    assert values["parts in the set that suffices, mean"] == 1
