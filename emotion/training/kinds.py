"""Networks that only teach: of other kinds than the page's, so that they err on other faces."""

import keras
from keras import layers, ops

from emotion import EMOTIONS, IMAGE_SIZE
from emotion.network.folding import fold_batch_norm
from emotion.network.layers import FusedBatchNormalization
from emotion.network.model import build_cnn


def build_vgg(num_heads=1, width=32):
    """A plain network of ten layers, after Simonyan and Zisserman 2015 (arXiv 1409.1556).

    Pramerdorfer and Kampel 2016 (arXiv 1612.02903) got 72.7 % from one such as this.

    Args:
        num_heads: as for build_cnn.
        width: filters at 48 pixels; twice as many at 24, four times at 12, eight times at 6.

    Returns:
        keras.Model: (n, 48, 48, 1) grey 0-255 -> (n, num_heads, 7) probabilities, EMOTIONS order.
    """
    inputs = keras.Input((None, None, 1))
    x = layers.Rescaling(1 / 127.5, offset=-1)(inputs)
    for stage in range(4):
        for _ in range(2):
            x = layers.Conv2D(width * 2**stage, 3, padding="same", use_bias=False)(x)
            x = layers.ReLU()(FusedBatchNormalization(momentum=0.95)(x))
        if stage < 3:
            x = layers.Dropout(0.1)(layers.MaxPooling2D()(x))
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.3)(layers.Dense(width * 8, activation="relu")(x))
    x = layers.Dense(num_heads * len(EMOTIONS), dtype="float32")(x)
    x = layers.Reshape((-1, len(EMOTIONS)), dtype="float32")(x)
    return keras.Model(inputs, layers.Softmax(dtype="float32")(x), name="vgg")


def build_equalised(num_heads=1):
    """The page's network before which each face's histogram is made even; see build_cnn."""
    inputs = keras.Input((None, None, 1))
    return keras.Model(inputs, build_cnn(num_heads)(Equalise()(inputs)), name="equalised")


def fold_equalised(model):
    """What fold_batch_norm does, for a trained network of build_equalised."""
    inputs = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1))
    return keras.Model(inputs, fold_batch_norm(model.layers[-1])(Equalise()(inputs)))


class Equalise(layers.Layer):
    """Histogram equalisation: each grey becomes the share of the face that is darker, times 255.

    Shares are counted at 33 levels and read off between them, which is faster than counting all 256.
    """

    def call(self, faces):
        """(n, H, W, 1) grey 0-255 -> the same shape."""
        flat = ops.reshape(ops.cast(faces, "float32"), (ops.shape(faces)[0], -1)) / 8
        darker = ops.stack([ops.mean(ops.cast(flat < level, "float32"), axis=1) for level in range(33)], axis=1)
        level = ops.clip(ops.floor(flat), 0, 31)
        low, high = (ops.take_along_axis(darker, ops.cast(level + step, "int32"), axis=1) for step in (0, 1))
        return ops.reshape(255 * (low + (flat - level) * (high - low)), ops.shape(faces))

    def compute_output_shape(self, shape):
        """That of the faces."""
        return shape
