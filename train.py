"""Class folders (or fer2013.csv) go in, models/emotion.keras and its record models/emotion.json come out.

    uv run train.py --data path/to/fer2013             # the default network
    uv run train.py --data path/to/fer2013 --limit 50  # a rehearsal of some minutes
    uv run train.py --data path/to/fer2013 --resume    # go on after Ctrl-C, at the epoch that was cut off
    uv run train.py --evaluate path/to/faces           # only measure the weights that are there

Everything random is drawn from the seed, the epoch and the step alone, so that a resumed run equals
an uninterrupted one.
"""

import argparse
import json
import math
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow loads: no GPU is no error
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # quicker convolutions, also on processors where they are off

import keras
import numpy as np
import tensorflow as tf
from PIL import Image
from tqdm import tqdm

from emotion import EMOTIONS, IMAGE_SIZE, InputError
from emotion.data.load import load_faces, load_labelled
from emotion.data.votes import HEADS, one_hot, targets
from emotion.measure.calibration import fit_temperature
from emotion.measure.evaluate import evaluate, find_copies, robustness_table
from emotion.measure.metrics import vote_agreement
from emotion.measure.photo_warnings import measure_limits
from emotion.measure.pictures import (
    draw_confusion,
    draw_faults,
    draw_learning_curves,
    draw_reliability,
    draw_robustness,
)
from emotion.network.augment import Augmentation, augment
from emotion.network.model import (
    build_cnn,
    build_handcrafted_cnn,
    fold_batch_norm,
    load_classifier,
    make_classifier,
    num_multiply_adds,
    with_one_answer,
)
from emotion.network.weights import sha256

SMALL_SIZE = 32
"""Side of the faces, pixels, that a recipe may begin with: an epoch of them takes less than half the time."""

NUM_SEEDS = 2**32
"""Seeds are below it: NumPy, and so Keras, takes no others."""

CPU_INFO = Path("/proc/cpuinfo")
"""Where Linux tells what the processor can."""

RUNS = Path("runs")
"""Where unfinished and rehearsed trainings lie; git ignores it."""


@dataclass(frozen=True)
class Recipe:
    """One way to train: a network and everything that its accuracy hangs on.

    Attributes:
        build: number of judges -> keras.Model, compiled by train().
        deploy: the trained model -> the model to save.
        optimizer: (total number of steps, steps in an epoch) -> keras optimizer.
        epochs: how many, unless --epochs says otherwise.
        batch_size: faces in a step.
        label_smoothing: share of each label that is spread over all emotions.
        augmentation: see Augmentation.
        labels: what it learns from, one of votes.HEADS, unless --labels says otherwise or there are no votes.
        small_share: share of the epochs, the first ones, in which it learns from faces of SMALL_SIZE.
        teacher: the Recipe of the networks that are trained first, each from a seed of its own. The network then
            begins as the first of them and learns from them all (Hinton et al. 2015, arXiv 1503.02531). None: it
            learns alone.
        num_teachers: how many.
        teaching: weight (0-1) of what the teachers say, on average, of the very view of a face that it sees; the
            labels' is the rest.
    """

    build: Callable
    deploy: Callable
    optimizer: Callable
    epochs: int
    batch_size: int
    label_smoothing: float
    augmentation: Augmentation
    labels: str = "fer2013"
    small_share: float = 0.0
    teacher: "Recipe | None" = None
    num_teachers: int = 0
    teaching: float = 0.0


def default_optimizer(num_steps, epoch_steps, rate=0.1):
    """Nesterov momentum; three epochs of warm-up to a learning rate, then a cosine down to 0."""
    warmup = min(3 * epoch_steps, num_steps // 2)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, max(1, num_steps - warmup), warmup_target=rate, warmup_steps=warmup
    )
    # Keras decays weights apart from the momentum: 5e-3 here is the 5e-4 of recipes with momentum 0.9.
    optimizer = keras.optimizers.SGD(schedule, momentum=0.9, nesterov=True, weight_decay=5e-3)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    return optimizer


def seed_optimizer(num_steps, epoch_steps):
    """Adam at 1e-4, which loses 1e-6 of itself a step (the `decay` of earlier Keras versions)."""
    return keras.optimizers.Adam(keras.optimizers.schedules.InverseTimeDecay(1e-4, 1, 1e-6))


