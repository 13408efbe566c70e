"""The faces of a photo: searches propose them, landmarks confirm and frame them.

Where upright faces are found, smaller and tilted ones are looked for beside them. Costlier searches follow only where
nothing was found.
"""

import numpy as np

from emotion import InputError
from emotion.face.frame import BOX_SIDE, box_in, frame_around, frame_of_cnn_box, make_face
from emotion.face.landmarks import place_landmarks
from emotion.face.searches import COSTLIER_SEARCHES, Pictures, search_beside, search_upright

MAX_DOUBTFUL = 6
"""Check at most this many doubtful detections of a search, best first: the CNN takes a tenth of a second for each."""

MAX_FACES = 100
"""The largest are kept: each takes some hundredths of a second."""

MIN_WIDTH = 16
"""Faces narrower than this in the photo, in pixels, are dropped: enlarged three times, they tell the model nothing."""


def find_faces(photo, quick=False):
    """Find the faces of a photo, the largest first, whichever way it was held.

    Faces down to a fortieth of the longer side are found if they are upright, tilted ones down to a tenth.

    Args:
        photo: (H, W, 3) uint8, RGB, 0-255.
        quick: whether one search is enough, for upright faces down to a twentieth of the longer side: for the frames
            of a camera.

    Returns:
        list of Face, at least one, at most MAX_FACES.

    Raises:
        InputError: no face was found, or face_recognition is not wholly installed.
    """
    pictures = Pictures(photo)
    faces = _new_faces(photo, search_upright(pictures))
    if faces and not quick:
        faces += _new_faces(photo, search_beside(pictures), faces)
    for search in () if faces or quick else COSTLIER_SEARCHES:
        if faces := _new_faces(photo, search(pictures)):
            break
    if not faces:
        raise InputError("No face found. Try a photo in which the face is larger, well lit, and looks at the camera.")
    return sorted(faces, key=lambda face: -face.side)[:MAX_FACES]


def reading_order(faces):
    """The order in which people read the faces of a group: row by row from above, each from left to right.

    Args:
        faces: list of Face.

    Returns:
        list of int: places in faces. A face belongs to the row above if its middle is less than half a face lower
        than the middle of that row's last.
    """
    middles = [box_in(face.frame)[0] for face in faces]
    rows = []
    for place in sorted(range(len(faces)), key=lambda place: middles[place][1]):
        if rows and middles[place][1] - middles[rows[-1][-1]][1] < min(faces[place].side, faces[rows[-1][-1]].side) / 2:
            rows[-1].append(place)
        else:
            rows.append([place])
    return [place for row in rows for place in sorted(row, key=lambda place: middles[place][0])]


def _new_faces(photo, found, known=()):
    """The faces among what a search found, without those that are known already.

    Args:
        photo: (H, W, 3) uint8.
        found: list of (picture, candidates).
        known: list of Face.

    Returns:
        list of Face.
    """
    new = []
    for picture, candidates in found:
        scale = max(photo.shape) / max(picture.shape)
        seen = [*known, *new]
        apart = [one for one in candidates if _lies_apart(one.centre * scale, one.width * scale, seen)]
        for candidate in _distinct(apart):
            face = _face_of(photo, picture, candidate)
            if face and face.side * BOX_SIDE >= MIN_WIDTH and _lies_apart(*_place_of(face), [*known, *new]):
                new.append(face)
    return new


def _place_of(face):
    """(centre, width) of the box around a Face, photo pixels."""
    centre, _, width = box_in(face.frame)
    return centre, width


def _lies_apart(centre, width, faces):
    """Whether a box is about none of some faces."""
    return all(_are_apart(centre, width, *_place_of(face)) for face in faces)


def _are_apart(centre, width, other_centre, other_width):
    """Whether the middles of two boxes are further apart than half the width of the wider one."""
    return np.hypot(*(centre - other_centre)) > max(width, other_width) / 2


def _distinct(candidates):
    """The best of those that lie on each other, at most MAX_FACES sure and MAX_DOUBTFUL doubtful ones."""
    kept = []
    for candidate in sorted(candidates, key=lambda candidate: (-candidate.sure, -candidate.score)):
        if all(_are_apart(candidate.centre, candidate.width, other.centre, other.width) for other in kept):
            kept.append(candidate)
    num_sure = sum(candidate.sure for candidate in kept)
    return kept[: min(num_sure, MAX_FACES)] + kept[num_sure:][:MAX_DOUBTFUL]


def _face_of(photo, picture, candidate):
    """The Face of a candidate in a picture, which is the photo, resized; None where it is no face."""
    landmarks = place_landmarks(picture, candidate)
    scale = max(photo.shape) / max(picture.shape)
    if landmarks is not None:
        landmarks = landmarks * scale
        return make_face(photo, frame_around(landmarks), landmarks)
    if not candidate.certain:
        return None
    return make_face(photo, frame_of_cnn_box(candidate.centre * scale, candidate.angle, candidate.width * scale))
