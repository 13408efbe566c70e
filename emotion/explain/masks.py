"""A face and which of its regions are shown go in; what the classifier says of it so comes out."""

import numpy as np
from scipy.ndimage import gaussian_filter

BLUR = 5
"""Standard deviation of the blur that stands for a hidden region, in pixels of the 48x48 picture. Chosen among eight
fills for the map before this one: none gave better orders by the judgement of all others and a better fit."""

BATCH_SIZE = 256
PRIME = 59
"""A prime that leaves 3 when divided by 4, and not below the number of regions."""

LAYER = 2 * (PRIME + 1)
"""Masks of one balanced layer."""


def hidden(pixels):
    """The face as it looks where it is hidden: blurred. (48, 48) uint8, grey, 0-255, in and out."""
    return gaussian_filter(pixels.astype(np.float32), BLUR).round().astype(np.uint8)


def greyed(pixels):
    """The second way to hide a face: all of its mean grey. (48, 48) uint8, grey, 0-255, in and out."""
    return np.full_like(pixels, round(pixels.mean()))


def ask(pixels, regions, shown, classify, fill=hidden):
    """Ask the classifier about a face with some of its regions hidden.

    Args:
        pixels: (48, 48) uint8, grey, 0-255.
        regions: (48, 48) int, numbered from 0.
        shown: (m, n) bool or 0 and 1, which regions each picture shows.
        classify: function from (m, 48, 48) uint8 to (m, 7) float probabilities.
        fill: hidden or greyed.

    Returns:
        (m, 7) float probabilities.
    """
    filled = fill(pixels)
    batches = np.split(np.asarray(shown, bool), range(BATCH_SIZE, len(shown), BATCH_SIZE))
    return np.concatenate([classify(np.where(batch[:, regions], pixels, filled)) for batch in batches])


def hide(pixels, covered, classify):
    """As ask, of one picture that hides the pixels that are covered, (48, 48) bool: (7,) float probabilities."""
    return classify(np.where(covered, hidden(pixels), pixels)[None])[0]


def draw_half(random, num_regions):
    """A layer of masks (LAYER, n) int8, 1 shown, that hide about half of the regions, each followed by its opposite.

    Rows of Paley's Hadamard matrix (1933): -1 on the diagonal, elsewhere whether the distance to it is a square.
    Their columns, and whether a column is turned into its opposite, are drawn. Any three regions are hidden and shown
    in all eight ways equally often, so what two regions do together cancels out of the weight of each (orthogonal
    arrays of strength 3: Hedayat, Sloane and Stufken 1999, chapter 1).

    Args:
        random: numpy RandomState.
        num_regions: at most PRIME.
    """
    numbers = np.arange(PRIME)
    squares = np.isin(numbers, numbers[1:] ** 2 % PRIME)
    rows = np.concatenate([np.ones((1, PRIME), bool), squares[(numbers - numbers[:, None]) % PRIME]])
    rows = rows[:, random.permutation(PRIME)[:num_regions]] ^ (random.random_sample(num_regions) < 0.5)
    return np.stack([rows, ~rows], axis=1).astype(np.int8).reshape(-1, num_regions)


def draw_any_share(random, num_regions, count):
    """Masks (count, n) bool, True shown, that hide any share of the regions, from hardly any to nearly all."""
    return random.random_sample((count, num_regions)) < (np.arange(count)[:, None] + 0.5) / count
