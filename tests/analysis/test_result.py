import copy
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion import EMOTIONS, InputError
from emotion.analysis.pipeline import KINDS
from emotion.analysis.reproduce import read_result
from emotion.analysis.result import result
from emotion.face.find import find_faces
from emotion.face.photo import read_photo

ROOT = Path(__file__).parents[2]
RECORD = json.loads((ROOT / "models" / "emotion.json").read_text(encoding="utf-8"))
HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")


@pytest.fixture(scope="module")
def numbers(analysis):
    return result(analysis, RECORD, "face parts")


def test_a_result_is_what_json_gives_back(numbers):
    assert json.loads(json.dumps(numbers, allow_nan=False)) == numbers


def test_a_result_holds_what_was_found(numbers, analysis):
    face, explanation = analysis.face, analysis.explanation.by_parts()
    assert numbers["faces"] == [{"box": list(face.box), "frame": face.frame.round(6).tolist(), "warnings": []}]
    assert numbers["face"] == 1
    assert list(numbers["probabilities"]) == list(EMOTIONS)
    assert numbers["probabilities"]["happy"] == pytest.approx(analysis.probabilities[0, HAPPY], abs=1e-6)
    assert numbers["candidates"] == sorted(EMOTIONS, key=lambda emotion: -numbers["probabilities"][emotion])[:2]
    assert np.array(numbers["regions"]).shape == (48, 48)
    assert np.array_equal(numbers["regions"], explanation.regions)
    assert "chin" in numbers["names"]
    assert numbers["evidence"]["happy"] == pytest.approx(explanation.weights[:, HAPPY], abs=1e-6)
    assert numbers["alone"]["sad"] == pytest.approx(explanation.alone[:, SAD], abs=1e-6)
    assert numbers["alone_in_grey"]["sad"] == pytest.approx(explanation.alone_in_grey[:, SAD], abs=1e-6)
    assert numbers["blurred"]["happy"] == pytest.approx(explanation.blurred[HAPPY], abs=1e-6)
    assert numbers["weights_sha256"] == RECORD["sha256"]
    assert numbers["num_samples"] == explanation.num_samples


def test_intervals_and_contrasts_agree_with_the_evidence(numbers, analysis):
    explanation = analysis.explanation.by_parts()
    for emotion in EMOTIONS:
        weights, errors = (np.array(numbers[name][emotion]) for name in ("evidence", "errors"))
        low, high = np.array(numbers["intervals"][emotion]).T
        assert low == pytest.approx(weights - 1.96 * errors, abs=1e-5)
        assert high == pytest.approx(weights + 1.96 * errors, abs=1e-5)
    weights, errors = explanation.contrast("happy", "sad")
    for field, expected in (("contrasts", weights), ("contrast_errors", errors)):
        assert sum(map(len, numbers[field].values())) == 21
        assert numbers[field]["happy"]["sad"] == pytest.approx(expected, abs=1e-5)


def test_sets_are_told_by_the_names_of_the_parts(analysis, person, toy):
    names = analysis.explanation.by_parts().names
    sets = analysis.explanation.sets
    for kind in KINDS:
        told = result(analysis, RECORD, kind)["sets"]
        assert told["changing"] == [names[number] for number in sets.changing]
        assert told["changed"] == pytest.approx(dict(zip(EMOTIONS, sets.changed, strict=True)), abs=1e-6)
        assert told["sufficient"] == [names[number] for number in sets.sufficient]


def test_a_result_tells_nothing_of_the_file_nor_of_the_time(numbers, person):
    assert person.stem not in json.dumps(numbers)
    assert "date" not in numbers
    assert max(len(str(value)) for value in numbers["faces"][0].values()) < 200  # no picture


@pytest.mark.parametrize(("lead", "sure"), [(0.5, True), (0.4, False)])
def test_where_the_model_is_not_sure_the_result_says_so(analysis, lead, sure):
    record = RECORD | {"not_sure": RECORD["not_sure"] | {"certainty": "gap", "threshold": 0.45}}
    probabilities = np.full(7, 0.02)
    probabilities[[SAD, HAPPY]] = 0.45 + lead / 2, 0.45 - lead / 2
    explanation = replace(analysis.explanation, probabilities=probabilities)
    numbers = result(replace(analysis, explanation=explanation), record)
    assert numbers["sure"] is sure
    assert numbers["candidates"] == ["sad", "happy"]


def test_a_poor_photo_is_warned_of_in_the_result(person, analysis, tmp_path):
    Image.open(person).point(lambda grey: grey // 9).save(tmp_path / "dark.png")
    dark = tuple(find_faces(read_photo(tmp_path / "dark.png")))
    numbers = result(replace(analysis, faces=dark), RECORD)
    assert "The face is dark" in numbers["faces"][0]["warnings"][0]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"photo", b"[" * 100_000])
def test_a_file_that_is_no_json_is_refused(tmp_path, content):
    (tmp_path / "result.json").write_bytes(content)
    with pytest.raises(InputError, match=r"is not JSON\. Download"):
        read_result(tmp_path / "result.json")


def test_a_missing_result_is_refused(tmp_path):
    for file in (tmp_path / "nowhere.json", tmp_path):
        with pytest.raises(InputError, match=r"can't be read\. Check its path"):
            read_result(file)


@pytest.mark.parametrize("content", ["null", "[]", "{}", '{"format": 1}', '"result"', "3"])
def test_json_that_is_no_result_is_refused(tmp_path, content):
    (tmp_path / "result.json").write_text(content)
    with pytest.raises(InputError, match="is not a result, or was changed"):
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
        (("num_samples",), 0),
        (("kind",), "pixels"),
        (("evidence", "happy", 0), "0.1"),
        (("regions", 0, 0), 0.5),
        (("stable",), 1),
        (("more",), 1),
        (("faces", 0, "more"), 1),
        (("sets", "more"), 1),
        (("sets", "changing"), "chin"),
    ],
)
def test_a_result_with_impossible_values_is_refused(numbers, tmp_path, path, value):
    changed = copy.deepcopy(numbers)
    *way, last = path
    inner = changed
    for key in way:
        inner = inner[key]
    inner[last] = value
    (tmp_path / "result.json").write_text(json.dumps(changed))
    with pytest.raises(InputError, match="is not a result, or was changed"):
        read_result(tmp_path / "result.json")


def test_a_result_of_another_version_is_told(numbers, tmp_path):
    (tmp_path / "result.json").write_text(json.dumps(numbers | {"format": 99, "more": 1}))
    with pytest.raises(InputError, match=r"another version of this program, not format 3"):
        read_result(tmp_path / "result.json")


def test_a_result_is_read_as_it_was_written(numbers, tmp_path):
    (tmp_path / "result.json").write_text(json.dumps(numbers))
    assert read_result(tmp_path / "result.json") == numbers


def test_a_result_without_one_of_its_fields_is_refused(numbers, tmp_path):
    for field in numbers.keys() - {"format", "pixels_sha256"}:
        (tmp_path / "result.json").write_text(json.dumps({name: numbers[name] for name in numbers if name != field}))
        with pytest.raises(InputError, match="is not a result, or was changed"):
            read_result(tmp_path / "result.json")
