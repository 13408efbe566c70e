"""What a visitor gives and asks goes in; what each place of the page then shows comes out, as text, HTML and pictures.

A place's content is a string, or a dict of what changes about it: value, alt_text, choices. No Gradio here: page lays
the places out and joins them to these methods.
"""

from dataclasses import dataclass, field, replace
from threading import Event

import numpy as np

from emotion import EMOTIONS, IMAGE_SIZE, InputError
from emotion.analysis.engine import Engine
from emotion.analysis.pipeline import FIRST_KIND, KINDS, Analysis, look
from emotion.analysis.result import result
from emotion.explain.explanation import Explanation, hidden, hide
from emotion.face.frame import Face
from emotion.measure.calibration import is_sure
from emotion.measure.photo_warnings import warn
from emotion.page.card import card
from emotion.page.heat_map import MAP_SIDE, draw_all_maps, draw_contrast, draw_faces, draw_heat_map
from emotion.page.html import answer_html, hiding_html, list_html, map_notes_html, seen_html, status_html, warnings_html
from emotion.page.texts import answer_text, contrast_text, faces_text, samples_text, sheet_text, weights_text

EMPTY = "Give a photo, and the answer appears here."
WORKING = "Looking for faces …"
FORGOTTEN = "This photo has been deleted, as promised. Give it once more to ask more about it."
NOTHING_ELSE = "nothing else"


@dataclass
class Visit:
    """What is held of one face of a visitor's photo, between two clicks.

    Attributes:
        faces: the photo's faces, the largest first; empty as long as they are looked for.
        numbered: (h, w, 3) uint8, the photo with numbered frames, or None.
        scale: of the numbered photo's pixels in one of the photo's.
        chosen: index of the face on show.
        emotion: the one that is explained.
        other: the one that it is compared with, or None.
        kind: of regions, one of report.KINDS.
        hidden: numbers of the regions that the visitor hid.
        explanations: by kind, the latest Explanation.
        done: the kinds whose Explanation is the last one.
        ended: set as soon as the visitor has gone on to another photo or face: all work for this one stops.
        analysis: of the photo, as it was looked at.
    """

    faces: list[Face] = field(default_factory=list)
    numbered: np.ndarray | None = None
    scale: float = 1.0
    chosen: int = 0
    emotion: str = EMOTIONS[0]
    other: str | None = None
    kind: str = FIRST_KIND
    hidden: list[int] = field(default_factory=list)
    explanations: dict[str, Explanation] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    ended: Event = field(default_factory=Event)
    analysis: Analysis | None = None

    @property
    def face(self):
        """The face on show."""
        return self.faces[self.chosen]

    @property
    def explanation(self):
        """The Explanation on show, or None while it is waited for."""
        return self.explanations.get(self.kind)


