"""The seam between the page and the work behind it: where faces are found, named and explained."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from emotion.explain import explain
from emotion.faces import find_faces, load_detector
from emotion.model import Classifier


@dataclass(frozen=True)
class Engine:
    """What the page asks for; in this process by default, elsewhere where somebody wires it so.

    Attributes:
        find_faces: as faces.find_faces: photo -> list of Face, or InputError.
        classify: model.Classifier.
        explain: as explain.explain, without its classifier: (pixels, regions, names) -> Explanations.
    """

    find_faces: Callable
    classify: Classifier
    explain: Callable


def local_engine(classify):
    """The Engine that works in this process, with a model.Classifier.

    Raises:
        InputError: face_recognition is not wholly installed.
    """
    load_detector()  # now, so that no visitor waits for it
    return Engine(find_faces, classify, partial(explain, classify=classify))
