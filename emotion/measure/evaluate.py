"""Every figure that a network's record holds, measured on labelled faces."""

import numpy as np

from emotion import InputError
from emotion.data.faces import is_copy, num_repeats
from emotion.measure.calibration import (
    abstention_report,
    choose_abstention,
    cross_fitted_abstention,
    cross_fitted_calibration_error,
    is_sure,
    reliability,
)
from emotion.measure.corruptions import CORRUPTIONS
from emotion.measure.metrics import classification_report, vote_agreement

ROBUSTNESS = {
    "blur of 1 pixel": (("blur", 1),),
    "blur of 2 pixels": (("blur", 2),),
    "shrunk to 24 pixels and back": (("size", 24),),
    "JPEG of quality 30": (("JPEG", 30),),
    "noise of 10 grey levels": (("noise", 10),),
    "half as bright": (("brightness", 0.5),),
    "1.5 times as bright": (("brightness", 1.5),),
    "moved by 4 pixels": (("shift across", -4), ("shift across", 4), ("shift down", -4), ("shift down", 4)),
    "turned by 15 degrees": (("rotation", -15), ("rotation", 15)),
    "0.85 times as large": (("scale", 0.85),),
    "1.15 times as large": (("scale", 1.15),),
}
"""What a network has to withstand: the corruptions and levels of each row of robustness_table."""


def evaluate(classify, splits, rule=None):
    """Measure a network on labelled faces.

    Args:
        classify: Classifier, see model.
        splits: dict from split ("train", "validation", "test") to Faces. Train is measured only where there is
            nothing else.
        rule: what calibration.choose_abstention gave; None chooses it on validation.

    Returns:
        dict, ready for JSON: duplicates (see find_copies); not_sure, the rule; and for each split the
        figures of measure() and its robustness(). Where training faces are known, also the figures of
        measure() for "<split>_without_copies" of them.

    Raises:
        InputError: see find_copies.
    """
    copied, duplicates = find_copies(splits)
    answers = {split: classify(faces.pixels) for split, faces in splits.items() if split != "train" or len(splits) == 1}
    rule = rule or choose_abstention(answers["validation"], splits["validation"].labels)
    figures = {"duplicates": duplicates, "not_sure": rule}
    for split, probabilities in answers.items():
        faces = splits[split]
        figures[split] = measure(probabilities, faces.labels, faces.votes, rule)
        figures[split]["robustness"] = robustness(classify, faces)
        if split in copied:
            rows = ~copied[split]
            votes = None if faces.votes is None else faces.votes[rows]
            figures[f"{split}_without_copies"] = measure(probabilities[rows], faces.labels[rows], votes, rule)
    return figures


def find_copies(splits):
    """Find the faces that occur more than once.

    Args:
        splits: dict from split to Faces.

    Returns:
        (copied, duplicates): by split but train, where there are training faces, which rows are exact
        copies of one of them, (n,) bool; and the counts for the record.

    Raises:
        InputError: all faces of a split are copies, so that nothing else is left to measure.
    """
    copied = {}
    duplicates = {f"inside_{split}": num_repeats(faces.pixels) for split, faces in splits.items()}
    for split, faces in splits.items() if "train" in splits else ():
        if split == "train":
            continue
        copied[split] = is_copy(faces.pixels, splits["train"].pixels)
        duplicates[f"{split}_copies_of_train"] = int(copied[split].sum())
        if copied[split].all():
            raise InputError(
                f"The {len(faces.labels)} {split} faces are all copies of training faces, so they can't measure what "
                "the network learned. Check the folders, or leave this split out."
            )
    return copied, duplicates


def measure(probabilities, labels, votes, rule):
    """All figures of a network's answers.

    Args:
        probabilities: (n, 7) float, EMOTIONS order, n at least 1.
        labels: (n,) int, index into EMOTIONS.
        votes: (n, 10) int, see Faces, or None.
        rule: see calibration.choose_abstention.

    Returns:
        dict, ready for JSON: metrics.classification_report, and reliability (its bins), not_sure
        (calibration.abstention_report), cross_fitted (calibration_error and not_sure with temperature and
        rule refitted on the other half of these faces; None for a single face), votes
        (metrics.vote_agreement; None without votes).
    """
    right = probabilities.argmax(axis=1) == labels
    cross_fitted = None
    if len(labels) > 1:
        cross_fitted = {
            "calibration_error": cross_fitted_calibration_error(probabilities, labels),
            "not_sure": cross_fitted_abstention(probabilities, labels),
        }
    return classification_report(probabilities, labels) | {
        "reliability": reliability(probabilities, labels),
        "not_sure": abstention_report(right, is_sure(probabilities, rule)),
        "cross_fitted": cross_fitted,
        "votes": None if votes is None else vote_agreement(probabilities, labels, votes),
    }


def robustness(classify, faces, names=tuple(CORRUPTIONS)):
    """How often a network is right about faces made worse.

    Args:
        classify: Classifier.
        faces: Faces.
        names: some of CORRUPTIONS.

    Returns:
        dict, ready for JSON: by name a list of dicts with level and accuracy (0-1), levels rising.
    """

    def accuracy(name, level):
        answers = classify(CORRUPTIONS[name].apply(faces.pixels, level))
        return float(np.mean(answers.argmax(axis=1) == faces.labels))

    return {
        name: [{"level": level, "accuracy": accuracy(name, level)} for level in CORRUPTIONS[name].levels]
        for name in names
    }


def robustness_table(report):
    """The rows of ROBUSTNESS, from a report of evaluate().

    Args:
        report: dict with accuracy and robustness.

    Returns:
        list of dicts: name; accuracy, the mean over the row's corruptions, and worst, the least of
        them (0-1); cost, what the worst loses against the faces as they are.
    """
    measured = {(name, row["level"]): row["accuracy"] for name, rows in report["robustness"].items() for row in rows}
    table = []
    for name, corruptions in ROBUSTNESS.items():
        accuracies = [measured[corruption] for corruption in corruptions]
        mean, worst = float(np.mean(accuracies)), min(accuracies)
        table.append({"name": name, "accuracy": mean, "worst": worst, "cost": report["accuracy"] - worst})
    return table
