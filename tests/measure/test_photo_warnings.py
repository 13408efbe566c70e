from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from emotion.face.find import find_faces
from emotion.face.photo import read_photo
from emotion.measure.corruptions import blur
from emotion.measure.photo_warnings import UNPLACED, WEAKNESSES, measure_limits, sharpness, turn, warn
from tests.visitor import ASTRONAUT

PHOTO = read_photo(ASTRONAUT)
LIMITS = {"small": 24, "blurred": 0.3, "dark": 30, "bright": 200, "cut": 0.3, "turned": 0.5}


def limits(**changed):
    return {name: {"limit": limit} for name, limit in (LIMITS | changed).items()}


def warned_of(face, **changed):
    sentences = warn(face, limits(**changed))
    return [name for name, weakness in WEAKNESSES.items() if weakness.sentence in sentences]


def test_a_good_portrait_gives_no_warning():
    assert warned_of(find_faces(PHOTO)[0]) == []


@pytest.mark.parametrize(
    ("photo", "weakness"),
    [
        (np.asarray(Image.fromarray(PHOTO).resize((96, 96))), "small"),  # a face of 21 pixels
        (np.asarray(Image.fromarray(PHOTO).resize((90, 90)).resize((512, 512))), "blurred"),
        ((PHOTO * 0.12).astype(np.uint8), "dark"),
        ((PHOTO * 1.7).clip(0, 255).astype(np.uint8), "bright"),
        (np.ascontiguousarray(PHOTO[:, 212:]), "cut"),  # beside the nose
    ],
    ids=["small", "blurred", "dark", "bright", "cut"],
)
def test_a_poor_photo_is_said_to_be_poor(photo, weakness):
    assert weakness in warned_of(find_faces(photo)[0])


@pytest.mark.slow
def test_a_face_turned_away_is_told_from_one_that_looks_ahead():
    ahead = find_faces(PHOTO)[0].framed_landmarks
    assert turn(ahead) < 0.25
    aside = ahead.copy()
    aside[30, 0] = ahead[13:16, 0].mean()  # the tip of the nose over the right jaw
    assert turn(aside) == pytest.approx(1)
    face = SimpleNamespace(side=100, pixels=find_faces(PHOTO)[0].pixels, outside=0, framed_landmarks=aside)
    assert warned_of(face) == ["turned"]


def test_a_face_without_landmarks_is_said_to_be_framed_roughly_and_not_to_be_turned():
    good = find_faces(PHOTO)[0]
    face = SimpleNamespace(side=100, pixels=good.pixels, outside=0, framed_landmarks=None)
    assert warn(face, limits()) == [UNPLACED]
    assert UNPLACED not in warn(good, limits())


def test_a_weakness_without_a_limit_is_never_warned_of():
    dark = find_faces((PHOTO * 0.12).astype(np.uint8))[0]
    assert "dark" not in warned_of(dark, dark=None)


def test_sharpness_falls_with_every_blur_and_is_zero_for_an_even_grey():
    face = find_faces(PHOTO)[0].pixels[None]
    values = [sharpness(blur(face, sigma))[0] for sigma in (0.3, 0.7, 1, 2, 3)]
    assert values == sorted(values, reverse=True)
    assert sharpness(np.full((1, 48, 48), 90, np.uint8)) == [0]


def test_limits_lie_where_the_accuracy_falls_by_ten_points():
    """A classifier that is right while any pixel is brighter than 60, and says "angry" always."""
    pixels = np.zeros((200, 48, 48), np.uint8)
    pixels[:, 20:28, 20:28] = 200
    labels = np.zeros(200, int)

    def classify(faces):
        bright = faces.reshape(len(faces), -1).max(axis=1) > 60
        return np.where(bright[:, None], np.eye(7)[0], np.eye(7)[1])

    found = measure_limits(classify, pixels, labels)
    # Mean grey as they are: 200 x 64 / 2304 = 5.56; at half the light 2.78 (100 is still bright), at a quarter 1.39
    # (50 is not); between the two a straight line, of which a tenth is gone.
    assert found["dark"]["limit"] == pytest.approx(2.78 - 0.1 * 1.39, abs=0.01)
    assert [point["accuracy"] for point in found["dark"]["curve"]] == [1, 1, 0, 0, 0, 0]
    assert found["dark"]["warned"] == 0
    assert found["bright"]["limit"] is None
    assert found["small"]["limit"] is None
    assert found["cut"]["limit"] == pytest.approx(0.51)  # half cut off leaves an edge of the square to repeat, 0.6 none
    assert set(found) == set(WEAKNESSES)
