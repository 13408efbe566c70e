"""The training loop: teachers first, then the network; each epoch saved, each network left in its best one."""

import sys
import time
from functools import partial

import keras
import numpy as np
from tqdm import tqdm

from emotion.data.votes import HEADS, one_hot
from emotion.network.folding import unfold_batch_norm
from emotion.network.model import load_network
from emotion.training.arguments import NUM_SEEDS
from emotion.training.batches import for_fit, training_batches
from emotion.training.distil import accuracy, beside_teachers, cross_entropy_of_heads
from emotion.training.frames import between_pixels, page_frames
from emotion.training.machines import device_scope, even_batch_size, fast_convolutions

VALIDATION_BATCH_SIZE = 256


def train(recipe, splits, arguments, checkpoint, machine=(0, 1)):
    """Train a network, its teachers first.

    Args:
        recipe: Recipe.
        splits: dict of data.Faces; train and validation are used.
        arguments: labels, strategy and seed of the command line.
        checkpoint: Checkpoint, whose folder every whole epoch is saved to.
        machine: (which of the machines this is, how many there are), see join_machines.

    Returns:
        keras.Model with the weights of its best epoch on validation.
    """
    num_teachers, teachers = len(recipe.teachers), []
    framed = any(one.page_framed for one in (recipe, *recipe.teachers))
    frames = between_pixels(page_frames(splits["train"], checkpoint.folder.parent)) if framed else None

    def seed(number):
        return (arguments.seed * (num_teachers + 1) + number) % NUM_SEEDS

    with fast_convolutions():  # faces are measured without, as the page will see them
        for number, teacher in enumerate(recipe.teachers):
            print(f"Teacher {number + 1} of {num_teachers}:", flush=True)
            lesson = (seed(number), checkpoint.teacher(), machine, frames)
            teachers.append(train_network(teacher, splits, arguments, *lesson))
        if teachers:
            print("Student:", flush=True)
        return train_network(recipe, splits, arguments, seed(num_teachers), checkpoint, machine, frames, teachers)


def train_network(recipe, splits, arguments, seed, checkpoint, machine=(0, 1), frames=None, teachers=()):
    """Train one network from a seed, perhaps with frames of the page and with trained teachers; see train."""
    faces, validation = splits["train"], splits["validation"]
    keras.utils.set_random_seed(seed)
    scope, num_devices = device_scope(arguments.strategy)
    num_parts = num_devices * machine[1]
    batch_size = even_batch_size(recipe.batch_size, faces, num_parts)
    epoch_steps = len(faces.labels) // batch_size
    num_heads = len(HEADS[arguments.labels])
    with scope:
        network = recipe.build(num_heads)
        if recipe.begins_as_teacher:
            network.set_weights(teachers[0].get_weights())
        if recipe.begins_as_given:
            given = load_network(arguments.init, "Start from models/emotion.keras.")
            network.set_weights(unfold_batch_norm(given, faces.pixels, num_heads).get_weights())
        told = [one.deploy(teacher) for one, teacher in zip(recipe.teachers, teachers, strict=True)]  # answer sooner
        # A model of its own: Keras mixes up the metrics of a compiled network with those of the student it teaches.
        model = beside_teachers(network, told) if teachers else keras.Model(network.input, network.output)
        model.compile(
            recipe.optimizer(recipe.epochs * epoch_steps, epoch_steps),
            cross_entropy_of_heads(recipe.label_smoothing, recipe.teaching if teachers else None),
            metrics=[accuracy],
        )
        model.optimizer.build(model.trainable_variables)
    learner = Learner(network, model.optimizer)
    if not checkpoint.load(learner):
        first_epoch = len(checkpoint.history)
        epochs = range(first_epoch, recipe.epochs)
        frames = frames if recipe.page_framed else None
        lessons = (recipe, faces, batch_size, seed, epochs, arguments.labels, machine, frames)
        model.fit(
            for_fit(partial(training_batches, *lessons), num_heads),
            steps_per_epoch=epoch_steps,
            initial_epoch=first_epoch,
            epochs=recipe.epochs,
            validation_data=(
                validation.pixels[..., None].astype(np.float32),
                np.repeat(one_hot(validation.labels)[:, None], num_heads, axis=1),
            ),
            validation_batch_size=even_batch_size(VALIDATION_BATCH_SIZE, validation, num_parts),
            callbacks=[
                ReseedDropout(network, seed),
                EpochLines(learner, checkpoint, epoch_steps, first_epoch, recipe.epochs),
            ],
            shuffle=False,  # training_batches does that; Keras warns otherwise
            verbose=0,
        )
        checkpoint.finish(learner)
    return network


class Learner:
    """What a checkpoint holds of a training: the network's weights and the optimizer's state.

    Attributes:
        num_needed: how many of its arrays, the first, are the network's.
    """

    def __init__(self, network, optimizer):
        self.variables = [*network.weights, *optimizer.variables]
        self.num_needed = len(network.weights)

    def arrays(self):
        """All of it, as a dict of arrays."""
        return {str(number): keras.ops.convert_to_numpy(one) for number, one in enumerate(self.variables)}

    def load(self, arrays):
        """Take back what arrays gave, or the first num_needed of it."""
        for variable, array in zip(self.variables, arrays.values(), strict=False):
            variable.assign(array)


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

    async_safe = True  # on_train_batch_end reads no logs, for which Keras would wait after each step

    def __init__(self, learner, checkpoint, epoch_steps, first_epoch, last_epoch):
        super().__init__()
        self.learner, self.checkpoint, self.last_epoch = learner, checkpoint, last_epoch
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
        self.checkpoint.save(self.learner, row)
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
