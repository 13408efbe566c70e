import json
from pathlib import Path

import numpy as np
import pytest

from emotion.face.detectors import search_by_cnn
from emotion.face.find import find_faces
from emotion.face.frame import (
    BOX_CENTRE,
    BOX_SIDE,
    CNN_BOX_SIDE,
    FRAME_RISE,
    FRAME_SPREAD,
    frame_of_cnn_box,
    make_face,
)
from emotion.face.pixels import to_pixels

ROOT = Path(__file__).parents[2]


def test_the_box_spans_what_it_spans_in_fer2013(astronaut):
    face = astronaut
    top, right, bottom, left = face.box
    assert (right - left, bottom - top) == pytest.approx((BOX_SIDE * face.side, BOX_SIDE * face.side), abs=1)
    middle = face.frame @ (48 * BOX_CENTRE[0], 48 * BOX_CENTRE[1], 1)
    assert middle == pytest.approx(((left + right) / 2, (top + bottom) / 2), abs=1)


def test_faces_are_framed_by_the_medians_that_were_measured():
    """tests/bench/frames.py measures them."""
    measured = json.loads((ROOT / "models" / "frames.json").read_text(encoding="utf-8"))["rows"]
    medians = {name: [row[place][0] for place in ("side", "across", "down")] for name, row in measured.items()}
    assert medians["landmarks"] == pytest.approx([FRAME_SPREAD, 0.5, 0.5 + FRAME_RISE], rel=0.02)
    assert medians["HOG's box"] == pytest.approx([BOX_SIDE, *BOX_CENTRE], rel=0.02)
    assert medians["the CNN's box"] == pytest.approx([CNN_BOX_SIDE, 0.5, 0.5], abs=0.04)


def test_pixels_are_those_of_the_crop(astronaut):
    face = astronaut
    assert face.crop.shape == (round(face.side), round(face.side), 3)
    assert np.array_equal(face.pixels, to_pixels(face.crop))


def test_the_frame_leads_from_the_pixels_to_the_photo(astronaut):
    face = astronaut
    framed = face.framed_landmarks
    assert framed.min() > 0
    assert framed.max() < 52  # the chin may lie below the frame
    there = np.column_stack([framed, np.ones(68)]) @ face.frame.T
    np.testing.assert_allclose(there, face.landmarks)
    left_eye, right_eye = framed[36:42].mean(axis=0), framed[42:48].mean(axis=0)
    assert right_eye[1] == pytest.approx(left_eye[1])  # upright
    # A dark pupil in the photo is a dark pixel in the picture.
    dark = np.unravel_index(face.pixels[16:24, 8:20].argmin(), (8, 12))
    assert np.hypot(*(left_eye - (dark[1] + 8.5, dark[0] + 16.5))) < 2


def test_a_face_at_the_border_is_padded_and_not_squashed(portrait):
    cut = np.ascontiguousarray(portrait[85:, 175:])  # the frame's top and left lie outside
    (face,) = find_faces(cut)
    assert face.frame[1, 2] < -3
    assert min(face.box) >= 0
    assert np.abs(face.crop[0].astype(int) - face.crop[1]).max() <= 4  # rows above the photo repeat its first row


def test_the_cnns_box_is_framed_about_as_the_landmarks_are(portrait, astronaut):
    (candidate,) = search_by_cnn(portrait[:260, 100:360], 0)
    framed = make_face(portrait, frame_of_cnn_box(np.add(candidate.centre, (100, 0)), candidate.angle, candidate.width))
    assert framed.landmarks is None
    assert framed.framed_landmarks is None
    assert framed.side == pytest.approx(astronaut.side, rel=0.25)  # the CNN's boxes come in steps of a fifth
    middles = [face.frame @ (24, 24, 1) for face in (framed, astronaut)]
    assert np.hypot(*np.subtract(*middles)) < 0.15 * astronaut.side
