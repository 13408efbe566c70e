"""The seam between a photo's way and the work on it: who finds faces, classifies and explains them."""

import os
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from operator import methodcaller

from emotion import InputError
from emotion.analysis.turns import Turns
from emotion.explain.explanation import Explaining
from emotion.face.detectors import load_detector
from emotion.face.find import find_faces, glance, look_closer
from emotion.face.follow import follow_face

SECONDS = 60
"""The longest that the work on a map may take: some twenty times as long as on 2 free cores (tests/bench/speed.py)."""


@dataclass(frozen=True)
class Engine:
    """What does the work on a photo: this process, or others.

    Attributes:
        find_faces: as find.find_faces: photo -> list of Face, or InputError.
        classify: (n, 48, 48) uint8 pixels -> (n, 7) float probabilities, EMOTIONS order.
        explain: (pixels, regions) -> generator of Explanation, one after each piece of work; see explain_in_time.
        turns: who works next. The pipeline's analyse and the page take a turn for each piece of work.
        where: the work is done, as the notice says it.
        is_ready: whether it works at once; before, the first photo waits.
        glance: as find.glance, for whoever wants some faces at once and the others later; None where find_faces finds
            all at once.
        look_closer: as find.look_closer, for the others.
        follow_face: as follow.follow_face, in a camera's frames; always done by this process.
    """

    find_faces: Callable
    classify: Callable
    explain: Callable
    turns: Turns = field(default_factory=Turns)
    where: str = "the computer that runs this page"
    is_ready: Callable[[], bool] = lambda: True
    glance: Callable | None = None
    look_closer: Callable = lambda photo, faces: iter(())
    follow_face: Callable = follow_face

    def first_faces(self, photo):
        """The faces of a photo that are found at once: list of Face, perhaps none."""
        return (self.glance or self.find_faces)(photo)

    @property
    def lanes(self):
        """How many visitors' photos are worked on at a time."""
        return self.turns.lanes


def load_network(models):
    """The classifier of a folder's weights, on TensorFlow whatever the environment says.

    Args:
        models: Path.

    Returns:
        As Engine.classify.

    Raises:
        InputError: the weights are missing or damaged.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"  # another project's wish; the training alone has a choice
    from emotion.network.backend import load_backend  # heavy: not before somebody wants it

    load_backend()
    from emotion.network.model import load_classifier

    return load_classifier(models)[0]


def local_engine(classify):
    """The Engine that works in this process.

    Args:
        classify: as Engine.classify.

    Raises:
        InputError: face_recognition is not wholly installed.
    """
    load_detector()  # now, so that no visitor waits for it
    explain_it = partial(explain_in_time, advance=methodcaller("advance", classify))
    return Engine(find_faces, classify, explain_it, glance=glance, look_closer=look_closer)


def engine_in_the_making(make):
    """An Engine that is there at once; whatever it is asked waits until the real one is loaded.

    Args:
        make: function without arguments that returns the real Engine, which takes seconds.

    Returns:
        (Engine, load): load() makes the real one; where it raises, so does whatever the Engine was asked.
    """
    made, turns = Future(), Turns(is_open=False, beside=1)  # a glance keeps one core busy, a map two

    def load():
        try:
            made.set_result(make())
        except BaseException as error:
            made.set_exception(error)
            raise
        finally:
            turns.open()

    def explain_once_loaded(*face):
        yield from made.result().explain(*face)

    engine = Engine(
        lambda photo: made.result().find_faces(photo),
        lambda pixels: made.result().classify(pixels),
        explain_once_loaded,
        turns,
        is_ready=made.done,
        glance=lambda photo: made.result().first_faces(photo),
        look_closer=lambda *found: made.result().look_closer(*found),
    )
    return engine, load


def explain_in_time(pixels, regions, advance, seconds=SECONDS, clock=time.monotonic):
    """As explanation.explain, but the last map stands once the time is over, and there is one for each piece of work.

    Args:
        pixels: (48, 48) uint8, grey, 0-255.
        regions: regions.Regions.
        advance: function that takes an Explaining and returns it, advanced by a piece of work.
        seconds: the most that all the work may take; waiting in between does not count.
        clock: function that returns seconds.

    Yields:
        Explanation; the same again where a piece of work changed nothing that can be shown.

    Raises:
        InputError: by then there is no map.
    """
    making, taken = Explaining(pixels, regions), 0
    while not making.done and taken <= seconds:
        begin = clock()
        making = advance(making)
        taken += clock() - begin
        yield making.shown
    if making.shown is None:
        raise InputError(
            f"The heat map took longer than {seconds} seconds. The computer is busy: try again in a few minutes."
        )
