import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image, ImageFile

from emotion import InputError
from emotion.faces import CROP_SIDE, FRAME_CENTRE, FRAME_SIDE, find_faces, frame_landmarks, load_detector
from emotion.photo import read_photo
from emotion.pixels import to_pixels

ROOT = Path(__file__).parents[1]
ASTRONAUT = read_photo(ROOT / "emotion" / "examples" / "astronaut.jpg")
EYES = (225, 102)  # the middle between the astronaut's eyes, x and y, read off the photo


def _resized(photo, width, height):
    return np.asarray(Image.fromarray(photo).resize((width, height)))


def test_the_astronaut_has_one_face_and_it_is_hers():
    (face,) = find_faces(ASTRONAUT)
    top, right, bottom, left = face.box
    assert left < EYES[0] < right
    assert top < EYES[1] < bottom
    eyes = face.landmarks[36:48].mean(axis=0)
    assert np.abs(eyes - EYES).max() < 6
    assert face.pixels.shape == (48, 48)
    assert face.pixels.dtype == np.uint8


def test_the_box_spans_what_it_spans_in_fer2013():
    (face,) = find_faces(ASTRONAUT)
    top, right, bottom, left = face.box
    frame_left, frame_top, side = face.frame
    assert (left - frame_left) / side == pytest.approx(0.03, abs=0.02)
    assert (right - frame_left) / side == pytest.approx(0.97, abs=0.02)
    assert ((top + bottom) / 2 - frame_top) / side == pytest.approx(FRAME_CENTRE[1], abs=0.02)
    assert side == pytest.approx((right - left) * FRAME_SIDE, abs=2)


def test_pixels_are_those_of_the_crop():
    (face,) = find_faces(ASTRONAUT)
    left, top, side = face.frame
    assert np.array_equal(face.pixels, to_pixels(ASTRONAUT[top : top + side, left : left + side]))


def test_the_largest_face_comes_first():
    photo = np.full((520, 900, 3), 128, np.uint8)
    photo[:, 388:] = _resized(ASTRONAUT, 512, 520)
    photo[60:360, :300] = _resized(ASTRONAUT, 300, 300)
    first, second = find_faces(photo)
    assert first.box[3] > 388 > second.box[1]
    assert first.frame[2] > second.frame[2]


def test_boxes_of_a_large_photo_are_in_its_own_pixels():
    (small,), (large,) = find_faces(ASTRONAUT), find_faces(_resized(ASTRONAUT, 2048, 2048))
    assert np.abs(np.array(large.box) / 4 - small.box).max() < 8
    assert np.abs(large.landmarks / 4 - small.landmarks).max() < 5
    assert large.crop.shape[0] <= CROP_SIDE


def test_a_face_at_the_border_is_padded_and_not_squashed():
    cut = ASTRONAUT[70:, 130:]  # the frame's top and left would lie outside
    (face,) = find_faces(cut)
    left, top, side = face.frame
    assert top < 0
    assert min(face.box) >= 0
    assert face.crop.shape[:2] == (side, side)
    assert np.array_equal(face.crop[0], face.crop[-top])  # rows above the photo repeat its first row
    assert left + side <= cut.shape[1]


@pytest.mark.parametrize("name", ["chelsea", "coffee", "rocket", "brick", "grass", "gravel", "camera"])
def test_a_picture_without_a_clear_face_is_refused(name):
    picture = getattr(skimage.data, name)()
    photo = np.ascontiguousarray(np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture)
    with pytest.raises(InputError, match=r"No face was found in this photo\. Expected at least one"):
        find_faces(photo)


def test_a_photo_of_one_pixel_has_no_face():
    with pytest.raises(InputError, match="No face"):
        find_faces(np.zeros((1, 1, 3), np.uint8))


def test_truncated_files_are_still_refused_after_the_detector_is_loaded():
    load_detector()
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_missing_models_are_said_and_do_not_end_the_process():
    code = (
        "import sys\n"
        "sys.modules['face_recognition_models'] = None\n"  # as if it were not installed
        "from emotion import InputError\n"
        "from emotion.faces import load_detector\n"
        "try: load_detector()\n"
        "except InputError as error: print('said:', error)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "said: The package face_recognition can't find its models" in result.stdout


def test_landmarks_are_placed_on_a_face_that_is_framed_already():
    left, top, side = 166, 61, 108  # about the astronaut's face, as FER2013 would frame it
    landmarks = frame_landmarks(to_pixels(ASTRONAUT[top : top + side, left : left + side]))
    assert landmarks.shape == (68, 2)
    expected = (np.array(EYES) - (left, top)) * 48 / side
    assert np.abs(landmarks[36:48].mean(axis=0) - expected).max() < 2
    assert landmarks[8, 1] > landmarks[57, 1] > landmarks[30, 1] > expected[1]  # chin, lips, nose, eyes
