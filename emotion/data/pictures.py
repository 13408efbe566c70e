"""A picture of a face in any format that Pillow reads, as the pixels that the network reads."""

import warnings

import numpy as np
from PIL import Image, ImageOps

from emotion import InputError
from emotion.face.photo import FORMATS, MAX_MEGAPIXELS, read_photo
from emotion.face.pixels import to_pixels


def read_picture(file):
    """Read a picture of a framed face.

    The page takes only the formats that browsers show. Training data is the trainer's own, so it may have any.

    Args:
        file: Path.

    Returns:
        (48, 48) uint8, grey, 0-255.

    Raises:
        InputError: the file can't be read.
    """
    try:
        photo = read_photo(file)
        if photo.max() < _DARK and (brighter := _read(file, lambda picture: picture.mode.startswith("I"))) is not None:
            photo = brighter
        return to_pixels(photo)
    except (InputError, OSError) as error:
        photo = _read(file, lambda picture: picture.format not in FORMATS)
        if photo is not None:
            return to_pixels(photo)
        raise InputError(
            f"The file {file} can't be read as a picture. It may be empty, damaged, not a picture, not readable "
            f"by you, or of more than {MAX_MEGAPIXELS} megapixels. Replace or remove it, or add --skip-unreadable to "
            "go on without such files."
        ) from error


_DARK = 16
"""No grey of a picture of 16 bits is as bright if it holds 8 or 12 bits, as cameras and programs save them."""


def _read(file, is_wanted):
    """(H, W, 3) RGB or (H, W) grey uint8 of a file, whatever it is; None if it can't be read, or is not wanted.

    is_wanted: function of Pillow's picture, whose pixels are not read yet.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's remarks on odd metadata
            with Image.open(file) as picture:
                too_large = picture.width * picture.height > MAX_MEGAPIXELS * 1_000_000
                if not is_wanted(picture) or too_large or picture.mode == "F":  # real numbers have no known range
                    return None
                return _to_photo(ImageOps.exif_transpose(picture))
    except Exception:  # on damaged bytes, Pillow's readers raise anything
        return None


def _to_photo(picture):
    if picture.mode.startswith("I"):  # up to 16 bits; convert() would clip them at 255
        values = np.asarray(picture)
        num_bits = next((bits for bits in (8, 12) if values.max() < 2**bits), 16)
        return (values >> (num_bits - 8)).clip(0, 255).astype(np.uint8)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return np.asarray(picture.convert("RGB"))
