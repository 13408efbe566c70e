"""The tabs "Score card" and "How to read the map", from the records of what was measured.

Pictures are HTML and SVG in the page's own colours: they can be read in light and dark, on a phone, and by ear.
"""

import json

import numpy as np
from markupsafe import Markup

from emotion import EMOTIONS
from emotion.analysis.pipeline import analyse
from emotion.measure.evaluate import robustness_table
from emotion.measure.intervals import wilson_interval
from emotion.page.examples import EXAMPLES
from emotion.page.map_texts import fit_text, part_text, parts_text, sets_text
from emotion.page.maps import still_map_html
from emotion.page.question import Question
from emotion.page.render import render
from emotion.page.texts import answer_text, times

ENOUGH = 100
"""Faces that a bin of the reliability diagram must have to be named as the worst."""

DIAGRAM = {"left": 44, "top": 10, "size": 240}
"""Of the reliability diagram, in its own units."""


def read_measured(folder, record):
    """Read what tests/bench measured, where it was measured with the weights that are served.

    Args:
        folder: Path of models/.
        record: content of emotion.json there.

    Returns:
        dict of dicts: "faces" (how faces are found) and "explanation" (how far maps hold), those that there are.
    """
    files = {name: folder / f"{name}.json" for name in ("faces", "explanation")}
    found = {name: json.loads(file.read_text(encoding="utf-8")) for name, file in files.items() if file.is_file()}
    return {name: measured for name, measured in found.items() if measured["weights"] == record["sha256"]}


def score_card(record, measured):
    """How good the model and its maps are, for the tab "Score card".

    Args:
        record: content of models/emotion.json.
        measured: see read_measured.

    Returns:
        str, HTML.
    """
    report = record["validation"]
    robustness = sorted(robustness_table(report), key=lambda row: -row["cost"])
    return render(
        "score_card.html",
        emotions=EMOTIONS,
        report=report,
        record=record,
        recall=_recall(report["confusion"]),
        confusion=_confusion(report["confusion"]),
        diagram=_diagram(report["reliability"]),
        stumbles=robustness[:4],
        others_cost=robustness[4]["cost"],
        num_stumbles=len(robustness),
        finding=_finding(measured["faces"]) if "faces" in measured else None,
        maps=_maps(measured["explanation"]) if "explanation" in measured else None,
    )


def how_to_read():
    """How to read a heat map, for the tab of that name: str, HTML."""
    return render("how_to_read.html")


def worked_example(engine, record):
    """One map, explained: of the example photo, by the network that is served.

    It is worked out rather than kept as a picture, since other weights give another map. It takes as long as a
    visitor's.

    Args:
        engine: engine.Engine.
        record: content of models/emotion.json.

    Returns:
        str, HTML.
    """
    *_, analysis = analyse(EXAMPLES["hopper"].path, engine)
    explanation = analysis.explanation.by_parts()
    question = Question(explanation, EMOTIONS[explanation.probabilities.argmax()])
    strongest = next((part for part in question.strongest if times(question.weights[part])), None)
    return render(
        "example.html",
        answer=answer_text(explanation.probabilities, record["not_sure"]),
        emotion=question.emotion,
        words=parts_text(question),
        sets=sets_text(explanation),
        trust=fit_text(question),
        map=Markup(still_map_html(question, analysis.face)),
        part=None if strongest is None else part_text(question, strongest),
        verb="multiplies" if strongest is None or question.weights[strongest] > 0 else "divides",
        factor="" if strongest is None else times(question.weights[strongest])[1:],
    )


def _recall(confusion):
    counts = np.array(confusion)
    return [
        {"emotion": emotion, "share": right / count, "interval": wilson_interval(right, count)}
        for emotion, right, count in zip(EMOTIONS, counts.diagonal(), counts.sum(axis=1), strict=True)
        if count
    ]


def _confusion(confusion):
    """The matrix in shares of its rows, and the most frequent mistake."""
    counts = np.array(confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    mistakes = np.where(np.eye(len(EMOTIONS), dtype=bool), -1, shares)
    row, column = np.unravel_index(mistakes.argmax(), mistakes.shape)
    return {"rows": shares.tolist(), "worst": (EMOTIONS[row], EMOTIONS[column], shares[row, column])}


def _diagram(bins):
    """The points of the reliability diagram, 0 to 100 % both ways; a point's area tells how many faces it has."""
    left, top, size = DIAGRAM.values()
    most = max(row["count"] for row in bins)
    return DIAGRAM | {
        "bins": bins,
        "points": [
            {
                "x": left + size * row["probability"],
                "y": top + size * (1 - row["accuracy"]),
                "r": 2 + 6 * np.sqrt(row["count"] / most),
            }
            for row in bins
        ],
        "worst": max((row for row in bins if row["count"] >= ENOUGH), key=_gap, default=max(bins, key=_gap)),
    }


def _gap(row):
    return abs(row["probability"] - row["accuracy"])


def _finding(measured):
    conditions = [(name, row) for name, rows in measured["conditions"].items() for row in rows]
    upright = next(row for row in measured["conditions"]["tilt, degrees"] if row["level"] == 0)
    worst_name, worst = min(conditions, key=lambda condition: condition[1]["found"])
    false = sum(row["false_faces"] for _, row in conditions)
    return {
        "upright": upright,
        "worst_name": worst_name,
        "worst": worst,
        "photos": sum(row["count"] for _, row in conditions),
        "times": {0: "never", 1: "once", 2: "twice"}.get(false, f"{false:,} times"),
    }


def _maps(measured):
    judged = [row | {"value": _value_text(row["values"])} for row in measured["rows"] if row["met"] is not None]
    return {"judged": judged, "passed": sum(row["met"] for row in judged), "preliminary": measured["preliminary"]}


def _value_text(values):
    values = values if isinstance(values, list) else [values]
    return f"{values[0]:.3g}" + (f" ({values[1]:.3g} to {values[2]:.3g})" if len(values) == 3 else "")
