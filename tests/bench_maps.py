"""Validation faces go in; how far their maps can be trusted comes out, against stock lime on the same faces.

Called by bench.py; writes explanation.json, which tests/figures.py puts into the model card, and its picture.
"""

import itertools
import json
import statistics
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import keras
import numpy as np
from lime.lime_image import LimeImageExplainer
from PIL import Image
from skimage.segmentation import slic

from emotion import EMOTIONS
from emotion.explain import BATCH_SIZE, BLUR, _BalancedExplainer, explain, hidden
from emotion.faces import frame_landmarks
from emotion.metrics import coverage, deletion_insertion, rank_agreement, ratio_interval, top_agreement
from emotion.model import make_classifier
from emotion.regions import face_parts, superpixels
from emotion.render import draw_fit_curve

MODELS = Path(__file__).parents[1] / "models"


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


def measure_maps(validation, classify, per_emotion, output, facts):
    """Measure how far maps can be trusted, against stock lime; write explanation.json and its picture.

    Args:
        validation: data.Faces.
        classify: Classifier of the weights in models/.
        per_emotion: how many of the measured faces of each emotion.
        output: Path of the folder to write into.
        facts: dict to write too: machine, weights.
    """
    model = keras.models.load_model(MODELS / "emotion.keras", compile=False)
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
            measured_rows = measure(kind, measured, classify)
            print(*measured_rows, sep="\n", flush=True)
            rows += measured_rows
    points = [point for split in KINDS.values() for point in fit_points(validation.pixels[tuning], split, classify)]
    record = facts | {
        "faces": len(faces),
        "baseline": f"blur, standard deviation {BLUR} pixels of 48",
        "rows": rows,
        "fit": fit_thresholds(np.array(points)),
    }
    (output / "explanation.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    Image.fromarray(draw_fit_curve(record["fit"])).save(output / "explanation-fit.png")


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
