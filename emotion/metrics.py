"""Probabilities and labels go in, figures come out: how often the model is right, and how far its numbers hold."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import softmax

from emotion import EMOTIONS


def classification_report(probabilities, labels):
    """Measure predictions against labels.

    Args:
        probabilities: (n, 7) float, EMOTIONS order, n at least 1.
        labels: (n,) int, index into EMOTIONS.

    Returns:
        dict of plain numbers, ready for JSON: count; accuracy (0-1) and accuracy_interval (its 95 %
        Wilson interval); mean_recall over the emotions that occur; recall, precision and f1 by
        emotion (None where an emotion never occurs, or is never predicted); confusion (7 rows of 7
        counts: row the label, column the prediction); calibration_error (see
        expected_calibration_error).
    """
    confusion = np.zeros((len(EMOTIONS), len(EMOTIONS)), int)
    np.add.at(confusion, (labels, probabilities.argmax(axis=1)), 1)
    correct = confusion.diagonal()
    recall = _ratios(correct, confusion.sum(axis=1))
    precision = _ratios(correct, confusion.sum(axis=0))
    f1 = _ratios(2 * correct, confusion.sum(axis=0) + confusion.sum(axis=1))
    return {
        "count": len(labels),
        "accuracy": float(correct.sum() / len(labels)),
        "accuracy_interval": wilson_interval(correct.sum(), len(labels)),
        "mean_recall": float(np.mean([value for value in recall if value is not None])),
        "recall": dict(zip(EMOTIONS, recall, strict=True)),
        "precision": dict(zip(EMOTIONS, precision, strict=True)),
        "f1": dict(zip(EMOTIONS, f1, strict=True)),
        "confusion": confusion.tolist(),
        "calibration_error": expected_calibration_error(probabilities, labels),
    }


def wilson_interval(num_correct, count):
    """The 95 % interval of a proportion (Wilson 1927), as [low, high], 0-1."""
    z = 1.959964  # the standard normal's 97.5 % point
    centre = (num_correct + z * z / 2) / (count + z * z)
    half = z / (count + z * z) * np.sqrt(num_correct * (count - num_correct) / count + z * z / 4)
    return [float(centre - half), float(centre + half)]


def expected_calibration_error(probabilities, labels, num_bins=15):
    """How far the top probability is from how often it is right (Guo et al. 2017, arXiv 1706.04599, section 2).

    Args:
        probabilities: (n, 7) float, EMOTIONS order.
        labels: (n,) int, index into EMOTIONS.
        num_bins: count of equally wide bins of the top probability.

    Returns:
        float, 0-1: the gap between mean probability and accuracy in each bin, averaged by bin size.
    """
    top = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bins = np.minimum((top * num_bins).astype(int), num_bins - 1)
    gaps = np.bincount(bins, weights=top - right, minlength=num_bins)
    return float(np.abs(gaps).sum() / len(labels))


def fit_temperature(probabilities, labels):
    """The temperature at which probabilities fit labels best (Guo et al. 2017, section 4.2).

    Args:
        probabilities: (n, 7) float, EMOTIONS order, at temperature 1.
        labels: (n,) int, index into EMOTIONS.

    Returns:
        float in 0.25-4: logits divided by it have the least cross-entropy.
    """

    def cross_entropy(temperature):
        scaled = apply_temperature(probabilities, temperature)
        return -np.mean(np.log(scaled[np.arange(len(labels)), labels]))

    return float(minimize_scalar(cross_entropy, bounds=(0.25, 4), method="bounded").x)


def apply_temperature(probabilities, temperature):
    """Probabilities (n, 7) as they would be with their logits divided by temperature: (n, 7) float."""
    logits = np.log(np.maximum(probabilities, 1e-12))
    return softmax(logits / temperature, axis=1)


def cross_fitted_calibration_error(probabilities, labels, seed=0):
    """The calibration error that a fitted temperature leaves on faces it was not fitted on.

    The faces are split in halves at random; each half is measured with the temperature of the
    other, and both are pooled.

    Args:
        probabilities: (n, 7) float, EMOTIONS order, at temperature 1.
        labels: (n,) int, index into EMOTIONS.
        seed: draws the halves.

    Returns:
        float, 0-1 (see expected_calibration_error).
    """
    halves = np.array_split(np.random.default_rng(seed).permutation(len(labels)), 2)
    scaled = probabilities.copy()
    for measured, fitted in (halves, halves[::-1]):
        temperature = fit_temperature(probabilities[fitted], labels[fitted])
        scaled[measured] = apply_temperature(probabilities[measured], temperature)
    return expected_calibration_error(scaled, labels)


def _ratios(parts, wholes):
    return [float(part / whole) if whole else None for part, whole in zip(parts, wholes, strict=True)]