ALONE = Recipe(
    build=build_cnn,
    deploy=fold_batch_norm,
    optimizer=default_optimizer,
    epochs=100,
    batch_size=128,
    label_smoothing=0.1,
    augmentation=Augmentation(
        rotation=math.radians(12),
        zoom=0.15,
        shear=0.08,
        shift=5,
        contrast=0.2,
        brightness=20,
        erase=0.5,
        blur=1.5,
        noise=15,
    ),
    labels="mixed",
    small_share=0.7,
)

RECIPES = {
    "default": replace(
        ALONE,
        optimizer=partial(default_optimizer, rate=0.05),
        epochs=40,
        small_share=0,
        teacher=ALONE,
        num_teachers=2,
        teaching=0.7,
    ),
    "alone": ALONE,
    "seed": Recipe(
        build=build_handcrafted_cnn,
        deploy=lambda model: model,
        optimizer=seed_optimizer,
        epochs=50,
        batch_size=512,
        label_smoothing=0.0,
        augmentation=Augmentation(rotation=math.radians(10), zoom=0.1, shear=math.radians(10), border="NEAREST"),
    ),
}


STRATEGIES = {
    "one": tf.distribute.get_strategy,
    "mirrored": tf.distribute.MirroredStrategy,
    "machines": tf.distribute.get_strategy,  # Keras' JAX backend shares the work out: see join_machines
}
"""Where the network is trained. With mirrored, each device draws its own dropout; all else is as on one."""


def main(argv=None):
    """Run the command line; return the exit status."""
    arguments = parse_arguments(argv)
    try:
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


def parse_arguments(argv):
    """Read the command line (list of str, None for the program's own) into a namespace."""
    parser = argparse.ArgumentParser(
        description="Train the network that the page uses, choose its best epoch on the validation faces, "
        "fit its temperature, measure it, and write the weights with their record.",
        epilog="README, 'Train your own', says which folders are read, and what time and accuracy to expect.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--data",
        type=Path,
        metavar="PATH",
        help="folder with train/<emotion>/, validation/<emotion>/ and perhaps test/<emotion>/; or a folder of "
        "class folders, of which a tenth is then held out for validation; or fer2013.csv",
    )
    what.add_argument(
        "--evaluate",
        type=Path,
        metavar="PATH",
        help="train nothing; measure the weights in the folder of --out on a folder of class folders, or on the "
        "validation and test faces of a folder with splits, and write figures and pictures to "
        "runs/evaluation (of the other arguments only --recipe, --limit and --seed count)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="where the weights and the record are, or go to (models; for a training with --limit, "
        "runs/rehearsal, so that a rehearsal never replaces the page's weights)",
    )
    parser.add_argument(
        "--recipe",
        choices=RECIPES,
        default="default",
        help="default: the page's network, taught by two others. alone: one such teacher, in a third of the time, "
        "written as alone.keras and alone.json. seed: the small handcrafted one that it is compared with, "
        "written as seed.keras and seed.json (default: %(default)s)",
    )
    parser.add_argument(
        "--labels",
        choices=HEADS,
        help="what to learn from: FER2013's labels, FER+'s votes, or both, mixed (default: the recipe's choice "
        "where the faces come with votes, otherwise fer2013)",
    )
    parser.add_argument(
        "--strategy",
        choices=STRATEGIES,
        default="one",
        help="one: train on one device. mirrored: share each batch out to all GPUs of this machine. "
        "machines: to several machines; see README (default: %(default)s)",
    )
    parser.add_argument(
        "--epochs",
        type=_positive,
        metavar="N",
        help="instead of the recipe's own number; its teachers' grows or shrinks alike",
    )
    parser.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help="of everything random (default: %(default)s)"
    )
    parser.add_argument("--limit", type=_positive, metavar="N", help="rehearse on N faces of each emotion")
    parser.add_argument("--resume", action="store_true", help="go on with the run that was cut off")
    arguments = parser.parse_args(argv)
    arguments.epochs = arguments.epochs or RECIPES[arguments.recipe].epochs
    rehearsal = arguments.limit and arguments.data
    arguments.out = arguments.out or (RUNS / "rehearsal" if rehearsal else Path("models"))
    return arguments


