"""The network: built, made ready to use, loaded. It turns pixels into seven probabilities.

Scaling and temperature are layers of the saved model, so that nothing that serves it can forget them.
"""

from collections.abc import Callable
from zipfile import BadZipFile

import keras
import numpy as np
from keras import layers

from emotion import EMOTIONS, IMAGE_SIZE, InputError
from emotion.network.backend import compiled
from emotion.network.layers import FusedBatchNormalization
from emotion.network.weights import HOW_TO_RESTORE, read_record

Classifier = Callable[[np.ndarray], np.ndarray]
"""(n, 48, 48) uint8 pixels -> (n, 7) float probabilities in EMOTIONS order."""

BATCH_SIZE = 256
"""Faces per call of the network: its widest layer, 48 x 48 x 32 floats a face, then takes 75 MB."""


def build_cnn(num_heads=1, batch_norm=True, width=32, num_blocks=(1, 2, 1), strides=(1, 2, 2, 2), squeeze=False):
    """The default network: a residual network of 1.5 million parameters, 142 million multiply-adds.

    After He et al. 2016 (arXiv 1512.03385), with the average-pooled shortcut of He et al. 2019
    (arXiv 1812.01187, ResNet-D).

    Args:
        num_heads: how many answers it learns side by side, each from labels of its own kind.
        batch_norm: True for training, on faces of any size. False gives the same network for 48x48 faces, with each
            normalisation folded into its convolution (see folding): smaller and faster, with equal answers.
        width: filters at 48 pixels; twice as many at 24, four times at 12, eight times at 6.
        num_blocks: of two convolutions each, at 24, 12 and 6 pixels, each at least 1.
        strides: of the first convolution, and of the first block at each of the three sizes.
        squeeze: whether each block weighs its channels by what the whole face shows (squeeze-and-excitation, Hu et
            al. 2018, arXiv 1709.01507).

    Returns:
        keras.Model: (n, 48, 48, 1) grey 0-255 -> (n, num_heads, 7) probabilities, EMOTIONS order.
    """

    def block(x, num_filters, stride):
        shortcut = x if stride == 1 else layers.AveragePooling2D(stride)(x)
        if x.shape[-1] != num_filters:
            shortcut = _conv(shortcut, num_filters, 1, batch_norm)
        x = layers.ReLU()(_conv(x, num_filters, 3, batch_norm, stride))
        x = _conv(x, num_filters, 3, batch_norm)
        x = _weigh_channels(x) if squeeze else x
        return layers.ReLU()(layers.Add()([x, shortcut]))

    side = None if batch_norm else IMAGE_SIZE
    inputs = keras.Input((side, side, 1))
    x = layers.Rescaling(1 / 127.5, offset=-1)(inputs)
    x = layers.ReLU()(_conv(x, width, 3, batch_norm, strides[0]))  # 48, 48, 32
    for stage, number in enumerate(num_blocks, start=1):  # 24, 24, 64; 12, 12, 128; 6, 6, 256
        for place in range(number):
            x = block(x, width * 2**stage, 1 if place else strides[stage])
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.3)(x)
    x = layers.Dense(num_heads * len(EMOTIONS), name="head", dtype="float32")(x)
    return keras.Model(inputs, _probabilities(_head_logits(x)), name="cnn")


def build_handcrafted_cnn(num_heads=1):
    """The handcrafted network: 0.24 million parameters, 75 million multiply-adds.

    Args:
        num_heads: as for build_cnn.

    Returns:
        keras.Model: (n, 48, 48, 1) grey 0-255 -> (n, num_heads, 7) probabilities, EMOTIONS order.
    """

    def conv(num_filters):
        l2 = keras.regularizers.L2(1e-4)
        return layers.Conv2D(num_filters, 3, activation="relu", kernel_regularizer=l2)

    inputs = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    x = conv(32)(x)
    x = conv(64)(x)
    x = layers.MaxPooling2D()(x)  # 22, 22, 64
    x = conv(128)(x)
    x = layers.MaxPooling2D()(x)  # 10, 10, 128
    x = conv(128)(x)
    x = layers.MaxPooling2D()(x)  # 4, 4, 128
    x = layers.Conv2D(6, 1, activation="relu")(x)
    x = layers.Conv2D(num_heads * len(EMOTIONS), 4, activation="relu")(x)
    return keras.Model(inputs, _probabilities(_head_logits(layers.Flatten()(x))), name="handcrafted_cnn")


