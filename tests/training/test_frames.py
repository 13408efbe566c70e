import numpy as np
import pytest

from emotion.training.frames import as_framed, between_pixels, page_frames, without_wrong
from tests.training.toys import random_faces


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (((1, 0, 0), (0, 1, 0)), (1, 0, 0, 0, 1, 0)),
        # Larger by a quarter about the middle: the point 24 stays, the middle of pixel 0, 0.5, lies at 5.2, pixel 4.7.
        (((0.8, 0, 4.8), (0, 0.8, 4.8)), (0.8, 0, 4.7, 0, 0.8, 4.7)),
        (((1, 0, 3), (0, 1, -2)), (1, 0, 3, 0, 1, -2)),
    ],
)
def test_frames_between_pixels_worked_by_hand(frame, expected):
    np.testing.assert_allclose(between_pixels(np.array([frame], float)), [expected], atol=1e-6)


@pytest.mark.parametrize(
    "frame",
    [((2, 0, -24), (0, 2, -24)), ((0.5, 0, 12), (0, 0.5, 12)), ((1, 0, 8), (0, 1, 0)), ((0, -1, 48), (1, 0, 0))],
)
def test_a_frame_that_cannot_be_right_is_left_out(frame):
    np.testing.assert_array_equal(without_wrong(np.array([frame], float)), [np.eye(2, 3)])


def test_faces_are_framed_once(tmp_path):
    faces = random_faces(2)
    assert page_frames(faces, tmp_path).shape == (2, 2, 3)
    (file,) = tmp_path.iterdir()
    np.save(file, down_right := np.array([((1, 0, 1), (0, 1, 2))] * 2, float))
    np.testing.assert_array_equal(page_frames(faces, tmp_path), down_right)
    framed = as_framed(faces, tmp_path)
    np.testing.assert_array_equal(framed.pixels[:, :-2, :-1], faces.pixels[:, 2:, 1:])
    np.testing.assert_array_equal(framed.labels, faces.labels)
