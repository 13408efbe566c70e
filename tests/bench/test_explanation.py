"""What the bench of the explanation draws and decides, on made-up faces; its figures are no tests."""

import json

import numpy as np
import pytest

from emotion.data.load import Faces
from tests.bench import explanation as bench
from tests.bench.map_judges import judge_sets, judge_truth
from tests.squares import happy_or_sad


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


@pytest.mark.slow
def test_a_run_writes_a_line_for_each_measure_and_goes_on_where_it_was_stopped(tmp_path):
    measures = {("truth", 1): judge_truth, ("sets", 7): judge_sets}
    for _ in range(2):  # the second asks nothing any more
        bench.measure(faces(), _brighter_is_happier, 1, tmp_path, {"weights": "these"}, measures)
    pieces = [line for line in (tmp_path / "explanation.jsonl").read_text().splitlines() if line]
    assert len(pieces) == 7 * bench.NUM_AVERAGED + 1 + 7
    record = json.loads((tmp_path / "explanation.json").read_text())
    assert (record["weights"], record["preliminary"]) == ("these", True)
    confirmed = next(row for row in record["rows"] if row["what"].startswith("sets that the network confirms"))
    assert (confirmed["values"], confirmed["met"], confirmed["faces"]) == (1, True, 7)


def _brighter_is_happier(pixels):
    return happy_or_sad(1 / (1 + np.exp((130 - pixels[:, 24:].mean(axis=(1, 2))) / 2)))
