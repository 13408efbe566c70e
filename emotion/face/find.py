"""The faces of a photo: searches propose them, landmarks confirm and frame them.

Where upright faces are found, smaller and tilted ones are looked for beside them. Costlier searches follow only where
nothing was found.
"""

from contextlib import closing
from itertools import islice

import numpy as np

from emotion import InputError
from emotion.face.detectors import in_parallel
from emotion.face.frame import BOX_SIDE, box_in, frame_around, frame_of_cnn_box, make_face
from emotion.face.landmarks import place_landmarks
from emotion.face.searches import COSTLIER, Pictures, beside, upright

MAX_DOUBTFUL = 6
"""Check at most this many doubtful detections of a search, best first: the CNN takes a tenth of a second for each."""

MAX_FACES = 100
"""The first search's come first, of each search the largest: each takes some hundredths of a second."""

MIN_WIDTH = 16
"""Faces narrower than this in the photo, in pixels, are dropped: enlarged three times, they tell the model nothing."""

NO_FACE = "No face found. Try a photo in which the face is larger, well lit, and looks at the camera."


def find_faces(photo):
    """Find the faces of a photo, the largest first, whichever way it was held.

    Faces down to a fortieth of the longer side are found if they are upright, tilted ones down to a tenth.

    Args:
        photo: (H, W, 3) uint8, RGB, 0-255.

    Returns:
        list of Face, at least one, at most MAX_FACES.

    Raises:
        InputError: no face was found, or face_recognition is not wholly installed.
    """
    faces = glance(photo)
    for more, _ in look_closer(photo, faces):
        faces = faces + more
    if not faces:
        raise InputError(NO_FACE)
    return largest_first(faces)


def glance(photo):
    """Find upright faces, down to a twentieth of a photo's longer side: a tenth of what the whole search takes.

    Doubtful ones are confirmed only where no other is found: the closer look sees them again.

    Args:
        photo: (H, W, 3) uint8, RGB, 0-255.

    Returns:
        list of Face, the largest first, at most MAX_FACES, perhaps none.
    """
    ((picture, (look,)),) = upright(Pictures(photo))
    candidates = look()
    sure = [candidate for candidate in candidates if candidate.sure]
    return _new_faces(photo, picture, sure, []) or _new_faces(photo, picture, candidates, [])


def look_closer(photo, faces):
    """Find the faces of a photo that a glance missed. Costlier searches follow only where there is none yet.

    Args:
        photo: (H, W, 3) uint8, RGB, 0-255.
        faces: list of Face, what the glance found.

    Yields:
        (more, share): list of Face, found since the last time, the largest first, mostly none; and the share (0-1) of
        the search that is done. Closing the generator ends the search within a second.
    """
    pictures = Pictures(photo)
    searches = [search(pictures) for search in ((beside,) if faces else COSTLIER)]
    done, count = 0, sum(len(looks) for search in searches for _, looks in search)
    for search in searches:
        more = []
        with closing(in_parallel([look for _, looks in search for look in looks])) as answers:
            for picture, looks in search:
                candidates = []
                for answer in islice(answers, len(looks)):
                    candidates += answer
                    done += 1
                    yield [], done / count
                more += _new_faces(photo, picture, candidates, [*faces, *more])
        if more:
            yield largest_first(more), done / count
            return


def largest_first(faces):
    """Faces by size, the order in which results number them: list of Face."""
    return sorted(faces, key=lambda face: -face.side)


def _new_faces(photo, picture, candidates, known):
    """The faces among what a search found, without those that are known already.

    Args:
        photo: (H, W, 3) uint8.
        picture: that was searched, the photo resized.
        candidates: list of detectors.Candidate in it.
        known: list of Face.

    Returns:
        list of Face, the largest first; no more than make MAX_FACES with those known.
    """
    new = []
    scale = max(photo.shape) / max(picture.shape)
    apart = [one for one in candidates if _lies_apart(one.centre * scale, one.width * scale, known)]
    for candidate in _distinct(apart):
        face = _face_of(photo, picture, candidate)
        if face and face.side * BOX_SIDE >= MIN_WIDTH and _lies_apart(*_place_of(face), [*known, *new]):
            new.append(face)
    return largest_first(new)[: MAX_FACES - len(known)]


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
