"""FER2013's frame around a face: where the face is framed, and what the frame holds."""

from dataclasses import dataclass

import numpy as np

from emotion import IMAGE_SIZE
from emotion.face.pixels import to_pixels
from emotion.face.views import angle_of, cut, scale_of, square, to_picture

FRAME_SPREAD = 3.2
FRAME_RISE = 0.111
"""FER2013's frame around a face, by its landmarks. The side is in units of their spread (the root of the mean squared
distance from their mean). The rise is how far the centre lies above their mean, in sides. Fitted on 1,200 training
faces, enlarged at random: landmarks vary less than dlib's boxes, whose sizes come in steps of a fifth."""

BOX_SIDE = 0.84
BOX_CENTRE = (0.50, 0.555)
"""Where dlib's HOG box lies in that frame: its side and centre (across, down), as shares of the frame's side."""

CNN_BOX_SIDE = 0.81
"""The side of the CNN's box, as a share of that frame's, whose middle is its own. It is the median over 70 training
faces, enlarged at random, of which the CNN finds 69. It frames faces whose landmarks can't be placed."""

CROP_SIDE = 480
"""A crop's largest side, in pixels: what the page shows of a face."""


@dataclass(frozen=True)
class Face:
    """A face found in a photo.

    Attributes:
        box: (top, right, bottom, left), photo pixels, inside the photo; right and bottom exclusive.
        landmarks: (68, 2) float, x and y in photo pixels, in the order of iBUG 300-W (Sagonas et al.
            2013): jaw, brows, nose, eyes, lips. None where they can't be placed, as on many profiles.
        frame: (2, 3) float: the upright square that the model sees, perhaps past the photo's border.
            Its point (x, y), from 0 to 48 across and down, is frame @ (x, y, 1) in photo pixels.
        crop: (S, S, 3) uint8, RGB, what the frame holds, S at most CROP_SIDE.
        pixels: (48, 48) uint8, grey, 0-255, what the model reads.
        outside: float, which share (0-1) of the frame lies past the photo's border.
    """

    box: tuple[int, int, int, int]
    landmarks: np.ndarray | None
    frame: np.ndarray
    crop: np.ndarray
    pixels: np.ndarray
    outside: float

    @property
    def side(self):
        """Float: the frame's side, in photo pixels."""
        return IMAGE_SIZE * scale_of(self.frame)

    @property
    def framed_landmarks(self):
        """(68, 2) float: the landmarks in the 48x48 picture, x and y from 0 to 48, perhaps outside of it; or None."""
        if self.landmarks is None:
            return None
        return (self.landmarks - self.frame[:, 2]) @ np.linalg.inv(self.frame[:, :2]).T


def frame_around(landmarks):
    """FER2013's frame around landmarks, upright by the line between the eyes.

    Args:
        landmarks: (68, 2) float, x and y in a picture.

    Returns:
        (2, 3) float: see Face.frame.
    """
    left_eye, right_eye = landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)
    angle = np.arctan2(*(right_eye - left_eye)[::-1])
    side = FRAME_SPREAD * np.sqrt(landmarks.var(axis=0).sum())
    centre = landmarks.mean(axis=0) + FRAME_RISE * side * np.array([np.sin(angle), -np.cos(angle)])
    return square(centre, angle, side / IMAGE_SIZE, IMAGE_SIZE)


def frame_of_cnn_box(centre, angle, width):
    """FER2013's frame around the CNN's box: (2, 3) float. Arguments as in detectors.Candidate."""
    return square(centre, angle, width / CNN_BOX_SIDE / IMAGE_SIZE, IMAGE_SIZE)


def box_in(frame):
    """The box that dlib's HOG detector would draw in a frame: (centre, angle, width) as in detectors.Candidate."""
    return (
        to_picture(frame, IMAGE_SIZE * np.array(BOX_CENTRE)),
        angle_of(frame),
        IMAGE_SIZE * scale_of(frame) * BOX_SIDE,
    )


def make_face(photo, frame, landmarks=None):
    """Cut a framed face out of a photo.

    Args:
        photo: (H, W, 3) uint8, RGB.
        frame: (2, 3) float: see Face.frame.
        landmarks: (68, 2) float, photo pixels, or None.

    Returns:
        Face.
    """
    side = IMAGE_SIZE * scale_of(frame)
    crop_side = max(1, round(side / np.ceil(side / CROP_SIDE)))
    matrix = np.column_stack([frame[:, :2] * IMAGE_SIZE / crop_side, frame[:, 2]])
    crop = cut(photo, matrix, (crop_side, crop_side))
    left, top = to_picture(frame, IMAGE_SIZE * np.array(BOX_CENTRE)) - side * BOX_SIDE / 2
    right, bottom = left + side * BOX_SIDE, top + side * BOX_SIDE
    height, width = photo.shape[:2]
    return Face(
        box=(max(0, round(top)), min(width, round(right)), min(height, round(bottom)), max(0, round(left))),
        landmarks=landmarks,
        frame=frame,
        crop=crop,
        pixels=to_pixels(crop),
        outside=_share_outside(frame, (width, height)),
    )


def _share_outside(frame, size):
    """Which share (0-1) of a frame lies past the border of a photo of this size (width, height)."""
    x, y = np.indices((IMAGE_SIZE, IMAGE_SIZE)).reshape(2, -1) + 0.5
    points = to_picture(frame, np.stack([x, y], axis=1))
    return float(np.mean(((points < 0) | (points > size)).any(axis=1)))
