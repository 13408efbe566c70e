"""The 68 landmarks of a face: placed on a detector's candidate, or on a face that is framed already."""

import numpy as np

from emotion import IMAGE_SIZE
from emotion.face.detectors import Candidate, predict_landmarks, run_cnn, run_hog
from emotion.face.frame import BOX_CENTRE, BOX_SIDE, box_in, frame_around
from emotion.face.views import cut, square, to_picture

_LOOK_SIDE = 192
_LOOK_BOX = 96
"""A candidate is looked at upright, in a square of this side with its box, this wide, in the middle (pixels)."""

_MIDDLE = ((_LOOK_SIDE - _LOOK_BOX) // 2,) * 2 + ((_LOOK_SIDE + _LOOK_BOX) // 2 - 1,) * 2
"""That box: (left, top, right, bottom), right and bottom inclusive."""

_CONFIRMED_SIDE = 144
_CONFIRMED_BOX = 88
"""The same for the CNN's look. Of 50 doubtful faces it confirms as many (43) as in a square of 192, sooner."""

_TURNS = np.radians((0, -15, 15, -30, 30, -45, 45, -60, 60))
"""How far a doubtful candidate may be turned against what its detector saw, in radians."""

_NEAR = 1 / 3
_SIMILAR = 1.5
"""What may set a candidate upright: a box whose middle lies this near, in widths, and that is at most this many times
as wide or as narrow. Texture elsewhere in the look can be more like an upright face than a tilted face is."""

_GLANCES = tuple((np.radians(turn), zoom) for turn, zoom in ((0, 1), (-6, 1), (6, 1), (0, 0.93), (0, 1.07)))
"""Turns and zooms of the looks over which landmarks are averaged: those of one look move by a pixel with the light."""


def place_landmarks(picture, candidate):
    """Place the landmarks of a candidate.

    Args:
        picture: (H, W, 3) uint8.
        candidate: detectors.Candidate in it.

    Returns:
        (68, 2) float, x and y in the picture (see frame.Face.landmarks). None where the candidate is not sure and the
        CNN sees no face there.
    """
    if candidate.sure:
        landmarks = _predict(picture, _look(candidate.centre, candidate.angle, candidate.width))
    else:
        landmarks = _predict(picture, *_set_upright(picture, candidate))
    centre, angle, width = box_in(frame_around(landmarks))
    if not candidate.sure:
        look = _look(centre, angle, width, _CONFIRMED_SIDE, _CONFIRMED_BOX)
        if not run_cnn(cut(picture, look, (_CONFIRMED_SIDE, _CONFIRMED_SIDE))):
            return None
    looks = [_look(centre, angle + turn, width * zoom) for turn, zoom in _GLANCES]
    return np.mean([_predict(picture, look) for look in looks], axis=0)


def frame_landmarks(pixels):
    """Place the 68 landmarks on a face that is framed already, on which detectors often find nothing.

    Args:
        pixels: (48, 48) uint8, grey, 0-255, a face as FER2013 frames it.

    Returns:
        (68, 2) float, x and y from 0 to 48 in the picture, perhaps outside of it (see frame.Face.landmarks).

    Raises:
        InputError: face_recognition is not wholly installed.
    """
    framed = _framed_candidate()
    return _predict(_as_picture(pixels), _look(framed.centre, framed.angle, framed.width))


def frame_again(pixels):
    """Frame a face that is framed already as the page would, once it had found it.

    Five looks are averaged, as in a photo. The page's own frame differs with what surrounds the face.

    Args:
        pixels: (48, 48) uint8, grey, 0-255, a face as FER2013 frames it.

    Returns:
        (2, 3) float: the page's frame. Its point (x, y), from 0 to 48, is frame @ (x, y, 1) in the picture's pixels.
        A face that the page frames as FER2013 does gives about the identity, (1, 0, 0), (0, 1, 0).

    Raises:
        InputError: face_recognition is not wholly installed.
    """
    return frame_around(place_landmarks(_as_picture(pixels), _framed_candidate()))


def _framed_candidate():
    """The Candidate that dlib's HOG detector would see in a framed 48x48 face."""
    return Candidate(0.0, IMAGE_SIZE * np.array(BOX_CENTRE), 0.0, IMAGE_SIZE * BOX_SIDE, sure=True)


def _as_picture(pixels):
    return np.repeat(pixels[..., None], 3, axis=2)


def _predict(picture, look, box=_MIDDLE):
    """The (68, 2) landmarks in a picture, as seen in a look with a dlib box."""
    return to_picture(look, predict_landmarks(cut(picture, look, (_LOOK_SIDE, _LOOK_SIDE)), box))


def _set_upright(picture, candidate):
    """(look, box in it): how a candidate is turned when HOG, which only knows upright faces, is surest."""
    best = -np.inf, _look(candidate.centre, candidate.angle, candidate.width), _MIDDLE
    for turn in _TURNS:
        look = _look(candidate.centre, candidate.angle + turn, candidate.width)
        for box, score in run_hog(cut(picture, look, (_LOOK_SIDE, _LOOK_SIDE)), 0, -1.0):
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
    return square(centre, angle, width / box, side)
