import numpy as np
import pytest
import skimage.data

from emotion.face.detectors import Candidate
from emotion.face.landmarks import frame_again, frame_landmarks, place_landmarks
from emotion.face.pixels import to_pixels
from emotion.face.views import cut

EYES = (225, 102)
"""The middle between the astronaut's eyes, x and y, read off the photo."""


def test_landmarks_are_placed_on_a_face_that_is_framed_already(portrait):
    left, top, side = 166, 61, 108  # about the astronaut's face, as FER2013 would frame it
    landmarks = frame_landmarks(to_pixels(portrait[top : top + side, left : left + side]))
    assert landmarks.shape == (68, 2)
    expected = (np.array(EYES) - (left, top)) * 48 / side
    assert np.abs(landmarks[36:48].mean(axis=0) - expected).max() < 2
    assert landmarks[8, 1] > landmarks[57, 1] > landmarks[30, 1] > expected[1]  # chin, lips, nose, eyes


def test_a_framed_face_is_framed_again_as_the_page_framed_it(astronaut):
    """Its pixels are what lies in the page's frame, so the page's frame of them is all of them."""
    corners = np.array([(0, 0, 1), (48, 0, 1), (0, 48, 1), (48, 48, 1)])
    assert corners @ frame_again(astronaut.pixels).T == pytest.approx(corners[:, :2], abs=1.5)


@pytest.mark.parametrize(("degrees", "zoom"), [(12, 1.0), (-12, 1.0), (0, 0.9), (0, 1.15)])
def test_a_face_that_is_framed_aslant_or_too_near_is_framed_again_as_the_page_would(portrait, astronaut, degrees, zoom):
    angle, centre = np.radians(degrees), np.array((24, 24))
    turn = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    aslant = np.column_stack([turn, centre - turn @ centre])  # from the picture to the page's own frame
    to_photo = np.column_stack([astronaut.frame[:, :2] @ turn, astronaut.frame @ (*aslant[:, 2], 1)])
    given = to_pixels(cut(portrait, to_photo, (48, 48)))
    again = to_photo[:, :2] @ frame_again(given)
    again[:, 2] += to_photo[:, 2]
    for point in ((0, 0, 1), (48, 0, 1), (0, 48, 1), (48, 48, 1)):
        assert np.hypot(*(again @ point - astronaut.frame @ point)) < 0.06 * astronaut.side


def test_a_doubtful_candidate_is_no_face_where_the_cnn_sees_none(portrait):
    gravel = np.repeat(skimage.data.gravel()[..., None], 3, axis=2)
    doubtful = Candidate(0.1, np.array((200.0, 200.0)), 0.0, 90.0)
    assert place_landmarks(gravel, doubtful) is None
    assert place_landmarks(portrait, Candidate(0.1, np.array((223.0, 118.0)), 0.0, 92.0)).shape == (68, 2)
