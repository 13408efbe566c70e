import copy
import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from emotion import InputError
from emotion.analysis.pipeline import KINDS, analyse
from emotion.analysis.reproduce import TOLERANCE, differences, reproduce
from emotion.analysis.result import result
from emotion.explain.explanation import explain
from emotion.face.find import find_faces

ROOT = Path(__file__).parents[2]
RECORD = json.loads((ROOT / "models" / "emotion.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def numbers(analysis):
    return result(analysis, RECORD, "face parts")


def _made_again(toy, photo, numbers, tmp_path):
    file = tmp_path / "result.json"
    file.write_text(json.dumps(numbers), encoding="utf-8")
    return reproduce(photo, file, toy.classify, RECORD)


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_is_made_again_from_its_photo(person, toy, tmp_path, kind):
    *_, last = analyse(person, toy)
    assert _made_again(toy, person, result(last, RECORD, kind), tmp_path) == []


def test_a_result_of_the_second_face_is_made_again(photos, toy, tmp_path):
    *_, second = analyse(photos / "two.jpg", replace(toy, find_faces=find_faces), number=2)
    assert _made_again(toy, photos / "two.jpg", result(second, RECORD), tmp_path) == []


def test_a_result_of_another_seed_is_made_again_with_that_seed(person, toy, tmp_path):
    engine = replace(toy, explain=partial(explain, classify=toy.classify, seed=5))
    *_, other = analyse(person, engine)
    numbers = result(other, RECORD, seed=5)
    assert numbers["seed"] == 5
    assert _made_again(toy, person, numbers, tmp_path) == []


def _change(numbers, path, change):
    changed = copy.deepcopy(numbers)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = change(inner[path[-1]])
    return changed


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (("evidence", "happy", 3), lambda value: value + 2 * TOLERANCE),
        (("evidence", "happy", 3), lambda _: float("nan")),
        (("alone", "happy", 3), lambda value: value + 2 * TOLERANCE),
        (("sets", "changing"), lambda value: value[:-1]),
        (("errors", "sad", 0), lambda value: value + 2 * TOLERANCE),
        (("intervals", "fear", 2, 1), lambda value: value + 2 * TOLERANCE),
        (("contrast_errors", "angry", "happy", 1), lambda value: value + 2 * TOLERANCE),
        (("probabilities", "happy"), lambda value: value + 2 * TOLERANCE),
        (("fit", "happy"), lambda value: value - 2 * TOLERANCE),
        (("names", 0), lambda value: value + "!"),
        (("regions", 20, 20), lambda value: value + 1),
        (("sure",), lambda value: not value),
        (("stable",), lambda value: not value),
        (("candidates",), lambda value: value[::-1]),
        (("candidates",), lambda value: value[:1]),
        (("baseline",), lambda value: "none"),
        (("faces", 0, "warnings"), lambda value: ["The face is dark."]),
        (("num_samples",), lambda value: value - 1),
        (("evidence",), lambda value: dict(reversed(value.items())) | {"joy": []}),
    ],
)
def test_a_changed_result_is_told_by_the_field_that_was_changed(numbers, path, change):
    (first, *_) = differences(_change(numbers, path, change), numbers)
    assert first.startswith(path[0])


def test_a_difference_names_both_numbers(numbers):
    changed = _change(numbers, ("fit", "happy"), lambda _: 0.25)
    assert differences(changed, numbers) == [f"fit happy: 0.25 there, {numbers['fit']['happy']} here"]


def test_what_is_within_the_tolerance_and_other_libraries_are_equal(numbers):
    near = _change(numbers, ("evidence", "happy", 3), lambda value: value + TOLERANCE / 2)
    assert differences(_change(near, ("versions", "numpy"), lambda _: "1.0"), numbers) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seed", 7),
        *(pytest.param(*other, marks=pytest.mark.slow) for other in (("kind", "superpixels"), ("num_samples", 700))),
    ],
)
def test_a_result_with_another_seed_kind_or_count_than_its_map_s_is_told(person, toy, numbers, tmp_path, field, value):
    assert _made_again(toy, person, numbers | {field: value}, tmp_path)


def test_another_photo_of_a_face_at_the_same_place_is_told(person, toy, numbers, tmp_path):
    Image.open(person).point(lambda grey: grey * 0.9).save(tmp_path / "darker.png")
    assert _made_again(toy, tmp_path / "darker.png", numbers, tmp_path) == ["the face's 48x48 pixels"]


def test_a_photo_without_that_face_is_refused(person, toy, numbers, tmp_path):
    picture = Image.open(person)
    moved = Image.new("RGB", (2 * picture.width, picture.height), "grey")
    moved.paste(picture, (picture.width, 0))
    moved.save(tmp_path / "moved.png")
    with pytest.raises(InputError, match="no face where the result has one"):
        _made_again(toy, tmp_path / "moved.png", numbers, tmp_path)
    with pytest.raises(InputError, match=r"There is no photo .*\. Check its path"):
        _made_again(toy, tmp_path / "nowhere.jpg", numbers, tmp_path)


def test_a_result_of_other_weights_is_refused(person, toy, numbers, tmp_path):
    other = _change(numbers, ("weights_sha256",), lambda value: "0" * 64)
    with pytest.raises(InputError, match=rf"other weights \(SHA-256 00000000.*{RECORD['sha256'][:8]}"):
        _made_again(toy, person, other, tmp_path)