def run(arguments):
    """Load, train, choose, calibrate, measure, write.

    Raises:
        InputError: the data can't be used, or --resume and the unfinished run don't fit each other.
    """
    recipe = RECIPES[arguments.recipe]
    machine, num_machines = join_machines(arguments.strategy)
    check_writable(arguments.out)
    splits = load_faces(arguments.data, arguments.seed, arguments.limit)
    counts = {split: faces.counts() for split, faces in splits.items()}
    arguments.labels = arguments.labels or choose_labels(recipe, splits["train"])
    targets(splits["train"], arguments.labels)  # refuse at once what can't be learned from
    print_counts(counts, find_copies(splits)[1])

    name = f"{arguments.recipe}-{arguments.seed}" + ("-rehearsal" if arguments.limit else "")
    name += f"-machine-{machine}" if machine else ""
    checkpoint = Checkpoint(RUNS / name, identity(arguments, counts))
    checkpoint.resume() if arguments.resume else checkpoint.begin()
    model = train(recipe, splits, arguments, checkpoint, (machine, num_machines))
    if arguments.strategy == "machines":
        print("Trained. On the first machine, without KERAS_BACKEND and --strategy, --resume measures and writes it.")
        return

    deployed = recipe.deploy(model)
    validation = splits["validation"]
    temperature = fit_temperature(make_classifier(with_one_answer(deployed))(validation.pixels), validation.labels)
    final = with_one_answer(deployed, temperature)
    classify = make_classifier(final)
    print("Measuring ...", flush=True)
    record = {
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "arguments": checkpoint.identity["arguments"],
        "emotions": EMOTIONS,
        "counts": counts,
        "parameters": final.count_params(),
        "multiply_adds": num_multiply_adds(final),
        "epochs": checkpoint.history,
        "chosen_epoch": checkpoint.best_epoch,
        "teachers": [
            {"epochs": teacher.history, "chosen_epoch": teacher.best_epoch} for teacher in checkpoint.teachers
        ],
        "temperature": temperature,
        "judges": measure_judges(deployed, validation, arguments.labels),
        "seconds": sum(row["seconds"] for one in (checkpoint, *checkpoint.teachers) for row in one.history),
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
        "versions": {name: version(name) for name in ("keras", "tensorflow", "numpy", "pillow")},
        **evaluate(classify, splits),
        "faults": measure_limits(classify, validation.pixels, validation.labels),
    }
    write_results(final, record, arguments)
    checkpoint.delete()
    print_report(record)
    print(f"Wrote {arguments.out / file_stem(arguments)}.keras and its record, .json.")


def choose_labels(recipe, faces):
    """What to learn from where nobody says: the recipe's choice where the faces (data.Faces) come with votes."""
    return "fer2013" if faces.votes is None else recipe.labels


def measure_judges(model, faces, labels):
    """What each judge's own answer is worth, where a network has learned from several.

    Args:
        model: keras.Model, (n, 48, 48, 1) -> (n, k, 7) probabilities.
        faces: data.Faces.
        labels: one of votes.HEADS.

    Returns:
        dict, ready for JSON: by judge the accuracy, and the agreement with FER+'s majority (None
        without votes), both 0-1.
    """
    answers = np.moveaxis(make_classifier(model)(faces.pixels), 1, 0)  # k, n, 7
    report = {}
    for judge, answer in zip(HEADS[labels], answers, strict=True):
        votes = None if faces.votes is None else vote_agreement(answer, faces.labels, faces.votes)
        report[judge] = {
            "accuracy": float(np.mean(answer.argmax(axis=1) == faces.labels)),
            "agreement": votes and votes["agreement"],
        }
    return report


