"""What a visitor gives and asks, and what the page then shows.

No Gradio here: layout has the places, events joins them to these methods.
"""

from dataclasses import replace

from emotion import EMOTIONS, InputError
from emotion.analysis import pipeline
from emotion.analysis.engine import SECONDS
from emotion.analysis.pipeline import KINDS
from emotion.analysis.result import result
from emotion.face.find import NO_FACE
from emotion.page.album import small
from emotion.page.card import draw_card
from emotion.page.contents import Contents
from emotion.page.faces import search_html
from emotion.page.painting import read_painted
from emotion.page.post_card import draw_post
from emotion.page.texts import NO_FACE_YET, STOPPED, more_text
from emotion.page.visit import Visit
from emotion.page.waiting import explain_in_turn


class Host(Contents):
    """Answers visitors; holds nothing of any of them."""

    def begin(self, visit, given):
        """Clear the table: whatever was under way for an earlier photo ends.

        Args:
            visit: the last Visit, or None.
            given: whether there is a new photo.

        Returns:
            (new Visit, contents).
        """
        begun = Visit() if visit is None else Visit(album=visit.album)
        if not given:
            return begun, self.blank()
        return begun, self.blank() | self.waiting("")

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
            visit.search.finish()
            return {}
        contents = self._keep(visit) if visit.analysis else self.blank(NO_FACE_YET, "working")
        return contents | {"search": search_html(None if visit.search.done.is_set() else 0.0)}

    def look_closer(self, visit):
        """Go on looking for faces; yield contents.

        The search ends where the visitor goes on to another photo. Which face is on show can change meanwhile; it stays
        as it is, and so does its map.
        """
        search, failure = visit.search, None
        if search.photo is None or search.done.is_set():
            return
        try:
            for found, share in search.look_closer(self.engine):
                with search.lock:
                    contents = self._keep(search.visit) if found else {}
                yield contents | {"search": search_html(share)}
        except InputError as error:
            failure = str(error)
        if search.ended.is_set():
            return
        if search.visit.analysis is None:
            yield self.blank(failure or NO_FACE, "failed")
        else:
            words = STOPPED if failure else more_text(search.num_more)
            yield {"search": search_html(words=words, small=search.room < 2 and search.num_more > 0)}

    def choose(self, visit, number):
        """Turn to another face (index from 0) of the same photo: (new Visit, contents).

        Raises:
            InputError: there is no such face, or the visitor has gone on to another photo.
        """
        with visit.search.lock:
            if visit.search.ended.is_set():
                raise InputError("The visitor has gone on.")
            analysis = pipeline.turn(visit.search.visit.analysis, number + 1)
            same = {"search": visit.search, "album": visit.album, "number": visit.number}
            return self.turn_to(Visit(analysis, kind=visit.kind, **same))

    def turn_to(self, visit):
        """Answer about a face of a kept photo, with its map where that is known: (Visit, contents)."""
        visit.explained = visit.album.map_of(visit.number, visit.analysis.chosen)
        visit.begun = visit.done = visit.explained is not None
        return visit, self.answer(visit)

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
            yield self._no_map("There is no map.") | {"answer": self.words(visit, str(error))}
            return
        if visit.ended.is_set():
            return
        visit.done, visit.explained = True, visit.explained.condensed()
        visit.album.keep_map(visit.number, visit.analysis.chosen, visit.explained)
        yield newest(visit, lambda: self.show(visit) | {"sheet": self.sheet(visit)})

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
        visit.asked = object()

        def contents():
            asked = {"asking": self.asking(visit)} | self.show(visit)
            return asked if kind is None else asked | {"sheet": self.sheet(visit)}

        return newest(visit, contents)

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
        visit.asked = object()
        contents = newest(visit, lambda: self.show(visit))
        del contents["map"]
        return contents

    def take_card(self, visit):
        """The answer and its map as one picture: (H, W, 3) uint8, RGB; None where there is no map yet."""
        if not visit.is_finished:
            return None
        return draw_card(visit.question, visit.analysis.face, visit.kind, self.record)

    def take_post(self, visit):
        """The same, to post: (630, 1200, 3) uint8, RGB; None where there is no map yet."""
        if not visit.is_finished:
            return None
        return draw_post(visit.question, visit.analysis.face, self.record)

    def take_result(self, visit):
        """All numbers, ready for JSON, of which `app.py --reproduce` makes the map again; None where there is none.

        They name all faces of the photo, so they wait until these are found.
        """
        if not (visit.is_finished and visit.search.done.wait(SECONDS)):
            return None
        return result(replace(visit.analysis.largest_first(), explanation=visit.explained), self.record, visit.kind)

    def _keep(self, visit):
        """Put a photo into the album, or more of its faces: contents."""
        visit.analysis = small(visit.analysis)
        if visit.number is None:
            visit.number = visit.album.keep(visit.analysis)
            return self.answer(visit)
        visit.album.keep_faces(visit.number, visit.analysis)
        return self.faces(visit)


def newest(visit, make):
    """Contents that make() makes of a Visit: made again where the visitor has asked for something else meanwhile."""
    while True:
        asked, contents = visit.asked, make()
        if asked is visit.asked:
            return contents
