"""Training faces go in, a random view of each comes out: what a batch of them costs next to the network is little.

Written in TensorFlow, to run within tf.data: one projective transform for a whole batch, against layer
after layer or face after face (measured: tests/bench/training_speed.py).
"""

from dataclasses import dataclass

import tensorflow as tf

from emotion import IMAGE_SIZE


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
        blur: standard deviation of a Gaussian, pixels, at most 2.
        noise: standard deviation of normal noise, grey levels.
        border: what fills the corners: REFLECT mirrors the face there, NEAREST repeats its edge.
    Half of the faces are mirrored as well. A quarter of them are blurred, a quarter get noise.
    """

    rotation: float
    zoom: float
    shear: float
    shift: float = 0
    contrast: float = 0
    brightness: float = 0
    erase: float = 0
    blur: float = 0
    noise: float = 0
    border: str = "REFLECT"


def augment(pixels, augmentation, seed):
    """Give every face a random view of its own, all of them in one projective transform.

    Args:
        pixels: (n, 48, 48, 1) float32 tensor, 0-255.
        augmentation: Augmentation.
        seed: (2,) integer tensor; the same seed gives the same views.

    Returns:
        (n, 48, 48, 1) float32 tensor, 0-255.
    """
    count = tf.shape(pixels)[0]
    draws = tf.random.stateless_uniform((16, count), seed, -1, 1)
    angle, shear = augmentation.rotation * draws[0], augmentation.shear * draws[1]
    scale = 1 + augmentation.zoom * draws[2]
    mirror = tf.sign(draws[3])
    centre = (IMAGE_SIZE - 1) / 2
    # Rows of the matrix that takes a point of the view back to the face.
    xx, xy = mirror * tf.cos(angle) * scale, -mirror * tf.sin(angle + shear) * scale
    yx, yy = tf.sin(angle) * scale, tf.cos(angle + shear) * scale
    x0 = centre - (xx + xy) * centre + augmentation.shift * draws[4]
    y0 = centre - (yx + yy) * centre + augmentation.shift * draws[5]
    zero = tf.zeros_like(angle)
    views = tf.raw_ops.ImageProjectiveTransformV3(
        images=pixels,
        transforms=tf.stack([xx, xy, x0, yx, yy, y0, zero, zero], axis=1),
        output_shape=tf.constant([IMAGE_SIZE, IMAGE_SIZE]),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode=augmentation.border,
    )
    if augmentation.blur:
        views = blurred(views, augmentation.blur * tf.nn.relu(2 * draws[14] - 1))
    contrast, brightness = 1 + augmentation.contrast * draws[6], augmentation.brightness * draws[7]
    views = (views - 127.5) * contrast[:, None, None, None] + (127.5 + brightness[:, None, None, None])
    erased = erased_areas(draws[8:12]) & (draws[12] < 2 * augmentation.erase - 1)[:, None, None]
    fill = 127.5 * (1 + draws[13])
    views = tf.where(erased[..., None], fill[:, None, None, None], views)
    if augmentation.noise:
        spread = augmentation.noise * tf.nn.relu(2 * draws[15] - 1)
        views += spread[:, None, None, None] * tf.random.stateless_normal(tf.shape(views), seed)
    return tf.clip_by_value(views, 0.0, 255.0)


def blurred(pixels, sigma, radius=4):
    """Blur each face by a Gaussian of its own.

    Args:
        pixels: (n, 48, 48, 1) float32 tensor.
        sigma: (n,) float32 tensor, standard deviations in pixels, from 0 (which changes nothing) to 2.
        radius: how far the Gaussian is followed, pixels.

    Returns:
        (n, 48, 48, 1) float32 tensor.
    """
    distance = tf.range(-radius, radius + 1, dtype=tf.float32)
    weights = tf.nn.softmax(-(distance**2) / tf.maximum(2 * sigma**2, 1e-3)[:, None])  # n, 9
    steps = [weights[:, step, None, None, None] for step in range(2 * radius + 1)]
    wide = tf.pad(pixels, [(0, 0), (radius, radius), (radius, radius), (0, 0)], "SYMMETRIC")
    wide = tf.add_n([weight * wide[:, step : step + IMAGE_SIZE] for step, weight in enumerate(steps)])
    return tf.add_n([weight * wide[:, :, step : step + IMAGE_SIZE] for step, weight in enumerate(steps)])


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
    at = tf.range(IMAGE_SIZE, dtype=tf.float32)
    inside = (at >= starts[..., None]) & (at < (starts + sides)[..., None])  # 2, n, 48: across, down
    return inside[0][:, None, :] & inside[1][:, :, None]
