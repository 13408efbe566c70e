"""The seam between a photo's way and the work on it: who finds faces, classifies and explains them."""

import os
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from emotion import InputError
from emotion.explain.explanation import explain
from emotion.face.detectors import load_detector
from emotion.face.find import find_faces
from emotion.face.follow import follow_face

SECONDS = 60
"""The longest that a map may take: some twenty times what it takes on 2 free cores (measured: tests/bench/speed.py)."""


@dataclass(frozen=True)
class Engine:
    """What does the work on a photo: this process, or others.

    Attributes:
        find_faces: as find.find_faces: photo -> list of Face, or InputError.
        classify: (n, 48, 48) uint8 pixels -> (n, 7) float probabilities, EMOTIONS order.
        explain: (pixels, regions) -> generator of Explanation; see explain_in_time.
        lanes: how many visitors' photos are worked on at a time.
        where: the work is done, as the notice says it.
        is_ready: whether it works at once; before, the first photo waits.
        follow_face: as follow.follow_face, in a camera's frames; always done by this process.
    """

    find_faces: Callable
    classify: Callable
    explain: Callable
    lanes: int = 1
    where: str = "the computer that runs this page"
    is_ready: Callable[[], bool] = lambda: True
    follow_face: Callable = follow_face


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
    return Engine(find_faces, classify, partial(explain_in_time, classify=classify))


def engine_in_the_making(make):
    """An Engine that is there at once; whatever it is asked waits until the real one is loaded.

    Args:
        make: function without arguments that returns the real Engine, which takes seconds.

    Returns:
        (Engine, load): load() makes the real one; where it raises, so does whatever the Engine was asked.
    """
    made = Future()

    def load():
        try:
            made.set_result(make())
        except BaseException as error:
            made.set_exception(error)
            raise

    def explain_once_loaded(*face):
        yield from made.result().explain(*face)

    engine = Engine(
        lambda photo: made.result().find_faces(photo),
        lambda pixels: made.result().classify(pixels),
        explain_once_loaded,
        is_ready=made.done,
    )
    return engine, load


def explain_in_time(pixels, regions, classify, seconds=SECONDS, clock=time.monotonic):
    """As explanation.explain, but the last map stands once the time is over.

    Args:
        pixels: (48, 48) uint8, grey, 0-255.
        regions: regions.Regions.
        classify: as Engine.classify.
        seconds: the most that it may take.
        clock: function that returns seconds.

    Raises:
        InputError: by then there is no map.
    """
    end, explanation = clock() + seconds, None

    def classify_in_time(faces):
        if clock() > end:
            raise TimeoutError
        return classify(faces)

    try:
        for explanation in explain(pixels, regions, classify_in_time):
            yield explanation
    except TimeoutError as error:
        if explanation is None:
            raise InputError(
                f"The heat map took longer than {seconds} seconds. The computer is busy: try again in a few minutes."
            ) from error
