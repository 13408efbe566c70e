"""How numbers and answers are said."""

import numpy as np

from emotion import EMOTIONS
from emotion.measure.calibration import is_sure

TITLE = "What does this expression look like?"
"""The page's name."""

NOUNS = ("disgust", "fear", "surprise")
"""Emotions that a face looks like; it looks happy, angry, sad or neutral."""

WORKING = "Looking for faces …"
LOADING = "The model is still loading."
FORGOTTEN = "This photo has been deleted, as promised. Choose it again to ask more about it."
NO_FACE_YET = "No face found yet. Looking closer for small and tilted ones …"
STOPPED = "The search for more faces stopped early."

SLOW = 2.5
"""Seconds that the work on a map may take before people are told: on 2 cores it takes 1 to 2 (tests/README.md)."""

FIRST_PLACES = (("top", "middle", "bottom"), ("left", "centre", "right"))


def percent(share):
    """A share (0-1) in whole percent: "95 %"; what rounds to nothing or to all, and is not, as "<1 %" or ">99 %"."""
    rounded = round(100 * share)
    if rounded <= 0 < share:
        return "<1 %"
    if rounded >= 100 > 100 * share:
        return ">99 %"
    return f"{min(max(rounded, 0), 100)} %"


def points(share):
    """A lead in percentage points, "+21" or "−4"; None where it rounds to nothing."""
    rounded = round(100 * share)
    return f"{rounded:+d}".replace("-", "−") if rounded else None


def times(weight):
    """Evidence, a weight in log-odds, as what it multiplies the odds by: "×1.6" or "÷1.6"; None near ×1.0."""
    factor = np.exp(abs(weight))
    if factor < 1.05:
        return None
    return (
        f"{'×' if weight > 0 else '÷'}{'>99' if factor > 99 else f'{factor:.1f}' if factor < 10 else f'{factor:.0f}'}"
    )


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


def live_text(probabilities, rule):
    """As answer_text, without numbers, which would change too often to be read: "Looks happy."."""
    first, second = (EMOTIONS[index] for index in np.argsort(-probabilities, kind="stable")[:2])
    return f"Looks {looks(first)}." if is_sure(probabilities[None], rule)[0] else f"Not sure: {first} or {second}."


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
        f"On {report['count']:,} faces set aside it was right {_of_100(report['accuracy'])} times in 100{when_sure}, "
        f"least often on {worst}: {_of_100(recall[worst])}."
    )


def waiting_text(what, before, seconds):
    """The place in the queue, with a guess of the wait where there is one.

    Args:
        what: is waited for, "photo" or "map".
        before: photos that come before.
        seconds: until it should be done; None where nobody knows.

    Returns:
        str: "Your photo is next …" or "2 photos before yours, about 5 seconds …".
    """
    if before == 0:
        return f"Your {what} is next …"
    place = f"{before} photo{'s' * (before > 1)} before yours"
    return f"{place} …" if seconds is None else f"{place}, about {_duration(seconds)} …"


def slow_text(seconds):
    """That a map takes long, if its work takes more seconds than SLOW; "" where it does not, or where nobody knows."""
    too_long = seconds is not None and seconds > SLOW
    return f"This computer is slow or busy: a map takes about {_duration(seconds)}." if too_long else ""


def _duration(seconds):
    """Seconds in words, the coarser the longer: "a second", "20 seconds", "2 minutes"."""
    if seconds > 57:
        minutes = round(seconds / 60)
        return f"{minutes} minutes" if minutes > 1 else "a minute"
    whole = round(seconds) if seconds < 9.5 else 5 * round(seconds / 5)
    return f"{whole} seconds" if whole > 1 else "a second"


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


def more_text(count):
    """What a closer look found, once it is over: "2 more faces"; "" where it found none."""
    return f"{count} more {'face' if count == 1 else 'faces'}" if count else ""


def _of_100(share):
    return f"{100 * share:.0f}"
