"""The command line of train.py, read before anything heavy is loaded."""

import argparse
from pathlib import Path

PROJECT = Path(__file__).parents[2]
"""The project's own folder: models holds the page's weights, runs all that is unfinished and that git ignores."""

RECIPE_NAMES = ("default", "quick", "alone", "handcrafted")
TUNED = "tuned"
"""The recipe of --init."""

LABELS = ("fer2013", "ferplus", "mixed")
STRATEGIES = ("one", "mirrored", "machines")

NUM_SEEDS = 2**32
"""Seeds are below it: NumPy, and so Keras, takes no others."""


def parse_arguments(argv, project=PROJECT):
    """Read the command line.

    Args:
        argv: list of str; None for the program's own.
        project: Path of the folder that holds models and runs.

    Returns:
        argparse.Namespace: an attribute for each argument, and runs, the Path of the folder of that name.
    """
    parser = argparse.ArgumentParser(
        description="Train the network behind the page, keep its best epoch on the validation faces, calibrate it, "
        "measure it, and write the weights with their record.",
        epilog="See README, 'Train your own', for folders, times and accuracy.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--data",
        type=Path,
        metavar="PATH",
        help="a folder with train/<emotion>/, validation/<emotion>/ and perhaps test/<emotion>/; or a folder of class "
        "folders, a tenth of which is then kept for validation; or fer2013.csv",
    )
    what.add_argument(
        "--evaluate",
        type=Path,
        metavar="PATH",
        help="train nothing, but measure the weights in --out on a folder of class folders, or on the validation and "
        "test faces of a folder with splits; write figures and pictures to runs/evaluation",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="where weights and record are or go to (default: the project's models; for a training with --limit its "
        "runs/rehearsal, so that a rehearsal never replaces the page's weights)",
    )
    parser.add_argument(
        "--recipe",
        type=_recipe,
        choices=RECIPE_NAMES,
        help="default: the page's network, a student of several teachers. quick: the same network without teachers, "
        "for fewer epochs. alone: the default's teacher. handcrafted: the small network that it is compared with",
    )
    parser.add_argument(
        "--init",
        type=_file,
        metavar="FILE",
        help="start from these weights, such as models/emotion.keras, by a short recipe for your own faces",
    )
    parser.add_argument(
        "--labels",
        choices=LABELS,
        help="learn from FER2013's labels, from FER+'s votes, or from both (default: the recipe's choice if the faces "
        "come with votes, otherwise fer2013)",
    )
    parser.add_argument(
        "--strategy",
        choices=STRATEGIES,
        default="one",
        help="one: train on one device. mirrored: share each batch among all GPUs of this machine. machines: among "
        "several machines; see emotion/README.md (default: %(default)s)",
    )
    parser.add_argument(
        "--epochs",
        type=_positive,
        metavar="N",
        help="passes over the training faces (default: the recipe's own); those of teachers change in proportion",
    )
    parser.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help="number that all chance is drawn from (default: %(default)s)"
    )
    parser.add_argument(
        "--limit", type=_positive, metavar="N", help="rehearse: N faces of each emotion, and few epochs"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the training that was stopped")
    parser.add_argument(
        "--skip-unreadable", action="store_true", help="leave out pictures that cannot be read, and count them"
    )
    arguments = parser.parse_args(argv)
    if arguments.init and arguments.recipe:
        parser.error("--init has a recipe of its own. Leave out --recipe.")
    arguments.recipe = TUNED if arguments.init else arguments.recipe or "default"
    arguments.runs = project / "runs"
    rehearsal = arguments.limit and arguments.data
    arguments.out = arguments.out or (arguments.runs / "rehearsal" if rehearsal else project / "models")
    return arguments


def file_stem(arguments):
    """Name of the files of weights and record: emotion, which the page serves, or that of a recipe to compare with."""
    return arguments.recipe if arguments.recipe in ("alone", "handcrafted") else "emotion"


def _recipe(text):
    if text == "seed":
        raise argparse.ArgumentTypeError("the recipe seed is now called handcrafted. Use --recipe handcrafted.")
    return text


def _file(text):
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError(f"there is no file {text}")
    return Path(text)


def _positive(text):
    return _whole_number(text, 1, 2**31 - 1)


def _seed(text):
    return _whole_number(text, 0, NUM_SEEDS - 1)


def _whole_number(text, least, most):
    try:
        number = int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from error
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{number} is not between {least} and {most}")
    return number
