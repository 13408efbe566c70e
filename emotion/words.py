"""An Explanation goes in, sentences come out: what the pictures of render show, for those who don't see them."""

import numpy as np

from emotion import EMOTIONS
from emotion.metrics import is_sure

SURE = 1.96
"""Standard errors on either side of a weight that make its 95 % interval."""


def answer_text(probabilities, rule):
    """The answer: the top emotion, or, where the model is not sure of it, the two candidates.

    Args:
        probabilities: (7,) float, EMOTIONS order.
        rule: when it is sure, see metrics.choose_abstention.

    Returns:
        str: "Looks most like happy, 71 %." or "Not sure: looks like fear, 41 %, or surprise, 35 %."
    """
    first, second = (
        f"{EMOTIONS[index]}, {100 * probabilities[index]:.0f} %"
        for index in np.argsort(-probabilities, kind="stable")[:2]
    )
    if is_sure(probabilities[None], rule)[0]:
        return f"Looks most like {first}."
    return f"Not sure: looks like {first}, or {second}."


def weights_text(explanation, emotion, num_regions=5):
    """The regions that moved an emotion's probability most, in percentage points.

    Args:
        explanation: Explanation.
        emotion: one of EMOTIONS.
        num_regions: name at most so many.

    Returns:
        str: "Mouth +21 points (±3) towards happy; left eye −4 (±3)."
    """
    label = EMOTIONS.index(emotion)
    weights, errors = explanation.weights[:, label], explanation.errors[:, label]
    return _sentence(explanation.names, weights, errors, f"towards {emotion}", num_regions)


def contrast_text(explanation, emotion, other, num_regions=5):
    """The regions that spoke most for one emotion rather than another, in percentage points.

    Args:
        explanation: Explanation.
        emotion: one of EMOTIONS.
        other: another of EMOTIONS.
        num_regions: name at most so many.

    Returns:
        str: "Mouth +30 points (±4) towards happy rather than sad; left eye −6 (±4)."
    """
    weights, errors = explanation.contrast(emotion, other)
    return _sentence(explanation.names, weights, errors, f"towards {emotion} rather than {other}", num_regions)


def fit_text(explanation, emotion, thresholds=None):
    """How far a map can be trusted.

    Args:
        explanation: Explanation.
        emotion: one of EMOTIONS.
        thresholds: dict with useless_below and good_from, R^2 each (models/explanation.json, fit); None
            where they were not measured, then there is no verdict.

    Returns:
        str, one to four sentences.
    """
    label = EMOTIONS.index(emotion)
    fit = explanation.fit[label]
    if thresholds is None:
        verdict = ""
    elif fit < thresholds["useless_below"]:
        verdict = "Poor fit: don't trust this map. "
    elif fit < thresholds["good_from"]:
        verdict = "Fair fit: trust the strongest regions only. "
    else:
        verdict = "Good fit. "
    sentences = [
        f"{verdict}The map catches {max(0, 100 * fit):.0f} % of how the model's answer changes as parts are hidden.",
        f"Added up, it says {100 * explanation.surrogate_probabilities[label]:.0f} %, "
        f"the model says {100 * explanation.probabilities[label]:.0f} %.",
    ]
    if not explanation.stable:
        sentences.append("More samples could still change the order of its regions.")
    return " ".join(sentences)


def _sentence(names, weights, errors, direction, num_regions):
    sure = np.flatnonzero(np.abs(weights) > SURE * errors)
    strongest = sure[np.argsort(-np.abs(weights[sure]))][:num_regions]
    if not len(strongest):
        return f"No part of the face surely moved the answer {direction}."
    units = [(" points", f" {direction}")] + [("", "")] * (len(strongest) - 1)  # said once
    parts = [
        f"{names[region]} {_points(weights[region])}{unit} (±{max(1, round(100 * SURE * errors[region]))}){towards}"
        for region, (unit, towards) in zip(strongest, units, strict=True)
    ]
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _points(weight):
    return f"{100 * weight:+.0f}".replace("-", "−")
