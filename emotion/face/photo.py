"""Read any visitor's file as an upright RGB photo, or say what to do in an InputError."""

import io
import threading
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, UnidentifiedImageError

from emotion import InputError
from emotion.face.container import is_jpeg, is_png, orientation_in, read_jpeg, read_png

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "HEIF")
"""Pillow's names of the formats that are read: those that browsers and phones use."""

FORMAT_NAMES = "JPEG, PNG, WebP, GIF or HEIC"
"""The same, for people."""

MAX_MEGAPIXELS = 25
"""Above common phone photos (12 to 24 megapixels). Decoded, they take 75 MB at the most."""

STRIP_PIXELS = 1_000_000
"""Colours are converted in strips of this many pixels. The copy that each step makes then stays small."""

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What sets a picture upright, by its EXIF orientation (Exif 2.32, tag 274)."""

_WARNINGS_LOCK = threading.Lock()  # warnings.catch_warnings changes the whole process, and isn't safe across threads


def read_photo(file, megapixels=MAX_MEGAPIXELS):
    """Read a picture file as the person who took it sees it.

    The first bytes decide what kind of file it is, whatever its name. The size is checked before any pixel is decoded.
    EXIF orientation is applied, transparency is laid over white, 16 bits are scaled to 8, and the colour profile of a
    CMYK print is honoured. Of an animation the first frame is taken. Metadata that can't be read is passed over.

    Args:
        file: path, or binary file object at its start.
        megapixels: the most that it may have.

    Returns:
        (H, W, 3) uint8, RGB, 0-255.

    Raises:
        InputError: the file is empty, of another kind than FORMATS, cut short, damaged, or larger than that.
    """
    content = Path(file).read_bytes() if isinstance(file, str | Path) else file.read()
    if is_jpeg(content):
        return _read_jpeg(content, megapixels)
    content, orientation = read_png(content) if is_png(content) else (content, None)
    return _read(content, megapixels, orientation)


def _read_jpeg(content, megapixels):
    """The photo in the bytes of a JPEG file; refused where part of it is missing."""
    jpeg = read_jpeg(content)
    if not jpeg.in_order or not (jpeg.ended or jpeg.finished):
        raise _damaged()
    photo = _read(jpeg.closed, megapixels, jpeg.orientation)
    doubtful = not jpeg.ended or jpeg.progressive or _has_a_flat_corner(photo)
    if doubtful and not _is_whole(jpeg):
        raise _damaged()
    return photo


def _is_whole(jpeg):
    """Whether no block is missing: a decoder fills those with one colour, but with other data they look different."""
    with _decoder_errors(), Image.open(io.BytesIO(jpeg.closed)) as given, Image.open(io.BytesIO(jpeg.filled)) as filled:
        return np.array_equal(given, filled)


def _has_a_flat_corner(photo):
    """Whether one corner of a photo is of one grey, 4 pixels wide: where a JPEG may have been cut, however it lay."""
    corners = (photo[rows, columns] for rows in (slice(4), slice(-4, None)) for columns in (slice(4), slice(-4, None)))
    return any(np.ptp(corner.mean(axis=2)) < 2 for corner in corners)


def _read(content, megapixels, orientation):
    """The photo in the bytes of a file, turned by an orientation (see container.orientation_in) or by its own."""
    pillow_heif.register_heif_opener()
    with _decoder_errors():
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
    with picture:
        width, height = picture.size
        if width * height > megapixels * 1_000_000:
            raise InputError(_too_large(f"This picture of {width} x {height} pixels", megapixels))
        with _decoder_errors():
            return _to_rgb(picture, orientation)


@contextmanager
def _decoder_errors():
    """Word what Pillow's readers raise. On damaged bytes that can be anything, so all of it is caught here."""
    with _WARNINGS_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's remarks on odd EXIF data and large pictures: both are met here
        try:
            yield
        except UnidentifiedImageError as error:
            raise InputError(
                f"This file can't be read as a picture. Choose a {FORMAT_NAMES} file, "
                "or open it in a photo program and save it as JPEG."
            ) from error
        except Image.DecompressionBombError as error:
            raise InputError(_too_large("This picture")) from error
        except Exception as error:
            raise _damaged() from error


def _damaged():
    return InputError("This picture is cut short or damaged. Copy or download it again, or choose another one.")


def _too_large(what, megapixels=MAX_MEGAPIXELS):
    return (
        f"{what} is too large. Pictures can have up to {megapixels} megapixels. "
        "Make it smaller in a photo program, or choose another one."
    )


def _to_rgb(picture, orientation):
    picture.load()
    profile = picture.info.get("icc_profile")
    orientation = orientation or orientation_in(picture.info.get("exif") or b"")
    if orientation in TURNS:
        picture = picture.transpose(TURNS[orientation])
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
