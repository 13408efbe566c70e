"""Any visitor's file goes in, an upright (H, W, 3) RGB photo comes out, or an InputError that says what to do."""

import struct
import threading
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from emotion import InputError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MAX_MEGAPIXELS = 25
"""Above common phone photos (12 to 24 megapixels); decoded, they take 75 MB at the most."""

_WARNINGS_LOCK = threading.Lock()  # warnings.catch_warnings changes the whole process, and isn't safe across threads


def read_photo(file):
    """Read a picture file as the person who took it sees it.

    The size is checked in the header, before any pixel is decoded. EXIF orientation is applied,
    transparency is laid over white, 16-bit grey is scaled to 8 bits, of an animation the first
    frame is taken.

    Args:
        file: path, or binary file object at its start.

    Returns:
        (H, W, 3) uint8, RGB, 0-255.

    Raises:
        InputError: the file is empty, of another kind than FORMATS, cut short, damaged, or larger
            than MAX_MEGAPIXELS.
    """
    with _WARNINGS_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's remarks on odd EXIF data and bombs: both are met here
        try:
            with Image.open(file, formats=FORMATS) as picture:
                _check_size(*picture.size)
                return _to_rgb(picture)
        except UnidentifiedImageError as error:
            raise InputError(
                "This file is not a picture that can be read here. Expected a JPEG, PNG, WebP or GIF file. "
                "Open it in a photo program and save it as JPEG, or take another one."
            ) from error
        except Image.DecompressionBombError as error:
            raise InputError(_too_large("This picture")) from error
        except FileNotFoundError:
            raise
        except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error) as error:
            # All that Pillow's readers raise on damaged bytes.
            raise InputError(
                "This picture is cut short or damaged. Expected a whole JPEG, PNG, WebP or GIF file. "
                "Copy or download it once more, or take another one."
            ) from error


def _check_size(width, height):
    if width * height > MAX_MEGAPIXELS * 1_000_000:
        raise InputError(_too_large(f"This picture of {width} x {height} pixels"))


def _too_large(what):
    return (
        f"{what} is too large. Expected {MAX_MEGAPIXELS} megapixels at the most. "
        "Make it smaller in a photo program, or take another one."
    )


def _to_rgb(picture):
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I"):  # 16-bit grey; convert() would clip at 255 instead of scaling
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    return np.asarray(picture.convert("RGB"))
