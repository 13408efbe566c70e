"""Batch normalisation folded into the convolutions before it, and taken out of them again to train on."""

import keras
import numpy as np
from keras import layers

from emotion import InputError
from emotion.network.model import build_cnn

NUM_COUNTED = 256
"""Faces whose mean and variance stand for those of all, where a normalisation is taken out again."""


def fold_batch_norm(model, build=build_cnn):
    """Turn a trained build_cnn() into build_cnn(batch_norm=False) with the same answers.

    A normalisation after a convolution is itself linear, so it is multiplied into the kernel
    (Jacob et al. 2018, arXiv 1712.05877, section 3.2).

    Args:
        model: keras.Model that build has built.
        build: build_cnn, perhaps with some of its arguments.

    Returns:
        keras.Model: (n, 48, 48, 1) grey 0-255 -> (n, num_heads, 7) probabilities, EMOTIONS order.
    """
    folded = build(model.output.shape[1], batch_norm=False)
    norms = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    targets = [layer for layer in folded.layers if isinstance(layer, layers.Conv2D)]
    for norm, source, target in zip(norms, convolutions, targets, strict=True):
        gamma, beta, mean, variance = norm.get_weights()
        scale = gamma / np.sqrt(variance + norm.epsilon)
        target.set_weights([source.get_weights()[0] * scale, beta - mean * scale])
    dense, filled = ([layer for layer in one.layers if isinstance(layer, layers.Dense)] for one in (model, folded))
    for source, target in zip(dense, filled, strict=True):
        target.set_weights(source.get_weights())
    return folded


def unfold_batch_norm(folded, pixels, num_heads=1):
    """Turn a network that fold_batch_norm has made, and the page uses, into build_cnn() with the same answers.

    What a normalisation takes away from its convolution's results, their mean and variance over some faces, its scale
    and offset give back. So the network can be trained on.

    Args:
        folded: keras.Model, (n, 48, 48, 1) -> (n, 7) probabilities.
        pixels: (n, 48, 48) uint8, faces such as it will be trained on; NUM_COUNTED of them are used.
        num_heads: as for build_cnn. Heads that folded lacks start as its first.

    Returns:
        keras.Model: (n, 48, 48, 1) grey 0-255 -> (n, num_heads, 7) probabilities.

    Raises:
        InputError: folded is no such network.
    """
    network = build_cnn(num_heads)
    norms, convolutions = _of(network, layers.BatchNormalization), _of(network, layers.Conv2D)
    sources, heads = _of(folded, layers.Conv2D), _of(folded, layers.Dense)
    if len(heads) != 1 or [one.kernel.shape for one in sources] != [one.kernel.shape for one in convolutions]:
        raise InputError("These weights are of another network than the default's. Start from models/emotion.keras.")
    chosen = pixels[np.random.default_rng(0).permutation(len(pixels))[:NUM_COUNTED], ..., None].astype(np.float32)
    results = keras.Model(folded.input, [source.output for source in sources]).predict(chosen, batch_size=64, verbose=0)
    for norm, convolution, source, result in zip(norms, convolutions, sources, results, strict=True):
        kernel, bias = source.get_weights()
        mean, variance = result.mean(axis=(0, 1, 2)) - bias, result.var(axis=(0, 1, 2))
        convolution.set_weights([kernel])
        norm.set_weights([np.sqrt(variance + norm.epsilon), mean + bias, mean, variance])
    answers = [values.reshape(*values.shape[:-1], -1, 7) for values in heads[0].get_weights()]
    places = [number if number < answers[0].shape[-2] else 0 for number in range(num_heads)]
    network.get_layer("head").set_weights(
        [values[..., places, :].reshape(*values.shape[:-2], -1) for values in answers]
    )
    return network


def _of(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]
