"""How long things take, each against the plain way of doing the same, in one run on one machine.

    uv run python -m tests.bench.speed                  # all, about ten minutes
    uv run python -m tests.bench.speed start faces      # some of: start faces group page predict explain train

Prints seconds (the median of several runs) and ratios; single times are noise, ratios less so. Writes speed.json.
"""

import argparse
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import keras
import numpy as np
import skimage.data
from lime.lime_image import LimeImageExplainer
from PIL import Image
from skimage.segmentation import slic

from emotion import EMOTIONS, IMAGE_SIZE
from emotion.analysis.pipeline import Analysis
from emotion.explain.explanation import explain
from emotion.explain.regions import superpixels
from emotion.face.detectors import in_parallel, load_detector
from emotion.face.find import NO_FACE, find_faces, glance
from emotion.face.landmarks import frame_landmarks
from emotion.face.photo import read_photo
from emotion.face.searches import COSTLIER, Pictures, beside, upright
from emotion.network.model import load_classifier
from emotion.page.faces import faces_html
from emotion.page.texts import NO_FACE_YET
from tests.bench.pasted import found
from tests.bench.record import MACHINE, MODELS, add_output, taken, timed, write
from tests.bench.training_speed import bench_train
from tests.groups import class_photo
from tests.running_page import ROOT, Page
from tests.visitor import ASTRONAUT, Visitor


def main():
    """Run the benchmarks named on the command line, or all."""
    parser = add_output(argparse.ArgumentParser(description=__doc__.splitlines()[0]))
    parser.add_argument("names", nargs="*", metavar="name", help=f"some of: {', '.join(BENCHMARKS)} (default: all)")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(BENCHMARKS):
        parser.error(f"There is no benchmark {', '.join(unknown)}. Give some of: {', '.join(BENCHMARKS)}.")
    print(MACHINE)
    arguments.output.mkdir(exist_ok=True)
    for name in arguments.names or BENCHMARKS:
        measure_times(name, arguments.output)


def measure_times(name, output):
    """Run one of BENCHMARKS; print its times, and write them into speed.json in a folder (Path) when all are there."""
    rows = []
    for time_taken in BENCHMARKS[name]():
        report(**time_taken)
        rows.append(time_taken)
    file = output / "speed.json"
    record = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    record[name] = {"machine": MACHINE, "date": f"{datetime.now(UTC):%Y-%m-%d}", "rows": rows}
    write(file, record)


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
    yield taken("the same, at a glance", timed(lambda: glance(photo), 5))
    pictures = Pictures(empty)
    for search in (upright, beside, *COSTLIER):
        name = search.__name__.replace("_", " ")
        looks = [look for _, looks in search(pictures) for look in looks]
        yield taken(f"its search {name}, {len(looks)} looks", timed(lambda looks=looks: list(in_parallel(looks)), 1))
    file = ROOT / "runs" / "bench.jpg"
    file.parent.mkdir(exist_ok=True)
    large.save(file, quality=90)
    yield taken("reading that photo's JPEG file", timed(lambda: read_photo(file), 5))
    file.unlink()


def bench_group():
    """The 32 faces of a class photo of 12 megapixels: found, framed, classified and named."""
    classify, _ = load_classifier(MODELS)
    photo, _ = class_photo()
    pictures = Pictures(photo)
    searches = [upright(pictures), beside(pictures)]
    looks = [look for search in searches for _, looks in search for look in looks]
    searched = timed(lambda: list(in_parallel(looks)), 3)
    faces = find_faces(photo)
    named = timed(lambda: faces_html(Analysis(photo, tuple(faces), classify(np.stack([f.pixels for f in faces])))), 5)
    yield taken(f"{len(faces)} faces of a class photo: searched", searched)
    yield taken("the same: landmarks and frames", timed(lambda: find_faces(photo), 3) - searched)
    yield taken("the same: classified and named on the photo", named)


def bench_page():
    """What a visitor with 12 megapixels waits for, from the upload's end on."""
    large = Image.open(ASTRONAUT).crop((0, 0, 512, 384)).resize((4000, 3000), Image.Resampling.BICUBIC)
    empty = Image.fromarray(skimage.data.coffee()).resize((4000, 3000))
    photos = []
    for picture in (large, empty):
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=90)
        photos.append(file.getvalue())
    with tempfile.TemporaryDirectory() as place, Page(Path(place)) as page:
        visits = [Visitor(page.url).analyse(photos[0]) for _ in range(6)][1:]
        refusals = [Visitor(page.url).wait_for_words(photos[1], (NO_FACE_YET, NO_FACE)) for _ in range(3)]
    for what, name in (("chart", "to_chart"), ("first map", "to_first_map"), ("last map", "to_map")):
        yield taken(f"page: {what} of a 12-megapixel photo", statistics.median(visit[name] for visit in visits))
    for what, seconds in zip(("first word", "last word"), zip(*refusals, strict=True), strict=True):
        yield taken(f"page: {what} of one without a face", statistics.median(seconds))


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

    ours = timed(lambda: list(explain(pixels, superpixels(pixels, frame_landmarks(pixels)), classify)), 5)
    begin = time.perf_counter()
    stock()
    plain = time.perf_counter() - begin
    yield taken("one explanation, all seven emotions", ours, plain, "stock lime, 10,000 samples by tens, Keras predict")


def report(what, seconds, plain=None, plain_way=""):
    """Print a line: seconds, and how many times as long the plain way takes."""
    against = "" if plain is None else f"   {plain / seconds:6.1f} times as fast as {plain_way} ({plain:.3f} s)"
    print(f"{what:<68}{seconds:9.4f} s{against}", flush=True)


BENCHMARKS = {
    "start": bench_start,
    "faces": bench_faces,
    "group": bench_group,
    "page": bench_page,
    "predict": bench_predict,
    "explain": bench_explain,
    "train": bench_train,
}

if __name__ == "__main__":
    main()
