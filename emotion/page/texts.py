"""Every sentence that depends on an answer or a map."""

import numpy as np

from emotion import EMOTIONS
from emotion.measure.calibration import is_sure

NO_CLEAR_PART = "No part had a clear effect on the answer."
NOUNS = ("disgust", "fear", "surprise")
"""Emotions that a face looks like; it looks happy, angry, sad or neutral."""

FIRST_PLACES = (("top", "middle", "bottom"), ("left", "centre", "right"))


def percent(share):
    """A share (0-1) in whole percent: "95 %"; what rounds to nothing or to all, and is not, as "<1 %" or ">99 %"."""
    rounded = round(100 * share)
    if rounded <= 0 < share:
        return "<1 %"
    if rounded >= 100 > 100 * share:
        return ">99 %"
    return f"{min(max(rounded, 0), 100)} %"


def points(weight):
    """A weight in percentage points, "+21" or "−4"; None where it rounds to nothing."""
    rounded = round(100 * weight)
    return f"{rounded:+d}".replace("-", "−") if rounded else None


def listed(words):
    """Words (at least one) as a sentence has them: "a", "a and b", "a, b and c"."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def looks(emotion):
    """What a face of an emotion looks like: "happy", "like fear"."""
    return f"like {emotion}" if emotion in NOUNS else emotion


def answer_text(probabilities, rule):
    """The answer: the top emotion, or the two candidates where the model is not sure.

    Args:
        probabilities: (7,) float, EMOTIONS order.
        rule: when it is sure, see metrics.choose_abstention.

    Returns:
        str: "Looks happy, 71 %." or "Not sure: fear 41 % or surprise 35 %."
    """
    first, second = np.argsort(-probabilities, kind="stable")[:2]
    if is_sure(probabilities[None], rule)[0]:
        return f"Looks {looks(EMOTIONS[first])}, {percent(probabilities[first])}."
    names = (f"{EMOTIONS[index]} {percent(probabilities[index])}" for index in (first, second))
    return f"Not sure: {' or '.join(names)}."


def standing_out(probabilities, rule):
    """The emotions that the answer names: a set of one, or of two where the model is not sure."""
    sure = is_sure(probabilities[None], rule)[0]
    return {EMOTIONS[index] for index in np.argsort(-probabilities, kind="stable")[: 1 if sure else 2]}


def trust_text(record):
    """How often the model is right, from its record: one sentence."""
    report = record["validation"]
    recall = {emotion: value for emotion, value in report["recall"].items() if value is not None}
    worst = min(recall, key=recall.get)
    sure = report["not_sure"]
    when_sure = f" ({_of_100(sure['accuracy'])} when it is sure)" if sure["answered"] else ""
    return (
        f"On {report['count']:,} test faces it was right {_of_100(report['accuracy'])} times in 100{when_sure}, "
        f"least often on {worst}: {_of_100(recall[worst])}."
    )


def face_text(number, box, shape, emotion, share):
    """What is said of one face of a group, for those who don't see where it is.

    Args:
        number: of the face, from 1.
        box: (top, right, bottom, left), photo pixels.
        shape: of the photo, (height, width, ...).
        emotion: its top emotion.
        share: that one's probability, 0-1.

    Returns:
        str: "Face 2, top right: happy, 72 %".
    """
    top, right, bottom, left = box
    middle = ((top + bottom) / 2 / shape[0], (left + right) / 2 / shape[1])
    down, across = (names[min(2, int(3 * place))] for names, place in zip(FIRST_PLACES, middle, strict=True))
    return f"Face {number}, {down} {across}: {emotion}, {percent(share)}"


def parts_text(question, num_parts=3):
    """The parts that spoke most for, and against, what is asked about.

    Args:
        question: Question.
        num_parts: name at most this many on either side.

    Returns:
        str: "What spoke for happy: mouth and left eye. Against it: chin."
    """
    names, weights = question.explanation.names, question.weights
    sides = [[names[part] for part in question.strongest if sign * weights[part] > 0][:num_parts] for sign in (1, -1)]
    if not any(sides):
        return NO_CLEAR_PART
    begin = (f"What spoke for {question.towards}: ", "Against it: " if sides[0] else f"Against {question.towards}: ")
    return " ".join(f"{start}{listed(side)}." for start, side in zip(begin, sides, strict=True) if side)


def part_text(question, part):
    """What the map says of one part.

    Args:
        question: Question.
        part: number of a region.

    Returns:
        str: "mouth: +21 points for happy (18 to 24)"
    """
    name, value = question.explanation.names[part], points(question.weights[part])
    if value is None or not question.sure[part]:
        return f"{name}: no clear effect"
    low, high = (points(end) or "0" for end in question.intervals[part])
    return f"{name}: {value} points for {question.towards} ({low} to {high})"


def without_text(question, hidden, probabilities):
    """What hiding some parts did, as the model itself says.

    Args:
        question: Question.
        hidden: list of numbers of regions, at least one.
        probabilities: (7,) float, of the face with them hidden (see explanation.hide).

    Returns:
        str: "Without mouth: happy 71 % → 45 %." or "Without 4 parts: happy stays at 71 %."; where the answer is then
        another one, this too.
    """
    names = [question.explanation.names[part] for part in hidden]
    without = listed(names) if len(names) <= 3 else f"{len(names)} parts"
    sentence = f"Without {without}: {_change(question, probabilities)}."
    top = probabilities.argmax()
    if top == question.explanation.probabilities.argmax():
        return sentence
    return f"{sentence} It then looks {looks(EMOTIONS[top])}, {percent(probabilities[top])}."


def _change(question, probabilities):
    before, after = question.share(), question.share(probabilities)
    if question.other is None:
        before, after, what = percent(before), percent(after), question.emotion
    else:
        before, after = (f"{points(lead) or '0'} points" for lead in (before, after))
        what = f"lead of {question.emotion} over {question.other}"
    return f"{what} stays at {before}" if before == after else f"{what} {before} → {after}"


def samples_text(explanation):
    """What the model was asked to make a map: "798 variants, with one part in seven hidden"."""
    few = explanation.hidden_share < 1 / 2
    return f"{explanation.num_samples:,} variants, with {'one part in seven' if few else 'every other part'} hidden"


VERDICTS = {
    "poor": "Poor fit: don't trust this map.",
    "fair": "Fair fit: trust only the strongest parts.",
    "good": "Good fit.",
    None: "",
}


def fit_text(question):
    """How far a map can be trusted, after its verdict: a sentence or two."""
    whose = "The map" if question.other is None else f"The map for {question.weakest}, the worse of the two,"
    sentence = f"{whose} explains {percent(max(0, question.fit))} of how the answer changes as parts are hidden."
    if question.explanation.stable or question.verdict in ("good", "poor"):
        return sentence
    return f"{sentence} More samples could still change the order of weaker parts."


def _of_100(share):
    return f"{100 * share:.0f}"
