"""Corruptions: faces as a worse camera, light or framing would have shown them.

Nothing of a face is known beyond its 48x48 pixels, so a view that reaches past them repeats their edge.
After Hendrycks and Dietterich 2019 (arXiv 1903.12261).
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import affine_transform, gaussian_filter

from emotion import IMAGE_SIZE


def blur(pixels, sigma):
    """Blur (n, 48, 48) uint8 faces with a Gaussian of this standard deviation, in pixels."""
    return _to_grey_levels(gaussian_filter(pixels.astype(np.float32), (0, sigma, sigma), mode="nearest"))


def shrink(pixels, side):
    """Shrink (n, 48, 48) uint8 faces to side x side pixels and back, with the filter of pixels.to_pixels."""

    def one(face):
        small = Image.fromarray(face).resize((side, side), Image.Resampling.LANCZOS)
        return np.asarray(small.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.LANCZOS))

    return np.stack([one(face) for face in pixels])


def compress(pixels, quality):
    """Save (n, 48, 48) uint8 faces as JPEG of this quality (1-95) and read them again."""

    def one(face):
        file = io.BytesIO()
        Image.fromarray(face).save(file, "JPEG", quality=quality)
        return np.asarray(Image.open(file))

    return np.stack([one(face) for face in pixels])


def brighten(pixels, factor):
    """Multiply the light of (n, 48, 48) uint8 faces; what is brighter than 255 stays at 255."""
    return _to_grey_levels(pixels * np.float32(factor))


def change_contrast(pixels, factor):
    """Multiply the distance of each of (n, 48, 48) uint8 faces' greys from the face's mean grey."""
    mean = pixels.mean(axis=(1, 2), keepdims=True, dtype=np.float32)
    return _to_grey_levels(mean + (pixels - mean) * np.float32(factor))


def add_noise(pixels, sigma):
    """Add to each pixel of (n, 48, 48) uint8 faces a normal random number of this standard deviation, in grey levels.

    The same faces always get the same noise.
    """
    noise = np.random.default_rng(0).standard_normal(pixels.shape, np.float32)
    return _to_grey_levels(pixels + noise * np.float32(sigma))


def move_across(pixels, distance):
    """Move (n, 48, 48) uint8 faces to the right by a distance in pixels, to the left below 0."""
    return _view(pixels, across=distance)


def move_down(pixels, distance):
    """Move (n, 48, 48) uint8 faces down by a distance in pixels, up below 0."""
    return _view(pixels, down=distance)


def turn(pixels, degrees):
    """Turn (n, 48, 48) uint8 faces clockwise about their middle, the other way below 0."""
    return _view(pixels, degrees=degrees)


def scale(pixels, factor):
    """Show (n, 48, 48) uint8 faces this many times as large, about their middle."""
    return _view(pixels, factor=factor)


def cut_off(pixels, share):
    """Cut (n, 48, 48) uint8 faces at one side, as a photo's border would, and repeat what is left of the edge there.

    Args:
        pixels: (n, 48, 48) uint8. The first is cut at the top, then bottom, left, right, and so on.
        share: of the picture that is cut off, 0-1.
    """
    depth = round(share * IMAGE_SIZE)
    at = np.arange(IMAGE_SIZE)
    low, high = np.maximum(at, depth), np.minimum(at, IMAGE_SIZE - 1 - depth)
    rows = np.stack([low, high, at, at])[np.arange(len(pixels)) % 4]
    columns = np.stack([at, at, low, high])[np.arange(len(pixels)) % 4]
    return pixels[np.arange(len(pixels))[:, None, None], rows[:, :, None], columns[:, None, :]]


@dataclass(frozen=True)
class Corruption:
    """One way in which a picture can be worse, from mild to strong.

    Attributes:
        apply: (pixels, level) -> pixels, both (n, 48, 48) uint8.
        unit: what a level says.
        unchanged: the level at which a face stays as it is.
        levels: those to measure at.
    """

    apply: Callable
    unit: str
    unchanged: float
    levels: tuple


CORRUPTIONS = {
    "blur": Corruption(blur, "sigma, pixels", 0, (0.5, 1, 1.5, 2)),
    "size": Corruption(shrink, "side, pixels", IMAGE_SIZE, (12, 16, 24, 32)),
    "JPEG": Corruption(compress, "quality", 100, (10, 30, 60)),
    "noise": Corruption(add_noise, "sigma, grey levels", 0, (5, 10, 20)),
    "brightness": Corruption(brighten, "times as bright", 1, (0.25, 0.5, 0.75, 1.5, 2)),
    "contrast": Corruption(change_contrast, "times the contrast", 1, (0.25, 0.5, 1.5)),
    "shift across": Corruption(move_across, "pixels to the right", 0, (-6, -4, -2, 2, 4, 6)),
    "shift down": Corruption(move_down, "pixels down", 0, (-6, -4, -2, 2, 4, 6)),
    "rotation": Corruption(turn, "degrees clockwise", 0, (-30, -15, 15, 30)),
    "scale": Corruption(scale, "times as large", 1, (0.7, 0.85, 1.15, 1.3)),
}


def _view(pixels, degrees=0.0, factor=1.0, across=0.0, down=0.0):
    """Turn, scale and move faces about their middle, between pixels by bilinear interpolation."""
    cos, sin = np.cos(np.radians(degrees)) / factor, np.sin(np.radians(degrees)) / factor
    matrix = np.array([[cos, -sin], [sin, cos]])  # from a pixel (down, across) to where it is taken from
    middle = np.full(2, (IMAGE_SIZE - 1) / 2)
    offset = middle - matrix @ np.add(middle, (down, across))
    views = [affine_transform(face, matrix, offset, output=np.float32, order=1, mode="nearest") for face in pixels]
    return _to_grey_levels(np.stack(views))


def _to_grey_levels(values):
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
