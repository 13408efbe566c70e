import copy
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion import EMOTIONS, InputError
from emotion.analysis.engine import Engine
from emotion.analysis.pipeline import KINDS, analyse
from emotion.analysis.reproduce import TOLERANCE, differences, read_result, reproduce
from emotion.analysis.result import result
from emotion.explain.explanation import explain
from emotion.face.find import find_faces
from emotion.face.photo import read_photo
from emotion.measure.photo_warnings import UNPLACED
from emotion.page.card import card

ROOT = Path(__file__).parents[2]
RECORD = json.loads((ROOT / "models" / "emotion.json").read_text(encoding="utf-8"))
HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")


def looks_for_detail(pixels):
    """Happy where both halves are rich in detail, the more the happier; sad has the rest."""
    detail = np.abs(np.diff(pixels.astype(float), axis=2))
    happy = 0.1 + 0.8 * np.tanh(detail[:, :24].mean(axis=(1, 2)) / 10) * np.tanh(detail[:, 24:].mean(axis=(1, 2)) / 10)
    return np.outer(happy, np.eye(7)[HAPPY]) + np.outer(1 - happy, np.eye(7)[SAD])


@pytest.fixture(scope="module")
def person(photos):
    return photos / "person.jpg"


@pytest.fixture(scope="module")
def faces(person):
    return find_faces(read_photo(person))


@pytest.fixture(scope="module")
def toy(faces):
    """An Engine that finds the person's face in every photo, at once."""
    return Engine(lambda _: faces, looks_for_detail, lambda *face: explain(*face, looks_for_detail))


@pytest.fixture(scope="module")
def explanation(faces, toy):
    *_, last = toy.explain(faces[0].pixels, *KINDS["face parts"](faces[0]))
    return last


@pytest.fixture(scope="module")
def numbers(person, toy):
    return analyse(person, 1, "face parts", toy, RECORD)


def _made_again(tmp_path, photo, numbers):
    file = tmp_path / "result.json"
    file.write_text(json.dumps(numbers), encoding="utf-8")
    return reproduce(photo, file, looks_for_detail, RECORD)


def test_a_result_is_what_json_gives_back(numbers):
    assert json.loads(json.dumps(numbers, allow_nan=False)) == numbers


def test_a_result_holds_what_was_found(numbers, faces, explanation):
    face = faces[0]
    assert numbers["faces"] == [{"box": list(face.box), "frame": face.frame.round(6).tolist(), "warnings": []}]
    assert numbers["face"] == 1
    assert list(numbers["probabilities"]) == list(EMOTIONS)
    assert numbers["probabilities"]["happy"] == pytest.approx(looks_for_detail(face.pixels[None])[0, HAPPY], abs=1e-6)
    assert numbers["candidates"] == sorted(EMOTIONS, key=lambda emotion: -numbers["probabilities"][emotion])[:2]
    assert np.array(numbers["regions"]).shape == (48, 48)
    assert np.array_equal(numbers["regions"], explanation.regions)
    assert "chin" in numbers["names"]
    assert numbers["weights"]["happy"] == pytest.approx(explanation.weights[:, HAPPY], abs=1e-6)
    assert numbers["weights_sha256"] == RECORD["sha256"]
    assert numbers["num_samples"] == explanation.num_samples


def test_intervals_sums_and_contrasts_agree_with_the_weights(numbers, explanation):
    for emotion in EMOTIONS:
        weights, errors = (np.array(numbers[name][emotion]) for name in ("weights", "errors"))
        low, high = np.array(numbers["intervals"][emotion]).T
        assert low == pytest.approx(weights - 1.96 * errors, abs=1e-5)
        assert high == pytest.approx(weights + 1.96 * errors, abs=1e-5)
        total = numbers["intercepts"][emotion] + weights.sum()
        assert numbers["surrogate_probabilities"][emotion] == pytest.approx(total, abs=1e-4)
    assert sum(map(len, numbers["contrast_errors"].values())) == 21
    both = explanation.covariances
    expected = np.sqrt(both[:, HAPPY, HAPPY] + both[:, SAD, SAD] - 2 * both[:, HAPPY, SAD])
    assert numbers["contrast_errors"]["happy"]["sad"] == pytest.approx(expected, abs=1e-5)


def test_a_result_tells_nothing_of_the_file_nor_of_the_time(numbers, person):
    assert person.stem not in json.dumps(numbers)
    assert "date" not in numbers
    assert max(len(str(value)) for value in numbers["faces"][0].values()) < 200  # no picture


