"""Several photos given at once: a table that grows, and the same as CSV."""

import csv
import io
from dataclasses import dataclass, field

import numpy as np

from emotion import EMOTIONS
from emotion.measure.calibration import is_sure
from emotion.measure.photo_warnings import warn
from emotion.page.album import MOST_PHOTOS, shrunk
from emotion.page.render import picture_address, render
from emotion.page.texts import answer_text, listed, percent

PICTURE_SIDE = 64
"""The side of a face in the table, in pixels."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell must not begin with: spreadsheets would take it for a formula (OWASP, "CSV Injection")."""


@dataclass(frozen=True, eq=False)
class Row:
    """A line of the table: a face, or a photo that has no answer.

    Attributes:
        photo: number of the photo in this visit.
        place: of the face in the photo's Analysis; None without an answer.
        face: its number in reading order, from 1; None without an answer.
        picture: the face, as an address that holds it; "" without an answer.
        probabilities: (7,) float, EMOTIONS order; None without an answer.
        sure: whether the model is.
        warnings: sentences; without an answer, the one that says why.
    """

    photo: int
    place: int | None = None
    face: int | None = None
    picture: str = ""
    probabilities: np.ndarray | None = None
    sure: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(eq=False)
class Batch:
    """Photos that were given together.

    Attributes:
        key: what the browser calls it.
        given: number of photos that were given.
        done: number of photos in the table.
        last: number of photos after which it ends early; None where the visitor has not cancelled it.
        rows: list of Row.
    """

    key: int
    given: int
    done: int = 0
    last: int | None = None
    rows: list[Row] = field(default_factory=list)

    @property
    def asked(self):
        """The number of photos that are taken of those given."""
        return min(self.given, MOST_PHOTOS)

    @property
    def wants_more(self):
        """Whether another photo has a place in the table."""
        return self.done < (self.asked if self.last is None else self.last)

    def add(self, rows):
        """Put the Rows of the next photo into the table."""
        self.rows += rows
        self.done += 1

    def cancel(self, number):
        """End after the photo of this number, which is under way, or was when the visitor cancelled."""
        self.last = min(max(self.done, number), self.asked)


def rows_of(number, analysis, order, record):
    """The Rows of a photo's faces.

    Args:
        number: of the photo.
        analysis: pipeline.Analysis.
        order: the places of its faces, in the order of the rows.
        record: content of models/emotion.json.
    """
    rows = []
    for rank, place in enumerate(order, 1):
        face, shares = analysis.faces[place], analysis.probabilities[place]
        rows.append(
            Row(
                number,
                place,
                rank,
                picture_address(shrunk(face.crop, PICTURE_SIDE)),
                shares,
                bool(is_sure(shares[None], record["not_sure"])[0]),
                tuple(warn(face, record["faults"])),
            )
        )
    return rows


def many_html(batch, album, record):
    """The table of a Batch, whose photos can be opened while the Album has them.

    Args:
        batch: Batch.
        album: Album.
        record: content of models/emotion.json.
    """
    thumbnails = {kept.number: kept.thumbnail for kept in album.photos()}
    rows = [
        {"row": row, "thumbnail": thumbnails.get(row.photo), "first": not before or before.photo != row.photo}
        | ({} if row.probabilities is None else _told(row.probabilities, record["not_sure"]))
        for before, row in zip([None, *batch.rows], batch.rows, strict=False)
    ]
    return render("many.html", batch=batch, rows=rows, emotions=EMOTIONS)


def table_csv(batch):
    """The table of a Batch as CSV: bytes, UTF-8. No cell begins as a formula does, and none holds a file's name."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["photo", "face", *EMOTIONS, "sure", "warnings"])
    for row in batch.rows:
        answer = [""] * (len(EMOTIONS) + 1)
        if row.probabilities is not None:
            answer = [*(f"{share:.6f}" for share in row.probabilities), "yes" if row.sure else "no"]
        writer.writerow([row.photo, row.face or "", *answer, _harmless(" ".join(row.warnings))])
    return file.getvalue().encode()


def _harmless(text):
    return f"'{text}" if text.startswith(FORMULA) else text


def _told(probabilities, rule):
    """What the table says of a face in words: its answer, and its three strongest emotions."""
    strongest = np.argsort(-probabilities, kind="stable")[:3]
    return {
        "answer": answer_text(probabilities, rule),
        "leading": listed([f"{EMOTIONS[label]} {percent(probabilities[label])}" for label in strongest]),
    }
