"""Tiny networks, faces and trainings, for the tests of this wing."""

import contextlib
import io
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
from PIL import Image

import train
from emotion import EMOTIONS
from emotion.data.faces import Faces
from emotion.network.augment import Augmentation
from emotion.training.recipes import ALONE, RECIPES

ONLY_MIRROR = Augmentation(rotation=0, zoom=0, shear=0)


def build_toy(num_heads=1):
    """A convolution, dropout, one dense layer."""
    inputs = keras.Input((48, 48, 1))
    x = keras.layers.Conv2D(4, 3, strides=4, activation="relu")(keras.layers.Rescaling(1 / 255)(inputs))
    x = keras.layers.Dropout(0.3)(keras.layers.Flatten()(keras.layers.MaxPooling2D(4)(x)))
    heads = keras.layers.Reshape((-1, 7), name="heads")(keras.layers.Dense(7 * num_heads)(x))
    return keras.Model(inputs, keras.layers.Softmax()(heads))


def as_it_is(model):
    return model


TOY = replace(ALONE, build=build_toy, deploy=as_it_is, batch_size=16, small_share=0, epochs=2)
TAUGHT = replace(TOY, epochs=4, teachers=(TOY, TOY), teaching=0.5, begins_as_teacher=True)


def draw_face(*numbers):
    """A face of random greys."""
    return np.random.default_rng(numbers).integers(0, 256, (48, 48), dtype=np.uint8)


def flat_faces(count):
    """Faces of one grey each: 0, 2, 4, ... whose label is their number modulo 7."""
    greys = np.arange(count, dtype=np.uint8) * 2
    pixels = np.broadcast_to(greys[:, None, None], (count, 48, 48)).copy()
    return Faces(pixels, np.arange(count) % 7, tuple(map(str, range(count))))


def random_faces(count, seed=0):
    """Faces of random greys."""
    pixels = np.random.default_rng(seed).integers(0, 256, (count, 48, 48), np.uint8)
    return Faces(pixels, np.arange(count) % 7, ("",) * count)


def write_faces(folder, **num_faces):
    """Write num_faces[split] faces of each emotion into folder/<split>/<emotion>."""
    for split, count in num_faces.items():
        for label, emotion in enumerate(EMOTIONS):
            for number in range(count):
                file = folder / split / emotion / f"{number}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(draw_face(len(split), label, number)).save(file)
    return folder


@contextlib.contextmanager
def toy_recipes():
    """In here every recipe is a toy."""
    kept = dict(RECIPES)
    RECIPES.update(default=TAUGHT, alone=TOY, handcrafted=TOY)
    try:
        yield
    finally:
        RECIPES.update(kept)


def start(project, *arguments):
    """Run train.py with toy recipes, models and runs in a folder: SimpleNamespace(status, out, err, project)."""
    out, err = io.StringIO(), io.StringIO()
    with toy_recipes(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = train.main([str(argument) for argument in arguments], project)
    return SimpleNamespace(status=status, out=out.getvalue(), err=err.getvalue(), project=project)


def start_refused(project, *arguments):
    """Run train.py, which has to refuse in one line and leave a folder as it was; return the line."""
    before = snapshot(project)
    result = start(project, *arguments)
    assert result.status == 2
    assert result.err.count("\n") == 1
    assert snapshot(project) == before
    return result.err


def snapshot(folder):
    """Every file below a folder, with its content."""
    return {file: file.is_file() and file.read_bytes() for file in folder.rglob("*")}
