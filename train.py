"""Train the network: faces in class folders (or fer2013.csv) become models/emotion.keras and its record.

    uv run train.py --data path/to/fer2013             # the default network
    uv run train.py --data path/to/fer2013 --limit 50  # a rehearsal of two minutes
    uv run train.py --data path/to/fer2013 --resume    # go on after Ctrl-C, at the epoch that was cut off
    uv run train.py --evaluate path/to/faces           # only measure the weights that are there

A resumed training equals an uninterrupted one: all chance is drawn from the seed, the epoch and the step.
"""

import os
import sys

from emotion import InputError
from emotion.network.backend import JAX, TENSORFLOW, load_backend
from emotion.training.arguments import PROJECT, file_stem, parse_arguments


def main(argv=None, project=PROJECT):
    """Run the command line, with models and runs in a project's folder (a Path); return the exit status."""
    arguments = parse_arguments(argv, project)
    try:
        load_backend(TENSORFLOW, JAX)
        run_evaluation(arguments) if arguments.evaluate else run(arguments)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        how = (
            "Nothing was written."
            if arguments.evaluate
            else "The same command with --resume goes on from the last whole epoch."
        )
        print(f"\nStopped. {how}", file=sys.stderr)
        return 130
    return 0


def run(arguments):
    """Load, train, choose, calibrate, measure, write.

    Raises:
        InputError: the data can't be used, or --resume and the unfinished training don't fit each other.
    """
    from emotion.data.load import load_faces
    from emotion.data.votes import targets
    from emotion.measure.calibration import fit_temperature
    from emotion.measure.evaluate import find_copies
    from emotion.network.backend import gpu_names
    from emotion.network.model import make_classifier, with_one_answer
    from emotion.training import report
    from emotion.training.checkpoint import Checkpoint, identity
    from emotion.training.frames import as_framed
    from emotion.training.loop import train
    from emotion.training.machines import join_machines
    from emotion.training.recipes import recipe_of

    machine = join_machines(arguments.strategy)
    check_writable(arguments.out, "Choose another folder with --out.")
    check_writable(arguments.runs)
    splits = load_faces(arguments.data, arguments.seed, arguments.limit, arguments.skip_unreadable)
    recipe = recipe_of(arguments, splits["train"])
    targets(splits["train"], arguments.labels)  # refuse at once what can't be learned from
    checkpoint = Checkpoint(run_folder(arguments, machine[0]), identity(arguments, splits))
    report.print_faces(splits, find_copies(splits)[1])
    checkpoint.resume() if arguments.resume else checkpoint.begin()
    for name in gpu_names():
        print(f"Training on {name}.")
    framed = as_framed(splits["validation"], arguments.runs)
    deployed = recipe.deploy(train(recipe, splits, arguments, checkpoint, machine))
    if arguments.strategy == "machines":
        print("Trained. On the first machine, without KERAS_BACKEND and --strategy, --resume measures and writes it.")
        return

    temperature = fit_temperature(make_classifier(with_one_answer(deployed))(framed.pixels), framed.labels)
    print("Measuring ...", flush=True)
    record = report.training_record(deployed, temperature, splits, framed, checkpoint, recipe.begins_as_teacher)
    stem = arguments.out / file_stem(arguments)
    report.write_results(with_one_answer(deployed, temperature), record, stem)
    checkpoint.delete()
    report.print_report(record)
    print(f"Wrote {stem}.keras and its record, .json.")


def run_evaluation(arguments):
    """Measure weights that are there, on labelled faces; write figures and pictures to runs/evaluation.

    Raises:
        InputError: the weights or the faces can't be used, or nothing can be written.
    """
    from emotion.data.load import load_labelled
    from emotion.measure.evaluate import evaluate, find_copies
    from emotion.network.model import load_classifier
    from emotion.training import report

    folder = arguments.runs / "evaluation" / arguments.evaluate.resolve().name
    check_writable(folder)
    classify, trained = load_classifier(arguments.out, file_stem(arguments))
    if "not_sure" not in trained:
        raise InputError(
            f"The record in {arguments.out} was written by an older version and cannot tell when the network is sure. "
            "Train again, or restore it with 'git checkout models'."
        )
    splits = load_labelled(arguments.evaluate, arguments.seed, arguments.limit, arguments.skip_unreadable)
    report.print_faces(splits, find_copies(splits)[1])
    print("Measuring ...", flush=True)
    record = {
        "written": report.written(),
        "data": folder.name,
        "sha256": trained["sha256"],
        "counts": {split: faces.counts() for split, faces in splits.items()},
        "skipped": splits.skipped,
        **evaluate(classify, splits, trained["not_sure"]),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for split in ("validation", "test"):
        if split in record:
            report.write_pictures(folder / split, record[split])
    report.write_record(folder / "evaluation.json", record)
    report.print_report(record)
    print(f"Wrote {folder / 'evaluation.json'} and pictures beside it.")


def run_folder(arguments, machine):
    """Where the checkpoint of a training lies: a Path."""
    name = f"{arguments.recipe}-{arguments.seed}" + ("-rehearsal" if arguments.limit else "")
    return arguments.runs / (f"{name}-machine-{machine}" if machine else name)


def check_writable(folder, advice="Make the project's folder writable, or use a copy of it."):
    """Make sure, before hours of training, that results can be written to a folder (a Path).

    Raises:
        InputError: they can't; with advice.
    """
    place = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not (place.is_dir() and os.access(place, os.W_OK)):
        raise InputError(f"Nothing can be written to {folder}. {advice}")


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")  # of files' names, a terminal may not be able to show all
    sys.exit(main())
