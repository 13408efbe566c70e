import json

import numpy as np
import pytest

from emotion import EMOTIONS
from emotion.data.faces import Faces
from emotion.measure.covers import COVERS, cover, measure_covers

ALONG = np.linspace(-1, 1, 17)


def drawn_landmarks():
    """The 68 landmarks of an upright face in the middle of 48x48 pixels, as a child would draw it."""
    jaw = np.stack([24 + 20 * ALONG, 20 + 24 * np.sqrt(1 - ALONG**2)], axis=1)
    brows = np.stack([np.r_[8:18:5j, 30:40:5j], np.full(10, 13)], axis=1)
    nose = np.stack([np.full(9, 24), np.linspace(20, 29, 9)], axis=1)
    ring = np.stack([np.cos(np.arange(6) * np.pi / 3), np.sin(np.arange(6) * np.pi / 3)], axis=1)
    eyes = np.concatenate([(14, 19) + ring * (3, 1.5), (34, 19) + ring * (3, 1.5)])
    turns = np.arange(20) * np.pi / 10
    mouth = np.stack([24 + 6 * np.cos(turns), 37 + 2 * np.sin(turns)], axis=1)
    return np.concatenate([jaw, brows, nose, eyes, mouth])


GREY = np.full((1, 48, 48), 128, np.uint8)
LANDMARKS = drawn_landmarks()[None]
PARTS = {"eyes": slice(36, 48), "mouth": slice(48, 68)}


def covered_at(name, part):
    """Which of a part's landmarks are covered."""
    x, y = np.floor(LANDMARKS[0, PARTS[part]]).astype(int).T
    return cover(GREY, LANDMARKS, name)[0, y, x] != 128


@pytest.mark.parametrize(
    ("name", "hidden", "seen"),
    [
        ("bar over the eyes", "eyes", "mouth"),
        ("dark glasses", "eyes", "mouth"),
        ("bar over the mouth", "mouth", "eyes"),
        ("surgical mask", "mouth", "eyes"),
    ],
)
def test_a_cover_hides_the_part_it_is_for_and_leaves_the_other(name, hidden, seen):
    assert covered_at(name, hidden).all()
    assert not covered_at(name, seen).any()


@pytest.mark.parametrize("name", COVERS)
def test_a_cover_turns_with_the_face(name):
    turned = np.stack([48 - LANDMARKS[..., 1], LANDMARKS[..., 0]], axis=-1)  # clockwise by a quarter
    upright = cover(GREY, LANDMARKS, name)
    difference = np.rot90(upright, -1, axes=(1, 2)).astype(int) - cover(GREY, turned, name)
    assert np.abs(difference).mean() < 1  # edges fall on the other side of a fine pixel


@pytest.mark.parametrize("name", COVERS)
def test_faces_are_covered_each_by_its_own_landmarks_and_stay_as_they_were_given(name):
    faces = np.random.default_rng(0).integers(0, 256, (2, 48, 48), dtype=np.uint8)
    landmarks = np.concatenate([LANDMARKS, LANDMARKS - 2])
    before = faces.copy()
    covered = cover(faces, landmarks, name)
    assert (covered.shape, covered.dtype) == (faces.shape, np.uint8)
    np.testing.assert_array_equal(faces, before)
    for number in range(2):
        np.testing.assert_array_equal(covered[[number]], cover(faces[[number]], landmarks[[number]], name))
    assert (covered != faces).any(axis=(1, 2)).all()


def test_the_figures_of_covered_faces_worked_by_hand():
    def classify(pixels):
        """Happy, 0.9, of a face without black; of one with black sad, 0.7."""
        dark = (pixels < 50).any(axis=(1, 2))
        probabilities = np.zeros((len(pixels), 7))
        probabilities[:, EMOTIONS.index("happy")] = np.where(dark, 0.3, 0.9)
        probabilities[:, EMOTIONS.index("sad")] = np.where(dark, 0.7, 0.1)
        return probabilities

    labels = np.array([EMOTIONS.index(name) for name in ("happy", "happy", "happy", "sad")])
    faces = Faces(np.full((4, 48, 48), 250, np.uint8), labels, ("",) * 4)
    measured = measure_covers(classify, faces, {"certainty": "top", "threshold": 0.6})

    assert list(measured) == ["nothing", *COVERS]
    assert json.loads(json.dumps(measured)) == measured
    for name in ("nothing", "surgical mask"):  # a mask is light
        assert measured[name]["accuracy"] == 0.75
        assert measured[name]["same"] == 1
    bar = measured["bar over the eyes"]
    assert bar["accuracy"] == 0.25
    assert bar["same"] == 0
    assert bar["probability"] == pytest.approx(0.7)
    assert bar["calibration_error"] == pytest.approx(0.45)
    assert bar["not_sure"]["coverage"] == 1
    assert bar["sure_and_wrong"] == 0.75
    assert bar["recall"] == dict.fromkeys(EMOTIONS) | {"happy": 0, "sad": 1}
    assert bar["answers"] == dict.fromkeys(EMOTIONS, 0) | {"sad": 1}