def with_one_answer(model, temperature=1.0):
    """The model that the page uses: its first head's answer, with logits divided by a temperature.

    The other heads have done their work in training, where they shape what the network looks for. The mean of both
    would be right 2.5 points less often by FER2013's labels (24 epochs, validation).

    Args:
        model: keras.Model of build_cnn or build_handcrafted_cnn.
        temperature: see metrics.fit_temperature.

    Returns:
        keras.Model: (n, 48, 48, 1) grey 0-255 -> (n, 7) probabilities, EMOTIONS order.
    """
    heads = model.get_layer("heads").output
    first = layers.Cropping1D((0, heads.shape[1] - 1), name="first")(heads)
    logits = layers.Flatten(name="logits")(first)
    logits = layers.Rescaling(1 / temperature, name="temperature")(logits)
    return keras.Model(model.input, _probabilities(logits), name=model.name)


def num_multiply_adds(model):
    """Int: multiply-adds for one face, counted over convolutions and dense layers."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D):
            total += np.prod(layer.output.shape[1:3]) * np.prod(layer.kernel.shape)
        elif isinstance(layer, layers.Dense):
            total += np.prod(layer.kernel.shape)
        elif isinstance(layer, keras.Model):
            total += num_multiply_adds(layer)
    return int(total)


def make_classifier(model):
    """Wrap a Keras model as a Classifier: batches of BATCH_SIZE, safe to call from several threads.

    Compiled, it answers one face about twenty times sooner than model.predict (measured: tests/bench/speed.py).

    Args:
        model: keras.Model, (n, 48, 48, 1) grey 0-255 -> (n, 7) probabilities.
    """

    def answer(pixels):
        return model(keras.ops.cast(pixels, "float32")[..., None], training=False)

    forward = compiled(answer, signature=[((None, IMAGE_SIZE, IMAGE_SIZE), "uint8")])

    def classify(pixels):
        starts = range(0, len(pixels), BATCH_SIZE)
        batches = [np.asarray(forward(pixels[start : start + BATCH_SIZE])) for start in starts]
        return np.concatenate(batches) if batches else np.zeros((0, len(EMOTIONS)), np.float32)

    return classify


def load_classifier(folder, stem="emotion"):
    """Load the weights that train.py wrote, if they are whole and the record's own.

    Args:
        folder: Path of the folder with the two files.
        stem: their name before .keras and .json.

    Returns:
        (Classifier, record): record is the content of the .json file.

    Raises:
        InputError: a file is missing or unreadable, the weights are not those of the record, or they give something
            other than seven probabilities of a 48x48 grey picture.
    """
    record, weights = read_record(folder, stem), folder / f"{stem}.keras"
    return make_classifier(load_network(weights, HOW_TO_RESTORE)), record


def load_network(file, advice):
    """Load a model that train.py wrote: keras.Model, (n, 48, 48, 1) grey 0-255 -> (n, 7) probabilities.

    Args:
        file: Path.
        advice: a sentence that says what to do where that fails.

    Raises:
        InputError: Keras can't load it, or it gives something else.
    """
    try:
        model = keras.models.load_model(file, compile=False, safe_mode=True)
    except (ValueError, TypeError, OSError, KeyError, AttributeError, EOFError, BadZipFile) as error:
        raise InputError(f"Keras can't load a model from the file {file}. {advice}") from error
    if model.input_shape != (None, IMAGE_SIZE, IMAGE_SIZE, 1) or model.output_shape != (None, len(EMOTIONS)):
        raise InputError(f"The model in {file} does not turn 48x48 grey pixels into seven probabilities. {advice}")
    return model


def _conv(x, num_filters, size, batch_norm, strides=1):
    convolution = layers.Conv2D(num_filters, size, strides=strides, padding="same", use_bias=not batch_norm)
    x = convolution(x)
    return FusedBatchNormalization(momentum=0.95)(x) if batch_norm else x


def _weigh_channels(x):
    num_channels = x.shape[-1]
    weights = layers.GlobalAveragePooling2D(keepdims=True)(x)
    weights = layers.Dense(num_channels // 8, activation="relu")(weights)
    weights = layers.Dense(num_channels, activation="sigmoid")(weights)
    return layers.Multiply()([x, weights])


def _head_logits(x):
    """(n, k * 7) numbers as the (n, k, 7) logits of k heads."""
    return layers.Reshape((-1, len(EMOTIONS)), name="heads", dtype="float32")(x)


def _probabilities(logits):
    return layers.Softmax(name="probabilities", dtype="float32")(logits)
