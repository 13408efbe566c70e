"""The seam between the page and the work behind it: where faces are found, named and explained."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from emotion import InputError
from emotion.explain.explanation import explain
from emotion.face.detectors import load_detector
from emotion.face.find import find_faces
from emotion.network.model import Classifier

SECONDS = 60
"""How long a map may take: some twenty times what it takes on 2 free cores (measured: tests/bench.py)."""


@dataclass(frozen=True)
class Engine:
    """What the page asks for; in this process by default, elsewhere where somebody wires it so.

    Attributes:
        find_faces: as faces.find_faces: photo -> list of Face, or InputError.
        classify: model.Classifier.
        explain: as explain_in_time, without its classifier: (pixels, regions, names) -> Explanations.
        lanes: how many visitors' photos may be worked on at a time.
        where: the work is done, as the notice says it.
    """

    find_faces: Callable
    classify: Classifier
    explain: Callable
    lanes: int = 1
    where: str = "the computer that runs this page"


def local_engine(classify):
    """The Engine that works in this process, with a model.Classifier.

    Raises:
        InputError: face_recognition is not wholly installed.
    """
    load_detector()  # now, so that no visitor waits for it
    return Engine(find_faces, classify, partial(explain_in_time, classify=classify))


def explain_in_time(pixels, regions, names, classify, seconds=SECONDS):
    """As explain.explain, but after so many seconds the last map stands.

    Raises:
        InputError: by then there is none.
    """
    end, explanation = time.monotonic() + seconds, None

    def classify_in_time(faces):
        if time.monotonic() > end:
            raise TimeoutError
        return classify(faces)

    try:
        for explanation in explain(pixels, regions, names, classify_in_time):
            yield explanation
    except TimeoutError as error:
        if explanation is None:
            raise InputError(
                f"The heat map took too long. Expected {seconds} seconds at the most. "
                "The computer is busy: try again in a few minutes."
            ) from error
