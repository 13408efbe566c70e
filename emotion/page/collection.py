"""What a visitor asks of all photos of a visit: come back to one, set two side by side, look at many.

No Gradio here, as in session.
"""

import time

from emotion import InputError
from emotion.analysis import pipeline
from emotion.analysis.turns import Stage
from emotion.page.album import album_html
from emotion.page.comparison import comparison_html
from emotion.page.faces import reading_order, search_html
from emotion.page.many import Batch, Row, many_html, rows_of, table_csv
from emotion.page.texts import STOPPED
from emotion.page.visit import Visit
from emotion.page.waiting import EVERY


class Collection:
    """Answers visitors about their own Album; holds nothing of any of them."""

    def __init__(self, host):
        """Take the Host that answers about one photo."""
        self.host = host

    def come_back(self, visit, number, place=0):
        """Turn to another photo of the visit and one of its faces (place in its Analysis): (new Visit, contents).

        Raises:
            InputError: it is not kept.
        """
        if number == visit.number:  # its search may go on
            return self.host.choose(visit, place)
        analysis = visit.album.take(number, place)
        returned = Visit(analysis, kind=visit.kind, album=visit.album, number=number)
        returned.search.done.set()
        returned, contents = self.host.turn_to(returned)
        return returned, contents | {"search": search_html(words=STOPPED if number in visit.album.cut_short else "")}

    def compare(self, visit, left=None, right=None, emotion=None):
        """Contents of two faces side by side; see comparison.comparison_html.

        Args:
            visit: Visit.
            left: which face; None for the one on show, or else one of the latest photo.
            right: which face; None for one of the latest other photo.
            emotion: which maps; None for the left face's answer.

        Photos with maps come before later ones without.

        Raises:
            InputError: one of them is not kept.
        """
        faces = [
            f"{kept.number}.{min(kept.maps, default=0)}"
            for kept in sorted(visit.album.photos(), key=lambda kept: (not kept.maps, -kept.number))
        ]
        if left is None:
            on_show = visit.analysis and visit.number in visit.album
            left = f"{visit.number}.{visit.analysis.chosen}" if on_show else next(iter(faces), None)
        if right is None:
            right = next((face for face in faces if face.split(".")[0] != str(left).split(".")[0]), left)
        return {"comparison": comparison_html(visit.album, left, right, emotion)}

    def begin(self, visit, key, given):
        """Begin a table of several photos; whatever was under way for an earlier photo ends.

        Args:
            visit: the last Visit, or None.
            key: what the browser calls these photos, int.
            given: how many there are.

        Returns:
            (new Visit, contents).
        """
        begun, contents = self.host.begin(visit, False)
        begun.album.batch = Batch(key, given)
        return begun, contents | self._table(begun)

    def add(self, visit, key, file):
        """Look at the next photo of the table: contents; none where that table wants no more.

        Args:
            visit: Visit.
            key: of the table.
            file: see photo.read_photo.
        """
        try:
            with self.host.engine.turns.join(
                Stage.FIRST_MAP, time.monotonic(), lambda: not self._wanted(visit, key)
            ) as turn:
                while not turn.gone() and not turn.wait(EVERY):
                    pass
                if turn.gone():
                    return {}
                analysis = pipeline.look(file, self.host.engine)
        except InputError as error:
            return self.refuse(visit, key, str(error))
        if not self._wanted(visit, key):
            return {}
        number = visit.album.keep(analysis)
        visit.album.batch.add(rows_of(number, analysis, reading_order(analysis.faces), self.host.record))
        return self._table(visit)

    def refuse(self, visit, key, sentence):
        """Put a sentence in the place of the table's next photo, which has no answer: contents."""
        if not self._wanted(visit, key):
            return {}
        visit.album.batch.add([Row(visit.album.next_number(), warnings=(sentence,))])
        return self._table(visit)

    def cancel(self, visit, key, number):
        """End a table after the photo of this number: contents."""
        if not self._wanted(visit, key):
            return {}
        visit.album.batch.cancel(number)
        return self._table(visit)

    def take_csv(self, visit):
        """The table as CSV, bytes; None where there is none."""
        batch = visit.album.batch
        return batch and table_csv(batch)

    def _table(self, visit):
        album = visit.album
        return {"many": many_html(album.batch, album, self.host.record), "album": album_html(album)}

    @staticmethod
    def _wanted(visit, key):
        batch = visit.album.batch
        return batch is not None and batch.key == key and batch.wants_more