def run_evaluation(arguments):
    """Measure weights that are there, on labelled faces; write figures and pictures to runs/evaluation.

    Raises:
        InputError: the weights or the faces can't be used, or nothing can be written.
    """
    folder = RUNS / "evaluation" / arguments.evaluate.resolve().name
    check_writable(folder)
    classify, trained = load_classifier(arguments.out, file_stem(arguments))
    if "not_sure" not in trained:
        raise InputError(
            f"The record in {arguments.out} says nothing of when the network is sure. Expected one that this version "
            "wrote. Train anew, or restore it with 'git checkout models'."
        )
    splits = load_labelled(arguments.evaluate, arguments.seed, arguments.limit)
    counts = {split: faces.counts() for split, faces in splits.items()}
    print_counts(counts, find_copies(splits)[1])
    print("Measuring ...", flush=True)
    record = {
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": folder.name,
        "sha256": trained["sha256"],
        "counts": counts,
        **evaluate(classify, splits, trained["not_sure"]),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for split in ("validation", "test"):
        if split in record:
            write_pictures(folder / split, record[split])
    write_record(folder / "evaluation.json", record)
    print_report(record)
    print(f"Wrote {folder / 'evaluation.json'} and pictures beside it.")


def join_machines(strategy):
    """Join the other machines that train the same network, through keras.distribution on Keras' JAX backend.

    (tf.distribute.MultiWorkerMirroredStrategy fails in fit with Keras 3.15, by itself and in Ray Train.)
    Each machine reads all faces, learns from its part of every batch, and keeps a checkpoint of its own.

    Returns:
        (which machine this is, from 0; how many there are): (0, 1) with another strategy.

    Raises:
        InputError: strategy "machines" without that backend or the settings that say where the machines
            are, or that backend with another strategy.
    """
    on_jax = keras.backend.backend() == "jax"
    settings = [f"KERAS_DISTRIBUTION_{name}" for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID")]
    missing = [name for name in settings if name not in os.environ]
    if on_jax != (strategy == "machines") or (on_jax and missing):
        raise InputError(
            f"The strategy {strategy} was given, with Keras on {keras.backend.backend()} and "
            f"{len(settings) - len(missing)} of the machines' settings. Expected machines with KERAS_BACKEND=jax and "
            f"{', '.join(settings)}, or another strategy without KERAS_BACKEND. See README, Train your own."
        )
    if strategy != "machines":
        return 0, 1
    keras.distribution.initialize()
    keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))
    return int(os.environ["KERAS_DISTRIBUTION_PROCESS_ID"]), int(os.environ["KERAS_DISTRIBUTION_NUM_PROCESSES"])


def check_writable(folder):
    """Make sure, before hours of training, that results can be written to a folder (a Path).

    Raises:
        InputError: they can't.
    """
    place = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not (place.is_dir() and os.access(place, os.W_OK)):
        raise InputError(
            f"Nothing can be written to {folder}. Expected a folder, or a place for a new one. "
            "Choose another with --out, or run the command elsewhere."
        )


def identity(arguments, counts):
    """What a run must share with the checkpoint that it resumes: a dict ready for JSON."""
    kept = {name: getattr(arguments, name) for name in ("recipe", "labels", "epochs", "seed", "limit")}
    return {"arguments": {"data": arguments.data.resolve().name} | kept, "counts": counts}


def print_counts(counts, duplicates):
    """Say how many faces there are of each emotion in each split, and how many are copies."""
    print(f"{'faces':<12}" + "".join(f"{emotion:>10}" for emotion in EMOTIONS) + f"{'all':>10}")
    for split, by_emotion in counts.items():
        print(f"{split:<12}" + "".join(f"{n:>10}" for n in by_emotion.values()) + f"{sum(by_emotion.values()):>10}")
    for name, count in duplicates.items():
        print(f"exact duplicates {name.replace('_', ' ')}: {count}")


def train(recipe, splits, arguments, checkpoint, machine):
    """Train a network, its teachers first; return it with the weights of its best epoch on validation.

    Args:
        recipe: Recipe.
        splits: dict of data.Faces, of which train and validation are used.
        arguments: labels, strategy, epochs, seed of the command line.
        checkpoint: Checkpoint, whose folder every whole epoch is saved to.
        machine: (which of the machines this is, how many there are), see join_machines.

    Returns:
        keras.Model.
    """

    def train_one(number, recipe, epochs, checkpoint, teachers=()):
        """The network of a number, which gives it a seed of its own."""
        seed = (arguments.seed * (num_teachers + 1) + number) % NUM_SEEDS
        own = argparse.Namespace(**vars(arguments) | {"epochs": max(1, epochs), "seed": seed})
        return train_network(recipe, splits, own, checkpoint, machine, teachers)

    num_teachers, teachers = recipe.num_teachers, []
    for number in range(num_teachers):
        print(f"Teacher {number + 1} of {num_teachers}:", flush=True)
        epochs = round(arguments.epochs * recipe.teacher.epochs / recipe.epochs)
        teachers.append(train_one(number, recipe.teacher, epochs, checkpoint.teacher()))
    if teachers:
        print("Their pupil:", flush=True)
    return train_one(num_teachers, recipe, arguments.epochs, checkpoint, teachers)


