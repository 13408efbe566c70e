"""The faces of a photo: which searches are made, in which order, and what they find.

The HOG detector proposes, and the CNN confirms what is doubtful. Costlier searches follow only where nothing was
confirmed (measured: tests/bench.py, faces and find).
"""

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from emotion import InputError
from emotion.face.detectors import MARGIN, search_by_cnn, search_by_hog
from emotion.face.frame import BOX_SIDE, frame_around, frame_of_cnn_box, make_face
from emotion.face.landmarks import place_landmarks

SEARCH_SIDE = 800
"""The photo's longer side is shrunk to this before the search, in pixels. Time and memory then hardly depend on the
photo. dlib's smallest face is 80 pixels wide, after one upsampling 40: a twentieth of the photo."""

FINE_SEARCH_SIDE = 1600
ENLARGEMENT = 2.5
"""The same for the fine search, for faces of a fortieth of the photo. Small photos are enlarged, at most this many
times."""

SECOND_CNN_SIDE = 320
"""The side of the CNN's second look, at equalised greys, in pixels. Of eight training faces that it had not seen in
the first one, it then saw three."""

SHADOW_GREY = 60
MAX_GAIN = 8
"""Where the picture is darker than this around, as a mean grey of 0-255, it is brightened to it for the search, at
most this many times. Of 24 training faces, dimmed to 0.06 beside others that are not, 21 are then found at once
instead of none. Elsewhere the picture stays as it is."""

MAX_DOUBTFUL = 6
"""Check at most this many doubtful detections, best first: the CNN takes a tenth of a second for each."""

MIN_WIDTH = 16
"""Faces narrower than this in the photo, in pixels, are dropped: enlarged three times, they tell the model nothing."""

_SHADOW_STEPS = 96
"""Light is measured on a copy of the picture about so many pixels long, over an eighth of it."""


def find_faces(photo):
    """Find the faces of a photo, the largest first, whichever way it was held.

    Args:
        photo: (H, W, 3) uint8, RGB, 0-255.

    Returns:
        list of Face, at least one.

    Raises:
        InputError: no face was found, or face_recognition is not wholly installed.
    """
    for picture, candidates in searches(photo):
        faces = [_face_of(photo, picture, candidate) for candidate in _distinct(candidates)]
        faces = [face for face in faces if face is not None and face.side * BOX_SIDE >= MIN_WIDTH]
        if faces:
            return sorted(faces, key=lambda face: -face.side)
    raise InputError("No face found. Try a photo in which the face is larger, well lit, and looks at the camera.")


def searches(photo):
    """Search a photo in several ways, each costlier than the one before.

    Args:
        photo: (H, W, 3) uint8, RGB.

    Yields:
        (picture, candidates): the photo, resized, as (h, w, 3) uint8, and the list of detectors.Candidate in it.
    """
    plain = _resize(photo, SEARCH_SIDE)
    picture = _lift_shadows(plain)
    yield picture, search_by_hog(picture)
    # Of a photo that is dark all over, lifted shadows are mostly noise to the later searches.
    picture = np.asarray(ImageOps.autocontrast(Image.fromarray(plain), cutoff=1))
    yield picture, [found for turn in range(0, 360, 45) for found in search_by_hog(picture, turn, MARGIN)]
    yield picture, [found for turn in range(0, 360, 90) for found in search_by_cnn(picture, turn)]
    fine = _lift_shadows(_resize(photo, FINE_SEARCH_SIDE, ENLARGEMENT))
    yield fine, search_by_hog(fine)
    picture = np.asarray(ImageOps.equalize(Image.fromarray(picture).convert("L")).convert("RGB"))
    yield picture, [found for turn in range(0, 360, 90) for found in search_by_cnn(picture, turn, SECOND_CNN_SIDE)]


def _distinct(candidates):
    """The best of those that lie on each other, and at most MAX_DOUBTFUL of the doubtful ones."""
    kept = []
    for candidate in sorted(candidates, key=lambda candidate: (-candidate.sure, -candidate.score)):
        apart = (np.hypot(*(candidate.centre - other.centre)) > max(candidate.width, other.width) / 2 for other in kept)
        if all(apart):
            kept.append(candidate)
    sure = [candidate for candidate in kept if candidate.sure]
    return sure + kept[len(sure) :][:MAX_DOUBTFUL]


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


def _resize(photo, side, enlargement=1.0):
    """A photo with its longer side this many pixels long, but enlarged no more than this many times."""
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
