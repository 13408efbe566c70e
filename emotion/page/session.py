"""What a visitor gives and asks, and what each place of the page then shows, as HTML.

No Gradio here: layout has the places, events joins them to these methods.
"""

from dataclasses import replace

from emotion import EMOTIONS, InputError
from emotion.analysis import pipeline
from emotion.analysis.engine import Engine
from emotion.analysis.pipeline import FIRST_KIND, KINDS
from emotion.analysis.result import result
from emotion.explain.masks import hide
from emotion.measure.photo_warnings import warn
from emotion.page.album import album_html, small
from emotion.page.answers import answer_html, asking_html, chart_html
from emotion.page.card import draw_card
from emotion.page.faces import faces_html
from emotion.page.map_texts import parts_text, sets_text, without_text
from emotion.page.maps import map_html, notes_html, parts_html, sheet_html
from emotion.page.post_card import draw_post
from emotion.page.question import Question
from emotion.page.texts import answer_text
from emotion.page.visit import Visit

WORKING = "Looking for faces …"
STARTING = "The model is still loading. Your photo is next …"
FORGOTTEN = "This photo has been deleted, as promised. Choose it again to ask more about it."


class Host:
    """Answers visitors; holds nothing of any of them."""

    def __init__(self, engine: Engine, record):
        """Take what every answer needs.

        Args:
            engine: Engine.
            record: content of models/emotion.json.
        """
        self.engine, self.record = engine, record

    def begin(self, visit, given):
        """Clear the table: whatever was under way for an earlier photo ends.

        Args:
            visit: the last Visit, or None.
            given: whether there is a new photo.

        Returns:
            (new Visit, contents).
        """
        begun = Visit()
        if visit is not None:
            visit.ended.set()
            begun.album = visit.album
        if not given:
            return begun, self.blank()
        return begun, self.blank(WORKING if self.engine.is_ready() else STARTING, "working")

    def look(self, visit, file):
        """Find the faces of a photo, and answer about the largest.

        Args:
            visit: Visit that has just begun; its analysis is filled in.
            file: see photo.read_photo.

        Returns:
            contents; empty where the visitor has gone on meanwhile.
        """
        if visit.ended.is_set():
            return {}
        try:
            analysis = pipeline.look(file, self.engine)
        except InputError as error:
            return {} if visit.ended.is_set() else self.blank(str(error), "failed")
        if visit.ended.is_set():
            return {}
        visit.analysis, visit.number = small(analysis), visit.album.keep(analysis)
        return self._answer(visit)

    def choose(self, visit, number):
        """Turn to another face (index from 0) of the same photo: (new Visit, contents).

        Raises:
            InputError: there is no such face.
        """
        analysis = pipeline.turn(visit.analysis, number + 1)
        visit.ended.set()
        return self.turn_to(Visit(analysis, kind=visit.kind, album=visit.album, number=visit.number))

    def turn_to(self, visit):
        """Answer about a face of a kept photo, with its map where that is known: (Visit, contents)."""
        visit.explained = visit.album.map_of(visit.number, visit.analysis.chosen)
        visit.done = visit.explained is not None
        return visit, self._answer(visit)

    def explain(self, visit):
        """Explain the face on show, unless that is done; yield contents, better and better.

        The work ends where the visitor goes on to another photo or face. What is asked of the map can change meanwhile.
        """
        if visit.analysis is None or visit.ended.is_set() or visit.done:
            return
        analyses = pipeline.explain(visit.analysis, self.engine)
        try:
            for analysis in analyses:
                if visit.ended.is_set():
                    return
                visit.explained = analysis.explanation
                yield self.show(visit)
        except InputError as error:
            yield {"answer": self._words(visit, str(error))}
            return
        finally:
            analyses.close()
        visit.done, visit.explained = True, visit.explained.condensed()
        visit.album.keep_map(visit.number, visit.analysis.chosen, visit.explained)
        yield self.show(visit) | {"sheet": self._sheet(visit)}

    def ask(self, visit, emotion=None, other=None, kind=None):
        """Turn to another question about the same face: contents. Nothing is computed that is known.

        Args:
            visit: Visit with an analysis.
            emotion: one of EMOTIONS; None keeps it.
            other: one of EMOTIONS to compare it with; "" for none, None keeps it.
            kind: of regions; None keeps it.
        """
        if emotion in EMOTIONS:
            visit.emotion = emotion
        if other is not None:
            visit.other = other if other in EMOTIONS else None
        if visit.other == visit.emotion:
            visit.other = None
        if kind in tuple(KINDS) and kind != visit.kind:
            visit.kind, visit.hidden = kind, []
        contents = {"asking": self._asking(visit)} | self.show(visit)
        return contents if kind is None else contents | {"sheet": self._sheet(visit)}

    def hide(self, visit, parts):
        """Hide these regions, a list of numbers (others are passed over), and no others: contents."""
        if visit.explanation is None:
            return {}
        visit.hidden = [number for number in range(len(visit.explanation.names)) if number in parts]
        return self.show(visit)

    def show(self, visit):
        """Contents of all that an Explanation is shown in, for the question asked; or that it is waited for."""
        question = self._question(visit)
        if question is None:
            return self._no_map() | {"answer": self._words(visit), "chart": self._chart(visit)}
        without = None
        if visit.hidden:
            face, regions = visit.analysis.face, visit.explanation.regions
            without = hide(face.pixels, regions, visit.hidden, self.engine.classify)
        words = parts_text(question)
        if visit.hidden:
            words = without_text(question, visit.hidden, without)
        elif question.is_answer:
            words = sets_text(visit.explained)
        return {
            "answer": self._words(visit, words),
            "chart": self._chart(visit, without),
            "map": map_html(question, visit.analysis.face, visit.hidden, visit.done),
            "parts": parts_html(question, visit.hidden),
            "notes": notes_html(question),
        }

    def take_card(self, visit):
        """The answer and its map as one picture: (H, W, 3) uint8, RGB; None where there is no map yet."""
        if not visit.is_finished:
            return None
        return draw_card(self._question(visit), visit.analysis.face, visit.kind, self.record)

    def take_post(self, visit):
        """The same, to post: (630, 1200, 3) uint8, RGB; None where there is no map yet."""
        if not visit.is_finished:
            return None
        return draw_post(self._question(visit), visit.analysis.face, self.record)

    def take_result(self, visit):
        """All numbers, ready for JSON, of which `app.py --reproduce` makes the map again; None where there is none."""
        if not visit.is_finished:
            return None
        return result(replace(visit.analysis, explanation=visit.explained), self.record, visit.kind)

    def forgotten(self):
        """Contents for a visitor of whom nothing is held any more."""
        return self.blank(FORGOTTEN, "failed") | {"album": "", "many": "", "comparison": ""}

    def blank(self, sentence="", state="empty"):
        """Contents of a page without an answer; why there is none."""
        return {
            "faces": "",
            "answer": answer_html(sentence, state),
            "chart": chart_html(self.record),
            "asking": asking_html(None, None, FIRST_KIND),
            "sheet": "",
        } | self._no_map()

    def _answer(self, visit):
        """Contents of all that is known of a face without an Explanation."""
        visit.emotion, visit.album.shown = EMOTIONS[visit.probabilities.argmax()], visit.number
        around = {"faces": faces_html(visit.analysis), "album": album_html(visit.album)}
        return around | {"asking": self._asking(visit), "sheet": self._sheet(visit)} | self.show(visit)

    def _words(self, visit, why=""):
        return answer_html(
            answer_text(visit.probabilities, self.record["not_sure"]),
            why=why,
            warnings=warn(visit.analysis.face, self.record["faults"]),
        )

    def _chart(self, visit, without=None):
        return chart_html(self.record, visit.probabilities, visit.emotion, without)

    def _asking(self, visit):
        return asking_html(visit.emotion, visit.other, visit.kind)

    def _question(self, visit):
        if visit.explanation is None:
            return None
        return Question(visit.explanation, visit.emotion, visit.other)

    def _sheet(self, visit):
        """The seven maps, as soon as they are the last ones."""
        if not visit.done:
            return ""
        questions = [Question(visit.explanation, emotion) for emotion in EMOTIONS]
        return sheet_html(questions, visit.analysis.face)

    @staticmethod
    def _no_map():
        return {"map": map_html(None, None), "parts": parts_html(None), "notes": notes_html(None)}
