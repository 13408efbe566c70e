"""What the benches that need labelled faces have in common: their command line, and the weights they measure."""

import argparse
from pathlib import Path

from emotion.network.model import load_classifier
from tests.bench.record import MACHINE, MODELS, add_output


def read_arguments(description, faces=None, argv=None):
    """Read a command line into a namespace of data, output and, where there is a default (int) for it, faces.

    Args:
        description: of the bench, its docstring; the first line is shown.
        faces: how many faces of each emotion are measured where nobody says otherwise; None for no such option.
        argv: list of str; None for the program's own.
    """
    parser = add_output(argparse.ArgumentParser(description=description.splitlines()[0]))
    parser.add_argument("--data", type=Path, default=Path("fer2013"), help="labelled faces (default: %(default)s)")
    if faces is not None:
        parser.add_argument("--faces", type=int, default=faces, help="of each emotion (default: %(default)s)")
    arguments = parser.parse_args(argv)
    arguments.output.mkdir(exist_ok=True)
    print(MACHINE)
    return arguments


def load_weights():
    """The page's network, and what a record says of it.

    Returns:
        classify: Classifier of the weights in models/.
        facts: dict, ready for JSON: machine, weights (their SHA-256).
    """
    classify, record = load_classifier(MODELS)
    return classify, {"machine": MACHINE, "weights": record["sha256"]}
