"""A face is followed from frame to frame, framed as in a photo."""

import numpy as np
import pytest
from PIL import Image

from emotion.face.find import find_faces
from emotion.face.follow import follow_face
from emotion.face.views import angle_of


@pytest.fixture(scope="module")
def frame(portrait):
    """A camera's frame."""
    return np.asarray(Image.fromarray(portrait).resize((320, 320)))


def _moved(frame, right, degrees=0.0):
    moved = Image.fromarray(frame).rotate(degrees, Image.Resampling.BICUBIC, translate=(right, 0))
    return np.asarray(moved)


def test_a_new_face_is_framed_exactly_as_in_a_photo(frame):
    (expected,) = find_faces(frame)
    assert np.array_equal(follow_face(frame).pixels, expected.pixels)


def test_a_face_that_moved_is_framed_as_in_a_photo(frame):
    before, moved = follow_face(frame), _moved(frame, 12)
    (expected,) = find_faces(moved)
    followed = follow_face(moved, before.frame)
    assert np.abs(followed.pixels.astype(int) - expected.pixels).mean() < 3  # of 255
    assert followed.side == pytest.approx(expected.side, rel=0.02)


def test_a_head_that_tilts_is_followed_further_than_it_would_be_found(frame):
    face = follow_face(frame)
    for degrees in range(-10, -60, -10):
        tilted = _moved(frame, 0, degrees)
        face = follow_face(tilted, face.frame)
    assert follow_face(tilted) is None
    assert np.degrees(angle_of(face.frame)) == pytest.approx(50, abs=5)


def test_a_face_that_jumps_is_found_again(frame):
    away = _moved(frame, 140)
    assert follow_face(away, follow_face(frame).frame).box == follow_face(away).box


def test_where_a_face_has_gone_there_is_none(frame):
    face = follow_face(frame)
    assert follow_face(np.full_like(frame, 128), face.frame) is None
