"""The map as SVG, to play with or to look at, and what belongs to it: the list of parts, its fit, all seven maps."""

import numpy as np
from PIL import Image

from emotion.explain.masks import hidden as blurred
from emotion.page.heat_map import colours_of
from emotion.page.map_texts import fit_text, part_text, parts_text, samples_text
from emotion.page.outlines import outlines
from emotion.page.render import picture_address, render
from emotion.page.texts import percent, times

FIRST_PARTS = 5
"""Parts that are listed before "Show all"."""


def map_html(question, face, key="", hidden=(), done=True, waiting="", failed=False):
    """The map: the face in grey, each part in the colour of its weight, to be hidden by a click.

    Args:
        question: Question; None while it is worked out.
        face: find.Face, or None.
        key: tells whether two maps are of one face and one kind of regions: what is hidden fits no other map.
        hidden: numbers of the parts that are hidden.
        done: whether the map is the last one.
        waiting: how long it may take until there is one, or why there is none.
        failed: whether there will be none.
    """
    if question is None:
        return render("map.html", question=None, waiting=waiting, failed=failed)
    return render(
        "map.html",
        **_map_of(question, face),
        blurred=picture_address(blurred(face.pixels), quality=95),
        key=key,
        hidden=set(hidden),
        num_samples=question.explanation.num_samples,
        done=done,
    )


def still_map_html(question, face):
    """A map of a Question and its find.Face to look at only."""
    return render("still_map.html", **_map_of(question, face))


def parts_html(question, hidden=()):
    """The parts with their weights, the strongest first, to be hidden by a tick."""
    rows = [
        {
            "number": int(part),
            "name": question.explanation.names[part],
            "value": times(question.weights[part]) if question.sure[part] else None,
            "alone": percent(question.share(question.explanation.alone[part])) if question.other is None else "",
            "side": "for" if question.weights[part] > 0 else "against",
            "length": 50 * min(1, abs(question.weights[part]) / question.scale),
            "text": part_text(question, part),
        }
        for part in (() if question is None else question.order)
    ]
    return render("parts.html", question=question, rows=rows, first=FIRST_PARTS, hidden=set(hidden))


def notes_html(question):
    """How far to trust the map."""
    return render(
        "notes.html",
        question=question,
        fit=question and fit_text(question),
        samples=question and samples_text(question.explanation),
    )


def sheet_html(questions, face):
    """The maps of all emotions, side by side, on one scale.

    Args:
        questions: list of Question, of one Explanation; empty for none.
        face: find.Face, or None.
    """
    if not questions:
        return ""
    return render(
        "sheet.html",
        face=picture_address(_grey(face.crop)),
        maps=[
            {
                "title": f"{question.emotion} {percent(question.share())}{' (poor fit)' * question.poor}",
                "text": f"{question.emotion}: {parts_text(question, 2)}",
                "parts": _parts(question),
            }
            for question in questions
        ],
    )


def _map_of(question, face):
    return {
        "question": question,
        "text": f"Map for {question.towards}. {parts_text(question, 5)}",
        "face": picture_address(_grey(face.crop)),
        "parts": _parts(question),
        "end": times(question.scale),
    }


def _parts(question):
    colours, opacities = colours_of(question)
    return [
        {
            "number": number,
            "path": path,
            "fill": "#{:02x}{:02x}{:02x}".format(*np.rint(255 * colour).astype(int)),
            "opacity": f"{opacity:.2f}",
            "side": ("against", "", "for")[1 + int(np.sign(question.shown[number]))],
            "text": part_text(question, number),
        }
        for number, (path, colour, opacity) in enumerate(
            zip(outlines(question.explanation.regions), colours, opacities, strict=True)
        )
    ]


def _grey(crop):
    return np.asarray(Image.fromarray(crop).convert("L"))
