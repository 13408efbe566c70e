"""Training and validation faces go in; a table of recipes that were tried, one change at a time, comes out.

    uv run python -m tests.bench.experiments --data fer2013    # some hours; goes on where it was stopped

Writes experiments.json after each training.
"""

import json
import math
import shutil
from argparse import Namespace
from dataclasses import replace
from functools import partial
from itertools import product

from emotion.data.load import load_faces
from emotion.measure.calibration import fit_temperature
from emotion.measure.evaluate import evaluate, robustness_table
from emotion.network.folding import fold_batch_norm
from emotion.network.model import build_cnn, make_classifier, num_multiply_adds, with_one_answer
from emotion.training.checkpoint import Checkpoint
from emotion.training.kinds import build_equalised, build_vgg, fold_equalised
from emotion.training.loop import train
from emotion.training.recipes import ALONE, RECIPES
from emotion.training.report import write_record
from tests.bench.command import read_arguments
from tests.bench.pieces import RUNS
from tests.bench.record import MACHINE

EPOCHS = 24
"""Of each network: a fourth of the default's."""


def shaped(**shape):
    """The default's teacher with a network of another shape, see build_cnn."""
    build = partial(build_cnn, **shape)
    return replace(ALONE, build=build, deploy=partial(fold_batch_norm, build=build))


SMALL = shaped(num_blocks=(1, 1, 1))
PLAIN = replace(SMALL, labels="fer2013", small_share=0, augmentation=replace(SMALL.augmentation, blur=0, noise=0))
VOTES = replace(PLAIN, labels="mixed")
WORSE = replace(VOTES, augmentation=SMALL.augmentation)
STUDENT = replace(
    RECIPES["default"], build=SMALL.build, deploy=SMALL.deploy, epochs=EPOCHS, teachers=(SMALL, SMALL), teaching=0.7
)

EXPERIMENTS = {
    "FER2013's labels alone, faces as they are": PLAIN,
    "FER+'s votes alone": replace(PLAIN, labels="ferplus"),
    "labels and votes, as two judges": VOTES,
    "and a quarter of the faces blurred, a quarter with noise": WORSE,
    "and small faces in the first 70 % of the epochs": SMALL,
    "the same without erased rectangles": replace(SMALL, augmentation=replace(SMALL.augmentation, erase=0)),
    "the same without label smoothing": replace(SMALL, label_smoothing=0),
    "the same, turned by up to 20 degrees and sized by up to 25 %": replace(
        SMALL, augmentation=replace(SMALL.augmentation, rotation=math.radians(20), zoom=0.25)
    ),
    "the same with two blocks at 12 pixels (the default's network)": ALONE,
    "the same with two blocks at 6 pixels": shaped(num_blocks=(1, 1, 2)),
    "the same, 1.2 times as wide": shaped(num_blocks=(1, 1, 1), width=38),
    "the same with squeeze-and-excitation": shaped(num_blocks=(1, 1, 1), squeeze=True),
    "the same with faces mixed": replace(SMALL, mixup=0.2),
    "the same, half of the views from the page's frame": replace(SMALL, page_framed=True),
    "the same with a plain network of ten layers": replace(SMALL, build=build_vgg, deploy=lambda model: model),
    "the default's network on equalised greys": replace(ALONE, build=build_equalised, deploy=fold_equalised),
    "and then as long again, alone, from the weights it has": replace(STUDENT, teachers=(SMALL,), teaching=0),
    "and then as long again, taught by what it said itself": replace(STUDENT, teachers=(SMALL,)),
    "and then as long again, taught by two such networks": STUDENT,
}
"""Recipes, each but for its epochs as it stands here."""


def main():
    """Measure by the command line."""
    arguments = read_arguments(__doc__)
    splits, file = load_faces(arguments.data), arguments.output / "experiments.json"
    measure_experiments(splits, file, {"machine": MACHINE}, EXPERIMENTS, EPOCHS)


def measure_experiments(splits, file, facts, recipes, epochs, seeds=(0,), runs=RUNS):
    """Train by each recipe from each seed and measure it on validation; write a row of each as soon as it is there.

    Args:
        splits: dict of data.Faces, train and validation.
        file: Path of the record to write. Rows that it has are not measured again.
        facts: dict to write into each row that is measured now: machine.
        recipes: dict of Recipes by what they are, as EXPERIMENTS.
        epochs: of each network, and of each of its teachers.
        seeds: of everything random; every recipe is tried from the first one before any from the next.
        runs: Path of the folder that checkpoints go to.
    """
    known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    rows = known["rows"] if known.get("epochs") == epochs else []
    for seed, (what, recipe) in product(seeds, recipes.items()):
        if (what, seed) in [(row["what"], row["seed"]) for row in rows]:
            continue
        print(f"{what}, seed {seed}:", flush=True)
        name = f"{list(recipes).index(what)}-{seed}"
        checkpoint = Checkpoint(runs / file.stem / name, {"what": what, "epochs": epochs})
        rows.append({"what": what, "seed": seed} | facts | try_recipe(recipe, splits, checkpoint, epochs, seed))
        rows.sort(key=lambda row: (list(recipes).index(row["what"]), row["seed"]))
        write_record(file, {"epochs": epochs, "rows": rows})
        shutil.rmtree(checkpoint.folder)


def try_recipe(recipe, splits, checkpoint, epochs, seed):
    """Train by one recipe; dict, ready for JSON, of what the network is worth on the validation faces, and its time."""
    teachers = tuple(replace(teacher, epochs=epochs) for teacher in recipe.teachers)
    lessons = replace(recipe, epochs=epochs, teachers=teachers)
    arguments = Namespace(labels=recipe.labels, strategy="one", seed=seed)
    network = recipe.deploy(train(lessons, splits, arguments, checkpoint))
    validation = splits["validation"]
    temperature = fit_temperature(make_classifier(with_one_answer(network))(validation.pixels), validation.labels)
    figures = evaluate(make_classifier(with_one_answer(network, temperature)), splits)
    report, without = figures["validation"], figures["validation_without_copies"]
    networks = (checkpoint, *checkpoint.teachers)
    return {
        "accuracy": report["accuracy"],
        "accuracy_without_copies": without["accuracy"],
        "mean_recall": report["mean_recall"],
        "worst_recall": min(report["recall"].values()),
        "agreement": report["votes"]["agreement"],
        "calibration_error": report["cross_fitted"]["calibration_error"],
        "most_points_lost": max(
            100 * row["cost"] for row in robustness_table(report) if row["name"] != "blur of 2 pixels"
        ),
        "parameters": network.count_params(),
        "multiply_adds": num_multiply_adds(network),
        "seconds": sum(row["seconds"] for one in networks for row in one.history),
    }


if __name__ == "__main__":
    main()
