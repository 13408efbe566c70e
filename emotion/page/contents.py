"""What each place of the page shows of a Visit, as HTML: contents, a dict by the names of the places."""

from emotion import EMOTIONS
from emotion.analysis.engine import Engine
from emotion.analysis.pipeline import FIRST_KIND
from emotion.explain.masks import hide
from emotion.measure.photo_warnings import warn
from emotion.page.album import album_html
from emotion.page.answers import answer_html, asking_html, chart_html
from emotion.page.faces import faces_html, search_html
from emotion.page.map_texts import parts_text, sets_text, without_text
from emotion.page.maps import map_html, notes_html, parts_html, sheet_html
from emotion.page.question import Question
from emotion.page.texts import FORGOTTEN, LOADING, WORKING, answer_text


class Contents:
    """Words, charts and maps for all visitors; holds nothing of any of them."""

    def __init__(self, engine: Engine, record):
        """Take what every answer needs.

        Args:
            engine: Engine.
            record: content of models/emotion.json.
        """
        self.engine, self.record = engine, record

    def waiting(self, sentence):
        """Contents where a photo waits for its turn, as a sentence says; "" once it is its turn."""
        said = sentence or WORKING
        return {"answer": answer_html(said if self.engine.is_ready() else f"{LOADING} {said}", "working")}

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
            "search": search_html(),
            "sheet": "",
        } | self._no_map()

    def answer(self, visit):
        """Contents of all that is known of a face without an Explanation."""
        visit.emotion, visit.album.shown = EMOTIONS[visit.probabilities.argmax()], visit.number
        visit.search.room = len(visit.analysis.faces)
        asked = {"asking": self.asking(visit), "sheet": self.sheet(visit)}
        return self.faces(visit) | asked | self.show(visit)

    def faces(self, visit):
        """Contents of the photo with its faces, and of all photos of the visit."""
        return {"faces": faces_html(visit.analysis, visit.search.room), "album": album_html(visit.album)}

    def show(self, visit):
        """Contents of all that an Explanation is shown in, for the question asked; or that it is waited for."""
        question = visit.question
        if question is None:
            return self._no_map() | {"answer": self.words(visit), "chart": self._chart(visit)}
        without, covered = None, visit.covered
        words = parts_text(question)
        if covered.any():
            without = hide(visit.analysis.face.pixels, covered, self.engine.classify)
            words = without_text(question, visit.hidden, without, painted=visit.painted.any())
        elif question.is_answer:
            words = sets_text(visit.explained)
        return {
            "answer": self.words(visit, words),
            "chart": self._chart(visit, without),
            "map": map_html(question, visit.analysis.face, f"{visit.serial} {visit.kind}", visit.hidden, visit.done),
            "parts": parts_html(question, visit.hidden),
            "notes": notes_html(question),
        }

    def words(self, visit, why=""):
        """The answer in words, what spoke for it, and what is wrong with the photo: str, HTML."""
        return answer_html(
            answer_text(visit.probabilities, self.record["not_sure"]),
            why=why,
            warnings=warn(visit.analysis.face, self.record["faults"]),
        )

    def _chart(self, visit, without=None):
        return chart_html(self.record, visit.probabilities, visit.emotion, without)

    def asking(self, visit):
        """The form that asks for more: str, HTML."""
        return asking_html(visit.emotion, visit.other, visit.kind)

    def sheet(self, visit):
        """The seven maps, as soon as they are the last ones: str, HTML."""
        if not visit.done:
            return ""
        questions = [Question(visit.explanation, emotion) for emotion in EMOTIONS]
        return sheet_html(questions, visit.analysis.face)

    @staticmethod
    def _no_map(failed=""):
        no_map = map_html(None, None, waiting=failed, failed=bool(failed))
        return {"map": no_map, "parts": parts_html(None), "notes": notes_html(None)}
