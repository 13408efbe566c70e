"""How long things take, each against the plain way of doing the same, in one run on one machine.

    uv run tests/bench.py                  # all, about ten minutes
    uv run tests/bench.py start faces      # some of: start faces predict explain train

Prints seconds (the median of several runs) and ratios; single times are noise, ratios less so.
"""

import os
import platform
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(ROOT := Path(__file__).parents[1]))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from lime.lime_image import LimeImageExplainer
from PIL import Image
from skimage.segmentation import slic

import train
from emotion import EMOTIONS, IMAGE_SIZE
from emotion.data import Faces
from emotion.explain import explain
from emotion.faces import find_faces, load_detector
from emotion.model import WEIGHTS_NAME, FusedBatchNormalization, build_cnn, load_classifier
from emotion.photo import read_photo
from emotion.regions import superpixels

MODELS = ROOT / "models"
ASTRONAUT = ROOT / "emotion" / "examples" / "astronaut.jpg"


def main():
    """Run the benchmarks named on the command line, or all."""
    chosen = sys.argv[1:] or BENCHMARKS
    unknown = set(chosen) - set(BENCHMARKS)
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(unknown)}. Expected some of: {', '.join(BENCHMARKS)}.")
    print(f"{platform.system()}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for name in chosen:
        BENCHMARKS[name]()


def bench_start():
    """From the command to the page's first byte."""

    def start():
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        urllib.request.urlopen(process.stdout.readline().split()[4]).read()
        return process

    seconds = []
    for _ in range(3):
        begin = time.perf_counter()
        process = start()
        seconds.append(time.perf_counter() - begin)
        process.terminate()
        process.wait()
    report("app start to page served", statistics.median(seconds))


def bench_faces():
    """From 12 megapixels in memory to faces; and the file's decoding."""
    load_detector()
    large = Image.open(ASTRONAUT).resize((4000, 3000), Image.Resampling.BICUBIC)
    photo = np.asarray(large)
    report("faces of a 12-megapixel photo", timed(lambda: find_faces(photo), 5))
    file = ROOT / "runs" / "bench.jpg"
    file.parent.mkdir(exist_ok=True)
    large.save(file, quality=90)
    report("reading that photo's JPEG file", timed(lambda: read_photo(file), 5))
    file.unlink()


def bench_predict():
    """One face, and a thousand, against Keras' predict."""
    classify, _ = load_classifier(MODELS)
    model = keras.models.load_model(MODELS / WEIGHTS_NAME, compile=False)
    faces = np.random.default_rng(0).integers(0, 256, (1000, IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    for count, runs in ((1, 50), (1000, 5)):
        some = faces[:count]
        plain = timed(lambda some=some: model.predict(some[..., None], verbose=0), runs)
        report(
            f"one prediction of {count:,} faces", timed(lambda some=some: classify(some), runs), plain, "Keras predict"
        )


def bench_explain():
    """All seven maps of one face, against stock lime as the first version of this page called it."""
    classify, _ = load_classifier(MODELS)
    model = keras.models.load_model(MODELS / WEIGHTS_NAME, compile=False)
    pixels = find_faces(read_photo(ASTRONAUT))[0].pixels

    def stock():
        LimeImageExplainer(verbose=False).explain_instance(
            np.repeat(pixels[..., None], 3, axis=2),
            lambda pictures: model.predict(pictures[..., :1], verbose=0),
            top_labels=len(EMOTIONS),
            hide_color=0,
            num_samples=10_000,
            batch_size=10,
            segmentation_fn=lambda picture: slic(picture, n_segments=100),
        )

    ours = timed(lambda: list(explain(pixels, *superpixels(pixels), classify)), 5)
    begin = time.perf_counter()
    stock()
    plain = time.perf_counter() - begin
    report("one explanation, all seven emotions", ours, plain, "stock lime, 10,000 samples by tens, Keras predict")


def measured_faces(validation, per_emotion=30):
    """Indices (7 * per_emotion,) of the validation faces that maps are measured on, emotion by emotion.

    Drawn by a fixed seed before any map was seen; constant pictures, which have no map, can't be drawn.
    Nothing of the explanation may be tuned on them (see tuning_faces).
    """
    random = np.random.default_rng(2048)
    varied = validation.pixels.std(axis=(1, 2)) > 0
    emotions = [np.flatnonzero((validation.labels == emotion) & varied) for emotion in range(len(EMOTIONS))]
    return np.concatenate([random.permutation(rows)[:30][:per_emotion] for rows in emotions])


def tuning_faces(validation):
    """Indices of the validation faces that are not measured, nor copies of one: what maps may be tuned on."""
    measured = {face.tobytes() for face in validation.pixels[measured_faces(validation)]}
    return np.array(
        [row for row, face in enumerate(validation.pixels) if face.std() and face.tobytes() not in measured]
    )


def bench_train():
    """Faces a second through the training loop, against Keras' own augmentation and normalisation layers."""
    count, batch_size = 4096, 128
    rng = np.random.default_rng(0)
    faces = Faces(
        pixels=rng.integers(0, 256, (count, IMAGE_SIZE, IMAGE_SIZE), np.uint8),
        labels=rng.integers(0, len(EMOTIONS), count),
        names=("",) * count,
    )
    recipe = train.RECIPES["default"]
    pixels, targets = faces.pixels[..., None].astype(np.float32), train.one_hot(faces.labels)
    raw = tf.data.Dataset.from_tensor_slices((pixels, targets)).repeat().shuffle(count).batch(batch_size).prefetch(2)
    views = keras_augmentation(recipe.augmentation)
    plain = raw.map(lambda faces, targets: (views(faces, training=True), targets), num_parallel_calls=2)

    def speed(batches, network, fast):
        """Faces a second, once the graph is built and the pipeline filled."""
        train.set_fast_convolutions(fast)
        network.compile(recipe.optimizer(1000, 100), "categorical_crossentropy")
        ends = []
        clock = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: ends.append(time.perf_counter()))
        network.fit(batches, steps_per_epoch=60, verbose=0, shuffle=False, callbacks=[clock])
        return batch_size * 50 / (ends[-1] - ends[-51])

    own = train.training_batches(recipe, faces, batch_size, seed=0, first_epoch=0, last_epoch=2)
    ours = speed(own, build_cnn(), fast=True)
    alone = speed(raw, build_cnn(), fast=True)
    kerass = speed(plain, with_keras_norms(build_cnn()), fast=False)
    report("training on 1,000 faces", 1000 / ours, 1000 / kerass, "Keras' own layers throughout")
    print(f"{ours:.0f} faces a second, {ours / alone:.0%} of what the network does without augmentation")


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


def timed(function, runs):
    """Median seconds of some runs, after one that doesn't count."""
    function()
    seconds = []
    for _ in range(runs):
        begin = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def report(what, seconds, plain=None, plain_way=""):
    """Print a line: seconds, and how many times as long the plain way takes."""
    against = "" if plain is None else f"   {plain / seconds:6.1f} times as fast as {plain_way} ({plain:.3f} s)"
    print(f"{what:<40}{seconds:9.4f} s{against}", flush=True)


BENCHMARKS = {
    "start": bench_start,
    "faces": bench_faces,
    "predict": bench_predict,
    "explain": bench_explain,
    "train": bench_train,
}

if __name__ == "__main__":
    main()
