"""A photo goes in, its faces come out: where each is, its 68 landmarks, and the pixels that the model reads.

The one room that loads face_recognition, whose import costs a second and has two habits that are met here.

dlib's HOG detector is quick, and sees faces that are upright and look ahead. Its CNN is slow, but hardly ever takes
anything else for a face, and minds neither a tilt nor poor light nor a profile. So HOG proposes, the CNN confirms what
is doubtful, and costlier searches follow only where nothing was confirmed (measured: tests/bench.py, faces and find).
"""

import functools
import threading
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFile, ImageFilter, ImageOps

from emotion import IMAGE_SIZE, InputError
from emotion.face.pixels import to_pixels

SEARCH_SIDE = 800
"""The photo's longer side is shrunk to this before the search, in pixels: time and memory then hardly hang on the
photo. dlib's smallest face is 80 pixels wide, after its one upsampling 40: a twentieth of the photo."""

FINE_SEARCH_SIDE = 1600
ENLARGEMENT = 2.5
"""The same for the last search, for faces of a fortieth of the photo; small photos are enlarged, at most so many
times."""

CNN_SIDE = 400
"""The side of what the CNN looks at, in pixels: four looks take three seconds. Its smallest face is a fifth of that."""

SECOND_CNN_SIDE = 320
"""The same for its second look, at equalised greys: of eight training faces that it had not seen in the first one, it
then saw three."""

MARGIN = 0.2
"""What later searches add around the photo, in shares of its longer side: detectors need some room around a face that
the border cuts, and the corners room to turn."""

SURE_SCORE = 0.5
"""HOG's scores from here on are believed. A face looking into the camera scores 1 and more; a badge on the
astronaut's suit (emotion/page/examples) scores 0.16."""

DOUBTFUL_SCORE = -0.2
"""HOG's scores below are dropped; what lies between is for the CNN to confirm."""

SHADOW_GREY = 60
MAX_GAIN = 8
"""Where the picture is darker than this around, as a mean grey of 0-255, it is brightened to it for the search, so many
times at the most. Of 24 training faces, dimmed to 0.06 beside others that are not, 21 are then found at once instead
of none; elsewhere the picture stays as it is."""

MAX_DOUBTFUL = 6
"""Of doubtful detections so many, the best, are looked at: the CNN takes a tenth of a second for each."""

MIN_WIDTH = 16
"""Faces of fewer pixels' width in the photo are dropped: enlarged three times, they tell the model nothing."""

CROP_SIDE = 480
"""A crop's largest side, in pixels: what the page shows of a face."""

FRAME_SPREAD = 3.2
FRAME_RISE = 0.111
"""FER2013's frame around a face, by its landmarks: its side in units of their spread (root of the mean squared
distance from their mean), and how far its centre lies above their mean, in sides. Fitted on 1,200 training faces,
enlarged at random, as landmarks vary less than dlib's boxes, whose sizes come in steps of a fifth."""

BOX_SIDE = 0.84
BOX_CENTRE = (0.50, 0.555)
"""Where dlib's box lies in that frame: its side and centre (across, down), as shares of the frame's side."""

CNN_BOX_SIDE = 0.81
"""The side of the CNN's box, as a share of that frame's, whose middle is its own: the median over 70 training faces,
enlarged at random, of which it finds 69. It frames faces whose landmarks can't be placed."""

_LOOK_SIDE = 192
_LOOK_BOX = 96
"""A candidate is looked at upright, in a square of so many pixels with its box, so many pixels wide, in the middle."""

_CONFIRMED_SIDE = 144
_CONFIRMED_BOX = 88
"""The same for the CNN's look: of 50 doubtful faces as many (43) are confirmed as in a square of 192, sooner."""

_TURNS = np.radians((0, -15, 15, -30, 30, -45, 45, -60, 60))
"""So far a doubtful candidate may be turned against what its detector saw, in radians."""

_NEAR = 1 / 3
_SIMILAR = 1.5
"""What may set a candidate upright: its middle lies so near, in widths, and neither of the two is more than so many
times as wide as the other. Texture elsewhere in the look can be more like an upright face than a tilted face is."""

_SHADOW_STEPS = 96
"""Light is measured on a copy of the picture about so many pixels long, over an eighth of it."""

