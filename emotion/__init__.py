"""What every room shares: the labels and their order, the size of the model's input, the error for people."""

import os

os.environ["MPLBACKEND"] = "agg"  # a notebook's wish, inherited, would stop matplotlib where that backend is missing

EMOTIONS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
"""The seven labels in FER2013's folder order: the order of every (7,) array in this project."""

IMAGE_SIZE = 48
"""Side of the square the model reads, in pixels: FER2013's own size."""

MIN_VOTES = 5
"""Half of FER+'s ten voters: fewer make no majority, and are too few to learn from."""


class InputError(Exception):
    """Something the visitor or the trainer can mend.

    Its text is shown as it is: it says what happened and what to do.
    """