@pytest.mark.parametrize(("lead", "sure"), [(0.5, True), (0.4, False)])
def test_where_the_model_is_not_sure_the_result_says_so(faces, explanation, lead, sure):
    record = RECORD | {"not_sure": RECORD["not_sure"] | {"certainty": "gap", "threshold": 0.45}}
    probabilities = np.full(7, 0.02)
    probabilities[[SAD, HAPPY]] = 0.45 + lead / 2, 0.45 - lead / 2
    unsure = dataclasses.replace(explanation, probabilities=probabilities)
    numbers = result(faces, 0, unsure, "face parts", record)
    assert numbers["sure"] is sure
    assert numbers["candidates"] == ["sad", "happy"]


def test_a_poor_photo_is_warned_of_in_the_result(person, explanation, tmp_path):
    Image.open(person).point(lambda grey: grey // 9).save(tmp_path / "dark.png")
    dark = find_faces(read_photo(tmp_path / "dark.png"))
    numbers = result(dark, 0, explanation, "face parts", RECORD)
    assert "The face is dark" in numbers["faces"][0]["warnings"][0]


def test_of_two_faces_the_one_that_was_asked_for_is_analysed(photos, toy):
    both = find_faces(read_photo(photos / "two.jpg"))
    engine = dataclasses.replace(toy, find_faces=lambda _: both)
    first, second = (analyse(photos / "two.jpg", number, "superpixels", engine, RECORD) for number in (1, 2))
    assert first["faces"] == second["faces"]
    assert [first["face"], second["face"]] == [1, 2]
    assert first["pixels_sha256"] != second["pixels_sha256"]


@pytest.mark.parametrize("number", [0, 2, -1, 1.5, "1", None, [1]])
def test_a_face_that_is_not_there_is_refused(person, toy, number):
    with pytest.raises(InputError, match=r"no face of that number.*Expected a whole number from 1 to 1"):
        analyse(person, number, "superpixels", toy, RECORD)


@pytest.mark.parametrize("kind", ["pixels", "", None, ["superpixels"]])
def test_a_kind_of_regions_that_is_not_there_is_refused(person, toy, kind):
    with pytest.raises(InputError, match=r"no such kind of regions.*'superpixels' or 'face parts'"):
        analyse(person, 1, kind, toy, RECORD)


def test_where_no_landmarks_were_found_it_says_so_and_takes_superpixels(person, faces):
    face = dataclasses.replace(faces[0], landmarks=None)
    engine = Engine(lambda _: [face], looks_for_detail, lambda *face: explain(*face, looks_for_detail))
    parts, pixels = (analyse(person, 1, kind, engine, RECORD) for kind in ("face parts", "superpixels"))
    assert UNPLACED in parts["faces"][0]["warnings"]
    assert parts["regions"] == pixels["regions"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_is_made_again_from_its_photo(person, toy, tmp_path, kind):
    assert _made_again(tmp_path, person, analyse(person, 1, kind, toy, RECORD)) == []


def test_a_result_of_the_second_face_and_of_an_early_map_is_made_again(photos, toy, tmp_path):
    faces = find_faces(read_photo(photos / "two.jpg"))
    early = next(toy.explain(faces[1].pixels, *KINDS["superpixels"](faces[1])))
    assert _made_again(tmp_path, photos / "two.jpg", result(faces, 1, early, "superpixels", RECORD)) == []


def test_a_result_of_another_seed_is_made_again_with_that_seed(person, faces, tmp_path):
    regions, names = KINDS["face parts"](faces[0])
    *_, other = explain(faces[0].pixels, regions, names, looks_for_detail, seed=5)
    numbers = result(faces, 0, other, "face parts", RECORD, seed=5)
    assert numbers["seed"] == 5
    assert _made_again(tmp_path, person, numbers) == []


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
        (("weights", "happy", 3), lambda value: value + 2 * TOLERANCE),
        (("weights", "happy", 3), lambda _: float("nan")),
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
        (("weights",), lambda value: dict(reversed(value.items())) | {"joy": []}),
    ],
)
def test_a_changed_result_is_told_by_the_field_that_was_changed(numbers, path, change):
    (first, *_) = differences(_change(numbers, path, change), numbers)
    assert first.startswith(path[0])


def test_a_difference_names_both_numbers(numbers):
    changed = _change(numbers, ("fit", "happy"), lambda _: 0.25)
    assert differences(changed, numbers) == [f"fit happy: 0.25 there, {numbers['fit']['happy']} here"]


def test_what_is_within_the_tolerance_and_other_libraries_are_equal(numbers):
    near = _change(numbers, ("weights", "happy", 3), lambda value: value + TOLERANCE / 2)
    assert differences(_change(near, ("versions", "numpy"), lambda _: "1.0"), numbers) == []


@pytest.mark.parametrize(("field", "value"), [("seed", 7), ("kind", "superpixels"), ("num_samples", 700)])
def test_a_result_with_another_seed_kind_or_count_than_its_map_s_is_told(person, numbers, tmp_path, field, value):
    assert _made_again(tmp_path, person, numbers | {field: value})


