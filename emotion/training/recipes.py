"""The recipes: which network is trained, on what views of the faces, by which teachers, for how long."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import keras

from emotion.network.augment import Augmentation
from emotion.network.folding import fold_batch_norm
from emotion.network.model import build_cnn, build_handcrafted_cnn
from emotion.training.arguments import TUNED

REHEARSAL_EPOCHS = 3
"""Epochs of each network in a rehearsal, unless --epochs says otherwise."""


@dataclass(frozen=True)
class Recipe:
    """One way to train a network.

    Attributes:
        build: number of heads -> keras.Model, not yet compiled.
        deploy: the trained model -> the model to save.
        optimizer: (number of all steps, steps in an epoch) -> keras optimizer.
        epochs: passes over the faces, unless --epochs says otherwise.
        batch_size: faces in a step.
        label_smoothing: share of each label that is spread over all emotions.
        augmentation: see Augmentation.
        labels: what it learns from, one of votes.HEADS, unless --labels says otherwise or there are no votes.
        small_share: share of the epochs, the first ones, on faces shrunk to batches.SMALL_SIZE.
        mixup: how evenly two faces are mixed, the parameter of a Beta distribution; 0 mixes none (Zhang et al. 2018,
            arXiv 1710.09412).
        page_framed: whether half of the views begin from the page's frame, see frames.
        teachers: Recipes of the networks that are trained first, each from a seed of its own; the network then learns
            from them all (Hinton et al. 2015, arXiv 1503.02531). None: it learns alone.
        teaching: weight (0-1) of the teachers' mean answer to the very view that the network sees; the rest is the
            labels'.
        begins_as_teacher: whether the network starts from the weights of its first teacher, which it must resemble.
        begins_as_given: whether it starts from the weights of --init.
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
    mixup: float = 0.0
    page_framed: bool = False
    teachers: tuple["Recipe", ...] = ()
    teaching: float = 0.0
    begins_as_teacher: bool = False
    begins_as_given: bool = False

    def for_epochs(self, epochs):
        """This recipe with another number of epochs; those of its teachers change in proportion."""
        share = epochs / self.epochs
        teachers = tuple(teacher.for_epochs(max(1, round(teacher.epochs * share))) for teacher in self.teachers)
        return replace(self, epochs=epochs, teachers=teachers)

    def rehearsed(self):
        """This recipe with REHEARSAL_EPOCHS for each network."""
        return replace(self, epochs=REHEARSAL_EPOCHS, teachers=tuple(one.rehearsed() for one in self.teachers))


def momentum(num_steps, epoch_steps, rate=0.1):
    """Nesterov momentum; three epochs of warm-up to a learning rate, then a cosine down to 0."""
    warmup = min(3 * epoch_steps, num_steps // 2)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, max(1, num_steps - warmup), warmup_target=rate, warmup_steps=warmup
    )
    # Keras decays weights apart from the momentum: 5e-3 here is the 5e-4 of recipes with momentum 0.9.
    optimizer = keras.optimizers.SGD(schedule, momentum=0.9, nesterov=True, weight_decay=5e-3)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    return optimizer


def slow_adam(num_steps, epoch_steps):
    """Adam at 1e-4, which loses 1e-6 of itself a step (the `decay` of earlier Keras versions)."""
    return keras.optimizers.Adam(keras.optimizers.schedules.InverseTimeDecay(1e-4, 1, 1e-6))


ALONE = Recipe(
    build=build_cnn,
    deploy=fold_batch_norm,
    optimizer=momentum,
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
        optimizer=partial(momentum, rate=0.05),
        epochs=40,
        small_share=0,
        teachers=(ALONE, ALONE),
        teaching=0.7,
        begins_as_teacher=True,
    ),
    "quick": replace(ALONE, epochs=60),
    "alone": ALONE,
    TUNED: replace(ALONE, optimizer=partial(momentum, rate=0.003), epochs=20, small_share=0, begins_as_given=True),
    "handcrafted": Recipe(
        build=build_handcrafted_cnn,
        deploy=lambda model: model,
        optimizer=slow_adam,
        epochs=50,
        batch_size=512,
        label_smoothing=0.0,
        augmentation=Augmentation(rotation=math.radians(10), zoom=0.1, shear=math.radians(10), border="nearest"),
    ),
}


def recipe_of(arguments, faces):
    """The recipe that a command line asks for; fills in its labels and epochs where it leaves them open.

    Args:
        arguments: of parse_arguments.
        faces: data.Faces to train on.

    Returns:
        Recipe with the number of epochs that will be trained.
    """
    recipe = RECIPES[arguments.recipe]
    if arguments.labels is None:
        arguments.labels = "fer2013" if faces.votes is None else recipe.labels
    if arguments.epochs:
        recipe = recipe.for_epochs(arguments.epochs)
    elif arguments.limit:
        recipe = recipe.rehearsed()
    arguments.epochs = recipe.epochs
    return recipe
