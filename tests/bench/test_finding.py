"""What the bench of finding faces draws and counts; its figures are no tests."""

import json

import numpy as np
import pytest

from emotion.data.load import Faces
from emotion.face.find import find_faces
from emotion.face.photo import read_photo
from tests.bench.finding import are_taken_for_faces, measure_portraits, measure_variants, summarise
from tests.bench.framing import measure_framing
from tests.bench.looks import Look, Looks, look_at
from tests.bench.pasted import Paste, licensed_photos, paste
from tests.bench.record import write_parts
from tests.visitor import ASTRONAUT

WHITE = np.full((48, 48), 255, np.uint8)


@pytest.mark.slow
def test_a_face_is_found_only_in_its_place():
    photo = read_photo(ASTRONAUT)
    (face,) = find_faces(photo)
    centre = face.frame @ (24, 24, 1)
    look = look_at(Paste(photo, centre + np.array([0, 0.1 * face.side]), face.side))
    assert np.array_equal(look.pixels, face.pixels)
    assert (look.centre_error, look.side_ratio) == pytest.approx((0.1, 1))
    assert look.false_faces == 0
    assert look_at(Paste(photo, centre + np.array([0, face.side]), face.side)) == Look(None, None, None, 1)


@pytest.mark.slow
def test_variants_of_each_licensed_photo_are_counted_apart(tmp_path):
    conditions = {"share covered by a grey bar": ("covered", (0, 1))}
    plain, hidden = measure_variants(always_angry, conditions, 1, tmp_path)["share covered by a grey bar"]
    assert plain["of_photo"] == {key: {"count": 1, "found": 1, "alike": 1} for key in licensed_photos()}
    assert (plain["count"], plain["found"], plain["false_faces"], plain["framed"]) == (3, 1, 0, 1)
    assert (plain["centre_error"], plain["side_ratio"]) == pytest.approx((0, 1), abs=0.1)
    assert hidden["of_photo"] == {key: {"count": 1, "found": 0, "alike": 0} for key in licensed_photos()}


def always_angry(pixels):
    return np.eye(7)[np.zeros(len(pixels), int)]


def test_what_was_found_is_summed_up():
    faces = Faces(np.stack([WHITE] * 4), np.array([0, 0, 1, 1]), ())
    seen = [Look(WHITE, 0.1, 0.8, 0), Look(None, None, None, 2), Look(WHITE, 0.3, 1.0, 1)]
    row = summarise(faces, seen, always_angry)
    assert row["count"] == 3
    assert row["found"] == pytest.approx(2 / 3)
    assert row["false_faces"] == 3
    assert (row["centre_error"], row["side_ratio"]) == pytest.approx((0.2, 0.9))
    assert row["given"] == row["framed"] == 0.5  # of the two found, one is angry


def test_where_nothing_is_found_there_is_no_accuracy():
    faces = Faces(WHITE[None], np.array([0]), ())
    row = summarise(faces, [Look(None, None, None, 0)], always_angry)
    assert row["found"] == 0
    assert row["centre_error"] is row["given"] is row["framed"] is None


@pytest.mark.slow
def test_looks_are_those_that_look_at_gives_and_are_taken_once(tmp_path):
    face = find_faces(read_photo(ASTRONAUT))[0].pixels
    faces = Faces(np.stack([face, WHITE]), np.array([4, 4]), ())
    seen, blank = Looks(tmp_path)(faces, side=[160, 120], light=0.9)
    alone = look_at(paste(face, 0, side=160, light=0.9))
    assert np.array_equal(seen.pixels, alone.pixels)
    assert (seen.centre_error, seen.side_ratio) == (alone.centre_error, alone.side_ratio)
    assert blank == Look(None, None, None, 0)
    kept = (tmp_path / "looks.jsonl").read_bytes()
    again, _ = Looks(tmp_path)(faces, side=[160, 120], light=0.9)
    assert np.array_equal(again.pixels, seen.pixels)
    assert (tmp_path / "looks.jsonl").read_bytes() == kept
    Looks(tmp_path)(faces, side=[160, 121], light=0.9)
    assert len((tmp_path / "looks.jsonl").read_bytes()) > len(kept)


def test_what_framing_costs_is_counted_on_the_faces_that_were_found():
    faces = Faces(np.stack([WHITE] * 5), np.array([0, 0, 1, 1, 1]), ())
    black = np.zeros_like(WHITE)
    seen = [
        Look(WHITE, 0, 1.1, 0),
        Look(black, 0, 1.2, 0),
        Look(WHITE, 0, 0.8, 0),
        Look(black, 0, 1.0, 0),
        Look(None, None, None, 0),
    ]

    def angry_where_white(pixels):
        return np.eye(7)[np.where(pixels.mean(axis=(1, 2)) > 128, 0, 1)]

    table = measure_framing(faces, angry_where_white, lambda *_, **__: seen)
    expected = {
        "angry": {"count": 2, "found": 2, "given": 1, "cut_again": 1, "framed": 0.5, "side_ratio": pytest.approx(1.15)},
        "disgust": {"count": 3, "found": 2, "given": 0, "cut_again": 0, "framed": 0.5, "side_ratio": 0.9},
        "fear": {"count": 0, "found": 0, "given": None, "cut_again": None, "framed": None, "side_ratio": None},
    }
    for name, row in expected.items():
        assert table[name] | {"lost": None} == row | {"lost": None}
    assert table["fear"]["lost"] is None
    lost, low, high = table["all"]["lost"]  # of -1, 0, 0, 1
    assert (lost, high) == pytest.approx((0, 1.96 * np.sqrt(2 / 3) / 2))
    assert low == -high


@pytest.mark.slow
def test_the_rate_without_what_nobody_took_for_a_face_stands_beside_the_whole_one(tmp_path):
    face = find_faces(read_photo(ASTRONAUT))[0].pixels
    votes = np.zeros((2, 10), int)
    votes[0, 4] = 10
    faces = Faces(np.stack([face, WHITE]), np.array([4, 4]), ("face", "white"), votes)
    record = measure_portraits(faces, Looks(tmp_path))
    assert (record["count"], record["found"], record["missed"]) == (2, 0.5, ["white"])
    assert (record["taken_for_faces"]["count"], record["taken_for_faces"]["found"]) == (1, 1)


def test_a_picture_is_no_face_where_half_of_the_voters_say_so_or_there_are_none():
    votes = np.zeros((4, 10), int)
    votes[0, :2] = 3, 7
    votes[1, [3, 9]] = 6, 4  # the last choice is "not a face"
    votes[2, [3, 9]] = 5, 5
    assert are_taken_for_faces(votes).tolist() == [True, True, False, False]


@pytest.mark.parametrize(("weights", "kept"), [("these", True), ("others", False)])
def test_a_part_that_a_stopped_run_did_not_reach_stays_if_it_is_of_the_same_weights(tmp_path, weights, kept):
    (tmp_path / "faces.json").write_text(json.dumps({"weights": "these", "conditions": {}, "portraits": 1}))
    parts = {"portraits": lambda: 2}
    write_parts(parts, tmp_path / "faces.json", {"weights": weights})
    record = json.loads((tmp_path / "faces.json").read_text())
    assert record["portraits"] == 2
    assert record["weights"] == weights
    assert ("conditions" in record) == kept
