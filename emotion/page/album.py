"""The photos of one visit, in memory only: small copies and what is needed to show their answers again."""

import io
import pickle
from dataclasses import dataclass, field, replace
from threading import Lock

import numpy as np
from PIL import Image

from emotion import EMOTIONS, InputError
from emotion.analysis.pipeline import Analysis
from emotion.explain.explanation import Explanation
from emotion.page.faces import PHOTO_SIDE, reading_order
from emotion.page.render import picture_address, render
from emotion.page.texts import percent

MOST_PHOTOS = 20
"""Photos that an album holds; a new one pushes out the oldest. So many can also be given at once."""

MOST_BYTES = 3_000_000
"""The most that the photos and maps of an album take: twelve photos with their maps, of 70 to 100 kB and 150 kB each.
The table of many photos comes on top, 4 kB a face. So 200 visitors (launch.SESSIONS) take 50 MB with one photo each,
and 600 MB if all of their albums are full."""

THUMBNAIL_SIDE = 128
"""The longer side of a thumbnail, in pixels: the page shows it half as large."""


@dataclass(frozen=True, eq=False)
class Kept:
    """A photo in an album.

    Attributes:
        number: of the photo in this visit, from 1.
        thumbnail: a small copy, as an address that holds it.
        probabilities: (f, 7) float, as Analysis has them.
        order: the places of its faces in reading order.
        packed: bytes, its Analysis without an explanation.
        maps: bytes by the place of a face, its finished Explanation.
    """

    number: int
    thumbnail: str
    probabilities: np.ndarray
    order: list[int]
    packed: bytes
    maps: dict[int, bytes] = field(default_factory=dict)

    @property
    def num_bytes(self):
        """What it takes in memory, but for some hundred bytes."""
        return sum(map(len, (self.thumbnail, self.packed, *self.maps.values())))

    @property
    def faces(self):
        """In reading order: (place, number from 1 or None where the photo shows one face, (7,) probabilities)."""
        ranks = range(1, len(self.order) + 1) if len(self.order) > 1 else [None]
        return [(place, rank, self.probabilities[place]) for rank, place in zip(ranks, self.order, strict=True)]


class Album:
    """The photos of one visit, the latest of them.

    Attributes:
        shown: number of the photo whose answer is on show; None before the first.
        batch: many.Batch, the photos that were given together last; None where there are none.
        cut_short: numbers of the photos that were not searched to the end, since their visitor went on.
    """

    def __init__(self):
        self.shown = self.batch = self._visit = None
        self._num_visits, self.cut_short = 0, set()
        self._kept, self._count, self._lock = {}, 0, Lock()

    def __contains__(self, number):
        return number in self._kept

    def turn_to(self, visit):
        """Take down the Visit whose face is on show from now on: (the one before, or None; how many there were)."""
        with self._lock:
            before, self._visit = self._visit, visit
            self._num_visits += 1
            return before, self._num_visits

    def photos(self):
        """List of Kept, the oldest first."""
        with self._lock:
            return list(self._kept.values())

    def next_number(self):
        """The number of the next photo of this visit, which is used up by that."""
        with self._lock:
            self._count += 1
            return self._count

    def keep(self, analysis):
        """Put a photo in, as an Analysis; returns its number."""
        number = self.next_number()
        thumbnail = picture_address(shrunk(analysis.photo, THUMBNAIL_SIDE))
        kept = Kept(number, thumbnail, analysis.probabilities, reading_order(analysis.faces), _pack(analysis))
        with self._lock:
            self._kept[number] = kept
            self._make_room()
        return number

    def keep_faces(self, number, analysis):
        """Put in more faces of a photo, after those that it has, if it is still there."""
        new = {"order": reading_order(analysis.faces), "packed": _pack(analysis)}
        with self._lock:
            if number in self._kept:
                self._kept[number] = replace(self._kept[number], probabilities=analysis.probabilities, **new)
                self._make_room()

    def keep_map(self, number, place, explanation):
        """Put in the finished Explanation of a face (its place in the Analysis) of a photo, if that is still there."""
        with self._lock:
            if number in self._kept:
                self._kept[number].maps[place] = pickle.dumps(explanation.condensed())
                self._make_room()

    def take(self, number, place=0) -> Analysis:
        """A photo with one of its faces chosen, and that one's Explanation where it is finished.

        Raises:
            InputError: it is not there, or has no such face.
        """
        with self._lock:
            kept = self._kept.get(number)
        if kept is None or place not in range(len(kept.order)):
            raise InputError("This photo is no longer kept. Choose another one.")
        return replace(_unpack(kept.packed), chosen=place, explanation=self.map_of(number, place))

    def map_of(self, number, place) -> Explanation | None:
        """The finished Explanation of a face; None where there is none."""
        with self._lock:
            packed = self._kept[number].maps.get(place) if number in self._kept else None
        return packed and pickle.loads(packed)

    def _make_room(self):
        while len(self._kept) > 1 and (
            len(self._kept) > MOST_PHOTOS or sum(kept.num_bytes for kept in self._kept.values()) > MOST_BYTES
        ):
            self._kept.pop(next(iter(self._kept)))


def album_html(album):
    """The thumbnails of an album's photos, to choose from; empty while there is nothing to go back to."""
    photos = [
        {"number": kept.number, "picture": kept.thumbnail, "text": f"Photo {kept.number}: {_summary(kept)}"}
        for kept in album.photos()
    ]
    return render("album.html", photos=photos, shown=album.shown, table=album.batch is not None)


def small(analysis):
    """An Analysis whose photo is no larger than the page shows it: a decoded one takes up to 75 MB."""
    return replace(analysis, photo=shrunk(analysis.photo, PHOTO_SIDE), given=analysis.size)


def shrunk(picture, side):
    """A picture (H, W, 3) uint8 made so small that neither side is longer than this, in pixels."""
    smaller = Image.fromarray(picture)
    smaller.thumbnail((side, side))
    return np.asarray(smaller)


def top_text(probabilities):
    """The strongest of (7,) probabilities: "happy 95 %"."""
    top = probabilities.argmax()
    return f"{EMOTIONS[top]} {percent(probabilities[top])}"


def _summary(kept):
    return f"{len(kept.order)} faces" if len(kept.order) > 1 else top_text(kept.probabilities[0])


def _pack(analysis):
    """An Analysis as bytes, its pictures as JPEG; what the model reads of a face stays as it is."""
    analysis = small(analysis)
    faces = tuple(replace(face, crop=_jpeg(face.crop)) for face in analysis.faces)
    return pickle.dumps(replace(analysis, photo=_jpeg(analysis.photo), faces=faces, explanation=None))


def _unpack(packed):
    analysis = pickle.loads(packed)
    faces = tuple(replace(face, crop=_pixels(face.crop)) for face in analysis.faces)
    return replace(analysis, photo=_pixels(analysis.photo), faces=faces)


def _jpeg(picture):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=85)
    return file.getvalue()


def _pixels(jpeg):
    return np.asarray(Image.open(io.BytesIO(jpeg)))
