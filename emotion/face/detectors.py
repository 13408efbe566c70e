"""dlib's two face detectors and its landmark predictor, as face_recognition ships them.

The HOG detector is quick. It sees upright faces that look ahead. The CNN is slow, but it hardly ever takes anything
else for a face, and a tilt, poor light or a profile does not put it off.

This is the only room that loads face_recognition. Its import costs a second and has two bad habits, met below.
"""

import functools
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from queue import LifoQueue

import numpy as np
from PIL import ImageFile

from emotion import InputError
from emotion.face.views import angle_of, cut, scale_of, to_picture, whole

SURE_SCORE = 0.5
"""HOG's scores from here on are believed. A face looking into the camera scores 1 and more; a badge on the
astronaut's suit (emotion/page/examples) scores 0.16."""

DOUBTFUL_SCORE = -0.2
"""HOG's scores below are dropped. Those between are for the CNN to confirm."""

CNN_SIDE = 400
"""The side of what the CNN looks at, in pixels. Its smallest face is a fifth of that."""

MARGIN = 0.2
"""What turned searches add around the photo, as a share of its longer side. Detectors need some room around a face
that the border cuts, and the corners need room to turn."""

NUM_AT_ONCE = 2
"""Searches that run side by side, as many as the smallest machine has cores."""


@dataclass(frozen=True)
class Candidate:
    """What a detector takes for a face: a square box in a picture, perhaps turned.

    Attributes:
        score: the detector's own.
        centre: (2,) float, x and y, pixels of the picture.
        angle: radians, clockwise.
        width: pixels of the picture.
        sure: whether its landmarks need no confirmation.
        certain: whether it is a face even where its landmarks are not confirmed.
    """

    score: float
    centre: np.ndarray
    angle: float
    width: float
    sure: bool = False
    certain: bool = False


@functools.cache
def load_detector():
    """face_recognition.api, loaded once.

    The page calls this at its start, so that no visitor waits for it. Where model files or pkg_resources are missing,
    the import leaves the process by quit(). It also makes Pillow accept truncated files everywhere. Neither may reach
    the page.

    Raises:
        InputError: face_recognition is not wholly installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # face_recognition_models still imports pkg_resources
            from face_recognition import api
    except SystemExit as error:
        raise InputError(
            "The package face_recognition can't find its models or pkg_resources. Install what requirements.txt pins "
            "(face-recognition-models, and setuptools below 82), or start with 'uv run'."
        ) from error
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    return api


def in_parallel(searches):
    """Run searches side by side, NUM_AT_ONCE at a time. Where nobody listens any more, no further one is begun.

    HOG lets other threads run meanwhile, the CNN does not (dlib 20.0.1).

    Args:
        searches: list of functions without arguments.

    Yields:
        their answers, in the same order.
    """
    pool = ThreadPoolExecutor(NUM_AT_ONCE)
    try:
        yield from pool.map(lambda search: search(), searches)
    finally:  # without waiting for those under way: a server may close this between two visitors' answers
        pool.shutdown(wait=False, cancel_futures=True)


def search_by_hog(picture, degrees=0, margin=0.0, side=None, sure_score=SURE_SCORE):
    """Search a picture with the HOG detector.

    Args:
        picture: (H, W, 3) uint8.
        degrees: by which the picture is turned for the search, clockwise; needs a margin.
        margin: what is added around the picture, as a share of its longer side.
        side: to which the picture with its margin is shrunk, pixels; None for its own longer side.
        sure_score: scores from here on are believed.

    Returns:
        list of Candidate. The smallest are 40 pixels wide in what is searched.
    """
    side = side or max(picture.shape)
    view, matrix = whole(picture, degrees, side, margin) if margin else (picture, np.eye(2, 3))
    return [_candidate(box, score, matrix, score >= sure_score) for box, score in run_hog(view, 1, DOUBTFUL_SCORE)]


def search_square_by_hog(picture, matrix, side, sure_score):
    """Search a turned square of a picture with the HOG detector, as it is: list of Candidate, all of them sure.

    Args:
        picture: (H, W, 3) uint8.
        matrix: (2, 3) float, of the square, see views.square.
        side: of the square, in its own pixels; the smallest candidates are 80 of them wide.
        sure_score: scores from here on are believed, lower ones dropped.
    """
    found = run_hog(cut(picture, matrix, (side, side)), 0, sure_score)
    return [_candidate(box, score, matrix, sure=True) for box, score in found]


def search_by_cnn(picture, degrees=0, side=CNN_SIDE, margin=MARGIN):
    """Search a picture, with its margin shrunk or enlarged to this side, with the CNN: list of Candidate.

    Args:
        picture: (H, W, 3) uint8.
        degrees: by which the picture is turned for the search, clockwise.
        side: pixels; the smallest candidates are 80 of them wide.
        margin: what is added around the picture, as a share of its longer side.
    """
    view, matrix = whole(picture, degrees, side, margin)
    return [_candidate(detection.rect, detection.confidence, matrix, certain=True) for detection in run_cnn(view)]


def run_hog(view, num_upsamplings, least_score):
    """The boxes that the HOG detector sees in a view.

    Args:
        view: (H, W, 3) uint8.
        num_upsamplings: how often the view is doubled first; the smallest face is 80 pixels wide after that.
        least_score: boxes that score less are dropped.

    Returns:
        list of (dlib.rectangle, float score).
    """
    with _borrowed("hog") as detector:
        boxes, scores, _ = detector.run(view, num_upsamplings, least_score)
    return list(zip(boxes, scores, strict=True))


def run_cnn(view):
    """The CNN's detections in a view (H, W, 3) uint8: dlib.mmod_rectangles."""
    with _borrowed("cnn") as detector:
        return detector(view)


def predict_landmarks(view, box):
    """The 68 landmarks that dlib predicts in a view.

    Args:
        view: (H, W, 3) uint8.
        box: (left, top, right, bottom), whole pixels, right and bottom inclusive; or a dlib.rectangle.

    Returns:
        (68, 2) float, x and y in the view's pixels.
    """
    api = load_detector()
    box = api.dlib.rectangle(*box) if isinstance(box, tuple) else box
    points = [(point.x, point.y) for point in api.pose_predictor_68_point(view, box).parts()]
    return np.array(points) + 0.5  # dlib counts whole pixels


@functools.cache
def _spare_detectors():
    """By kind a queue of detectors that nobody uses just now.

    A detector keeps its working memory in itself, and lets other threads run meanwhile. Two threads in one of them
    corrupt the memory, and the process dies (seen with dlib 20.0.1).
    """
    api = load_detector()
    spare = {"hog": LifoQueue(), "cnn": LifoQueue()}  # which leaves as few as possible with much working memory
    for _ in range(NUM_AT_ONCE + 1):  # one for a glance beside a search
        spare["hog"].put(api.dlib.get_frontal_face_detector())
        spare["cnn"].put(api.dlib.cnn_face_detection_model_v1(api.cnn_face_detection_model))
    return spare


@contextmanager
def _borrowed(kind):
    """A detector for this thread alone."""
    spare = _spare_detectors()[kind]
    detector = spare.get()
    try:
        yield detector
    finally:
        spare.put(detector)


def _candidate(box, score, matrix, sure=False, certain=False):
    """The Candidate of a dlib box in a view, whose points are matrix @ (x, y, 1) in the picture."""
    middle = (box.left() + box.right() + 1) / 2, (box.top() + box.bottom() + 1) / 2
    width = box.width() * scale_of(matrix)
    return Candidate(score, to_picture(matrix, middle), angle_of(matrix), width, sure, certain)
