"""Photos of groups: the astronaut's head, as often as wanted."""

import numpy as np
from PIL import Image

from tests.visitor import ASTRONAUT

HEAD = (120, 0, 330, 230)
FACE_WIDTH = 94
"""Where her head is in her photo (left, top, right, bottom), and how wide dlib's box of her face is, in pixels."""


def group(places, size):
    """A grey photo with heads.

    Args:
        places: list of (left, top, width of the face, degrees clockwise).
        size: (width, height) of the photo, pixels.

    Returns:
        (height, width, 3) uint8.
    """
    head = Image.open(ASTRONAUT).convert("RGB").crop(HEAD)
    photo = Image.new("RGB", size, (150, 160, 170))
    for left, top, width, degrees in places:
        resized = head.resize([round(side * width / FACE_WIDTH) for side in head.size], Image.Resampling.LANCZOS)
        one = resized.convert("RGBA").rotate(-degrees, Image.Resampling.BICUBIC, expand=True)
        photo.paste(one, (left, top), one)
    return np.asarray(photo)


def class_photo():
    """A class photo of 12 megapixels, with 32 faces in rows of 100, 130, 160 and 200 pixels.

    Returns:
        (photo, places): see group; places row by row from above, each from left to right.
    """
    places, top = [], 2300
    for width in (200, 160, 130, 100):
        places = [(60 + number * 490, top, width, 0) for number in range(8)] + places
        top -= round(230 * width / FACE_WIDTH) + 60
    return group(places, (4000, 3000)), places