_GLANCES = tuple((np.radians(turn), zoom) for turn, zoom in ((0, 1), (-6, 1), (6, 1), (0, 0.93), (0, 1.07)))
"""Turns and zooms of the looks over which landmarks are averaged: one look alone moves by a pixel with the light."""


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
        return IMAGE_SIZE * _scale_of(self.frame)

    @property
    def framed_landmarks(self):
        """(68, 2) float: the landmarks in the 48x48 picture, x and y from 0 to 48, perhaps outside of it; or None."""
        if self.landmarks is None:
            return None
        return (self.landmarks - self.frame[:, 2]) @ np.linalg.inv(self.frame[:, :2]).T


@dataclass(frozen=True)
class _Candidate:
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
    """Find the faces of a photo, the largest first, whichever way it was held.

    Args:
        photo: (H, W, 3) uint8, RGB, 0-255.

    Returns:
        list of Face, at least one.

    Raises:
        InputError: there is no face to be found, or face_recognition is not wholly installed.
    """
    for picture, candidates in _searches(photo):
        faces = [_make_face(photo, picture, candidate) for candidate in _distinct(candidates)]
        faces = [face for face in faces if face is not None and face.side * BOX_SIDE >= MIN_WIDTH]
        if faces:
            return sorted(faces, key=lambda face: -face.side)
    raise InputError(
        "No face was found in this photo. Expected at least one that looks towards the camera "
        "and is not covered. Try a photo in better light, or closer to the face."
    )


def frame_landmarks(pixels):
    """Place the 68 landmarks on a face that is framed already, on which detectors often find nothing.

    Args:
        pixels: (48, 48) uint8, grey, 0-255, a face as FER2013 frames it.

    Returns:
        (68, 2) float, x and y from 0 to 48 in the picture, perhaps outside of it (see Face.landmarks).

    Raises:
        InputError: face_recognition is not wholly installed.
    """
    picture = np.repeat(pixels[..., None], 3, axis=2)
    return _predict_landmarks(picture, _look(IMAGE_SIZE * np.array(BOX_CENTRE), 0.0, IMAGE_SIZE * BOX_SIDE))


def _searches(photo):
    """Yield (picture, candidates in it), each search costlier than the one before; a picture is the photo, resized."""
    plain = _resize(photo, SEARCH_SIDE)
    picture = _lift_shadows(plain)
    yield picture, _search_by_hog(picture)
    # Of a photo that is dark all over, what the shadows were lifted by is mostly noise to the later searches.
    picture = np.asarray(ImageOps.autocontrast(Image.fromarray(plain), cutoff=1))
    yield picture, [found for turn in range(0, 360, 45) for found in _search_by_hog(picture, turn, MARGIN)]
    yield picture, [found for turn in range(0, 360, 90) for found in _search_by_cnn(picture, turn)]
    fine = _lift_shadows(_resize(photo, FINE_SEARCH_SIDE, ENLARGEMENT))
    yield fine, _search_by_hog(fine)
    picture = np.asarray(ImageOps.equalize(Image.fromarray(picture).convert("L")).convert("RGB"))
    yield picture, [found for turn in range(0, 360, 90) for found in _search_by_cnn(picture, turn, SECOND_CNN_SIDE)]


def _search_by_hog(picture, degrees=0, margin=0.0):
    view, matrix = _turn(picture, degrees, max(picture.shape), margin) if margin else (picture, np.eye(2, 3))
    return [_candidate(box, score, matrix, score >= SURE_SCORE) for box, score in _run_hog(view, 1, DOUBTFUL_SCORE)]


def _search_by_cnn(picture, degrees, side=CNN_SIDE):
    view, matrix = _turn(picture, degrees, side, MARGIN)
    return [_candidate(detection.rect, detection.confidence, matrix, certain=True) for detection in _run_cnn(view)]


def _run_hog(view, num_upsamplings, least_score):
    """(box, score) of each face that dlib's HOG detector sees, as a list."""
    with _ONE_AT_A_TIME:
        boxes, scores, _ = load_detector().face_detector.run(view, num_upsamplings, least_score)
    return list(zip(boxes, scores, strict=True))


def _run_cnn(view):
    """The detections of dlib's CNN."""
    with _ONE_AT_A_TIME:
        return load_detector().cnn_face_detector(view)


_ONE_AT_A_TIME = threading.Lock()
"""Detectors keep what they work on in themselves, and let other threads run meanwhile: two threads in one of them
corrupt the memory, and the process is gone (seen with dlib 20.0.1)."""


def _candidate(box, score, matrix, sure=False, certain=False):
    """The _Candidate of a dlib box in a view, whose points are matrix @ (x, y, 1) in the picture."""
    middle = (box.left() + box.right() + 1) / 2, (box.top() + box.bottom() + 1) / 2
    return _Candidate(score, _apply(matrix, middle), _angle_of(matrix), box.width() * _scale_of(matrix), sure, certain)


