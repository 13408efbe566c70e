"""A random view of each training face: turned, moved, lit, blurred, covered in part.

All of a view follows from numbers that the caller draws, so that TensorFlow and JAX see the same views. One affine
transform for a whole batch costs little beside the network, against layer after layer or face after face (measured:
tests/bench/training_speed.py).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from keras import ops

from emotion import IMAGE_SIZE

NUM_DRAWS = 24
"""Random numbers for each view."""

NUM_NOISES = 2**18
"""Length of the table of normal noise, from which each noisy face takes a random piece of 48 x 48."""

EYES, MOUTH = (11, 24), (29, 46)
"""Rows of a face of 48 x 48 in which eyes with brows, and mouth with chin, lie."""


@dataclass(frozen=True)
class Augmentation:
    """How far a training face is changed at random: each value is the most, drawn evenly up and down.

    Attributes:
        rotation: radians.
        zoom: share of the size.
        shear: radians.
        shift: pixels.
        contrast: share.
        brightness: grey levels (0-255).
        erase: chance (0-1) that a rectangle with sides of 8-20 pixels is filled with one random grey.
        cover: chance (0-1) that eyes or mouth are filled with one random grey.
        blur: standard deviation of a Gaussian, pixels, at most 2.
        noise: standard deviation of normal noise, grey levels.
        border: what fills the corners: reflect mirrors the face there, nearest repeats its edge.
    Half of the faces are mirrored as well. A quarter of them are blurred, a quarter get noise.
    """

    rotation: float
    zoom: float
    shear: float
    shift: float = 0
    contrast: float = 0
    brightness: float = 0
    erase: float = 0
    cover: float = 0
    blur: float = 0
    noise: float = 0
    border: str = "reflect"


def draw_numbers(random, count):
    """What augment needs for a number of faces: (NUM_DRAWS, count) float32, uniform in -1..1.

    Args:
        random: numpy.random.Generator.
        count: number of faces.
    """
    return random.uniform(-1, 1, (NUM_DRAWS, count)).astype(np.float32)


def augment(pixels, augmentation, draws, frames=None):
    """Give every face a random view of its own, all of them in one affine transform.

    Args:
        pixels: (n, 48, 48, 1) float32 tensor, 0-255.
        augmentation: Augmentation.
        draws: (NUM_DRAWS, n) float32 tensor of draw_numbers.
        frames: (n, 6) float32 tensor: how the page would frame each face. Half of the views then begin from there.
            A point x, y of the frame lies at a*x + b*y + c, d*x + e*y + f of the face, in pixels.

    Returns:
        (n, 48, 48, 1) float32 tensor, 0-255.
    """
    if augmentation.cover:
        covered = covered_areas(draws[20:22]) & (draws[22] < 2 * augmentation.cover - 1)[:, None, None]
        pixels = ops.where(covered[..., None], _spread(127.5 * (1 + draws[23])), pixels)
    views = ops.image.affine_transform(
        pixels,
        _places(augmentation, draws, frames),
        interpolation="bilinear",
        fill_mode=augmentation.border,
        data_format="channels_last",
    )
    if augmentation.blur:
        views = blurred(views, augmentation.blur * ops.relu(2 * draws[14] - 1))
    contrast, brightness = 1 + augmentation.contrast * draws[6], augmentation.brightness * draws[7]
    views = (views - 127.5) * _spread(contrast) + _spread(127.5 + brightness)
    if augmentation.erase:
        erased = erased_areas(draws[8:12]) & (draws[12] < 2 * augmentation.erase - 1)[:, None, None]
        views = ops.where(erased[..., None], _spread(127.5 * (1 + draws[13])), views)
    if augmentation.noise:
        views += _spread(augmentation.noise * ops.relu(2 * draws[15] - 1)) * _noise(draws[16])
    return ops.clip(views, 0.0, 255.0)


def blurred(pixels, sigma, radius=4):
    """Blur each face by a Gaussian of its own.

    Args:
        pixels: (n, 48, 48, 1) float32 tensor.
        sigma: (n,) float32 tensor, standard deviations in pixels, from 0 (which changes nothing) to 2.
        radius: how far the Gaussian is followed, pixels.

    Returns:
        (n, 48, 48, 1) float32 tensor.
    """
    distance = ops.arange(-radius, radius + 1, dtype="float32")
    weights = ops.softmax(-(distance**2) / ops.maximum(2 * sigma**2, 1e-3)[:, None])  # n, 9
    steps = [_spread(weights[:, step]) for step in range(2 * radius + 1)]
    wide = ops.pad(pixels, [(0, 0), (radius, radius), (radius, radius), (0, 0)], "symmetric")
    wide = sum(weight * wide[:, step : step + IMAGE_SIZE] for step, weight in enumerate(steps))
    return sum(weight * wide[:, :, step : step + IMAGE_SIZE] for step, weight in enumerate(steps))


def erased_areas(draws):
    """One random rectangle with sides of 8-20 pixels in each of n faces.

    After Zhong et al. 2017, random erasing (arXiv 1708.04896).

    Args:
        draws: (4, n) float tensor, uniform in -1..1: left, top, width and height.

    Returns:
        (n, 48, 48) bool tensor.
    """
    sides = 14 + 6 * draws[2:4]
    starts = (draws[0:2] + 1) / 2 * (IMAGE_SIZE - sides)
    at = ops.arange(IMAGE_SIZE, dtype="float32")
    inside = (at >= starts[..., None]) & (at < (starts + sides)[..., None])  # 2, n, 48: across, down
    return inside[0][:, None, :] & inside[1][:, :, None]


def covered_areas(draws):
    """Eyes or mouth in each of n faces, as dark glasses, a bar or a mask cover them: the whole width, give or take.

    Args:
        draws: (2, n) float tensor, uniform in -1..1: which of the two (eyes below 0); how wide and high.

    Returns:
        (n, 48, 48) bool tensor.
    """
    eyes, more = draws[0] < 0, 2 * draws[1]
    top, bottom = (ops.where(eyes, float(eye), float(mouth)) for eye, mouth in zip(EYES, MOUTH, strict=True))
    at = ops.arange(IMAGE_SIZE, dtype="float32")
    down = (at >= (top - more)[:, None]) & (at < (bottom + more)[:, None])
    across = (at >= (4 - more)[:, None]) & (at < (44 + more)[:, None])
    return down[:, :, None] & across[:, None, :]


def _places(augmentation, draws, frames):
    """(n, 8) transforms that take a point of the view back to the face."""
    angle, shear = augmentation.rotation * draws[0], augmentation.shear * draws[1]
    scale = 1 + augmentation.zoom * draws[2]
    mirror = ops.sign(draws[3])
    centre = (IMAGE_SIZE - 1) / 2
    xx, xy = mirror * ops.cos(angle) * scale, -mirror * ops.sin(angle + shear) * scale
    yx, yy = ops.sin(angle) * scale, ops.cos(angle + shear) * scale
    x0 = centre - (xx + xy) * centre + augmentation.shift * draws[4]
    y0 = centre - (yx + yy) * centre + augmentation.shift * draws[5]
    rows = [xx, xy, x0, yx, yy, y0]
    if frames is not None:
        a, b, c, d, e, f = (frames[:, column] for column in range(6))
        framed = [a * xx + b * yx, a * xy + b * yy, a * x0 + b * y0 + c]
        framed += [d * xx + e * yx, d * xy + e * yy, d * x0 + e * y0 + f]
        rows = [ops.where(draws[17] < 0, as_framed, as_is) for as_framed, as_is in zip(framed, rows, strict=True)]
    zero = ops.zeros_like(angle)
    return ops.stack([*rows, zero, zero], axis=1)


def _noise(draws):
    """(n, 48, 48, 1) normal numbers, a piece of one table for each of (n,) draws in -1..1."""
    size = IMAGE_SIZE**2
    starts = ops.cast((draws + 1) / 2 * (NUM_NOISES - size), "int32")
    pieces = ops.take(_table_of_noise(), starts[:, None] + ops.arange(size, dtype="int32"), axis=0)
    return ops.reshape(pieces, (-1, IMAGE_SIZE, IMAGE_SIZE, 1))


@cache
def _table_of_noise():
    return np.random.default_rng(0).standard_normal(NUM_NOISES, np.float32)


def _spread(values):
    """(n,) values as (n, 1, 1, 1)."""
    return values[:, None, None, None]