class Host:
    """Answers visitors; holds nothing of any of them."""

    def __init__(self, engine: Engine, record, thresholds):
        """Take what every answer needs.

        Args:
            engine: Engine.
            record: content of models/emotion.json.
            thresholds: see words.fit_text; None where they were not measured.
        """
        self.engine, self.record, self.thresholds = engine, record, thresholds
        self.useless_below = -np.inf if thresholds is None else thresholds["useless_below"]

    def begin(self, visit, given):
        """Clear the table: whatever was under way for an earlier photo ends.

        Args:
            visit: the last Visit, or None.
            given: whether there is a new photo.

        Returns:
            (new Visit, contents).
        """
        if visit is not None:
            visit.ended.set()
        return Visit(), self.blank(WORKING if given else EMPTY, working=given)

    def look(self, visit, file):
        """Find the faces of a photo, and answer about the largest.

        Args:
            visit: Visit that has just begun; its faces are filled in.
            file: see photo.read_photo.

        Returns:
            contents; empty where the visitor has gone on meanwhile.
        """
        if visit.ended.is_set():
            return {}
        try:
            visit.analysis = look(file, self.engine)
        except InputError as error:
            return {} if visit.ended.is_set() else self.blank(str(error), failed=True)
        if visit.ended.is_set():
            return {}
        photo, faces = visit.analysis.photo, list(visit.analysis.faces)
        boxes = [face.box for face in faces]
        visit.numbered = draw_faces(photo, boxes)
        visit.scale = visit.numbered.shape[1] / photo.shape[1]
        visit.faces = faces
        found = {"value": visit.numbered, "alt_text": faces_text(boxes, photo.shape)}
        return {"found": found} | self._answer(visit)

    def choose(self, visit, number):
        """Turn to another face (index from 0) of the same photo: (new Visit, contents)."""
        visit.ended.set()
        turned = Visit(
            visit.faces, visit.numbered, visit.scale, chosen=number, kind=visit.kind, analysis=visit.analysis
        )
        return turned, self._answer(turned)

    def face_at(self, visit, x, y):
        """The index of the face at a point of the numbered photo: of those around it the smallest; None beside all."""
        x, y = x / visit.scale, y / visit.scale
        around = [
            ((bottom - top) * (right - left), number)
            for number, (top, right, bottom, left) in enumerate(face.box for face in visit.faces)
            if top <= y < bottom and left <= x < right
        ]
        return min(around)[1] if around else None

    def explain(self, visit):
        """Explain the face on show by the regions of its kind, unless that is done; yield contents, better and better.

        The work ends where the visitor goes on to another photo, face or kind of regions; where they come back to a
        kind, it begins again, and maps with fewer samples than the one on show are passed over. Which emotion is shown
        can change meanwhile.
        """
        if not visit.faces or visit.ended.is_set() or visit.kind in visit.done:
            return
        kind, face = visit.kind, visit.face
        explanations = self.engine.explain(face.pixels, *KINDS[kind](face))
        try:
            for explanation in explanations:
                if visit.ended.is_set() or visit.kind != kind:
                    return
                if _is_better(explanation, visit.explanation):
                    visit.explanations[kind] = explanation
                    yield self.show(visit)
        except InputError as error:
            yield {"progress": status_html(str(error))}
            return
        finally:
            explanations.close()
        visit.done.add(kind)
        if kind == visit.kind:
            yield self.show(visit)

    def ask(self, visit, emotion, other, kind):
        """Turn to another question about the same face: contents. Nothing is computed that is known."""
        if kind != visit.kind:
            visit.hidden = []
        visit.emotion, visit.kind = emotion, kind
        visit.other = None if other in (NOTHING_ELSE, emotion) else other
        return {"other": self._others(visit)} | self.show(visit)

    def region_at(self, visit, x, y):
        """The number of the region at a point of the map, in the drawing's pixels; None on the colour bar."""
        if visit.explanation is None or not (0 <= x < MAP_SIDE and 0 <= y < MAP_SIDE):
            return None
        return int(visit.explanation.regions[int(y * IMAGE_SIZE / MAP_SIDE), int(x * IMAGE_SIZE / MAP_SIDE)])

    def hide(self, visit, regions):
        """Hide these regions, a list of numbers (others are passed over), and no others: contents of the test."""
        if visit.explanation is None:
            return {}
        visit.hidden = [number for number in range(len(visit.explanation.names)) if number in regions]
        return {"test": self._test(visit)}

    def toggle(self, visit, region):
        """Hide a region (number), or show it again: contents of test and list."""
        remaining = [number for number in visit.hidden if number != region]
        contents = self.hide(visit, remaining if region in visit.hidden else [*visit.hidden, region])
        return contents | {"regions": list_html(visit.explanation, visit.emotion, visit.other, visit.hidden)}

    def show(self, visit):
        """Contents of all that an Explanation is shown in, for the question asked; what says that it is waited for."""
        explanation, emotion, other = visit.explanation, visit.emotion, visit.other
        if explanation is None:
            return self._no_map(status_html("Asking what drove this answer …", working=True))
        if other is None:
            picture = draw_heat_map(explanation, emotion, visit.face.crop, self.useless_below)
            text = f"Heat map for {emotion}. {weights_text(explanation, emotion)}"
        else:
            picture = draw_contrast(explanation, emotion, other, visit.face.crop, self.useless_below)
            text = f"Heat map for {emotion} rather than {other}. {contrast_text(explanation, emotion, other)}"
        return {
            "progress": status_html(*self._progress(visit)),
            "map": {"value": picture, "alt_text": text},
            "regions": list_html(explanation, emotion, other, visit.hidden),
            "notes": map_notes_html(explanation, emotion, other, self.thresholds),
            "test": self._test(visit),
            "sheet": self._sheet(visit),
        }

    def take_card(self, visit):
        """The answer and its map as one picture: (H, W, 3) uint8, RGB, or None where there is no map yet."""
        if visit.explanation is None:
            return None
        return card(visit.face, visit.explanation, visit.kind, visit.emotion, self.record, self.thresholds, visit.other)

    def take_result(self, visit):
        """All numbers, ready for JSON, of which `app.py --reproduce` makes the map again; None where there is none."""
        if visit.explanation is None:
            return None
        analysis = replace(visit.analysis, chosen=visit.chosen, kind=visit.kind, explanation=visit.explanation)
        return result(analysis, self.record)

    def forgotten(self):
        """Contents for a visitor of whom nothing is held any more."""
        return self.blank(FORGOTTEN, failed=True)

    def blank(self, sentence=EMPTY, working=False, failed=False):
        """Contents of a page without an answer; why there is none."""
        return {
            "chart": answer_html(sentence, self.record, working=working, failed=failed),
            "found": {"value": None},
            "picker": {"choices": [], "value": None, "visible": False},
            "warnings": warnings_html([]),
            "seen": seen_html(None),
            "emotion": {"value": None},
            "other": {"choices": [NOTHING_ELSE], "value": NOTHING_ELSE},
        } | self._no_map(status_html(""))

    def _answer(self, visit):
        """Contents of all that is known without an Explanation."""
        face = visit.face
        probabilities = visit.analysis.probabilities[visit.chosen]
        sure = bool(is_sure(probabilities[None], self.record["not_sure"])[0])
        visit.emotion = EMOTIONS[probabilities.argmax()]
        names = face_names(visit)
        return {
            "chart": answer_html(answer_text(probabilities, self.record["not_sure"]), self.record, probabilities, sure),
            "picker": {"choices": names, "value": names[visit.chosen], "visible": len(names) > 1},
            "warnings": warnings_html(warn(face, self.record["faults"])),
            "seen": seen_html(face, visit.chosen, len(names)),
            "emotion": {"value": visit.emotion},
            "other": self._others(visit),
        } | self.show(visit)

    def _progress(self, visit):
        """(sentence, whether work goes on)."""
        asked = samples_text(visit.explanation)
        if visit.kind in visit.done:
            return f"The model was asked about {asked}.", False
        return f"Asked about {asked}; refining …", True

    def _test(self, visit):
        if not visit.hidden:
            return hiding_html(None, visit.emotion, visit.other, [], None, None)
        pixels, regions = visit.face.pixels, visit.explanation.regions
        probabilities = hide(pixels, regions, visit.hidden, self.engine.classify)
        covered = np.where(np.isin(regions, visit.hidden), hidden(pixels), pixels)
        return hiding_html(visit.explanation, visit.emotion, visit.other, visit.hidden, probabilities, covered)

    def _sheet(self, visit):
        """The seven maps, as soon as they are the last ones: to draw and send them takes a fifth of a second."""
        if visit.kind not in visit.done:
            return {"value": None}
        return {
            "value": draw_all_maps(visit.explanation, visit.face.crop, self.useless_below),
            "alt_text": sheet_text(visit.explanation),
        }

    def _others(self, visit):
        choices = [NOTHING_ELSE, *(emotion for emotion in EMOTIONS if emotion != visit.emotion)]
        return {"choices": choices, "value": visit.other or NOTHING_ELSE}

    def _no_map(self, status):
        return {
            "progress": status,
            "map": {"value": None},
            "regions": list_html(None),
            "notes": map_notes_html(None),
            "test": hiding_html(None, None, None, [], None, None),
            "sheet": {"value": None},
        }


def _is_better(explanation, other):
    """Whether it is of a later round than another one of the same face and regions, or there is no other."""
    return other is None or (
        (explanation.hidden_share, explanation.num_samples) > (other.hidden_share, other.num_samples)
    )


def face_names(visit):
    """What the faces of a photo are called."""
    return [f"face {number + 1}" for number in range(len(visit.faces))]
