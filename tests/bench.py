"""How long things take, each against the plain way of doing the same, in one run on one machine; and how far maps hold.

    uv run tests/bench.py                            # all times, about ten minutes
    uv run tests/bench.py start faces                # some of: start faces predict explain train
    uv run tests/bench.py trust --data fer2013       # how far to trust the map, about an hour
    uv run tests/bench.py trust --data fer2013 --faces 1 --output runs    # a rehearsal on 7 faces

Prints seconds (the median of several runs) and ratios; single times are noise, ratios less so.
`trust` writes explanation.json, its picture, and its section of the model card into the output folder.
"""

import argparse
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from functools import partial
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
from emotion.data import Faces, load_faces
from emotion.explain import BATCH_SIZE, BLUR, _BalancedExplainer, explain, hidden
from emotion.faces import find_faces, frame_landmarks, load_detector
from emotion.metrics import coverage, deletion_insertion, rank_agreement, ratio_interval, top_agreement
from emotion.model import WEIGHTS_NAME, FusedBatchNormalization, build_cnn, load_classifier, make_classifier, sha256
from emotion.photo import read_photo
from emotion.regions import face_parts, superpixels
from emotion.render import draw_fit_curve

MODELS = ROOT / "models"
ASTRONAUT = ROOT / "emotion" / "examples" / "astronaut.jpg"
MACHINE = f"{platform.system()}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def main():
    """Run the benchmarks named on the command line, or all that measure times."""
    parser = argparse.ArgumentParser(description="Measure times, or how far maps can be trusted.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"some of: {', '.join(BENCHMARKS)}, trust")
    parser.add_argument("--data", type=Path, default=Path("fer2013"), help="trust: the data set (default: fer2013)")
    parser.add_argument("--faces", type=int, default=30, help="trust: faces per emotion (default: 30)")
    parser.add_argument("--output", type=Path, default=MODELS, help="trust: folder to write into (default: models)")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(BENCHMARKS) - {"trust"}:
        parser.error(f"there is no benchmark {', '.join(unknown)}; expected some of: {', '.join(BENCHMARKS)}, trust")
    print(MACHINE)
    for name in arguments.names or BENCHMARKS:
        if name == "trust":
            bench_trust(arguments.data, arguments.faces, arguments.output)
        else:
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


# trust: how far the map can be trusted. Nothing below is tuned on the measured faces.

KINDS = {"face parts": lambda pixels: face_parts(frame_landmarks(pixels)), "superpixels": superpixels}
BASELINES = {"blur": hidden, "grey": lambda pixels: np.full_like(pixels, round(pixels.mean()))}
"""What hides a region when a map is judged: the map's own baseline, and one that it was not made with."""
STOCK_SAMPLES, MANY_SAMPLES, NUM_SEEDS, NUM_RANDOM = 1_000, 20_000, 10, 10
CONTRAST_AREA = 0.2
"""Part of the picture that may be hidden to make the second emotion overtake the first."""


@dataclass(frozen=True)
class Subject:
    """One face under one map of regions, with the maps that are compared on it.

    Attributes:
        pixels: (48, 48) uint8.
        regions, names: as the explanation's.
        maps: Explanations, one a round; the last is the stable one.
    """

    pixels: np.ndarray
    regions: np.ndarray
    names: tuple[str, ...]
    maps: list

    @property
    def top(self):
        """Index of the emotion that the model gives most."""
        return int(self.maps[-1].probabilities.argmax())

    @property
    def weights(self):
        """(n,) float: the stable map of the top emotion."""
        return self.maps[-1].weights[:, self.top]

    def ask(self, masks, hide, classify):
        """(m, 7) probabilities with the regions hidden that masks (m, n) bool don't show."""
        return classify(np.where(masks[:, self.regions], self.pixels, hide(self.pixels)))

    def explain(self, classify, **options):
        """The last Explanation."""
        *_, explanation = explain(self.pixels, self.regions, self.names, classify, **options)
        return explanation


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


def bench_trust(data, per_emotion, output):
    """How far to trust the map: measured on validation faces, against stock lime, written for page and model card."""
    classify, _ = load_classifier(MODELS)
    validation = load_faces(data)["validation"]
    model = keras.models.load_model(MODELS / WEIGHTS_NAME, compile=False)
    redrawn = [make_classifier(keras.models.clone_model(model)) for _ in range(3)]  # new weights, at random
    faces = validation.pixels[measured_faces(validation, per_emotion)]
    tuning = np.random.default_rng(1).permutation(tuning_faces(validation))[: max(10, len(faces) // 2)]
    rows = against_seed_rows(faces[:: -(-len(faces) // 3)], classify, model)
    for kind, split in KINDS.items():
        subjects = [make_subject(pixels, split, classify) for pixels in faces]
        for measure, measured in (
            (fit_rows, subjects),
            (removal_rows, subjects),
            (contrast_rows, subjects),
            (stability_rows, subjects[::5]),
            (partial(redrawn_rows, redrawn=redrawn), subjects[::5]),
        ):
            lines = measure(kind, measured, classify)
            print(*map(trust_line, lines), sep="\n", flush=True)
            rows += lines
    points = [point for split in KINDS.values() for point in fit_points(validation.pixels[tuning], split, classify)]
    record = {
        "machine": MACHINE,
        "faces": len(faces),
        "weights": sha256(MODELS / WEIGHTS_NAME),
        "baseline": f"blur, standard deviation {BLUR} pixels of 48",
        "rows": rows,
        "fit": fit_thresholds(np.array(points)),
    }
    output.mkdir(exist_ok=True)
    (output / "explanation.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    Image.fromarray(draw_fit_curve(record["fit"])).save(output / "explanation-fit.png")
    card = (MODELS / "README.md").read_text(encoding="utf-8").partition("\n## How far to trust the map")[0]
    (output / "README.md").write_text(f"{card}\n{trust_section(record)}", encoding="utf-8")
    print(trust_section(record))


def row(what, kind, bar, values, met, faces):
    """One line of the table: values is a number, or a number and its 95 % interval."""
    return {"what": what, "kind": kind, "bar": bar, "values": values, "met": bool(met), "faces": faces}


def make_subject(pixels, split, classify):
    """Explain a face to the end."""
    regions, names = split(pixels)
    return Subject(pixels, regions, names, list(explain(pixels, regions, names, classify)))


def against_seed_rows(faces, classify, model):
    """Time and steadiness against the call that the first version of the page made, and the same weights from lime."""
    ours, first, plain, steady, stock_steady, gaps = [], [], [], [], [], []
    for pixels in faces:
        begin = time.perf_counter()
        maps = explain(pixels, *superpixels(pixels), classify)
        next(maps)
        first.append(time.perf_counter() - begin)
        list(maps)
        ours.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        seeds_call(pixels, lambda faces: model.predict(faces[..., None], verbose=0))
        plain.append(time.perf_counter() - begin)
        subject = make_subject(pixels, superpixels, classify)
        again = [subject.explain(classify, seed=seed).weights[:, subject.top] for seed in range(3)]
        steady.append(rank_agreement(np.array(again)))
        stock_steady.append(
            rank_agreement(np.array([seeds_call(pixels, classify, 256)[subject.top] for _ in range(3)]))
        )
        gaps.append(gap_to_stock(subject, classify))
    faster, count = statistics.median(plain) / statistics.median(ours), len(faces)
    steadier = np.mean(steady) >= np.mean(stock_steady)
    return [
        row(
            "same masks, regions and baseline: largest difference from stock lime's weights",
            "superpixels",
            "at most 1e-6",
            max(gaps),
            max(gaps) <= 1e-6,
            count,
        ),
        row(
            "times as fast as the seed's call (SLIC 100, 10,000 samples by tens, Keras predict)",
            "superpixels",
            "at least 15, 5 of equal stability",
            faster,
            faster >= 15 and steadier,
            count,
        ),
        row(
            "stability of those maps (Spearman, 3 seeds)",
            "superpixels",
            "at least 0.95",
            np.mean(steady),
            np.mean(steady) >= 0.95,
            count,
        ),
        row("stability of the seed's call (Spearman, 3 seeds)", "stock lime", "", np.mean(stock_steady), True, count),
        row(
            "seconds to the first map",
            "superpixels",
            "at most 0.3",
            statistics.median(first),
            statistics.median(first) <= 0.3,
            count,
        ),
        row(
            "seconds to the stable map",
            "superpixels",
            "at most 1.0",
            statistics.median(ours),
            statistics.median(ours) <= 1,
            count,
        ),
    ]


def seeds_call(pixels, classify, batch_size=10):
    """The weights (7, n) that the first version of the page asked stock lime for."""
    result = LimeImageExplainer(verbose=False).explain_instance(
        np.repeat(pixels[..., None], 3, axis=2),
        lambda pictures: classify(pictures[..., 0]),
        top_labels=len(EMOTIONS),
        hide_color=0,
        num_samples=10_000,
        batch_size=batch_size,
        segmentation_fn=lambda picture: slic(picture, n_segments=100, start_label=0),
    )
    return sorted_weights(result)


def sorted_weights(result):
    """(7, n) float: the weights of a lime explanation of all labels, by label and region."""
    return np.array([[weight for _, weight in sorted(result.local_exp[label])] for label in range(len(EMOTIONS))])


def stock_map(subject, classify, hide=None, explainer=LimeImageExplainer, **options):
    """The weights (7, n) of stock lime on a subject's regions, each hidden by its mean where hide is None."""
    result = explainer(verbose=False, feature_selection="none", **options).explain_instance(
        np.repeat(subject.pixels[..., None], 3, axis=2),
        lambda pictures: classify(pictures[..., 0]),
        top_labels=len(EMOTIONS),
        hide_color=None if hide is None else np.repeat(hide(subject.pixels)[..., None], 3, axis=2),
        num_samples=STOCK_SAMPLES,
        batch_size=BATCH_SIZE,
        segmentation_fn=lambda _: subject.regions,
    )
    return sorted_weights(result)


def gap_to_stock(subject, classify):
    """The largest difference of our weights from those of stock lime, given our masks and no kernel."""

    class SameMasks(LimeImageExplainer):
        def data_labels(self, *arguments, **options):
            return _BalancedExplainer(random_state=1).data_labels(*arguments, **options)

    ours = subject.explain(classify, seed=1, rounds=(STOCK_SAMPLES,))
    stock = stock_map(subject, classify, hidden, SameMasks, kernel=lambda distances, kernel_width: distances**0)
    return float(np.abs(ours.weights - stock.T).max())


def fit_rows(kind, subjects, _):
    """How much of the model's behaviour the stable maps catch, how soon, and what they add up to."""
    last = [subject.maps[-1] for subject in subjects]
    fits = [one.fit[subject.top] for one, subject in zip(last, subjects, strict=True)]
    gaps = [np.abs(one.surrogate_probabilities - one.probabilities).max() for one in last]
    bar = {"face parts": 0.75, "superpixels": 0.65}[kind]
    fit = float(np.median(fits))
    samples = float(np.mean([one.num_samples for one in last]))
    stable = float(np.mean([one.stable for one in last]))
    return [
        row("held-out R² of the top emotion, median", kind, f"at least {bar}", fit, fit >= bar, len(subjects)),
        row(
            "what the map adds up to, off the model by (median)", kind, "", float(np.median(gaps)), True, len(subjects)
        ),
        row("samples of the last map, mean", kind, "", samples, True, len(subjects)),
        row("maps that are stable at the cap, share", kind, "", stable, True, len(subjects)),
    ]


def stability_rows(kind, subjects, classify):
    """Whether other samples give the same map, and whether its intervals say how far."""
    spearman, jaccard, covered = [], [], []
    for subject in subjects:
        explanations = [subject.explain(classify, seed=seed) for seed in range(NUM_SEEDS)]
        maps = np.array([one.weights[:, subject.top] for one in explanations])
        true_weights = subject.explain(classify, seed=NUM_SEEDS, rounds=(MANY_SAMPLES,)).weights
        spearman.append(rank_agreement(maps))
        jaccard.append(top_agreement(maps))
        covered.append(np.mean([coverage(one.weights, one.errors, true_weights) for one in explanations]))
    bars = {"face parts": (0.97, 0.85), "superpixels": (0.95, 0.85)}[kind]
    means = [float(np.mean(values)) for values in (spearman, jaccard, covered)]
    count = len(subjects)
    return [
        row("stability: Spearman, 10 seeds", kind, f"at least {bars[0]}", means[0], means[0] >= bars[0], count),
        row("top-5 Jaccard, 10 seeds", kind, f"at least {bars[1]}", means[1], means[1] >= bars[1], count),
        row(
            "coverage of the 95 % interval (20,000 samples)",
            kind,
            "0.92 to 0.97",
            means[2],
            0.92 <= means[2] <= 0.97,
            count,
        ),
    ]


def removal_rows(kind, subjects, classify):
    """Deletion and insertion by the map's order, against other orders on the same faces, each as a ratio."""
    random = np.random.default_rng(0)
    pictures = np.array([subject.weights[subject.regions] for subject in subjects])
    areas = {
        name: [] for name in ("map", "early", "random", "average", "stock", "stock, our baseline")
    }  # face, baseline, 2
    for subject, picture in zip(subjects, pictures, strict=True):
        others = (pictures.sum(axis=0) - picture) / (len(pictures) - 1)
        orders = {
            "map": [subject.weights],
            "early": [subject.maps[0].weights[:, subject.top]],
            "random": random.random((NUM_RANDOM, len(subject.names))),
            "average": [np.bincount(subject.regions.ravel(), others.ravel()) / np.bincount(subject.regions.ravel())],
            "stock": [stock_map(subject, classify, random_state=0)[subject.top]],
            "stock, our baseline": [stock_map(subject, classify, hidden, random_state=0)[subject.top]],
        }
        for name, maps in orders.items():
            areas[name].append(np.mean([removal(subject, one, classify) for one in maps], axis=0))
    return [line for name in list(areas)[2:] for line in ratio_rows(kind, areas, name)]


def removal(subject, weights, classify):
    """Deletion and insertion area of the top emotion under each baseline: (2, 2) float.

    The order is that of the weights (n,) per pixel, since the areas are over pixels.
    """
    density = weights / np.bincount(subject.regions.ravel())
    return [
        deletion_insertion(
            np.argsort(-density),
            subject.regions,
            lambda masks, hide=hide: subject.ask(masks, hide, classify)[:, subject.top],
        )
        for hide in BASELINES.values()
    ]


def ratio_rows(kind, areas, name):
    """Rows of the map's deletion and insertion area over another order's; against stock lime, of the early map's."""
    bars = {"random": (0.8, 1.15), "average": (1, 1)}.get(name, (None, None))
    ours, theirs = np.array(areas["early" if bars[0] is None else "map"]), np.array(areas[name])
    against = {"random": "random order", "average": "the average map of all other faces"}.get(
        name, f"stock lime, 1,000 samples{', our baseline' if 'our' in name else ''} (ours: at most half)"
    )
    rows = []
    for baseline, label in enumerate(BASELINES):
        for curve, way in enumerate(("deletion", "insertion")):
            ratio, low, high = ratio_interval(ours[:, baseline, curve], theirs[:, baseline, curve])
            if bars[0] is None:
                bar, met = "not surely worse", low <= 1 if way == "deletion" else high >= 1
            elif way == "deletion":
                bar, met = f"at most {bars[0]}, interval below 1", ratio <= bars[0] and high < 1
            else:
                bar, met = f"at least {bars[1]}, interval above 1", ratio >= bars[1] and low > 1
            rows.append(row(f"{way}, {label}, over {against}", kind, bar, [ratio, low, high], met, len(ours)))
    return rows


def redrawn_rows(kind, subjects, _, redrawn):
    """Whether the map hangs on what the network has learned (Adebayo et al. 2018, arXiv 1810.03292)."""
    agreements = [
        abs(rank_agreement(np.array([subject.weights, subject.explain(classify).weights[:, subject.top]])))
        for subject, classify in zip(subjects, itertools.cycle(redrawn), strict=False)
    ]
    mean = float(np.mean(agreements))
    what = "mean abs Spearman with the map of the network with weights drawn at random"
    return [row(what, kind, "at most 0.2", mean, mean <= 0.2, len(subjects))]


def contrast_rows(kind, subjects, classify):
    """How often hiding what speaks for A rather than B makes B overtake A, against as much of the face at random."""
    random = np.random.default_rng(0)
    overtaken, by_chance = [], []
    for subject in subjects:
        last = subject.maps[-1]
        first, second = np.argsort(-last.probabilities)[:2]
        weights, _ = last.contrast(EMOTIONS[first], EMOTIONS[second])
        shares = np.bincount(subject.regions.ravel()) / subject.regions.size
        top = [region for region in np.argsort(-weights) if weights[region] > 0]
        chosen = hide_what_fits(top, shares, CONTRAST_AREA)
        orders = [random.permutation(len(shares)) for _ in range(NUM_RANDOM)]
        masks = np.array([chosen] + [hide_as_much(order, shares, shares[~chosen].sum()) for order in orders])
        for hide in BASELINES.values():
            probabilities = subject.ask(masks, hide, classify)
            wins = probabilities[:, second] > probabilities[:, first]
            overtaken.append(wins[0])
            by_chance.append(wins[1:].mean())
    ratio = ratio_interval(np.array(overtaken, float), np.array(by_chance))
    what = (
        f"A rather than B: hiding the map's top {CONTRAST_AREA:.0%} of the picture lets B overtake A "
        f"({np.mean(overtaken):.0%} of faces), over as much at random ({np.mean(by_chance):.0%})"
    )
    return [row(what, kind, "at least 2", ratio, ratio[0] >= 2, len(subjects))]


def hide_what_fits(order, shares, area):
    """(n,) bool, True shown: hidden are those regions of an order that still fit into an area, one after the other."""
    shown = np.ones(len(shares), bool)
    for region in order:
        shown[region] = shares[~shown].sum() + shares[region] > area + 1e-9
    return shown


def hide_as_much(order, shares, area):
    """(n,) bool, True shown: hidden are the first regions of an order, until they cover an area or a little more."""
    shown = np.ones(len(shares), bool)
    shown[order[np.cumsum(shares[order]) - shares[order] < area - 1e-9]] = False
    return shown


def fit_points(faces, split, classify):
    """[R^2, deletion area by the map, by random order] of each face, both areas as means over the baselines."""
    random = np.random.default_rng(0)
    points = []
    for pixels in faces:
        subject = make_subject(pixels, split, classify)
        by_map = np.mean(removal(subject, subject.weights, classify), axis=0)[0]
        draws = random.random((NUM_RANDOM // 2, len(subject.names)))
        by_chance = np.mean([np.mean(removal(subject, draw, classify), axis=0)[0] for draw in draws])
        points.append([subject.maps[-1].fit[subject.top], by_map, by_chance])
    return points


def fit_thresholds(points, num_bins=5):
    """Where a low R^2 means a useless map: fifths of the tuning faces by R^2, each with its deletion ratio.

    A fit is useless up to the last fifth whose interval reaches 1 (random order does as well), and below all that was
    seen; good from the first fifth on from where the map needs surely at most 0.8 of random's area.
    """
    points = points[points[:, 0].argsort()]
    bins = []
    for part in np.array_split(points, num_bins):
        ratio, low, high = ratio_interval(part[:, 1], part[:, 2])
        bins.append({"from": part[0, 0], "to": part[-1, 0], "ratio": ratio, "low": low, "high": high})
    useless = [one["to"] for one in bins if one["high"] >= 1]
    good = list(itertools.takewhile(lambda one: one["high"] <= 0.8, reversed(bins)))
    return {
        "useless_below": round(useless[-1] if useless else bins[0]["from"], 2),
        "good_from": round(good[-1]["from"] if good else 1.0, 2),
        "faces": len(points),
        "bins": bins,
    }


def trust_section(record):
    """The section of the model card, in Markdown, from what explanation.json holds."""
    fit = record["fit"]
    lines = [
        "## How far to trust the map",
        "",
        f"Measured by `uv run tests/bench.py trust` on {record['faces']} validation faces, the same number of each "
        f"emotion, drawn before any map was seen ({record['machine']}). Hidden regions: {record['baseline']}.",
        "",
        "| what | regions | bar | measured | met | faces |",
        "| --- | --- | --- | --- | --- | --- |",
        *map(trust_line, record["rows"]),
        "",
        f"A fit (R²) below {fit['useless_below']} is called poor, from {fit['good_from']} good, by {fit['faces']} maps "
        "of other validation faces: ![Deletion area over that of random order, by R²](explanation-fit.png)",
    ]
    return "\n".join(lines) + "\n"


def trust_line(one):
    """A row of explanation.json as a row of the table."""
    values = one["values"]
    measured = f"{values[0]:.2f} ({values[1]:.2f} to {values[2]:.2f})" if isinstance(values, list) else f"{values:.3g}"
    met = ("yes" if one["met"] else "no") if one["bar"] else ""
    return f"| {one['what']} | {one['kind']} | {one['bar']} | {measured} | {met} | {one['faces']} |"


BENCHMARKS = {
    "start": bench_start,
    "faces": bench_faces,
    "predict": bench_predict,
    "explain": bench_explain,
    "train": bench_train,
}

if __name__ == "__main__":
    main()
