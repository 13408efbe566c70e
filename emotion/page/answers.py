"""The answer: its words, its seven bars, and the form that asks for more."""

from emotion import EMOTIONS
from emotion.analysis.pipeline import KINDS
from emotion.page.render import render
from emotion.page.texts import standing_out, trust_text


def answer_html(sentence, state="given", why="", warnings=()):
    """The answer in words, what spoke for it, and what is wrong with the photo.

    Args:
        sentence: the answer, or why there is none.
        state: "given", "working" or "failed".
        why: what spoke for the answer, in a sentence, as soon as that is known.
        warnings: sentences.
    """
    return render("answer.html", sentence=sentence, state=state, why=why, warnings=warnings)


def chart_html(record, probabilities=None, emotion=None, without=None):
    """The seven probabilities as bars, which choose the emotion that is explained.

    The emotions keep their one order, so that two photos can be compared at a glance.

    Args:
        record: content of models/emotion.json.
        probabilities: (7,) float, EMOTIONS order; None for an empty chart.
        emotion: the one that is explained.
        without: (7,) float, the probabilities with some parts hidden; the bars then show these, and a mark the first.
    """
    named = set() if probabilities is None else standing_out(probabilities, record["not_sure"])
    shown = probabilities if without is None else without
    return render(
        "chart.html",
        bars=[
            {
                "emotion": name,
                "whole": None if probabilities is None else float(probabilities[label]),
                "now": None if shown is None else float(shown[label]),
                "top": name in named,
            }
            for label, name in enumerate(EMOTIONS)
        ],
        emotion=emotion,
        hiding=without is not None,
        trust=trust_text(record),
    )


def asking_html(emotion, other, kind):
    """The form that asks for more: what to compare the emotion with, and how the face is split."""
    others = [name for name in EMOTIONS if name != emotion]
    return render("asking.html", emotion=emotion, other=other, kind=kind, others=others, kinds=list(KINDS))
