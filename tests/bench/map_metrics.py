"""How far maps hold: what their order is worth, how alike they are, and whether their intervals are true."""

import numpy as np
from scipy.stats import bootstrap, rankdata


def deletion_insertion(order, regions, classify_masks, num_steps=16):
    """How fast a probability falls as regions are hidden in an order, and rises as they are shown (RISE, section 4.3).

    Petsiuk et al. 2018 (arXiv 1806.07421).

    Args:
        order: (n,) int, all regions, the one that matters most first.
        regions: (48, 48) int, numbered 0 to n-1.
        classify_masks: function from (m, n) bool, True where a region is shown, to (m,) or (m, k) float
            probabilities.
        num_steps: the most steps in which all regions are hidden, and shown; each has about as many regions.

    Returns:
        (deletion, insertion): float, or (k,) float, each, 0-1: the area under the probability over the fraction of
        pixels hidden (the less the better), and shown (the more the better).
    """
    count = len(order)
    steps = np.linspace(0, count, min(num_steps, count) + 1).round().astype(int)
    hidden = np.zeros((len(steps), count), bool)
    hidden[:, order] = np.arange(count) < steps[:, None]
    fractions = hidden @ np.bincount(regions.ravel(), minlength=count) / regions.size
    probabilities = np.split(classify_masks(np.concatenate([~hidden, hidden])), 2)
    return tuple(np.trapezoid(curve, fractions, axis=0) for curve in probabilities)


def r_squared(answers, expected):
    """The share of the variance of answers (m,) that what was expected of them (m,) explains: 1 is all of it."""
    return float(1 - np.square(answers - expected).sum() / np.square(answers - answers.mean()).sum())


def rank_agreement(maps):
    """Mean Spearman correlation over all pairs of maps (k, n) of one face, k at least 2; 1 is the same order."""
    return _mean_of_pairs(np.corrcoef(rankdata(maps, axis=1)))


def top_agreement(maps, num_top=5):
    """Mean Jaccard index over all pairs of maps (k, n) of one face, of their num_top largest weights by size; 0-1."""
    ranks = rankdata(-np.abs(maps), axis=1, method="ordinal")
    top = (ranks <= num_top).astype(float)
    shared = top @ top.T
    return _mean_of_pairs(shared / (2 * num_top - shared))


def coverage(weights, errors, true_weights):
    """How often the 95 % interval, 1.96 standard errors to either side, holds the true weight; arrays of one shape."""
    return float((np.abs(weights - true_weights) <= 1.96 * errors).mean())


def ratio_interval(values, references, seed=0):
    """The ratio of two means over the same faces, and its 95 % interval by bootstrap over faces.

    Args:
        values: (n,) float.
        references: (n,) float, of the same faces.
        seed: draws the bootstrap.

    Returns:
        [ratio, low, high].
    """

    def ratio(values, references, axis=-1):
        return values.mean(axis=axis) / references.mean(axis=axis)

    drawn = bootstrap((values, references), ratio, paired=True, vectorized=True, method="percentile", rng=seed)
    return [float(ratio(values, references)), *map(float, drawn.confidence_interval)]


def _mean_of_pairs(matrix):
    return float(matrix[np.triu_indices(len(matrix), 1)].mean())
