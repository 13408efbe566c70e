"""Every sentence that depends on a map: its parts, the sets that decide, its fit."""

import numpy as np

from emotion import EMOTIONS
from emotion.page.texts import listed, looks, percent, points, times

NO_CLEAR_PART = "No part had a clear effect on the answer."

AREAS = {"between the brows": "area between the brows", "above the lip": "area above the lip"}
OTHER_SIDE = {"left": "right", "right": "left", "upper": "lower", "lower": "upper"}
PAIRS = {"jaw": "sides of the jaw"}
"""Face parts that a sentence calls something else; a pair is else its name and an s."""

MOST_NAMED = 4
"""Parts or pairs that a sentence names; of more, the last ones are counted."""

OVERLAP = 0.05
"""By how much hiding parts together differs from the sum of each alone, before the page speaks of it."""


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
    """What is known of one part: what hiding it alone does, measured, and its evidence.

    Args:
        question: Question.
        part: number of a region.

    Returns:
        str: "mouth: without it happy 71 % → 45 %. Evidence for happy ×1.6 (1.4 to 1.9)."
    """
    explanation = question.explanation
    measured = f"{explanation.names[part]}: without it {_change(question, explanation.alone[part])}."
    value = times(question.weights[part])
    if not explanation.num_samples:
        return measured
    if value is None or not question.sure[part]:
        return f"{measured} No clear evidence."
    side = "for" if question.weights[part] > 0 else "against"
    low, high = sorted(np.exp(np.abs(question.intervals[part])))
    return f"{measured} Evidence {side} {question.towards} {value} ({low:.1f} to {high:.1f})."


def sets_text(explanation):
    """What decides the answer, each sentence confirmed by the network.

    Args:
        explanation: Explanation.

    Returns:
        str: "Hide the mouth and both eyes, and it says sad. The mouth alone is enough for happy."; empty until the
        sets are known.
    """
    sets, names = explanation.sets, explanation.by_parts().names
    if sets is None:
        return ""
    answer = EMOTIONS[explanation.probabilities.argmax()]
    said = []
    if sets.none_alone:
        said.append("No single part decides it.")
    if sets.changing is not None:
        said.append(
            f"Hide {together((names[part] for part in sets.changing), MOST_NAMED)}, and it says {sets.changed_to}."
        )
    if EMOTIONS[explanation.blurred.argmax()] == answer:
        said.append(f"Even the wholly blurred face looks {looks(answer)} to it.")
    elif sets.changing is None:
        said.append("No small set of parts was found that changes it.")
    if sets.sufficient and EMOTIONS[explanation.blurred.argmax()] != answer:
        kept = [names[part] for part in sets.sufficient]
        verb = "is" if len(kept) == 1 else "are"
        sentence = f"{together(kept, MOST_NAMED)} alone {verb} enough for {answer}."
        said.append(sentence[0].upper() + sentence[1:])
    return " ".join(said)


def together(names, most=None):
    """Parts as a sentence has them, pairs as one: "the nose, both eyes and the lower lip".

    Of more than most it ends in a count: "the nose, both eyes, the lower lip and 4 more parts".
    """
    names = list(names)
    told = {}
    for name in names:
        side, _, rest = name.partition(" ")
        twin = f"{OTHER_SIDE.get(side)} {rest}"
        if twin not in names:
            told[f"the {AREAS.get(name, name)}"] = 1
        elif names.index(twin) > names.index(name):
            told[f"both {PAIRS.get(rest, rest + 's')}"] = 2
    phrases = list(told)
    if most and len(phrases) > most:
        phrases[most - 1 :] = [f"{sum(told[phrase] for phrase in phrases[most - 1 :])} more parts"]
    return listed(phrases)


def without_text(question, hidden, probabilities, painted=False):
    """What hiding some of the face did, as the model itself says.

    Args:
        question: Question.
        hidden: list of numbers of regions; empty only where something is painted over.
        probabilities: (7,) float, of the face with all of it hidden (see masks.hide).
        painted: whether an area is painted over.

    Returns:
        str: "Without mouth: happy 71 % → 45 %." or "Without 4 parts and the painted area: happy stays at 71 %."; then
        what the face looks like, where that is something else, and whether parts stand in for each other.
    """
    names = [question.explanation.names[part] for part in hidden]
    areas = names if len(names) <= 3 else [f"{len(names)} parts"]
    without = listed([*areas, *["the painted area"] * bool(painted)])
    sentence = f"Without {without}: {_change(question, probabilities)}."
    top = probabilities.argmax()
    if top != question.explanation.probabilities.argmax():
        sentence += f" It then looks {looks(EMOTIONS[top])}, {percent(probabilities[top])}."
    if painted or len(hidden) == 1:
        return sentence
    whole = question.share()
    one_by_one = sum(whole - question.share(question.explanation.alone[part]) for part in hidden)
    more = whole - question.share(probabilities) - one_by_one
    if abs(more) < OVERLAP:
        return sentence
    if more > 0:
        return f"{sentence} Together they do more than one by one: they stand in for each other."
    return f"{sentence} Together they do less than one by one: their effects overlap."


def _change(question, probabilities):
    before, after = question.share(), question.share(probabilities)
    if question.other is None:
        before, after, what = percent(before), percent(after), question.emotion
    else:
        before, after = (f"{points(lead) or '0'} points" for lead in (before, after))
        what = f"lead of {question.emotion} over {question.other}"
    return f"{what} stays at {before}" if before == after else f"{what} {before} → {after}"


def samples_text(explanation):
    """What the model was asked to make a map: "720 variants of the face, each with half of its parts hidden"."""
    return f"{explanation.num_samples:,} variants of the face, each with half of its parts hidden"


def fit_text(question):
    """How far a map can be trusted: a few sentences; empty until the fit is known."""
    if np.isnan(question.fit):
        return ""
    whose = "The map" if question.other is None else f"The map for {question.weakest}, the worse of the two,"
    sentences = ["Poor fit: don't trust this map."] if question.poor else []
    sentences += [f"{whose} explains {percent(max(0, question.fit))} of how the answer changes as parts are hidden."]
    if not question.explanation.stable:
        sentences.append("More samples could still change the order of weaker parts.")
    if len(question.disagree):
        parts = together(question.explanation.names[part] for part in question.disagree)
        sentences.append(f"Hidden by grey instead of blur, {parts} would have the opposite effect.")
    return " ".join(sentences)
