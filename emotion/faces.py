"""A photo goes in, its faces come out: where each is, its 68 landmarks, and the pixels that the model reads.

The one room that loads face_recognition, whose import costs a second and has two habits that are met here.
"""

import functools
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFile

from emotion import InputError
from emotion.pixels import to_pixels

DETECTION_SIDE = 800
"""The photo's longer side is shrunk to this before the search, in pixels: time and memory then hardly hang on the
photo. dlib's smallest face is 80 pixels wide, after its one upsampling 40: a twentieth of the photo."""

MIN_SCORE = 0.2
"""Detections below are dropped: dlib scores a badge on the astronaut's suit (emotion/examples) 0.16, a face looking
into the camera 1 and more."""

CROP_SIDE = 600
"""A crop's largest side, in pixels: what the page shows of a face."""

FRAME_SIDE = 1 / 0.94
FRAME_CENTRE = (0.50, 0.55)
"""FER2013's frame around a face, by dlib's box: its side in box widths, and where the box's centre lies in it
(across, down, as shares), from the faces of FER2013: the box spans 3 to 97 % of the frame's width and 13.5 to 97 % of
its height. dlib's sizes come in steps of a fifth, so how far faces are enlarged before it moves these figures."""


@dataclass(frozen=True)
class Face:
    """A face found in a photo.

    Attributes:
        box: (top, right, bottom, left), photo pixels, inside the photo; right and bottom exclusive.
        landmarks: (68, 2) float, x and y in photo pixels, in the order of iBUG 300-W (Sagonas et al.
            2013): jaw, brows, nose, eyes, lips.
        frame: (left, top, side), photo pixels: the square that FER2013 would show, perhaps past the border.
        crop: (S, S, 3) uint8, RGB, what the frame holds, S at most CROP_SIDE.
        pixels: (48, 48) uint8, grey, 0-255, what the model reads.
    """

    box: tuple[int, int, int, int]
    landmarks: np.ndarray
    frame: tuple[int, int, int]
    crop: np.ndarray
    pixels: np.ndarray


@functools.cache
def load_detector():
    """face_recognition.api, loaded once.

    The page calls this at its start, so that no visitor waits for it. The import leaves the process
    by quit() where its model files or pkg_resources are missing, and makes Pillow accept truncated
    files everywhere: neither may reach the page.

    Raises:
        InputError: face_recognition is not wholly installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # face_recognition_models still imports pkg_resources
            from face_recognition import api
    except SystemExit as error:
        raise InputError(
            "The package face_recognition can't find its models or pkg_resources. Expected face-recognition-models "
            "and setuptools below 82. Install what requirements.txt pins, or start with 'uv run'."
        ) from error
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    return api


def find_faces(photo):
    """Find the faces of a photo, the largest first.

    Args:
        photo: (H, W, 3) uint8, RGB, 0-255.

    Returns:
        list of Face, at least one.

    Raises:
        InputError: there is no face to be found, or face_recognition is not wholly installed.
    """
    api = load_detector()
    shrunk = _shrink(photo, DETECTION_SIDE)
    scale = max(shrunk.shape) / max(photo.shape)
    # dlib's own call: face_locations() drops the scores, and clips the boxes, which would move the frame.
    found, _, _ = api.face_detector.run(shrunk, 1, MIN_SCORE)
    if not found:
        raise InputError(
            "No face was found in this photo. Expected at least one that looks towards the camera, upright, "
            "and is not covered. Try a photo in better light, or closer to the face."
        )
    faces = []
    for box in sorted(found, key=lambda box: -box.area()):
        landmarks = np.array([(point.x, point.y) for point in api.pose_predictor_68_point(shrunk, box).parts()])
        faces.append(_make_face(photo, box, landmarks, scale))
    return faces


def _shrink(picture, side):
    """Make a picture's longer side at most so many pixels long."""
    height, width = picture.shape[:2]
    scale = min(1, side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(picture).resize(size))


def _make_face(photo, box, landmarks, scale):
    frame = _frame(box, scale)
    crop = _cut(photo, *frame)
    height, width = photo.shape[:2]
    return Face(
        box=(
            max(0, round(box.top() / scale)),
            min(width, round((box.right() + 1) / scale)),
            min(height, round((box.bottom() + 1) / scale)),
            max(0, round(box.left() / scale)),
        ),
        landmarks=landmarks / scale,
        frame=frame,
        crop=_shrink(crop, CROP_SIDE),
        pixels=to_pixels(crop),
    )


def _frame(box, scale):
    """The (left, top, side) in photo pixels of the square around a dlib box found at a scale."""
    side = box.width() * FRAME_SIDE
    left = (box.left() + box.right() + 1) / 2 - FRAME_CENTRE[0] * side
    top = (box.top() + box.bottom() + 1) / 2 - FRAME_CENTRE[1] * side
    return round(left / scale), round(top / scale), round(side / scale)


def _cut(photo, left, top, side):
    """Cut a square out of a photo; what lies past the border repeats the photo's edge."""
    height, width = photo.shape[:2]
    rows = np.arange(top, top + side).clip(0, height - 1)
    columns = np.arange(left, left + side).clip(0, width - 1)
    return photo[rows[:, None], columns]


FRAMED_BOX_WIDTH = 0.84
FRAMED_BOX_CENTRE = (0.50, 0.555)
"""Where dlib's box lies in FER2013's frame: its width and its centre (across, down) as shares of the frame's side."""


def frame_landmarks(pixels):
    """Place the 68 landmarks on a face that is framed already, on which detectors often find nothing.

    Args:
        pixels: (48, 48) uint8, grey, 0-255, a face as FER2013 frames it.

    Returns:
        (68, 2) float, x and y in pixels of the 48x48 picture, in the order of iBUG 300-W.

    Raises:
        InputError: face_recognition is not wholly installed.
    """
    api = load_detector()
    scale, margin = 5, 60  # the landmark model looks past the box, and wants some hundred pixels of face
    side = scale * len(pixels)
    enlarged = np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC))
    picture = np.repeat(np.pad(enlarged, margin, mode="edge")[..., None], 3, axis=2)
    width = round(FRAMED_BOX_WIDTH * side)
    left, top = (margin + round(share * side) - width // 2 for share in FRAMED_BOX_CENTRE)
    box = api.dlib.rectangle(left, top, left + width - 1, top + width - 1)
    points = api.pose_predictor_68_point(picture, box).parts()
    return (np.array([(point.x, point.y) for point in points]) + 0.5 - margin) / scale
