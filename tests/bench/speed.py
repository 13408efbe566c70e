"""How long things take, each against the plain way of doing the same, in one run on one machine; and how far maps hold.

    uv run tests/bench.py                            # all times, about ten minutes
    uv run tests/bench.py start faces                # some of: start faces page predict explain train
    uv run tests/bench.py trust --data fer2013       # how far to trust the map, hours; goes on where it was stopped
    uv run tests/bench.py tried --data fer2013 --faces 2    # other ways to make the map, on tuning faces
    uv run --with onnxruntime,openvino,tf2onnx tests/bench.py engines --data fer2013    # other ways to run the network
    uv run tests/bench.py find --data fer2013        # how well faces are found, hours; goes on where it was stopped
    uv run tests/bench.py frames --data fer2013      # where boxes and landmarks lie in FER2013's frames, minutes
    uv run tests/bench.py experiments --data fer2013 # other ways to train, some hours; goes on where it was stopped
    uv run tests/bench.py trust --data fer2013 --faces 1 --output runs    # a rehearsal on 7 faces

Prints seconds (the median of several runs) and ratios; single times are noise, ratios less so. What is measured
is written to models/, and `uv run tests/figures.py` puts it into README and the model card.
"""

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(ROOT := Path(__file__).parents[1]))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # as app.py and train.py do

import keras
import numpy as np
import skimage.data
import tensorflow as tf
from bench_engines import measure_engines, timed
from bench_faces import found, measure_finding
from bench_frames import measure_frames
from bench_maps import measure_maps
from bench_train import measure_experiments
from bench_tried import measure_tried
from lime.lime_image import LimeImageExplainer
from load import MACHINE, Page, Visitor
from PIL import Image, ImageEnhance, ImageOps
from skimage.segmentation import slic

import train
from emotion import EMOTIONS, IMAGE_SIZE
from emotion.data.load import Faces, load_faces
from emotion.explain.explanation import explain
from emotion.explain.regions import superpixels
from emotion.face.find import _searches, find_faces, load_detector
from emotion.face.photo import read_photo
from emotion.network.model import FusedBatchNormalization, build_cnn, load_classifier

MODELS = ROOT / "models"
ASTRONAUT = ROOT / "emotion" / "page" / "examples" / "astronaut.jpg"


