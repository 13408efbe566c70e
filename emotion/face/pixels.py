"""Turn a crop of a face into the 48x48 grey pixels that the model reads.

Training and page both come through here, so a face looks the same to the model in both.
"""

import numpy as np
from PIL import Image

from emotion import IMAGE_SIZE


def to_pixels(crop):
    """Turn a picture of a face into what the model reads.

    Grey is ITU-R BT.601 luma (Pillow's "L"); the resize averages over the source area with a
    Lanczos filter, so that shrinking does not alias. A 48x48 grey picture comes back unchanged.

    Args:
        crop: (H, W, 3) RGB or (H, W) grey, uint8, 0-255, H and W at least 1. Squashed to a square
            if it is none: frame it first (see find.find_faces).

    Returns:
        (48, 48) uint8, grey, 0-255.
    """
    grey = Image.fromarray(crop).convert("L")
    return np.asarray(grey.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.LANCZOS))
