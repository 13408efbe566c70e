"""Distillation: a network learns from labels and from what trained teachers say of the same view of a face."""

import keras

from emotion import EMOTIONS, IMAGE_SIZE


def beside_teachers(network, teachers):
    """Put a network and its teachers before the same faces.

    Args:
        network: keras.Model that is to learn, (n, 48, 48, 1) -> (n, k, 7) probabilities.
        teachers: list of trained keras.Models like it.

    Returns:
        keras.Model: (n, 48, 48, 1) -> (n, 2k, 7): the network's own answers, then the mean of the teachers'.
    """
    faces = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1))
    return keras.Model(
        faces, keras.layers.Concatenate(axis=1, dtype="float32")([network(faces), Teachers(teachers)(faces)])
    )


class Teachers(keras.layers.Layer):
    """The mean answer of trained networks (keras.Models), which neither learn nor drop anything out."""

    def __init__(self, networks):
        super().__init__(dtype="float32")
        self.networks = networks
        self.trainable = False

    def call(self, faces):
        """(n, 48, 48, 1) grey 0-255 -> (n, k, 7) probabilities."""
        said = [network(faces, training=False) for network in self.networks]  # in a model, Keras would say True instead
        return keras.ops.mean(keras.ops.stack(said), axis=0)


def cross_entropy_of_heads(label_smoothing, teaching=None):
    """The loss: (n, k, 7) targets and (n, k, 7) probabilities of k heads -> (n,) sums of their cross-entropies.

    With teaching, a weight from 0 to 1, the answers are (n, 2k, 7), see beside_teachers, and the second half of them
    is a target too.
    """

    def loss(wanted, answered):
        wanted = (1 - label_smoothing) * wanted + label_smoothing / len(EMOTIONS)
        if teaching is not None:
            answered, taught = keras.ops.split(answered, 2, axis=1)
            wanted = (1 - teaching) * wanted + teaching * keras.ops.stop_gradient(taught)
        return keras.ops.sum(keras.losses.categorical_crossentropy(wanted, answered), axis=1)

    return loss


def accuracy(wanted, answered):
    """The metric: (n,) whether the first head, whose answer the page gives, answers its target."""
    return keras.metrics.categorical_accuracy(wanted[:, 0], answered[:, 0])