def _distinct(candidates):
    """The best of those that lie on each other, and of the doubtful ones not more than MAX_DOUBTFUL."""
    kept = []
    for candidate in sorted(candidates, key=lambda candidate: (-candidate.sure, -candidate.score)):
        apart = (np.hypot(*(candidate.centre - other.centre)) > max(candidate.width, other.width) / 2 for other in kept)
        if all(apart):
            kept.append(candidate)
    sure = [candidate for candidate in kept if candidate.sure]
    return sure + kept[len(sure) :][:MAX_DOUBTFUL]


def _place_landmarks(picture, candidate):
    """The (68, 2) landmarks of a candidate in a picture; None where it is doubtful and the CNN sees no face."""
    if candidate.sure:
        landmarks = _predict_landmarks(picture, _look(candidate.centre, candidate.angle, candidate.width))
    else:
        landmarks = _predict_landmarks(picture, *_set_upright(picture, candidate))
    centre, angle, width = _box_around(landmarks)
    if not candidate.sure:
        look = _look(centre, angle, width, _CONFIRMED_SIDE, _CONFIRMED_BOX)
        if not _run_cnn(_cut(picture, look, (_CONFIRMED_SIDE, _CONFIRMED_SIDE))):
            return None
    looks = [_look(centre, angle + turn, width * zoom) for turn, zoom in _GLANCES]
    return np.mean([_predict_landmarks(picture, look) for look in looks], axis=0)


def _predict_landmarks(picture, look, box=None):
    """The (68, 2) landmarks in a picture, as seen in a look with a dlib box (in the middle, unless given)."""
    api = load_detector()
    start = (_LOOK_SIDE - _LOOK_BOX) // 2
    box = box or api.dlib.rectangle(start, start, start + _LOOK_BOX - 1, start + _LOOK_BOX - 1)
    view = _cut(picture, look, (_LOOK_SIDE, _LOOK_SIDE))
    points = [(point.x, point.y) for point in api.pose_predictor_68_point(view, box).parts()]
    return _apply(look, np.array(points) + 0.5)  # dlib counts whole pixels


def _box_around(landmarks):
    """(centre, angle, width) of the box that dlib's detector would draw around landmarks (68, 2)."""
    frame = _frame(landmarks)
    return _apply(frame, IMAGE_SIZE * np.array(BOX_CENTRE)), _angle_of(frame), IMAGE_SIZE * _scale_of(frame) * BOX_SIDE


def _set_upright(picture, candidate):
    """(look, dlib box in it): how a candidate is turned when HOG, which only knows upright faces, is surest."""
    best = -np.inf, _look(candidate.centre, candidate.angle, candidate.width), None
    for turn in _TURNS:
        look = _look(candidate.centre, candidate.angle + turn, candidate.width)
        for box, score in _run_hog(_cut(picture, look, (_LOOK_SIDE, _LOOK_SIDE)), 0, -1.0):
            if score > best[0] and _is_looked_at(box):
                best = score, look, box
    return best[1:]


def _is_looked_at(box):
    """Whether a dlib box in a look is about the one that the look was made for."""
    middle = np.array([box.left() + box.right() + 1, box.top() + box.bottom() + 1]) / 2
    near = np.hypot(*(middle - _LOOK_SIDE / 2)) < _NEAR * _LOOK_BOX
    return near and 1 / _SIMILAR < box.width() / _LOOK_BOX < _SIMILAR


def _look(centre, angle, width, side=_LOOK_SIDE, box=_LOOK_BOX):
    """The matrix of a look at a box: its points are matrix @ (x, y, 1) in the picture."""
    return _square(centre, angle, width / box, side)


def _frame(landmarks):
    """The matrix of FER2013's frame around landmarks (68, 2), upright by the line between the eyes."""
    left_eye, right_eye = landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)
    angle = np.arctan2(*(right_eye - left_eye)[::-1])
    side = FRAME_SPREAD * np.sqrt(landmarks.var(axis=0).sum())
    centre = landmarks.mean(axis=0) + FRAME_RISE * side * np.array([np.sin(angle), -np.cos(angle)])
    return _square(centre, angle, side / IMAGE_SIZE, IMAGE_SIZE)


