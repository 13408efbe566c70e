"""Answers of a network, drawn or written down, for the tests of measuring them."""

import numpy as np
from scipy.special import softmax


def certain(*predictions):
    """Probabilities that are all on one emotion each."""
    return np.eye(7)[list(predictions)]


def with_top(*tops):
    """Probabilities whose first emotion has the given share, and whose others share the rest."""
    return np.array([[top] + [(1 - top) / 6] * 6 for top in tops])


def draw_answers(count, temperature=1.0, seed=0):
    """Probabilities, and labels drawn from them as they would be with their logits divided by temperature."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 2, (count, 7))
    shares = softmax(logits / temperature, axis=1)
    labels = (random.random((count, 1)) > shares.cumsum(axis=1)).sum(axis=1)
    return softmax(logits, axis=1), np.minimum(labels, 6)
