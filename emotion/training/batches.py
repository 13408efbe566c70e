"""Batches: every epoch a new order of all faces, and a new random view of each.

All chance is drawn by NumPy from seed, epoch and step, so that a resumed training sees what it would have seen, and
JAX sees what TensorFlow sees.
"""

import numpy as np
from keras import ops

from emotion import EMOTIONS, IMAGE_SIZE
from emotion.data.votes import targets
from emotion.network.augment import augment, draw_numbers
from emotion.network.backend import compiled, on_jax

SMALL_SIZE = 32
"""Side of the faces, pixels, that a recipe may begin with: an epoch of them takes less than half the time."""


def training_batches(recipe, faces, batch_size, seed, epochs, labels="fer2013", part=(0, 1), frames=None):
    """Make the batches of several epochs, one after the other.

    What does not fill a batch is left out, other faces each time.

    Args:
        recipe: Recipe; its number of epochs is the training's.
        faces: data.Faces.
        batch_size: faces in a step.
        seed: of everything random.
        epochs: range of the epochs to make, from 0.
        labels: one of votes.HEADS: what the faces are to be taken for.
        part: (which machine this is, how many there are): its part of each batch alone is made.
        frames: (n, 6) float32, see augment, or None.

    Returns:
        iterator of ((m, side, side, 1) float32 tensor of views, (m, k, 7) float32 tensor of targets).
    """
    known = [faces.pixels[..., None], targets(faces, labels)] + ([] if frames is None else [frames])
    known = [ops.convert_to_tensor(array) for array in known]  # stay on the device
    machine, num_machines = part
    own = slice(machine * batch_size // num_machines, (machine + 1) * batch_size // num_machines)

    def view(rows, draws, shares, known, side):
        pixels, wanted, *framed = (ops.take(array, rows, axis=0) for array in known)
        views = augment(ops.cast(pixels, "float32"), recipe.augmentation, draws, *framed)
        if recipe.mixup:
            views, wanted = mixed(views, shares), mixed(wanted, shares)
        if side != IMAGE_SIZE:
            views = ops.image.resize(views, (side, side), antialias=True, data_format="channels_last")
        return views, wanted

    view = compiled(view, static=("side",))
    for epoch in epochs:
        side = SMALL_SIZE if epoch < round(recipe.small_share * recipe.epochs) else IMAGE_SIZE
        order = np.random.default_rng((seed, epoch)).permutation(len(faces.labels)).astype(np.int32)
        for step in range(len(order) // batch_size):
            random = np.random.default_rng((seed, epoch, step))
            draws = draw_numbers(random, batch_size)
            shares = random.beta(*(recipe.mixup or 1,) * 2, batch_size // 2 + 1).repeat(2)[:batch_size]
            rows = order[step * batch_size : (step + 1) * batch_size]
            yield view(rows[own], draws[:, own], shares[own].astype(np.float32), known, side=side)


def mixed(values, shares):
    """Mix each of a batch with its neighbour, the first with the second and so on; the last may stay alone.

    Args:
        values: (n, ...) float tensor.
        shares: (n,) float tensor, 0-1, equal for neighbours: how much of each stays.

    Returns:
        float tensor of the same shape.
    """
    count = len(shares)
    partners = np.minimum(np.arange(count) ^ 1, count - 1)
    shares = ops.reshape(shares, (-1,) + (1,) * (len(values.shape) - 1))
    return shares * values + (1 - shares) * ops.take(values, partners, axis=0)


def for_fit(make_batches, num_heads):
    """What Keras' fit takes: on TensorFlow a tf.data.Dataset, which makes the next batches during a step.

    Args:
        make_batches: function that returns training_batches' iterator anew; several devices ask for it more than once.
        num_heads: how many heads the network has.
    """
    if on_jax():
        return make_batches()
    import tensorflow as tf

    signature = (
        tf.TensorSpec((None, None, None, 1), tf.float32),
        tf.TensorSpec((None, num_heads, len(EMOTIONS)), tf.float32),
    )
    return tf.data.Dataset.from_generator(make_batches, output_signature=signature).prefetch(4)
