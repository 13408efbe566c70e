"""What a visitor painted over: which of the pixels that the network sees, as the page's script sends it."""

import base64
import binascii

import numpy as np

from emotion import IMAGE_SIZE

NUM_BYTES = IMAGE_SIZE**2 // 8


def read_painted(text):
    """The mask in a message of the page's script.

    Args:
        text: base64 of a bit a pixel, row by row, the first pixel in the highest bit; "" for none painted.

    Returns:
        (48, 48) bool, True painted over; None where the text is something else.
    """
    if text == "":
        return np.zeros((IMAGE_SIZE, IMAGE_SIZE), bool)
    try:
        packed = base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        return None
    if len(packed) != NUM_BYTES:
        return None
    return np.unpackbits(np.frombuffer(packed, np.uint8)).astype(bool).reshape(IMAGE_SIZE, IMAGE_SIZE)