def train_network(recipe, splits, arguments, checkpoint, machine, teachers=()):
    """As train, but one network, perhaps with teachers (keras.Models) that are trained already."""
    faces, validation = splits["train"], splits["validation"]
    set_fast_convolutions(True)
    keras.utils.set_random_seed(arguments.seed)
    strategy = STRATEGIES[arguments.strategy]()
    num_parts = strategy.num_replicas_in_sync * machine[1]
    batch_size = even_batch_size(recipe.batch_size, faces, num_parts)
    epoch_steps = len(faces.labels) // batch_size
    num_judges = len(HEADS[arguments.labels])
    with strategy.scope():
        network = recipe.build(num_judges)
        model = beside_teachers(network, teachers, recipe.deploy) if teachers else network
        model.compile(
            recipe.optimizer(arguments.epochs * epoch_steps, epoch_steps),
            judged_cross_entropy(recipe.label_smoothing, recipe.teaching if teachers else None),
            metrics=[accuracy],
        )
        model.optimizer.build(model.trainable_variables)
    first_epoch = checkpoint.load(model)
    if first_epoch < arguments.epochs:
        batches = training_batches(
            recipe, faces, batch_size, arguments.seed, first_epoch, arguments.epochs, arguments.labels
        )
        model.fit(
            own_part(batches, batch_size, *machine),
            steps_per_epoch=epoch_steps,
            initial_epoch=first_epoch,
            epochs=arguments.epochs,
            validation_data=(
                validation.pixels[..., None].astype(np.float32),
                np.repeat(one_hot(validation.labels)[:, None], num_judges, axis=1),
            ),
            validation_batch_size=even_batch_size(256, validation, num_parts),
            callbacks=[
                ReseedDropout(network, arguments.seed),
                EpochLines(checkpoint, epoch_steps, first_epoch, arguments.epochs),
            ],
            shuffle=False,  # training_batches does that; Keras warns otherwise
            verbose=0,
        )
    model.load_weights(checkpoint.weights_file(checkpoint.best_epoch))
    set_fast_convolutions(False)  # faces are measured as the page will see them
    return network


def beside_teachers(network, teachers, deploy):
    """Put a network, which begins as the first of its teachers, and all of them before the same faces.

    Args:
        network: keras.Model that is to learn, (n, 48, 48, 1) -> (n, k, 7) probabilities.
        teachers: keras.Models like it, trained.
        deploy: see Recipe; what it makes of the teachers answers sooner.

    Returns:
        keras.Model: (n, 48, 48, 1) -> (n, 2k, 7): the network's own answers, then the mean of the teachers'.
    """
    network.set_weights(teachers[0].get_weights())
    faces = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1))
    said = Teachers(list(map(deploy, teachers)))(faces)
    return keras.Model(faces, keras.layers.Concatenate(axis=1)([network(faces), said]))


class Teachers(keras.layers.Layer):
    """The mean of what trained networks (keras.Models) say, who neither learn nor drop anything out."""

    def __init__(self, networks):
        super().__init__()
        self.networks = networks
        self.trainable = False

    def call(self, faces):
        """(n, 48, 48, 1) grey 0-255 -> (n, k, 7) probabilities."""
        said = [network(faces, training=False) for network in self.networks]  # in a model, Keras would say True instead
        return keras.ops.mean(keras.ops.stack(said), axis=0)


