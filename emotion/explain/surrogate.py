"""The additive model of a classifier around one face: masks and answers go in, each region's evidence comes out."""

from dataclasses import dataclass

import numpy as np

FLOOR = 1e-4
"""Probabilities count as no nearer to 0 or 1, since float32 says little there."""

HALF = 0.5
"""Up to this share hidden, a region's evidence changes; from here on it is that of the samples, which hide half.
Measured: tests/bench/explanation.py."""

ROUNDING = 1e-6
"""No evidence is known better than this, since probabilities are rounded (float32)."""


def to_evidence(probabilities):
    """Probabilities (..., k) as (..., 2 k): the log-odds of each, then the logarithm of each.

    Log-odds say how strongly one emotion is held; the difference of two logarithms says how much more one than another.
    """
    clipped = np.clip(np.asarray(probabilities, float), FLOOR, 1 - FLOOR)
    return np.concatenate([np.log(clipped / (1 - clipped)), np.log(clipped)], axis=-1)


@dataclass(frozen=True)
class Surrogate:
    """Evidence that adds up. How much a region counts hangs on how much else is hidden: parts stand in for each other.

    At the whole face it is measured; with half of the regions hidden it is LIME's; between, and only there, it moves
    evenly from the one to the other.

    Attributes:
        face: (14,) float, to_evidence of the whole face.
        alone: (n, 14) float, what of it is lost when a region is hidden alone.
        intercepts, weights: (14,), (n, 14) float, those of LIME's ridge.
        ridge_deviations: (b, n, 14) float, how leaving out each block of samples moves LIME's weights.
    """

    face: np.ndarray
    alone: np.ndarray
    intercepts: np.ndarray
    weights: np.ndarray
    ridge_deviations: np.ndarray

    @property
    def evidence(self):
        """(n, 14) float: of each region, the mean over all shares hidden, from nothing to everything."""
        return HALF / 2 * self.alone + (1 - HALF / 2) * self.weights

    @property
    def deviations(self):
        """(b, n, 14) float, how leaving out each block of samples moves the evidence."""
        return (1 - HALF / 2) * self.ridge_deviations

    def expected(self, shown):
        """What it says of masks (m, n): (m, 7) float probabilities, from the log-odds of each emotion."""
        shown = np.asarray(shown, float)
        far = np.clip((1 - shown.mean(axis=1, keepdims=True)) / HALF, 0, 1)
        near_face = self.face - (1 - shown) @ self.alone
        log_odds = ((1 - far) * near_face + far * (self.intercepts + shown @ self.weights))[:, : len(self.face) // 2]
        return 1 / (1 + np.exp(-log_odds))

    def fit(self, shown, probabilities):
        """R^2 of each emotion (7,) on samples that it was not made from: masks (m, n), probabilities (m, 7)."""
        missed = ((probabilities - self.expected(shown)) ** 2).sum(axis=0)
        total = ((probabilities - probabilities.mean(axis=0)) ** 2).sum(axis=0)
        return 1 - missed / np.maximum(total, ROUNDING)


def fit_ridge(masks, evidence, block_size=2):
    """lime's own regression (ridge, penalty 1) where all samples count alike, and its errors.

    Args:
        masks: (m, n), 1 shown.
        evidence: (m, k) float.
        block_size: samples that were drawn together; errors leave out whole blocks (jackknife: Efron 1982).

    Returns:
        (intercepts (k,), weights (n, k), deviations (m / block_size, n, k)): a weight's variance is the sum of the
        squares of its deviations; so is that of any sum of weights.
    """
    centred, target = masks - masks.mean(axis=0), evidence - evidence.mean(axis=0)
    influences = np.linalg.solve(centred.T @ centred + np.eye(masks.shape[1]), centred.T)
    weights = influences @ target
    by_block = [values.reshape(-1, block_size, values.shape[1]) for values in (centred, influences.T)]
    leverages = by_block[0] @ by_block[1].transpose(0, 2, 1) + 1 / len(masks)  # the last for the intercept
    residuals = (target - centred @ weights).reshape(-1, block_size, target.shape[1])
    errors = np.linalg.solve(np.eye(block_size) - leverages, residuals)
    deviations = np.einsum("bsn,bsk->bnk", by_block[1], errors)
    return evidence.mean(axis=0) - masks.mean(axis=0) @ weights, weights, deviations - deviations.mean(axis=0)


def expected_agreement(halves):
    """The Spearman correlation of one map with another of as many samples, by its two halves (2, n).

    Spearman and Brown 1910: twice as many samples raise a correlation r of two maps to 2 r / (1 + r).
    """
    from scipy.stats import rankdata  # which takes a second to load: no page's start should wait for it

    if np.ptp(halves, axis=1).min() < ROUNDING:
        return 1.0  # maps of nothing but rounding
    r = max(np.corrcoef(rankdata(halves, axis=1))[0, 1], 0)
    return 2 * r / (1 + r)
