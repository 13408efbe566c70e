"""An answer or an Explanation goes in, sentences come out: what the pictures show, for those who don't see them."""

import numpy as np

from emotion import EMOTIONS
from emotion.explain.explanation import BLUR
from emotion.measure.calibration import is_sure

SURE = 1.96
"""Standard errors on either side of a weight that make its 95 % interval."""

BASELINE = f"blurred until no feature of it is left (by {BLUR} of the picture's 48 pixels)"
"""What becomes of a region that is hidden."""


def faces_text(boxes, shape):
    """Where the faces of a photo are.

    Args:
        boxes: list of (top, right, bottom, left), photo pixels.
        shape: of the photo, (height, width, ...).

    Returns:
        str: "Your photo with 2 faces found: face 1 middle left, face 2 upper right."
    """
    height, width = shape[:2]
    places = []
    for number, (top, right, bottom, left) in enumerate(boxes, 1):
        down = ("upper", "middle", "lower")[min(2, int(3 * (top + bottom) / 2 / height))]
        across = ("left", "centre", "right")[min(2, int(3 * (left + right) / 2 / width))]
        places.append(f"face {number} {down} {across}")
    return f"Your photo with {len(boxes)} face{'s' * (len(boxes) > 1)} found: {', '.join(places)}."


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


def sheet_text(explanation):
    """What the sheet of all seven maps shows: by emotion, its probability and the regions that moved it most."""
    maps = [
        f"{emotion.capitalize()}, {100 * share:.0f} %: {weights_text(explanation, emotion, 2)}"
        for emotion, share in zip(EMOTIONS, explanation.probabilities, strict=True)
    ]
    return f"The heat maps of all seven emotions on one scale. {' '.join(maps)}"


def question(explanation, emotion, other=None):
    """What a map answers, as numbers.

    Args:
        explanation: Explanation.
        emotion: one of EMOTIONS.
        other: another one that it is compared with, or None.

    Returns:
        (weights, errors, share): (n,) float each, by how much (0-1) each region raises what is asked
        about, and the standard errors; and how high that is for the whole face: the emotion's
        probability, or how far it is ahead of the other's.
    """
    label = EMOTIONS.index(emotion)
    share = explanation.probabilities[label]
    if other is None:
        return explanation.weights[:, label], explanation.errors[:, label], share
    return *explanation.contrast(emotion, other), share - explanation.probabilities[EMOTIONS.index(other)]


def hiding_text(explanation, emotion, other, regions, probabilities):
    """What came of hiding some regions, beside what the map promised.

    Args:
        explanation: Explanation.
        emotion: one of EMOTIONS.
        other: another one that it is compared with, or None.
        regions: list of numbers of regions, at least one.
        probabilities: (7,) float, of the face with them hidden (see explain.hide).

    Returns:
        str: "With mouth hidden, happy falls from 71 % to 45 %: −26 points. The map promised −21 (±3)."
    """
    weights, errors, before = question(explanation, emotion, other)
    after = probabilities[EMOTIONS.index(emotion)]
    what, unit = emotion, " %"
    if other is not None:
        after = after - probabilities[EMOTIONS.index(other)]
        what, unit = f"the lead of {emotion} over {other}", " points"
    names = [explanation.names[region] for region in regions]
    named = names[0] if len(names) == 1 else f"{len(names)} parts"
    if _number(before) == _number(after):
        change = f"stays at {_number(after)}{unit}"
    else:
        verb = "falls" if after < before else "rises"
        change = f"{verb} from {_number(before)}{unit} to {_number(after)}{unit}"
    promised, error = -weights[regions].sum(), np.sqrt((errors[regions] ** 2).sum())
    return (
        f"With {named} hidden, {what} {change}: {_points(after - before)} points. "
        f"The map promised {_points(promised)} (±{max(1, round(100 * SURE * error))})."
    )


def verdict(explanation, emotion, other, thresholds):
    """How good a map is by its fit, of a comparison by the worse of its two.

    Args:
        explanation: Explanation.
        emotion: one of EMOTIONS.
        other: another of EMOTIONS, or None.
        thresholds: see fit_text.

    Returns:
        "poor", "fair" or "good"; None without thresholds.
    """
    if thresholds is None:
        return None
    fit = min(explanation.fit[EMOTIONS.index(each)] for each in (emotion, other) if each)
    return "poor" if fit < thresholds["useless_below"] else "fair" if fit < thresholds["good_from"] else "good"


VERDICTS = {
    "poor": "Poor fit: don't trust this map. ",
    "fair": "Fair fit: trust the strongest regions only. ",
    "good": "Good fit. ",
    None: "",
}


def samples_text(explanation):
    """What the model was asked to make a map.

    Args:
        explanation: Explanation.

    Returns:
        str: "798 faces with one part in seven hidden".
    """
    few = explanation.hidden_share < 1 / 2
    hidden = "one part in seven hidden" if few else "every other part hidden, as fewer hardly moved its answer"
    return f"{explanation.num_samples:,} faces with {hidden}"


def fit_text(explanation, emotion, thresholds=None, other=None):
    """How far a map can be trusted.

    Args:
        explanation: Explanation.
        emotion: one of EMOTIONS.
        thresholds: dict with useless_below and good_from, R^2 each (models/explanation.json, fit), or None where
            they were not measured for this network, then there is no verdict.
        other: another of EMOTIONS that it is compared with, or None.

    Returns:
        str, one to four sentences.
    """
    if other is not None:  # the worse of the two
        emotion = min((emotion, other), key=lambda each: explanation.fit[EMOTIONS.index(each)])
    label = EMOTIONS.index(emotion)
    fit = explanation.fit[label]
    words = VERDICTS[verdict(explanation, emotion, None, thresholds)]
    subject = "The map" if other is None else f"The map for {emotion}, the worse of the two,"
    sentences = [
        f"{words}{subject} catches {max(0, 100 * fit):.0f} % of how the model's answer changes as parts are hidden.",
        f"Added up, it says {_sum(explanation.surrogate_probabilities[label])}, "
        f"the model says {100 * explanation.probabilities[label]:.0f} %.",
    ]
    if not explanation.stable:
        sentences.append("More samples could still change the order of its regions.")
    return " ".join(sentences)


def _sum(share):
    """What a map's weights add up to, which need not be a probability."""
    return "more than 100 %" if share > 1 else "less than 0 %" if share < 0 else f"{100 * share:.0f} %"


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


def weight_text(weight, error):
    """One weight with its 95 % interval, in percentage points: "+21 points (±3)"."""
    return f"{_points(weight)} points (±{max(1, round(100 * SURE * error))})"


def _points(weight):
    return "0" if abs(weight) < 0.005 else f"{100 * weight:+.0f}".replace("-", "−")


def _number(share):
    return f"{100 * share:.0f}".replace("-", "−")