def judged_cross_entropy(label_smoothing, teaching=None):
    """The loss: (n, k, 7) targets and (n, k, 7) probabilities of k judges -> (n,) sums of their cross-entropies.

    With teaching, a weight from 0 to 1, the answers are (n, 2k, 7), see beside_teachers, and the latter half of them
    is a target too.
    """

    def loss(wanted, answered):
        wanted = (1 - label_smoothing) * wanted + label_smoothing / len(EMOTIONS)
        if teaching is not None:
            answered, taught = keras.ops.split(answered, 2, axis=1)
            wanted = (1 - teaching) * wanted + teaching * keras.ops.stop_gradient(taught)
        return keras.ops.sum(keras.losses.categorical_crossentropy(wanted, answered), axis=1)

    return loss


def accuracy(wanted, answered):
    """The metric: (n,) whether the first judge's answer, which the page gives, is the first judge's target."""
    return keras.metrics.categorical_accuracy(wanted[:, 0], answered[:, 0])


def even_batch_size(most, faces, num_parts):
    """The largest batch, of most faces and no more than there are, whose parts on all devices are of one size.

    Keras 3.15 averages the devices' first parts to learn their shape, which fails where they differ.
    """
    return min(most, len(faces.labels)) // num_parts * num_parts


def own_part(batches, batch_size, machine, num_machines):
    """The part of every batch of a tf.data.Dataset that one of several machines learns from."""
    if num_machines == 1:
        return batches
    rows = slice(machine * batch_size // num_machines, (machine + 1) * batch_size // num_machines)
    return batches.map(lambda faces, wanted: (faces[rows], wanted[rows]))


def set_fast_convolutions(fast):
    """Convolve in bfloat16 where the processor can, which trains faster (tests/bench.py, train).

    Weights, normalisation and loss stay float32. On other processors it changes nothing: there TensorFlow would
    imitate bfloat16, which takes many times as long.
    """
    bfloat16 = fast and has_bfloat16()
    tf.config.optimizer.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": bfloat16})


def has_bfloat16():
    """Whether the processor has instructions for bfloat16, as far as can be seen: on Linux only."""
    flags = CPU_INFO.read_text(encoding="utf-8").split() if CPU_INFO.is_file() else []
    return "avx512_bf16" in flags or "amx_bf16" in flags


def training_batches(recipe, faces, batch_size, seed, first_epoch, last_epoch, labels="fer2013"):
    """The epochs from first_epoch to last_epoch, one after the other, as a tf.data.Dataset.

    Each epoch is a new order of all faces and a new random view of each; what does not fill a batch
    is left out, another part each time. What the faces are to be taken for is data.targets' answer.
    last_epoch is the training's last: recipe.small_share counts back from it.
    """
    pixels, wanted = tf.constant(faces.pixels[..., None]), tf.constant(targets(faces, labels))

    def epoch_batches(epoch):
        order = tf.argsort(tf.random.stateless_uniform([len(faces.labels)], tf.stack([seed, epoch])))
        rows = tf.data.Dataset.from_tensor_slices(order).batch(batch_size, drop_remainder=True)

        def view(step, rows):
            draw_from = tf.stack([tf.cast(seed, tf.int64), epoch * 1_000_000 + step])
            face = tf.cast(tf.gather(pixels, rows), tf.float32)
            face = augment(face, recipe.augmentation, draw_from)
            if recipe.small_share:
                side = tf.where(epoch < round(recipe.small_share * last_epoch), SMALL_SIZE, IMAGE_SIZE)
                face = tf.image.resize(face, tf.stack([side, side]), antialias=True)
            return face, tf.gather(wanted, rows)

        return rows.enumerate().map(view, num_parallel_calls=2)

    return tf.data.Dataset.range(first_epoch, last_epoch).flat_map(epoch_batches).prefetch(4)


class ReseedDropout(keras.callbacks.Callback):
    """Makes dropout depend on seed and epoch alone, so that a resumed epoch drops what it would have dropped."""

    def __init__(self, network, seed):
        super().__init__()
        self.network, self.seed = network, seed

    def on_epoch_begin(self, epoch, logs=None):
        """Set every dropout layer's random state anew."""
        for layer in self.network.layers:
            if isinstance(layer, keras.layers.Dropout):
                layer.seed_generator.state.assign(np.array([self.seed, epoch], np.uint32))


class EpochLines(keras.callbacks.Callback):
    """Shows the time left while it trains, saves each whole epoch, and leaves one line of it."""

    def __init__(self, checkpoint, epoch_steps, first_epoch, last_epoch):
        super().__init__()
        self.checkpoint = checkpoint
        self.last_epoch = last_epoch
        self.progress = tqdm(
            total=last_epoch * epoch_steps, initial=first_epoch * epoch_steps, unit="step", disable=None, leave=False
        )

    def on_epoch_begin(self, epoch, logs=None):
        """Start the epoch's clock."""
        self.start = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        """Move the progress bar on."""
        self.progress.update()

    def on_epoch_end(self, epoch, logs=None):
        """Save, then print the epoch's line."""
        row = {
            "epoch": epoch + 1,
            "loss": float(logs["loss"]),
            "accuracy": float(logs["accuracy"]),
            "validation_loss": float(logs["val_loss"]),
            "validation_accuracy": float(logs["val_accuracy"]),
            "seconds": round(time.monotonic() - self.start, 1),
        }
        self.checkpoint.save(self.model, row)
        left = (self.last_epoch - row["epoch"]) * row["seconds"] / 60
        self.progress.write(
            f"epoch {row['epoch']:>3}/{self.last_epoch}  loss {row['loss']:.3f}  accuracy {row['accuracy']:.1%}  "
            f"validation {row['validation_accuracy']:.1%} (best: epoch {self.checkpoint.best_epoch})  "
            f"{row['seconds']:.0f} s, about {left:.0f} min left"
        )
        sys.stdout.flush()  # a log file shows the line at once

    def on_train_end(self, logs=None):
        """Take the progress bar away."""
        self.progress.close()


class Checkpoint:
    """The last whole epoch of an unfinished run and its best one, on disk; those of its teachers in folders below.

    The JSON file names the epochs that count and is replaced in one step after their weights are
    written, so a kill at any moment leaves either the old state or the new.
    """

    def __init__(self, folder, identity):
        self.folder = folder
        self.identity = json.loads(json.dumps(identity))
        self.history = []
        self.teachers = []

    @property
    def best_epoch(self):
        """The epoch (from 1) with the highest validation accuracy, the first of equals."""
        return max(self.history, key=lambda row: (row["validation_accuracy"], -row["epoch"]))["epoch"]

    def weights_file(self, epoch):
        """Path of the weights and optimizer state after an epoch (from 1)."""
        return self.folder / f"epoch-{epoch:03}.weights.h5"

    def teacher(self):
        """The Checkpoint of the next teacher."""
        self.teachers.append(Checkpoint(self.folder / f"teacher-{len(self.teachers) + 1}", self.identity))
        return self.teachers[-1]

    def begin(self):
        """Make sure that there is no unfinished run, which this one would overwrite.

        Raises:
            InputError: there is one.
        """
        if any(self._state_files()):
            raise InputError(
                f"There is an unfinished run in {self.folder}. Expected none, or --resume. "
                "Add --resume to go on with it, or delete that folder to begin anew."
            )

    def resume(self):
        """Make sure that there is an unfinished run, and that it is this one.

        Raises:
            InputError: there is none, or it is one with other arguments or data.
        """
        states = [json.loads(file.read_text(encoding="utf-8")) for file in self._state_files()]
        if not states:
            raise InputError(
                f"There is no unfinished run in {self.folder}. Expected one to resume. "
                "Leave out --resume, or give the recipe, the seed and the limit that the run was begun with."
            )
        if states[0]["identity"] != self.identity:
            raise InputError(
                f"The unfinished run in {self.folder} was begun with other arguments or data: "
                f"{states[0]['identity']['arguments']}. Expected the same. Repeat them, or delete that folder."
            )

    def load(self, model):
        """Put a compiled and built model into the state of the last whole epoch; return how many there were."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self._state_file.exists():
            return 0
        self.history = json.loads(self._state_file.read_text(encoding="utf-8"))["history"]
        model.load_weights(self.weights_file(len(self.history)))
        return len(self.history)

    def save(self, model, row):
        """Add an epoch's row to the history and write the state of the model."""
        self.history.append(row)
        model.save_weights(self.weights_file(row["epoch"]))
        write_atomically(self._state_file, json.dumps({"identity": self.identity, "history": self.history}).encode())
        kept = {self.weights_file(row["epoch"]), self.weights_file(self.best_epoch)}
        for file in set(self.folder.glob("epoch-*.weights.h5")) - kept:
            file.unlink()

    def delete(self):
        """Remove the run's files: it is finished."""
        finished = self.folder.with_name(self.folder.name + "-finished")
        if finished.exists():  # of a run that was killed two lines below
            shutil.rmtree(finished)
        self.folder.rename(finished)  # in one step: a part of it would be in a next run's way
        shutil.rmtree(finished)

    def _state_files(self):
        """Those that are there: of the network itself, and of its teachers."""
        return [file for file in (self._state_file, *self.folder.glob("teacher-*/run.json")) if file.exists()]

    @property
    def _state_file(self):
        return self.folder / "run.json"


def file_stem(arguments):
    """What the run's files are called: emotion, or the name of another recipe."""
    return "emotion" if arguments.recipe == "default" else arguments.recipe


def write_results(model, record, arguments):
    """Write weights, pictures and, last, the record that vouches for the weights."""
    arguments.out.mkdir(parents=True, exist_ok=True)
    stem = arguments.out / file_stem(arguments)
    unfinished = stem.with_suffix(".unfinished.keras")  # Keras insists on its suffix
    model.save(unfinished)
    record["sha256"] = sha256(unfinished)
    before = record["teachers"][0]["epochs"] if record["teachers"] else []  # the pupil begins as this one
    curves = draw_learning_curves(before + record["epochs"], len(before) + record["chosen_epoch"])
    Image.fromarray(curves).save(arguments.out / f"{stem.name}-curves.png")
    write_pictures(stem, record["validation"])
    faults = draw_faults(record["faults"], record["validation"]["accuracy"])
    Image.fromarray(faults).save(arguments.out / f"{stem.name}-faults.png")
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


def write_atomically(file, content):
    """Write bytes so that a reader finds either the old file or the whole new one."""
    unfinished = file.with_name(file.name + ".unfinished")
    unfinished.write_bytes(content)
    os.replace(unfinished, file)


def print_report(record):
    """Say what was measured, split by split."""
    for split in ("validation", "test"):
        if split in record:
            print_accuracy(split, record[split], record.get(f"{split}_without_copies"))
            print_emotions(record[split])
            print_robustness(record[split])


def print_accuracy(split, report, alone):
    """Print how often the network is right on a split, how calibrated it is, and how often it is sure."""
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
            f"says what most voters said of {votes['agreement']:.1%} of {votes['count']} faces "
            f"(the label does of {votes['label_agreement']:.1%})"
        )


