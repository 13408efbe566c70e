"""Networks after a few steps of training, and faces for them."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from emotion.network.folding import fold_batch_norm
from emotion.network.model import build_cnn, build_handcrafted_cnn


def draw_faces(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 48, 48), dtype=np.uint8)


def as_input(faces):
    return faces[..., None].astype(np.float32)


def logits_of(model, faces):
    heads = keras.Model(model.input, model.get_layer("heads").output)
    return heads(as_input(faces), training=False).numpy()[:, 0]


@pytest.fixture(scope="module")
def handcrafted_cnn():
    keras.utils.set_random_seed(0)
    return build_handcrafted_cnn()


def train_some(model):
    """A network after a few steps of training, with normalisations far from their first state."""
    keras.utils.set_random_seed(0)
    for norm in (layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)):
        norm.gamma.assign(keras.random.uniform(norm.gamma.shape, 0.5, 1.5))
        norm.beta.assign(keras.random.uniform(norm.beta.shape, -0.5, 0.5))
    optimizer = keras.optimizers.SGD(0.01)
    for step in range(3):
        faces = as_input(draw_faces(16, step)) * 0.5 + 100
        with tf.GradientTape() as tape:
            probabilities = model(faces, training=True)
            loss = -tf.reduce_mean(tf.math.log(probabilities[:, 0, step]))
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
    return model


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(0)
    return train_some(build_cnn())


@pytest.fixture(scope="module")
def folded(trained):
    return fold_batch_norm(trained)
