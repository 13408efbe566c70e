"""How fast the training loop is, against the usual ways of augmenting and normalising. Called by speed.py."""

import time
from contextlib import nullcontext
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from PIL import Image, ImageEnhance, ImageOps

from emotion import EMOTIONS, IMAGE_SIZE
from emotion.data.faces import Faces
from emotion.data.votes import one_hot, targets
from emotion.network.layers import FusedBatchNormalization
from emotion.network.model import build_cnn
from emotion.training.batches import for_fit, training_batches
from emotion.training.machines import fast_convolutions, has_bfloat16
from emotion.training.recipes import RECIPES
from tests.bench.record import taken


def bench_train():
    """Faces a second through the training loop, against the usual ways of augmenting, in batches of 512."""
    faces = random_faces(4096)
    recipe = RECIPES["default"]
    pixels, wanted = faces.pixels[..., None].astype(np.float32), targets(faces, "fer2013")

    def raw(batch_size):
        """Faces as they are."""
        rows = tf.data.Dataset.from_tensor_slices((pixels, wanted)).repeat().shuffle(len(pixels))
        return rows.batch(batch_size).prefetch(2)

    def speed(batches, batch_size, network, fast):
        """Faces a second, once the graph is built and the pipeline filled."""
        network.compile(recipe.optimizer(1000, 100), "categorical_crossentropy")
        ends = []
        clock = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: ends.append(time.perf_counter()))
        with fast_convolutions() if fast else nullcontext():
            network.fit(batches, steps_per_epoch=7680 // batch_size, verbose=0, shuffle=False, callbacks=[clock])
        first = 1280 // batch_size
        return batch_size * (len(ends) - 1 - first) / (ends[-1] - ends[first])

    views = keras_augmentation(recipe.augmentation)
    layers = raw(512).map(lambda faces, targets: (views(faces, training=True), targets), num_parallel_calls=2)
    batch_size = recipe.batch_size
    own = for_fit(partial(training_batches, recipe, faces, batch_size, seed=0, epochs=range(2)), num_heads=1)
    ours = speed(own, batch_size, build_cnn(), fast=True)
    by_layers = speed(layers, 512, with_keras_norms(build_cnn()), fast=False)
    by_loop = speed(PillowLoop(faces, recipe.augmentation), 512, with_keras_norms(build_cnn()), fast=False)
    yield taken("training on 1,000 faces", 1000 / ours, 1000 / by_layers, "Keras' own layers, batches of 512")
    yield taken("the same", 1000 / ours, 1000 / by_loop, "a loop of Pillow calls, batches of 512")
    for what, network, fast in (
        ("bfloat16 convolutions, one operation a normalisation", build_cnn(), True),
        ("float32 convolutions, one operation a normalisation", build_cnn(), False),
        ("float32 convolutions, Keras' own normalisation", with_keras_norms(build_cnn()), False),
    ):
        if fast and not has_bfloat16():
            continue
        alone = speed(raw(batch_size), batch_size, network, fast)
        yield taken(f"the network alone, {what}", 1000 / alone)


def random_faces(count):
    """Faces of random greys and labels."""
    random = np.random.default_rng(0)
    return Faces(
        pixels=random.integers(0, 256, (count, IMAGE_SIZE, IMAGE_SIZE), np.uint8),
        labels=random.integers(0, len(EMOTIONS), count),
        names=("",) * count,
    )


class PillowLoop(keras.utils.PyDataset):
    """Batches of 512 faces, each turned, moved, lit and erased in part by Pillow, one after the other."""

    def __init__(self, faces, augmentation):
        super().__init__()
        self.faces, self.augmentation = faces, augmentation
        self.random = np.random.default_rng(0)

    def __len__(self):
        return len(self.faces.labels) // 512 * 10

    def __getitem__(self, index):
        rows = self.random.integers(0, len(self.faces.labels), 512)
        views = [np.asarray(self.view(Image.fromarray(self.faces.pixels[row]))) for row in rows]
        return np.stack(views)[..., None].astype(np.float32), one_hot(self.faces.labels[rows])[:, None]

    def view(self, face):
        """One random view of one face."""
        most = self.augmentation
        angle, shear, zoom, across, down, contrast, brightness = self.random.uniform(-1, 1, 7)
        if self.random.random() < 0.5:
            face = ImageOps.mirror(face)
        face = face.rotate(np.degrees(angle * most.rotation), Image.Resampling.BILINEAR)
        matrix = (
            1 + zoom * most.zoom,
            shear * most.shear,
            across * most.shift,
            0,
            1 + zoom * most.zoom,
            down * most.shift,
        )
        face = face.transform(face.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
        face = ImageEnhance.Contrast(face).enhance(1 + contrast * most.contrast)
        face = ImageEnhance.Brightness(face).enhance(1 + brightness * most.brightness / 127.5)
        if self.random.random() < most.erase:
            left, top, width, height = self.random.integers((0, 0, 8, 8), (28, 28, 21, 21))
            face.paste(int(self.random.integers(256)), (left, top, left + width, top + height))
        return face


def keras_augmentation(augmentation):
    """Keras' own random layers with the ranges of an Augmentation."""
    shift = augmentation.shift / IMAGE_SIZE
    return keras.Sequential(
        [
            keras.layers.RandomFlip("horizontal"),
            keras.layers.RandomRotation(augmentation.rotation / (2 * np.pi)),
            keras.layers.RandomZoom(augmentation.zoom),
            keras.layers.RandomTranslation(shift, shift),
            keras.layers.RandomShear(augmentation.shear, augmentation.shear),
            keras.layers.RandomContrast(augmentation.contrast, value_range=(0, 255)),
            keras.layers.RandomBrightness(augmentation.brightness / 255, value_range=(0, 255)),
            keras.layers.RandomErasing(augmentation.erase, value_range=(0, 255)),
        ]
    )


def with_keras_norms(network):
    """The same network with keras.layers.BatchNormalization."""

    def keras_own(layer):
        kind = keras.layers.BatchNormalization if isinstance(layer, FusedBatchNormalization) else type(layer)
        return kind.from_config(layer.get_config())

    return keras.models.clone_model(network, clone_function=keras_own)
