"""What the trust bench draws and decides, on made-up faces; its figures are no tests."""

from pathlib import Path

import bench_maps
import numpy as np
import pytest

from emotion.data import Faces

CARD = Path(__file__).parents[1] / "models" / "README.md"
RECORD = CARD.parent / "explanation.json"


def faces(count=700):
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (count, 48, 48), np.uint8)
    pixels[:7] = 128  # constant pictures
    pixels[7:107] = pixels[-100:]  # copies
    return Faces(pixels, np.arange(count) % 7, ("",) * count)


def test_thirty_faces_of_each_emotion_are_measured_and_never_a_constant_picture():
    rows = bench_maps.measured_faces(faces())
    assert np.array_equal(faces().labels[rows], np.repeat(np.arange(7), 30))
    assert len(set(rows)) == 210
    assert min(rows) >= 7


def test_a_shorter_run_measures_the_first_of_the_same_faces():
    rows, few = bench_maps.measured_faces(faces()), bench_maps.measured_faces(faces(), per_emotion=2)
    assert np.array_equal(few, rows.reshape(7, 30)[:, :2].ravel())


def test_nothing_is_tuned_on_a_measured_face_or_its_copy():
    pixels = faces().pixels
    measured = {face.tobytes() for face in pixels[bench_maps.measured_faces(faces())]}
    tuning = bench_maps.tuning_faces(faces())
    assert len(tuning) > 400
    assert not measured & {face.tobytes() for face in pixels[tuning]}


SHARES = np.array([0.2, 0.5, 0.1, 0.2])


def test_the_top_regions_are_hidden_that_fit_into_the_area():
    assert bench_maps.hide_what_fits(np.array([2, 0, 1, 3]), SHARES, 0.3).tolist() == [False, True, False, True]
    assert bench_maps.hide_what_fits(np.array([1, 0, 2, 3]), SHARES, 0.3).tolist() == [False, True, False, True]
    assert bench_maps.hide_what_fits(np.array([1]), SHARES, 0.3).all()


def test_random_regions_hide_no_less():
    assert bench_maps.hide_as_much(np.array([2, 0, 1, 3]), SHARES, 0.3).tolist() == [False, True, False, True]
    assert bench_maps.hide_as_much(np.array([1, 0, 2, 3]), SHARES, 0.3).tolist() == [True, False, True, True]
    assert bench_maps.hide_as_much(np.array([1, 0, 2, 3]), SHARES, 0).all()


def test_a_fit_is_useless_as_far_as_random_order_does_as_well():
    fits = np.linspace(0, 1, 100)
    by_chance = np.random.default_rng(0).uniform(0.4, 0.6, 100)
    worth = np.where(fits < 0.4, 1.0, 0.5)  # maps of a fit below 0.4 are as good as chance
    points = np.stack([np.arange(100), fits, worth * by_chance, by_chance], axis=1)
    thresholds = bench_maps.fit_thresholds(points)
    assert thresholds["useless_below"] == pytest.approx(0.39, abs=0.01)
    assert thresholds["good_from"] == pytest.approx(0.40, abs=0.01)
    assert len(thresholds["bins"]) == 5