def print_emotions(report):
    """Print recall, precision, F1 and the confusion matrix, a line an emotion."""
    print(f"{'emotion':<10}{'recall':>8}{'precision':>11}{'F1':>6}   predicted as " + " ".join(EMOTIONS))
    for emotion, row in zip(EMOTIONS, report["confusion"], strict=True):
        recall, precision, f1 = (_percent(report[name][emotion]) for name in ("recall", "precision", "f1"))
        print(f"{emotion:<10}{recall:>8}{precision:>11}{f1:>6}   " + "".join(f"{count:>6}" for count in row))


def print_robustness(report):
    """Print the accuracy on degraded faces, a line a degradation."""
    print(f"{'faces made worse':<30}{'accuracy':>9}{'worst':>8}{'points lost':>13}")
    for row in robustness_table(report):
        print(f"{row['name']:<30}{row['accuracy']:>9.1%}{row['worst']:>8.1%}{100 * row['cost']:>13.1f}")


def _percent(value):
    return "-" if value is None else f"{value:.0%}"


def _positive(text):
    return _whole_number(text, 1, 2**31 - 1)


def _seed(text):
    return _whole_number(text, 0, NUM_SEEDS - 1)


def _whole_number(text, least, most):
    try:
        number = int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} given, expected a whole number") from error
    if number < least:
        raise argparse.ArgumentTypeError(f"{number} given, expected {least} or more")
    if number > most:
        raise argparse.ArgumentTypeError(f"{number} given, expected {most} or less")
    return number


if __name__ == "__main__":
    sys.exit(main())
