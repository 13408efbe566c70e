"""The search for all faces of a visitor's photo, whichever of them is on show."""

from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any

import numpy as np

from emotion.analysis import pipeline
from emotion.analysis.pipeline import Analysis
from emotion.face.photo import read_photo


@dataclass
class Search:
    """The search for all faces of one photo.

    Attributes:
        visit: visit.Visit of the face on show.
        photo: (H, W, 3) uint8; None while there is nothing to search.
        room: for how many faces the photo is made large enough; it stays as it is while more are found.
        begun: whether a closer look has been asked for.
        num_more: how many faces a closer look has found.
        ended: set as soon as the visitor has gone on to another photo.
        done: set once there is no more to be found.
        lock: held while the face on show or the faces change.
    """

    visit: Any = None
    photo: np.ndarray | None = None
    room: int = 0
    begun: bool = False
    num_more: int = 0
    ended: Event = field(default_factory=Event)
    done: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def glance(self, file, engine):
        """The Analysis of the faces that are found at once; None where there is none.

        Raises:
            InputError: the file (see photo.read_photo) can't be read.
        """
        photo = read_photo(file)
        analysis = pipeline.glance(photo, engine)
        if engine.glance is None:
            self.done.set()
        else:
            self.photo = photo
        return analysis

    def look_closer(self, engine):
        """Go on looking, unless that is done or the visitor has gone on; faces found are added to the face on show's.

        Yields:
            (found, share): whether there are more faces than the last time, and the share (0-1) of the search that is
            done.
        """
        if self.photo is None or self.done.is_set():
            return
        photo = self.photo
        found = pipeline.look_closer(photo, self._faces(), engine)
        try:
            for faces, probabilities, share in found:
                if self.ended.is_set():
                    return
                if faces:
                    self._add(photo, faces, probabilities)
                yield bool(faces), share
        finally:
            found.close()
            self.finish()

    def finish(self):
        """Let go of the photo, which may take 75 MB."""
        self.photo = None
        self.done.set()

    def _faces(self):
        return self.visit.analysis.faces if self.visit.analysis else ()

    def _add(self, photo, faces, probabilities):
        with self.lock:
            if self.visit.analysis is None:
                self.visit.analysis = Analysis(photo, tuple(faces), probabilities)
            else:
                self.visit.analysis = self.visit.analysis.with_more(faces, probabilities)
                self.num_more += len(faces)