def _make_face(photo, picture, candidate):
    """The Face of a candidate in a picture, which is the photo, resized; None where it is no face."""
    landmarks = _place_landmarks(picture, candidate)
    if landmarks is None and not candidate.certain:
        return None
    scale = max(photo.shape) / max(picture.shape)
    if landmarks is None:
        side = candidate.width / CNN_BOX_SIDE
        frame = _square(candidate.centre * scale, candidate.angle, side * scale / IMAGE_SIZE, IMAGE_SIZE)
    else:
        landmarks = landmarks * scale
        frame = _frame(landmarks)
    side = IMAGE_SIZE * _scale_of(frame)
    crop_side = max(1, round(side / np.ceil(side / CROP_SIDE)))
    matrix = np.column_stack([frame[:, :2] * IMAGE_SIZE / crop_side, frame[:, 2]])
    crop = _cut(photo, matrix, (crop_side, crop_side))
    left, top = _apply(frame, IMAGE_SIZE * np.array(BOX_CENTRE)) - side * BOX_SIDE / 2
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
    points = _apply(frame, np.stack([x, y], axis=1))
    return float(np.mean(((points < 0) | (points > size)).any(axis=1)))


def _resize(photo, side, enlargement=1.0):
    """A photo with its longer side so many pixels long, if it needs to be enlarged no more than so many times."""
    height, width = photo.shape[:2]
    scale = min(enlargement, side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(photo).resize(size, reducing_gap=2))


def _lift_shadows(picture):
    """A picture brightened where it is dark, so that a face in the dark is found beside one in the light."""
    grey = Image.fromarray(picture).convert("L")
    coarse = grey.reduce(max(1, max(grey.size) // _SHADOW_STEPS)).filter(ImageFilter.BoxBlur(_SHADOW_STEPS // 16))
    around = np.asarray(coarse.resize(grey.size, Image.Resampling.BILINEAR), np.float32)
    gain = np.clip(SHADOW_GREY / np.maximum(around, 1), 1, MAX_GAIN)
    return np.minimum(picture * gain[..., None], 255).astype(np.uint8)


def _turn(picture, degrees, side, margin):
    """A square view of a whole picture, turned, with a margin (a share of its longer side); and the view's matrix."""
    height, width = picture.shape[:2]
    scale = max(height, width) * (1 + 2 * margin) / side
    matrix = _square(np.array([width, height]) / 2, np.radians(degrees), scale, side)
    return _cut(picture, matrix, (side, side)), matrix


def _square(centre, angle, scale, side):
    """The matrix of a square: its point (x, y), from 0 to side, is matrix @ (x, y, 1) in the picture it lies in.

    Args:
        centre: (2,) float, x and y in the picture.
        angle: radians, by which the square is turned clockwise.
        scale: pixels of the picture in one of the square.
        side: of the square, in its own pixels.

    Returns:
        (2, 3) float.
    """
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([turn, centre - turn @ (side / 2, side / 2)])


def _apply(matrix, points):
    """Points (2,) or (n, 2) of a square in the picture that it lies in."""
    return np.asarray(points) @ matrix[:, :2].T + matrix[:, 2]


def _scale_of(matrix):
    return float(np.hypot(*matrix[:, 0]))


def _angle_of(matrix):
    return float(np.arctan2(matrix[1, 0], matrix[0, 0]))


def _cut(photo, matrix, size):
    """Cut a turned rectangle out of a photo; what lies past the border repeats the photo's edge.

    Args:
        photo: (H, W, 3) uint8.
        matrix: (2, 3) float, from the cut's pixels to the photo's.
        size: (width, height) of the cut, pixels.

    Returns:
        (height, width, 3) uint8.
    """
    bounds = np.array(photo.shape[1::-1])
    corners = _apply(matrix, np.array([(0, 0), (size[0], 0), (0, size[1]), size]))
    low, high = np.floor(corners.min(axis=0)) - 2, np.ceil(corners.max(axis=0)) + 2
    left, top = np.clip(low, 0, bounds - 1).astype(int)
    right, bottom = np.clip(high, (left + 1, top + 1), bounds).astype(int)
    factor = max(1, int(_scale_of(matrix)))  # averaged over squares of so many pixels first: no aliasing
    part = np.asarray(Image.fromarray(photo[top:bottom, left:right]).reduce(factor))
    before = np.ceil(np.maximum(0, (left, top) - low) / factor).astype(int)
    after = np.ceil(np.maximum(0, high - (right, bottom)) / factor).astype(int)
    part = np.pad(part, ((before[1], after[1]), (before[0], after[0]), (0, 0)), mode="edge")
    inner = np.column_stack([matrix[:, :2] / factor, (matrix[:, 2] - (left, top)) / factor + before])
    return np.asarray(Image.fromarray(part).transform(size, Image.Transform.AFFINE, inner.ravel(), Image.BICUBIC))
