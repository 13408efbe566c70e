"""The live mirror's answer: one face followed through a camera's frames, its probabilities steadied in time."""

import time
from dataclasses import dataclass

import numpy as np

from emotion.analysis.engine import Engine
from emotion.face.photo import read_photo

FRAME_MEGAPIXELS = 0.5
"""The most that a frame may have; the page's own have 0.08 (see page/scripts/mirror.js)."""

SETTLING = 0.2
"""Seconds in which the probabilities go two thirds of the way to a new answer."""

HOLDING = 0.7
"""Seconds for which the last answer stands where no face is seen: a blink of the search must not flicker."""


@dataclass(frozen=True, eq=False)
class Glimpse:
    """What the mirror shows.

    Attributes:
        box: (left, top, width, height) of the face, as shares (0-1) of the frame's width and height.
        probabilities: (7,) float, EMOTIONS order, steadied.
    """

    box: tuple[float, float, float, float]
    probabilities: np.ndarray


class Follower:
    """Follows one face through the frames of one camera; holds its place and the last answer, no picture."""

    def __init__(self, engine: Engine, clock=time.monotonic):
        """Take what answers the frames, and a function that returns seconds."""
        self._engine, self._clock = engine, clock
        self._frame = self._glimpse = self._seen = None

    def look(self, file) -> Glimpse | None:
        """Answer a frame.

        Args:
            file: binary file object, see photo.read_photo.

        Returns:
            Glimpse; None where there has been no face for HOLDING seconds.

        Raises:
            InputError: it can't be read, or has more than FRAME_MEGAPIXELS.
        """
        photo = read_photo(file, FRAME_MEGAPIXELS)
        face, now = self._engine.follow_face(photo, self._frame), self._clock()
        if face is not None:
            probabilities = self._steady(self._engine.classify(face.pixels[None])[0], now)
            self._frame, self._seen = face.frame, now
            self._glimpse = Glimpse(_shares(face.box, photo.shape), probabilities)
        elif self._glimpse is not None and now - self._seen > HOLDING:
            self._frame = self._glimpse = None
        return self._glimpse

    def _steady(self, probabilities, now):
        """Between the last probabilities and new ones (7,): the nearer to these, the more time has passed."""
        if self._glimpse is None:
            return probabilities
        last = self._glimpse.probabilities
        return last + (1 - np.exp((self._seen - now) / SETTLING)) * (probabilities - last)


def _shares(box, shape):
    """A Face's box in a photo of this shape as in Glimpse."""
    (top, right, bottom, left), (height, width) = box, shape[:2]
    return left / width, top / height, (right - left) / width, (bottom - top) / height
