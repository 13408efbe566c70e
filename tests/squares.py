"""A face of noise in 16 squares, and classifiers that look at some of them."""

import numpy as np

from emotion import EMOTIONS
from emotion.explain.regions import Regions

FACE = np.random.default_rng(7).integers(0, 256, (48, 48), np.uint8)
GRID = np.add.outer(np.arange(48) // 12 * 4, np.arange(48) // 12)  # 16 squares of 12 x 12, numbered by rows
NAMES = tuple(f"square {number}" for number in range(16))
SQUARES = Regions(GRID, NAMES, (None,) * 16)
ROWS = Regions(GRID, NAMES, tuple(f"row {number // 4}" for number in range(16)))
FEAR, HAPPY, SAD = (EMOTIONS.index(emotion) for emotion in ("fear", "happy", "sad"))


def shown_squares(pixels):
    """(n, 16) bool: which squares of pictures (n, 48, 48) are not hidden."""
    tiles = (pixels == FACE).reshape(-1, 4, 12, 4, 12)
    return tiles.all(axis=(2, 4)).reshape(-1, 16)


def happy_or_sad(happy):
    """Probabilities (n, 7) of happy (n,), of which sad has the rest."""
    return np.outer(happy, np.eye(7)[HAPPY]) + np.outer(1 - happy, np.eye(7)[SAD])


def adds_up(weights, start=0.0):
    """A classifier whose log-odds of happy are the sum of the weights (16,) of what is shown; sad has the rest."""
    return lambda pixels: happy_or_sad(1 / (1 + np.exp(-start - shown_squares(pixels) @ np.asarray(weights))))


def last(generator):
    """What a generator yields last."""
    *_, one = generator
    return one
