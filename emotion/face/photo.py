"""Any visitor's file goes in, an upright (H, W, 3) RGB photo comes out, or an InputError that says what to do."""

import io
import threading
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from emotion import InputError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "HEIF")
EXPECTED = "Expected a whole JPEG, PNG, WebP, GIF or HEIC file"
MAX_MEGAPIXELS = 25
"""Above common phone photos (12 to 24 megapixels); decoded, they take 75 MB at the most."""

STRIP_PIXELS = 1_000_000
"""Colours are converted in strips of so many pixels: each step's copy is then small, not as large as the photo."""

_WARNINGS_LOCK = threading.Lock()  # warnings.catch_warnings changes the whole process, and isn't safe across threads


def read_photo(file):
    """Read a picture file as the person who took it sees it.

    The size is checked in the header, before any pixel is decoded. EXIF orientation is applied,
    transparency is laid over white, 16 bits are scaled to 8, a CMYK print's colour profile is
    honoured, of an animation the first frame is taken.

    Args:
        file: path, or binary file object at its start.

    Returns:
        (H, W, 3) uint8, RGB, 0-255.

    Raises:
        InputError: the file is empty, of another kind than FORMATS, cut short, damaged, or larger
            than MAX_MEGAPIXELS.
    """
    if isinstance(file, str | Path):
        with open(file, "rb") as opened:
            return read_photo(opened)
    pillow_heif.register_heif_opener()
    with _decoder_errors():
        picture = Image.open(file, formats=FORMATS)
    with picture:
        width, height = picture.size
        if width * height > MAX_MEGAPIXELS * 1_000_000:
            raise InputError(_too_large(f"This picture of {width} x {height} pixels"))
        with _decoder_errors():
            return _to_rgb(picture)


@contextmanager
def _decoder_errors():
    """Word what Pillow's readers raise. On damaged bytes that can be anything, so all of it is caught here."""
    with _WARNINGS_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's remarks on odd EXIF data and large pictures: both are met here
        try:
            yield
        except UnidentifiedImageError as error:
            raise InputError(
                f"This file is not a picture that can be read here. {EXPECTED}. "
                "Open it in a photo program and save it as JPEG, or take another one."
            ) from error
        except Image.DecompressionBombError as error:
            raise InputError(_too_large("This picture")) from error
        except Exception as error:
            raise InputError(
                f"This picture is cut short or damaged. {EXPECTED}. Copy or download it once more, or take another one."
            ) from error


def _too_large(what):
    return (
        f"{what} is too large. Expected {MAX_MEGAPIXELS} megapixels at the most. "
        "Make it smaller in a photo program, or take another one."
    )


def _to_rgb(picture):
    picture.load()
    profile = picture.info.get("icc_profile")
    ImageOps.exif_transpose(picture, in_place=True)
    width, height = picture.size
    photo = np.empty((height, width, 3), np.uint8)
    rows = max(1, STRIP_PIXELS // width)
    for top in range(0, height, rows):
        strip = photo[top : top + rows]
        strip[:] = _strip_to_rgb(picture.crop((0, top, width, top + len(strip))), profile)
    return photo


def _strip_to_rgb(strip, profile):
    if strip.mode.startswith("I"):  # 16-bit grey; convert() would clip at 255 instead of scaling
        strip = Image.fromarray((np.asarray(strip) >> 8).astype(np.uint8))
    if strip.has_transparency_data:
        strip = strip.convert("RGBA")
        strip = Image.alpha_composite(Image.new("RGBA", strip.size, "white"), strip)
    if strip.mode == "CMYK" and profile:
        strip = _from_print(strip, profile)
    return strip.convert("RGB")


def _from_print(picture, profile):
    """A CMYK picture in the colours that its profile means; unchanged where the profile is none for CMYK."""
    try:
        screen = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, io.BytesIO(profile), screen, outputMode="RGB")
    except ImageCms.PyCMSError:
        return picture
