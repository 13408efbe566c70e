"""What a visitor gives and asks, and what each place of the page then shows, as HTML.

No Gradio here: layout has the places, events joins them to these methods.
"""

from dataclasses import replace

from emotion import EMOTIONS, InputError
from emotion.analysis import pipeline
from emotion.analysis.engine import SECONDS, Engine
from emotion.analysis.pipeline import FIRST_KIND, KINDS
from emotion.analysis.result import result
from emotion.explain.masks import hide
from emotion.face.find import NO_FACE
from emotion.measure.photo_warnings import warn
from emotion.page.answers import answer_html, asking_html, chart_html
from emotion.page.card import draw_card
from emotion.page.faces import faces_html, search_html
from emotion.page.map_texts import parts_text, sets_text, without_text
from emotion.page.maps import map_html, notes_html, parts_html, sheet_html
from emotion.page.painting import read_painted
from emotion.page.question import Question
from emotion.page.texts import FORGOTTEN, LOADING, NO_FACE_YET, STOPPED, WORKING, answer_text, more_text
from emotion.page.visit import Visit
from emotion.page.waiting import explain_in_turn


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
        if visit is not None:
            visit.ended.set()
            visit.search.ended.set()
        if not given:
            return Visit(), self.blank()
        return Visit(), self.blank() | self.waiting("")

    def waiting(self, sentence):
        """Contents where a photo waits for its turn, as a sentence says; "" once it is its turn."""
        said = sentence or WORKING
        return {"answer": answer_html(said if self.engine.is_ready() else f"{LOADING} {said}", "working")}

    def look(self, visit, file):
        """Find the faces of a photo that are found at a glance, and answer about the largest.

        Args:
            visit: Visit that has just begun; its analysis is filled in.
            file: see photo.read_photo.

        Returns:
            contents; empty where the visitor has gone on meanwhile.
        """
        if visit.ended.is_set():
            return {}
        try:
            visit.analysis = visit.search.glance(file, self.engine)
        except InputError as error:
            return {} if visit.ended.is_set() else self.blank(str(error), "failed")
        if visit.ended.is_set():
            return {}
        contents = self._answer(visit) if visit.analysis else self.blank(NO_FACE_YET, "working")
        return contents | {"search": search_html(None if visit.search.done.is_set() else 0.0)}

    def look_closer(self, visit):
        """Go on looking for faces; yield contents.

        The search ends where the visitor goes on to another photo. Which face is on show can change meanwhile; it stays
        as it is, and so does its map.
        """
        search, given, failure = visit.search, visit.analysis is not None, None
        if search.photo is None or search.done.is_set():
            return
        try:
            for found, share in search.look_closer(self.engine):
                with search.lock:
                    contents = {} if not found else self._faces(search.visit) if given else self._answer(search.visit)
                yield contents | {"search": search_html(share)}
        except InputError as error:
            failure = str(error)
        if search.ended.is_set():
            return
        if search.visit.analysis is None:
            yield self.blank(failure or NO_FACE, "failed")
        else:
            words = STOPPED if failure else more_text(search.num_more)
            yield {"search": search_html(words=words, small=not search.large and search.num_more > 0)}

    def choose(self, visit, number):
        """Turn to another face (index from 0) of the same photo: (new Visit, contents).

        Raises:
            InputError: there is no such face.
        """
        with visit.search.lock:
            analysis = pipeline.turn(visit.analysis, number + 1)
            visit.ended.set()
            turned = Visit(analysis, kind=visit.kind, search=visit.search)
            return turned, self._answer(turned)

    def explain(self, visit):
        """Explain the face on show, a piece in each turn, unless that has begun; yield contents, better and better.

        The work ends where the visitor goes on to another photo or face. What is asked of the map can change meanwhile.
        """
        if visit.analysis is None or visit.ended.is_set() or visit.begun:
            return
        visit.begun = True
        try:
            yield from explain_in_turn(self, visit)
        except InputError as error:
            yield {"answer": self._words(visit, str(error))}
            return
        if visit.ended.is_set():
            return
        visit.done = True
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
            visit.kind, visit.hidden, visit.painted = kind, [], read_painted("")
        contents = {"asking": self._asking(visit)} | self.show(visit)
        return contents if kind is None else contents | {"sheet": self._sheet(visit)}

    def hide(self, visit, parts, painted="", number=None):
        """Hide some of the face and no more of it; what is no region and no mask is passed over.

        Args:
            visit: Visit with an analysis.
            parts: list of numbers of regions.
            painted: see painting.read_painted.
            number: of the message that says so; one that was overtaken is passed over.

        Returns:
            contents; not of the map, on which the page's script shows at once what is hidden.
        """
        if visit.explanation is None:
            return {}
        if isinstance(number, int):
            if number < visit.told:
                return {}
            visit.told = number
        if isinstance(parts, list):
            visit.hidden = [number for number in range(len(visit.explanation.names)) if number in parts]
        mask = read_painted(painted)
        if mask is not None:
            visit.painted = mask
        contents = self.show(visit)
        del contents["map"]
        return contents

    def show(self, visit):
        """Contents of all that an Explanation is shown in, for the question asked; or that it is waited for."""
        question = self._question(visit)
        if question is None:
            return self._no_map() | {"answer": self._words(visit), "chart": self._chart(visit)}
        without, covered = None, visit.covered
        words = parts_text(question)
        if covered.any():
            without = hide(visit.analysis.face.pixels, covered, self.engine.classify)
            words = without_text(question, visit.hidden, without, painted=visit.painted.any())
        elif question.is_answer:
            words = sets_text(visit.explained)
        return {
            "answer": self._words(visit, words),
            "chart": self._chart(visit, without),
            "map": map_html(question, visit.analysis.face, visit.kind, visit.hidden, visit.done),
            "parts": parts_html(question, visit.hidden),
            "notes": notes_html(question),
        }

    def take_card(self, visit):
        """The answer and its map as one picture: (H, W, 3) uint8, RGB; None where there is no map yet."""
        if not visit.is_finished:
            return None
        return draw_card(self._question(visit), visit.analysis.face, visit.kind, self.record)

    def take_result(self, visit):
        """All numbers, ready for JSON, of which `app.py --reproduce` makes the map again; None where there is none.

        They name all faces of the photo, so they wait until these are found.
        """
        if not (visit.is_finished and visit.search.done.wait(SECONDS)):
            return None
        return result(replace(visit.analysis.largest_first(), explanation=visit.explained), self.record, visit.kind)

    def forgotten(self):
        """Contents for a visitor of whom nothing is held any more."""
        return self.blank(FORGOTTEN, "failed")

    def blank(self, sentence="", state="empty"):
        """Contents of a page without an answer; why there is none."""
        return {
            "faces": "",
            "answer": answer_html(sentence, state),
            "chart": chart_html(self.record),
            "asking": asking_html(None, None, FIRST_KIND),
            "search": search_html(),
            "sheet": "",
        } | self._no_map()

    def _answer(self, visit):
        """Contents of all that is known of a face without an Explanation."""
        visit.emotion = EMOTIONS[visit.probabilities.argmax()]
        visit.search.large = len(visit.analysis.faces) > 1
        return self._faces(visit) | {"asking": self._asking(visit), "sheet": ""} | self.show(visit)

    def _faces(self, visit):
        return {"faces": faces_html(visit.analysis, visit.search.large)}

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