def main():
    """Run the benchmarks named on the command line, or all that measure times."""
    names = [*BENCHMARKS, *MEASUREMENTS, *WITHOUT_WEIGHTS]
    parser = argparse.ArgumentParser(description="Measure times, how far maps can be trusted, how faces are found.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"some of: {', '.join(names)}")
    parser.add_argument("--data", type=Path, default=Path("fer2013"), help="all but times: the data set")
    parser.add_argument("--faces", type=int, default=30, help="trust, tried, find: faces per emotion (default: 30)")
    parser.add_argument("--output", type=Path, default=MODELS, help="folder to write into")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(names):
        parser.error(f"there is no benchmark {', '.join(unknown)}; expected some of: {', '.join(names)}")
    print(MACHINE)
    arguments.output.mkdir(exist_ok=True)
    for name in arguments.names or BENCHMARKS:
        if name in BENCHMARKS:
            measure_times(name, arguments.output)
        elif name in WITHOUT_WEIGHTS:
            WITHOUT_WEIGHTS[name](load_faces(arguments.data), arguments.output, {"machine": MACHINE})
        else:
            classify, record = load_classifier(MODELS)
            validation = load_faces(arguments.data)["validation"]
            facts = {"machine": MACHINE, "weights": record["sha256"]}
            MEASUREMENTS[name](validation, classify, arguments.faces, arguments.output, facts)


def measure_times(name, output):
    """Run one of BENCHMARKS; print its times, and write them into speed.json in a folder (Path) when all are there."""
    rows = []
    for time_taken in BENCHMARKS[name]():
        report(**time_taken)
        rows.append(time_taken)
    file = output / "speed.json"
    record = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    record[name] = {"machine": MACHINE, "date": f"{datetime.now(UTC):%Y-%m-%d}", "rows": rows}
    file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def taken(what, seconds, plain=None, plain_way=""):
    """What takes some seconds, and how long the plain way of doing the same takes: a row of speed.json."""
    return {"what": what, "seconds": seconds, "plain": plain, "plain_way": plain_way}


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
    yield taken("app start to page served", statistics.median(seconds))


def bench_faces():
    """From 12 megapixels in memory to faces, and to none; and the file's decoding."""
    load_detector()
    large = Image.open(ASTRONAUT).crop((0, 0, 512, 384)).resize((4000, 3000), Image.Resampling.BICUBIC)
    photo = np.asarray(large)
    empty = np.asarray(Image.fromarray(skimage.data.coffee()).resize((4000, 3000)))
    yield taken("faces of a 12-megapixel photo", timed(lambda: find_faces(photo), 5))
    yield taken("the same without a face", timed(lambda: found(empty), 1))
    names = (
        "HOG, upright",
        "then HOG, eight turns",
        "then the CNN, four turns",
        "then HOG, twice as fine",
        "then the CNN, equalised",
    )
    searches = _searches(photo)
    for name in names:
        begin = time.perf_counter()
        _, candidates = next(searches)
        yield taken(f"its searches: {name}, {len(candidates)} candidate(s)", time.perf_counter() - begin)
    file = ROOT / "runs" / "bench.jpg"
    file.parent.mkdir(exist_ok=True)
    large.save(file, quality=90)
    yield taken("reading that photo's JPEG file", timed(lambda: read_photo(file), 5))
    file.unlink()


def bench_page():
    """What a visitor with 12 megapixels waits for, from the upload's end on."""
    large = Image.open(ASTRONAUT).crop((0, 0, 512, 384)).resize((4000, 3000), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    large.save(file, "JPEG", quality=90)
    with tempfile.TemporaryDirectory() as place, Page(Path(place)) as page:
        visits = [Visitor(page.url).analyse(file.getvalue()) for _ in range(6)][1:]
    for what, name in (("chart", "to_chart"), ("first map", "to_first_map"), ("last map", "to_map")):
        yield taken(f"page: {what} of a 12-megapixel photo", statistics.median(visit[name] for visit in visits))


def bench_predict():
    """One face to a thousand at once, against Keras' predict."""
    classify, _ = load_classifier(MODELS)
    model = keras.models.load_model(MODELS / "emotion.keras", compile=False)
    faces = np.random.default_rng(0).integers(0, 256, (1000, IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    for count, runs in ((1, 50), (16, 20), (256, 10), (1000, 5)):
        some = faces[:count]
        plain = timed(lambda some=some: model.predict(some[..., None], verbose=0), runs)
        ours = timed(lambda some=some: classify(some), runs)
        yield taken(f"faces through the network: {count:,}", ours, plain, "Keras predict")


def bench_explain():
    """All seven maps of one face, against stock lime as the first version of this page called it."""
    classify, _ = load_classifier(MODELS)
    model = keras.models.load_model(MODELS / "emotion.keras", compile=False)
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
    yield taken("one explanation, all seven emotions", ours, plain, "stock lime, 10,000 samples by tens, Keras predict")


def bench_train():
    """Faces a second through the training loop, against the usual ways of augmenting, in batches of 512."""
    faces = random_faces(4096)
    recipe = train.RECIPES["default"]
    pixels, targets = faces.pixels[..., None].astype(np.float32), train.targets(faces, "fer2013")

    def raw(batch_size):
        """Faces as they are."""
        rows = tf.data.Dataset.from_tensor_slices((pixels, targets)).repeat().shuffle(len(pixels))
        return rows.batch(batch_size).prefetch(2)

    def speed(batches, batch_size, network, fast):
        """Faces a second, once the graph is built and the pipeline filled."""
        train.set_fast_convolutions(fast)
        network.compile(recipe.optimizer(1000, 100), "categorical_crossentropy")
        ends = []
        clock = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: ends.append(time.perf_counter()))
        network.fit(batches, steps_per_epoch=7680 // batch_size, verbose=0, shuffle=False, callbacks=[clock])
        first = 1280 // batch_size
        return batch_size * (len(ends) - 1 - first) / (ends[-1] - ends[first])

    views = keras_augmentation(recipe.augmentation)
    layers = raw(512).map(lambda faces, targets: (views(faces, training=True), targets), num_parallel_calls=2)
    batch_size = recipe.batch_size
    own = train.training_batches(recipe, faces, batch_size, seed=0, first_epoch=0, last_epoch=2)
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
        if fast and not train.has_bfloat16():
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
        return np.stack(views)[..., None].astype(np.float32), train.one_hot(self.faces.labels[rows])[:, None]

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


def report(what, seconds, plain=None, plain_way=""):
    """Print a line: seconds, and how many times as long the plain way takes."""
    against = "" if plain is None else f"   {plain / seconds:6.1f} times as fast as {plain_way} ({plain:.3f} s)"
    print(f"{what:<68}{seconds:9.4f} s{against}", flush=True)


MEASUREMENTS = {"trust": measure_maps, "tried": measure_tried, "engines": measure_engines, "find": measure_finding}

WITHOUT_WEIGHTS = {"frames": measure_frames, "experiments": measure_experiments}

BENCHMARKS = {
    "start": bench_start,
    "faces": bench_faces,
    "page": bench_page,
    "predict": bench_predict,
    "explain": bench_explain,
    "train": bench_train,
}

if __name__ == "__main__":
    main()
