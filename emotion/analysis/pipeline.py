"""The one way of a photo: read it, find its faces, classify them, explain one by its regions."""

import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from emotion import EMOTIONS, IMAGE_SIZE, InputError
from emotion.analysis.engine import Engine
from emotion.analysis.turns import Stage, Turns
from emotion.explain.explanation import PIECES, Explanation
from emotion.explain.regions import superpixels
from emotion.face.frame import Face
from emotion.face.photo import read_photo

KINDS = {"superpixels": lambda explanation: explanation, "face parts": Explanation.by_parts}
"""How an Explanation is looked at, by the name of the kind of regions: Explanation -> Explanation."""

FIRST_KIND = "superpixels"


@dataclass(frozen=True, eq=False)
class Analysis:
    """What is known of a photo, and of the one face that is looked at.

    Attributes:
        photo: (H, W, 3) uint8, RGB, 0-255; perhaps a smaller copy.
        faces: tuple of Face, the largest first, but those that look_closer found after those of a glance; at least one.
        probabilities: (f, 7) float, EMOTIONS order, a row a face.
        chosen: index of the face that is looked at.
        explanation: of the chosen face; None while there is none.
        given: (height, width) of the photo as it was given, of which the faces' boxes are; None where photo is that.
    """

    photo: np.ndarray
    faces: tuple[Face, ...]
    probabilities: np.ndarray
    chosen: int = 0
    explanation: Explanation | None = None
    given: tuple[int, int] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the photo as it was given, in pixels."""
        return self.given or self.photo.shape[:2]

    @property
    def face(self) -> Face:
        """The chosen face."""
        return self.faces[self.chosen]

    def with_more(self, faces, probabilities):
        """The same, with faces (list of Face) that were found since, and their probabilities (n, 7)."""
        return replace(
            self, faces=(*self.faces, *faces), probabilities=np.concatenate([self.probabilities, probabilities])
        )

    def largest_first(self):
        """The same, its faces in the order in which find_faces gives them."""
        order = sorted(range(len(self.faces)), key=lambda number: -self.faces[number].side)
        return replace(
            self,
            faces=tuple(self.faces[number] for number in order),
            probabilities=self.probabilities[order],
            chosen=order.index(self.chosen),
        )


def look(file, engine: Engine) -> Analysis:
    """Find and classify all faces of a photo; the largest is chosen.

    Args:
        file: path of the photo, see photo.read_photo.
        engine: Engine.

    Raises:
        InputError: the file can't be read, or shows no face.
    """
    photo = read_photo(file)
    faces = engine.find_faces(photo)
    return Analysis(photo, tuple(faces), classify(faces, engine))


def glance(photo, engine: Engine) -> Analysis | None:
    """Find and classify the faces of a photo (H, W, 3) uint8 that are found at once; None where there is none."""
    faces = engine.first_faces(photo)
    return Analysis(photo, tuple(faces), classify(faces, engine)) if faces else None


def look_closer(photo, faces, engine: Engine) -> Generator:
    """Find and classify the faces that a glance missed.

    Args:
        photo: (H, W, 3) uint8.
        faces: those that the glance found.
        engine: Engine.

    Yields:
        (more, probabilities, share): list of Face, those found since the last time, their (n, 7) float, and the share
        (0-1) of the search that is done. Closing the generator ends the search.
    """
    with closing(engine.look_closer(photo, faces)) as found:
        for more, share in found:
            yield more, classify(more, engine), share


def classify(faces, engine: Engine):
    """The probabilities of faces, in one batch: (n, 7) float, EMOTIONS order."""
    return engine.classify(np.stack([face.pixels for face in faces])) if faces else np.empty((0, len(EMOTIONS)))


def turn(analysis: Analysis, number: int) -> Analysis:
    """Choose another face of the photo, counted from 1, the largest.

    Raises:
        InputError: there is no face of that number.
    """
    count = len(analysis.faces)
    if number not in range(1, count + 1):
        numbers = "only 1 is possible" if count == 1 else f"choose a whole number from 1 to {count}"
        raise InputError(f"This photo has no face of that number: {numbers}.")
    return replace(analysis, chosen=int(number) - 1, explanation=None)


def explain(analysis: Analysis, engine: Engine) -> Generator[Analysis]:
    """Explain the chosen face, better and better.

    Args:
        analysis: of a photo.
        engine: Engine.

    Yields:
        Analysis after each piece of work, with an explanation that says more than the one before, or the same one.
        Closing the generator stops the work.

    Raises:
        InputError: there was no explanation in time.
    """
    face = analysis.face
    with closing(_explain_face(face.pixels, face.framed_landmarks, engine)) as explanations:
        for explanation in explanations:
            yield replace(analysis, explanation=explanation)


def analyse(file, engine: Engine, number: int = 1) -> Generator[Analysis]:
    """All of it for one face of a photo, each piece of work in its turn.

    See look, turn and explain, whose arguments and errors these are, and Turns.join.
    """
    since = time.monotonic()
    with engine.turns.join(Stage.CHART, since) as mine:
        mine.wait()
        analysis = turn(look(file, engine), number)
    yield from _in_turns(explain(analysis, engine), since, engine)


def rehearse(engine: Engine):
    """Make the map of a square of noise, in turns: from now on it is known how long one takes, see map_seconds.

    Raises:
        InputError: see explain.
    """
    noise = np.random.default_rng(0).integers(0, 256, (IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    for _ in _in_turns(_explain_face(noise, None, engine), time.monotonic(), engine):
        pass


def map_seconds(turns: Turns) -> float | None:
    """How long the work on a map should take, in seconds, from the last ones; None before the first."""
    return turns.expected([Stage.FIRST_MAP, *[Stage.REFINEMENT] * (PIECES - 1)])


def _explain_face(pixels, landmarks, engine):
    return engine.explain(pixels, superpixels(pixels, landmarks))


def _in_turns(pieces, since, engine):
    """Yield what a generator does piece by piece, each in its turn; since: see Turns.join."""
    stage, done = Stage.FIRST_MAP, False
    with closing(pieces):
        while not done:
            with engine.turns.join(stage, since) as mine:
                mine.wait()
                piece = next(pieces, None)
            done, stage = piece is None, Stage.REFINEMENT
            if not done:
                yield piece


def check_kind(kind: str):
    """Make sure that there is such a kind of regions.

    Raises:
        InputError: there is none.
    """
    if kind not in tuple(KINDS):  # a list is no key
        raise InputError(f"There is no such kind of regions: choose {' or '.join(map(repr, KINDS))}.")
