"""What a training or an evaluation leaves: the record, the weights, pictures, and the figures on the terminal."""

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np
from PIL import Image

from emotion import EMOTIONS
from emotion.data.votes import HEADS
from emotion.measure.evaluate import evaluate, measure, robustness_table
from emotion.measure.metrics import vote_agreement
from emotion.measure.photo_warnings import measure_limits
from emotion.measure.pictures import (
    draw_confusion,
    draw_faults,
    draw_learning_curves,
    draw_reliability,
    draw_robustness,
)
from emotion.network.backend import backend_name, gpu_names
from emotion.network.model import make_classifier, num_multiply_adds, with_one_answer
from emotion.network.weights import sha256
from emotion.training.checkpoint import write_atomically


def training_record(deployed, temperature, splits, framed, checkpoint, begins_as_teacher):
    """Measure a trained network; return its record, a dict ready for JSON.

    Args:
        deployed: keras.Model, (n, 48, 48, 1) -> (n, k, 7) probabilities.
        temperature: see fit_temperature.
        splits: data.Splits.
        framed: data.Faces, those of validation as the page would frame them.
        checkpoint: Checkpoint of the finished training.
        begins_as_teacher: see Recipe.
    """
    final = with_one_answer(deployed, temperature)
    classify = make_classifier(final)
    validation, figures = splits["validation"], evaluate(classify, splits)
    networks = (checkpoint, *checkpoint.teachers)
    return {
        "written": written(),
        "arguments": checkpoint.identity["arguments"],
        "emotions": EMOTIONS,
        "counts": checkpoint.identity["counts"],
        "skipped": splits.skipped,
        "parameters": final.count_params(),
        "multiply_adds": num_multiply_adds(final),
        "epochs": checkpoint.history,
        "chosen_epoch": checkpoint.best_epoch,
        "teachers": [{"epochs": one.history, "chosen_epoch": one.best_epoch} for one in checkpoint.teachers],
        "begins_as_teacher": begins_as_teacher,
        "temperature": temperature,
        "judges": measure_heads(deployed, validation, checkpoint.identity["arguments"]["labels"]),
        "seconds": sum(row["seconds"] for one in networks for row in one.history),
        "machine": {
            "system": platform.system(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "gpus": gpu_names(),
        },
        "versions": {name: version(name) for name in ("keras", backend_name(), "numpy", "pillow")},
        **figures,
        "validation_framed": measure(classify(framed.pixels), framed.labels, framed.votes, figures["not_sure"]),
        "faults": measure_limits(classify, validation.pixels, validation.labels),
    }


def measure_heads(model, faces, labels):
    """How good each head's own answer is, where a network has learned from several.

    Args:
        model: keras.Model, (n, 48, 48, 1) -> (n, k, 7) probabilities.
        faces: data.Faces.
        labels: one of votes.HEADS.

    Returns:
        dict, ready for JSON: by head the accuracy, and the agreement with FER+'s majority (None
        without votes), both 0-1.
    """
    answers = np.moveaxis(make_classifier(model)(faces.pixels), 1, 0)  # k, n, 7
    report = {}
    for head, answer in zip(HEADS[labels], answers, strict=True):
        votes = None if faces.votes is None else vote_agreement(answer, faces.labels, faces.votes)
        report[head] = {
            "accuracy": float(np.mean(answer.argmax(axis=1) == faces.labels)),
            "agreement": votes and votes["agreement"],
        }
    return report


def written():
    """The time now, for a record."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def write_results(model, record, stem):
    """Write weights, pictures and, last, the record that vouches for the weights.

    Args:
        model: keras.Model that the page is to use.
        record: of training_record.
        stem: Path of the files, without a suffix.
    """
    stem.parent.mkdir(parents=True, exist_ok=True)
    unfinished = stem.with_suffix(".unfinished.keras")  # Keras insists on its suffix
    model.save(unfinished)
    record["sha256"] = sha256(unfinished)
    before = record["teachers"][0]["epochs"] if record["begins_as_teacher"] else []
    curves = draw_learning_curves(before + record["epochs"], len(before) + record["chosen_epoch"])
    Image.fromarray(curves).save(stem.with_name(f"{stem.name}-curves.png"))
    write_pictures(stem, record["validation"])
    faults = draw_faults(record["faults"], record["validation"]["accuracy"])
    Image.fromarray(faults).save(stem.with_name(f"{stem.name}-faults.png"))
    os.replace(unfinished, stem.with_suffix(".keras"))
    write_record(stem.with_suffix(".json"), record)


def write_pictures(stem, report):
    """Draw what was measured on one split to files whose names begin with stem."""
    pictures = {
        "confusion": draw_confusion(report["confusion"]),
        "reliability": draw_reliability(report["reliability"]),
        "robustness": draw_robustness(report["robustness"], report["accuracy"]),
    }
    for name, picture in pictures.items():
        Image.fromarray(picture).save(stem.with_name(f"{stem.name}-{name}.png"))


def write_record(file, record):
    """Write a dict as indented JSON."""
    write_atomically(file, (json.dumps(record, indent=1) + "\n").encode())


def print_faces(splits, duplicates):
    """Print how many faces there are of each emotion in each split, how many are copies, and what was skipped.

    Args:
        splits: data.Splits.
        duplicates: dict of counts, see find_copies.
    """
    print(f"{'faces':<12}" + "".join(f"{emotion:>10}" for emotion in EMOTIONS) + f"{'all':>10}")
    for split, faces in splits.items():
        counts = faces.counts().values()
        print(f"{split:<12}" + "".join(f"{count:>10}" for count in counts) + f"{sum(counts):>10}")
    for line in splits.skipped_lines():
        print(line)
    for name, count in duplicates.items():
        print(f"exact duplicates {name.replace('_', ' ')}: {count}")


def print_report(record):
    """Print what was measured, split by split."""
    for split in ("validation", "test"):
        if split in record:
            _print_accuracy(split, record[split], record.get(f"{split}_without_copies"))
            _print_emotions(record[split])
            _print_robustness(record[split])
    if framed := record.get("validation_framed"):
        accuracy, error = framed["accuracy"], framed["calibration_error"]
        print(f"\nvalidation faces framed as on the page: accuracy {accuracy:.1%}, calibration error {error:.1%}")


def _print_accuracy(split, report, alone):
    """How often the network is right on a split, how calibrated it is, and how often it is sure."""
    low, high = report["accuracy_interval"]
    without = (
        f"; without the {report['count'] - alone['count']} copies of training faces: {alone['accuracy']:.1%}"
        if alone
        else ""
    )
    print(
        f"\n{split}: accuracy {report['accuracy']:.1%} ({low:.1%} to {high:.1%}), "
        f"mean recall {report['mean_recall']:.1%}, calibration error {report['calibration_error']:.1%}{without}"
    )
    sure, votes = report["not_sure"], report["votes"]
    print(f"sure of {sure['coverage']:.0%} of the faces, and right about {_percent(sure['accuracy'])} of those")
    if votes and votes["count"]:
        print(
            f"agrees with most voters on {votes['agreement']:.1%} of {votes['count']} faces "
            f"(the labels do on {votes['label_agreement']:.1%})"
        )


def _print_emotions(report):
    """Recall, precision, F1 and the confusion matrix, a line an emotion."""
    print(f"{'emotion':<10}{'recall':>8}{'precision':>11}{'F1':>6}   predicted as " + " ".join(EMOTIONS))
    for emotion, row in zip(EMOTIONS, report["confusion"], strict=True):
        recall, precision, f1 = (_percent(report[name][emotion]) for name in ("recall", "precision", "f1"))
        print(f"{emotion:<10}{recall:>8}{precision:>11}{f1:>6}   " + "".join(f"{count:>6}" for count in row))


def _print_robustness(report):
    """The accuracy on corrupted faces, a line a corruption."""
    print(f"{'corrupted faces':<30}{'accuracy':>9}{'worst':>8}{'points lost':>13}")
    for row in robustness_table(report):
        print(f"{row['name']:<30}{row['accuracy']:>9.1%}{row['worst']:>8.1%}{100 * row['cost']:>13.1f}")


def _percent(value):
    return "-" if value is None else f"{value:.0%}"
