"""The live mirror's answer: followed, steadied and held, by a clock that the tests move."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from emotion import EMOTIONS, InputError
from emotion.analysis.live import HOLDING, SETTLING, Follower

HAPPY, SAD = np.eye(7)[EMOTIONS.index("happy")], np.eye(7)[EMOTIONS.index("sad")]


class Camera:
    """A follower with a face that a test moves, and the time."""

    def __init__(self):
        self.now, self.says, self.face, self.near = 0.0, HAPPY, self.face_at(10), []
        self.follower = Follower(self, lambda: self.now)

    @staticmethod
    def face_at(left):
        return SimpleNamespace(box=(20, left + 40, 60, left), frame=left, pixels=np.zeros((48, 48), np.uint8))

    def follow_face(self, photo, frame):
        self.near.append(frame)
        return self.face

    def classify(self, pixels):
        return self.says[None]

    def look(self, seconds, size=(200, 100)):
        self.now += seconds
        file = io.BytesIO()
        Image.new("RGB", size).save(file, "JPEG")
        return self.follower.look(io.BytesIO(file.getvalue()))


@pytest.fixture
def camera():
    return Camera()


def test_the_first_answer_is_the_model_s_own_and_the_box_a_share_of_the_frame(camera):
    glimpse = camera.look(0)
    assert np.array_equal(glimpse.probabilities, HAPPY)
    assert glimpse.box == (0.05, 0.2, 0.2, 0.4)


@pytest.mark.parametrize("steps", [1, 4])
def test_bars_settle_with_the_time_however_many_frames_there_are(camera, steps):
    camera.look(0)
    camera.says = SAD
    for _ in range(steps):
        glimpse = camera.look(SETTLING / steps)
    assert glimpse.probabilities == pytest.approx(np.exp(-1) * HAPPY + (1 - np.exp(-1)) * SAD)


def test_a_face_is_looked_for_where_it_was(camera):
    camera.look(0)
    camera.face = camera.face_at(30)
    camera.look(0.1)
    camera.look(0.1)
    assert camera.near == [None, 10, 30]


def test_a_face_that_is_missed_for_a_moment_leaves_the_answer_as_it_was(camera):
    before = camera.look(0)
    camera.face = None
    assert camera.look(0.9 * HOLDING) is before
    assert camera.look(0.2 * HOLDING) is None


def test_who_comes_after_is_not_mixed_with_who_went(camera):
    camera.look(0)
    camera.face = None
    camera.look(2 * HOLDING)
    camera.face, camera.says = camera.face_at(10), SAD
    assert np.array_equal(camera.look(0.01).probabilities, SAD)
    assert camera.near == [None, 10, None]


def test_a_frame_as_large_as_a_photo_is_refused(camera):
    with pytest.raises(InputError, match=r"up to 0\.5 megapixels"):
        camera.look(0, (1000, 600))
