"""How sure the network may be: its temperature, when it answers "not sure", and how well both hold."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import softmax

from emotion.measure.intervals import wilson_interval

WANTED_ACCURACY = 0.85
"""How often an answer is to be right where the model is sure enough to give one."""
NEVER = 2.0
"""A threshold above every certainty, so that nothing is answered."""


def expected_calibration_error(probabilities, labels, num_bins=15):
    """How far the top probability is from how often it is right (Guo et al. 2017, arXiv 1706.04599, section 2).

    Args:
        probabilities: (n, 7) float, EMOTIONS order.
        labels: (n,) int, index into EMOTIONS.
        num_bins: count of equally wide bins of the top probability.

    Returns:
        float, 0-1: the gap between mean probability and accuracy in each bin, averaged by bin size.
    """
    bins = reliability(probabilities, labels, num_bins)
    return sum(row["count"] * abs(row["probability"] - row["accuracy"]) for row in bins) / len(labels)


def reliability(probabilities, labels, num_bins=15):
    """How often the model is right, by the top probability that it gives.

    Args:
        probabilities: (n, 7) float, EMOTIONS order.
        labels: (n,) int, index into EMOTIONS.
        num_bins: count of equally wide bins of the top probability.

    Returns:
        list of dicts, one for each bin that holds faces, from low to high: count, and over its faces
        the mean top probability and the accuracy (both 0-1).
    """
    top = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bins = np.minimum((top * num_bins).astype(int), num_bins - 1)
    rows = [bins == number for number in np.unique(bins)]
    return [
        {"count": int(row.sum()), "probability": float(top[row].mean()), "accuracy": float(right[row].mean())}
        for row in rows
    ]


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
        probabilities: (n, 7) float, EMOTIONS order, at any one temperature, n at least 2.
        labels: (n,) int, index into EMOTIONS.
        seed: draws the halves.

    Returns:
        float, 0-1 (see expected_calibration_error).
    """
    scaled = probabilities.copy()
    for measured, fitted in _halves(len(labels), seed):
        temperature = fit_temperature(probabilities[fitted], labels[fitted])
        scaled[measured] = apply_temperature(probabilities[measured], temperature)
    return expected_calibration_error(scaled, labels)


def choose_abstention(probabilities, labels, wanted=WANTED_ACCURACY):
    """Choose when to answer, and when to say "not sure" (selective prediction, Geifman and El-Yaniv 2017,
    arXiv 1705.08500).

    Two measures of certainty are compared: the top probability, and its gap to the second. For
    each, the lowest threshold is found above which the answers are right often enough; the measure
    that then answers more faces is chosen.

    Args:
        probabilities: (n, 7) float, EMOTIONS order, calibrated.
        labels: (n,) int, index into EMOTIONS.
        wanted: least accuracy (0-1) of what is answered.

    Returns:
        dict, ready for JSON: certainty ("top" or "gap"), threshold (answer where the certainty is at
        least this; NEVER where no threshold will do), wanted, and coverage: by certainty, which share of
        these faces it would answer.
    """
    right = probabilities.argmax(axis=1) == labels
    found = {name: _lowest_threshold(measure(probabilities), right, wanted) for name, measure in CERTAINTIES.items()}
    coverage = {name: float(np.mean(CERTAINTIES[name](probabilities) >= found[name])) for name in found}
    chosen = max(coverage, key=coverage.get)
    return {"certainty": chosen, "threshold": found[chosen], "wanted": wanted, "coverage": coverage}


def is_sure(probabilities, rule):
    """Which of (n, 7) calibrated probabilities are sure enough to answer, by choose_abstention's rule: (n,) bool."""
    return CERTAINTIES[rule["certainty"]](probabilities) >= rule["threshold"]


def abstention_report(right, sure):
    """What a rule for "not sure" leaves.

    Args:
        right: (n,) bool, whether the top emotion is the label.
        sure: (n,) bool, see is_sure.

    Returns:
        dict, ready for JSON: answered (count), coverage (its share of all, 0-1), accuracy of what is
        answered and its 95 % interval (both None where nothing is).
    """
    answered, correct = int(sure.sum()), int((right & sure).sum())
    return {
        "answered": answered,
        "coverage": answered / len(right),
        "accuracy": correct / answered if answered else None,
        "accuracy_interval": wilson_interval(correct, answered) if answered else None,
    }


def cross_fitted_abstention(probabilities, labels, wanted=WANTED_ACCURACY, seed=0):
    """What the rule for "not sure" leaves on faces it was not chosen on: abstention_report's dict.

    As in cross_fitted_calibration_error, each half is measured with the rule of the other.

    Args:
        probabilities: (n, 7) float, EMOTIONS order, calibrated, n at least 2.
        labels: (n,) int, index into EMOTIONS.
        wanted: see choose_abstention.
        seed: draws the halves.
    """
    sure = np.zeros(len(labels), bool)
    for measured, fitted in _halves(len(labels), seed):
        rule = choose_abstention(probabilities[fitted], labels[fitted], wanted)
        sure[measured] = is_sure(probabilities[measured], rule)
    return abstention_report(probabilities.argmax(axis=1) == labels, sure)


def _top(probabilities):
    return probabilities.max(axis=1)


def _gap(probabilities):
    second, top = np.sort(probabilities, axis=1)[:, -2:].T
    return top - second


CERTAINTIES = {"top": _top, "gap": _gap}
"""How sure the model is of (n, 7) probabilities: the top one, or its gap to the second; (n,) float, 0-1."""


def _lowest_threshold(certainty, right, wanted):
    """The lowest threshold, between two faces' certainties, above which right answers are as frequent as wanted."""
    order = np.argsort(-certainty)
    accuracy = right[order].cumsum() / np.arange(1, len(right) + 1)
    falling = certainty[order]
    can_cut = np.append(falling[:-1] > falling[1:], True)  # faces of one certainty are answered all or none
    last = np.flatnonzero(can_cut & (accuracy >= wanted))
    if not len(last):
        return NEVER
    below = falling[last[-1] + 1] if last[-1] + 1 < len(falling) else 0.0
    return float((falling[last[-1]] + below) / 2)


def _halves(count, seed):
    """Two random halves of range(count), as (one, other) and (other, one)."""
    halves = np.array_split(np.random.default_rng(seed).permutation(count), 2)
    return halves, halves[::-1]