def test_another_photo_of_a_face_at_the_same_place_is_told(person, numbers, tmp_path):
    Image.open(person).point(lambda grey: grey * 0.9).save(tmp_path / "darker.png")
    assert _made_again(tmp_path, tmp_path / "darker.png", numbers) == ["the face's 48x48 pixels"]


def test_a_photo_without_that_face_is_refused(person, numbers, tmp_path):
    picture = Image.open(person)
    moved = Image.new("RGB", (2 * picture.width, picture.height), "grey")
    moved.paste(picture, (picture.width, 0))
    moved.save(tmp_path / "moved.png")
    with pytest.raises(InputError, match="no face where the result has its own"):
        _made_again(tmp_path, tmp_path / "moved.png", numbers)
    with pytest.raises(InputError, match=r"The photo .* is missing\. Expected"):
        _made_again(tmp_path, tmp_path / "nowhere.jpg", numbers)


def test_a_result_of_other_weights_is_refused(person, numbers, tmp_path):
    other = _change(numbers, ("weights_sha256",), lambda value: "0" * 64)
    with pytest.raises(InputError, match=rf"other weights, whose SHA-256 begins with 00000000.*{RECORD['sha256'][:8]}"):
        _made_again(tmp_path, person, other)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"photo", b"[" * 100_000])
def test_a_file_that_is_no_json_is_refused(tmp_path, content):
    (tmp_path / "result.json").write_bytes(content)
    with pytest.raises(InputError, match=r"is no JSON\. Expected"):
        read_result(tmp_path / "result.json")


def test_a_missing_result_is_refused(tmp_path):
    for file in (tmp_path / "nowhere.json", tmp_path):
        with pytest.raises(InputError, match=r"can't be read\. Expected"):
            read_result(file)


@pytest.mark.parametrize("content", ["null", "[]", "{}", '{"format": 1}', '"result"', "3"])
def test_json_that_is_no_result_is_refused(tmp_path, content):
    (tmp_path / "result.json").write_text(content)
    with pytest.raises(InputError, match="is no result, or was changed"):
        read_result(tmp_path / "result.json")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("face",), 2),
        (("face",), 0),
        (("face",), True),
        (("faces", 0, "box"), [1, 2, 3]),
        (("faces",), []),
        (("seed",), -1),
        (("seed",), 2**32),
        (("num_samples",), 10**12),
        (("num_samples",), 0),
        (("kind",), "pixels"),
        (("weights", "happy", 0), "0.1"),
        (("regions", 0, 0), 0.5),
        (("stable",), 1),
    ],
)
def test_a_result_with_impossible_values_is_refused(numbers, tmp_path, path, value):
    (tmp_path / "result.json").write_text(json.dumps(_change(numbers, path, lambda _: value)))
    with pytest.raises(InputError, match="is no result, or was changed"):
        read_result(tmp_path / "result.json")


def test_a_result_of_another_version_is_told(numbers, tmp_path):
    (tmp_path / "result.json").write_text(json.dumps(numbers | {"format": 99, "more": 1}))
    with pytest.raises(InputError, match=r"another version\. Expected format 2\."):
        read_result(tmp_path / "result.json")


def _ink(picture):
    return (picture != 255).any(axis=2)


@pytest.mark.parametrize("other", [None, "surprise"])
def test_no_text_of_a_card_runs_into_its_margins(faces, explanation, other):
    names = tuple(f"the outer corner of the right eye, number {number}" for number in range(len(explanation.names)))
    wordy = dataclasses.replace(explanation, names=names, stable=False)
    picture = card(faces[0], wordy, "face parts", "disgust", RECORD, {"useless_below": 0.4, "good_from": 0.9}, other)
    ink = _ink(picture)
    assert picture.dtype == np.uint8
    assert picture.shape[1] == 1080
    assert not ink[:, :40].any()
    assert not ink[:, -40:].any()
    assert not ink[:40].any()
    assert not ink[-40:].any()
    assert ink[-120:].any()


def test_a_card_shows_the_map_that_was_asked_for(faces, explanation):
    happy, sad, face, contrast = (
        card(faces[0], explanation, "face parts", emotion, RECORD, other=other).astype(int)
        for emotion, other in (("happy", None), ("sad", None), ("fear", None), ("happy", "sad"))
    )

    def warmth(picture):
        drawn = picture[600:1400, 200:880]  # most of the map
        return (drawn[..., 0] - drawn[..., 2]).mean()

    assert warmth(happy) > warmth(face) + 5
    assert warmth(sad) < warmth(face) - 5
    assert (contrast[500:1500] != happy[500:1500]).any()
