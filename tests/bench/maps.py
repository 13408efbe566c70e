"""Validation faces go in; how far their maps can be trusted comes out, against stock lime on the same faces.

    uv run python -m tests.bench.maps --data fer2013                             # hours; goes on where it was stopped
    uv run python -m tests.bench.maps --data fer2013 --faces 1 --output runs    # a rehearsal on 7 faces

Keeps what it has measured in runs/trust.jsonl. Writes explanation.json and its picture.
"""

import hashlib
import inspect
import itertools
import statistics
import time
from dataclasses import dataclass
from functools import partial

import keras
import numpy as np
from lime.lime_image import LimeImageExplainer
from PIL import Image
from skimage.segmentation import slic

from emotion import EMOTIONS
from emotion.data.load import load_faces
from emotion.explain import explanation as explanation_room

# _BalancedExplainer is private: to be public in emotion/explain.
from emotion.explain.explanation import BATCH_SIZE, BLUR, _BalancedExplainer, explain, hidden
from emotion.explain.regions import face_parts, superpixels
from emotion.face.landmarks import frame_landmarks
from emotion.network.model import make_classifier
from tests.bench.command import load_weights, read_arguments
from tests.bench.map_metrics import (
    coverage,
    deletion_insertion,
    draw_fit_curve,
    rank_agreement,
    ratio_interval,
    top_agreement,
)
from tests.bench.pieces import Pieces
from tests.bench.record import MODELS, write

ENOUGH, UNSAFE = 0.8, 0.02
"""Part of random order's deletion area that a good map needs at most; share of maps that may need more."""

KINDS = {"face parts": lambda pixels: face_parts(frame_landmarks(pixels)), "superpixels": superpixels}
BASELINES = {"blur": hidden, "grey": lambda pixels: np.full_like(pixels, round(pixels.mean()))}
"""What hides a region when a map is judged: the map's own baseline, and one that it was not made with."""
STOCK_SAMPLES, MANY_SAMPLES, NUM_SEEDS, NUM_RANDOM = 1_000, 20_000, 10, 10
NUM_TUNING, NUM_AVERAGED = 12, 6
"""Tuning faces of each emotion that the thresholds of the fit, and the average map, are taken from: half of them under
each kind of regions. A shorter run takes fewer for the thresholds."""
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


def main():
    """Measure by the command line."""
    arguments = read_arguments(__doc__, faces=30)
    classify, facts = load_weights()
    validation = load_faces(arguments.data)["validation"]
    measure_maps(validation, classify, arguments.faces, arguments.output, facts)


def method():
    """What pieces hang on besides the weights: the source of the maps, and of how they are judged here."""
    rooms = (explanation_room, inspect.getmodule(method))
    return hashlib.sha256("".join(map(inspect.getsource, rooms)).encode()).hexdigest()[:12]


def measured_faces(validation, per_emotion=30):
    """Indices (7 * per_emotion,) of the validation faces that maps are measured on, emotion by emotion.

    Drawn by a fixed seed before any map was seen; constant pictures, which have no map, can't be drawn.
    Nothing of the explanation may be tuned on them (see tuning_faces).
    """
    varied = np.flatnonzero(validation.pixels.std(axis=(1, 2)) > 0)
    return varied[balanced_rows(validation.labels[varied], per_emotion, seed=2048)]


def balanced_rows(labels, per_emotion, seed):
    """Indices into labels (n,), per_emotion of each, emotion by emotion; a larger draw begins with the smaller."""
    random = np.random.default_rng(seed)
    emotions = [np.flatnonzero(labels == emotion) for emotion in range(len(EMOTIONS))]
    return np.concatenate([random.permutation(rows)[:per_emotion] for rows in emotions])


def tuning_faces(validation):
    """Indices of the validation faces that are not measured, nor copies of one: what maps may be tuned on."""
    measured = {face.tobytes() for face in validation.pixels[measured_faces(validation)]}
    return np.array(
        [row for row, face in enumerate(validation.pixels) if face.std() and face.tobytes() not in measured]
    )


def measure_maps(validation, classify, per_emotion, output, facts):
    """Measure how far maps can be trusted, against stock lime; write explanation.json and its picture.

    Faces are taken in turn from each emotion, and all that is measured on one is measured before the next, so
    that what a shorter run has measured is as balanced, and the table of --faces 5 can be had while 30 are under way.

    Args:
        validation: data.Faces.
        classify: Classifier of the weights in models/.
        per_emotion: how many of the measured faces of each emotion; with 0 only the thresholds of the fit, which are
            taken from tuning faces.
        output: Path of the folder to write into.
        facts: dict to write too: machine, weights.
    """
    pieces = Pieces("trust", {"weights": facts["weights"], "method": method()})
    record = facts | {"per_emotion": per_emotion, "preliminary": per_emotion < 30}
    maps = {kind: [] for kind in KINDS}
    points = []
    for face, kind in tuning_subjects(validation, np.clip(per_emotion, NUM_AVERAGED, NUM_TUNING)):
        pixels = validation.pixels[face]
        measured = pieces.measure(f"tuning {face} {kind}", partial(tuning_piece, pixels, kind, classify))
        maps[kind].append(np.array(measured["weights"])[KINDS[kind](pixels)[0]])
        points += [[face, *point] for point in measured["points"]]
    num_averaged = NUM_AVERAGED * len(EMOTIONS) // len(KINDS)
    averages = {kind: np.mean(pictures[:num_averaged], axis=0) for kind, pictures in maps.items()}
    record["fit"] = fit_thresholds(np.array(points))
    found = {}  # by what is measured and kind of regions, a list of a dict a face
    model = keras.models.load_model(MODELS / "emotion.keras", compile=False)
    for place, face in enumerate(in_turn(measured_faces(validation, per_emotion))):
        pixels = validation.pixels[face]
        for (what, limit, measure), kind in itertools.product(MEASURES, KINDS):
            if place < limit * len(EMOTIONS) and not (what == "speed" and kind == "face parts"):
                work = partial(measure, pixels, kind, classify, model=model, average=averages[kind])
                found.setdefault((what, kind), []).append(pieces.measure(f"{what} {face} {kind}", work))
    record["rows"] = [row for (what, kind), measured in found.items() for row in ROWS[what](kind, measured)]
    print(*record["rows"], sep="\n")
    record["baseline"] = f"blur, standard deviation {BLUR} pixels of 48"
    write(output / "explanation.json", record)
    Image.fromarray(draw_fit_curve(record["fit"])).save(output / "explanation-fit.png")


def tuning_subjects(validation, per_emotion):
    """Tuning faces in turn from each emotion, each with one kind of regions, in turn too: [(face, kind), ...]."""
    tuning = tuning_faces(validation)
    rows = in_turn(tuning[balanced_rows(validation.labels[tuning], per_emotion, seed=1)])
    return list(zip(rows, itertools.cycle(KINDS), strict=False))


def in_turn(rows):
    """Faces (7 * k,), emotion by emotion, in an order that takes one of each emotion at a time."""
    return rows.reshape(len(EMOTIONS), -1).T.ravel()


def row(what, kind, bar, values, met, faces):
    """A line of the table: values is a number, or a number and its 95 % interval; met is None where there is no bar."""
    met = None if met is None else bool(met)
    return {"what": what, "kind": kind, "bar": bar, "values": values, "met": met, "faces": faces}


def make_subject(pixels, kind, classify):
    """Explain a face to the end."""
    regions, names = KINDS[kind](pixels)
    return Subject(pixels, regions, names, list(explain(pixels, regions, names, classify)))


def tuning_piece(pixels, kind, classify):
    """The map of the top emotion, and of the three most probable [R^2, deletion area, that of random order]."""
    subject = make_subject(pixels, kind, classify)
    last = subject.maps[-1]
    by_chance = removal_at_random(subject, classify).mean(axis=0)
    points = []
    for emotion in np.argsort(-last.probabilities)[:3]:
        by_map = removal(subject, last.weights[:, emotion], classify, emotion)[:, 0].mean()
        points.append([last.fit[emotion], by_map, by_chance[emotion]])
    return {"weights": subject.weights.tolist(), "points": np.array(points).tolist()}


def map_piece(pixels, kind, classify, average, **_):
    """A face's map: how well it fits, and what its order and other orders do to the model's answer."""
    subject = make_subject(pixels, kind, classify)
    last, areas = subject.maps[-1], np.bincount(subject.regions.ravel())
    orders = {
        "map": subject.weights,
        "average": np.bincount(subject.regions.ravel(), average.ravel()) / areas,
    }
    removed = {name: removal(subject, one, classify, subject.top).tolist() for name, one in orders.items()}
    by_chance = removal_at_random(subject, classify)[:, subject.top]
    return {
        "top": EMOTIONS[subject.top],
        "fit": last.fit[subject.top],
        "fits": last.fit.tolist(),
        "gap": float(np.abs(last.surrogate_probabilities - last.probabilities).max()),
        "samples": last.num_samples,
        "hidden_share": last.hidden_share,
        "stable": last.stable,
        "removed": removed | {"random": np.stack([by_chance, by_chance], axis=1).tolist()},
        "contrast": contrast(subject, classify),
    }


def stock_piece(pixels, kind, classify, **_):
    """Stock lime's order, of 1,000 samples under the same baseline, against that of our map of at most half."""
    regions, names = KINDS[kind](pixels)
    subject = Subject(pixels, regions, names, list(explain(pixels, regions, names, classify, rounds=(500,))))
    theirs = stock_map(subject, classify, random_state=0)[subject.top]
    return {
        "samples": subject.maps[-1].num_samples,
        "early": removal(subject, subject.weights, classify, subject.top).tolist(),
        "stock": removal(subject, theirs, classify, subject.top).tolist(),
    }


def steady_piece(pixels, kind, classify, **_):
    """Whether other samples give the same map, the last and the first, and whether its intervals say how far."""
    subject = make_subject(pixels, kind, classify)
    true_weights = subject.explain(classify, seed=NUM_SEEDS, rounds=(MANY_SAMPLES,)).weights
    drawn = [list(explain(pixels, subject.regions, subject.names, classify, seed=seed)) for seed in range(NUM_SEEDS)]
    found = {}
    for name, place in (("last", -1), ("first", 0)):
        maps = np.array([one[place].weights[:, subject.top] for one in drawn])
        found[name] = {
            "spearman": rank_agreement(maps),
            "jaccard": top_agreement(maps),
            "coverage": float(np.mean([coverage(m[place].weights, m[place].errors, true_weights) for m in drawn])),
        }
    return found


def redrawn_piece(pixels, kind, classify, model, **_):
    """Whether the map hangs on what the network has learned (Adebayo et al. 2018, arXiv 1810.03292)."""
    subject = make_subject(pixels, kind, classify)
    keras.utils.set_random_seed(int(pixels.sum()))
    redrawn = make_classifier(keras.models.clone_model(model))  # new weights, at random
    theirs = subject.explain(redrawn).weights[:, subject.top]
    return abs(rank_agreement(np.array([subject.weights, theirs])))


def speed_piece(pixels, kind, classify, model, **_):
    """Time and steadiness against the call that the first version of the page made; the same weights from lime."""
    regions, names = KINDS[kind](pixels)
    drawn = []  # by seed and round: seconds, map of the top emotion
    top = int(classify(pixels[None])[0].argmax())
    for seed in range(3):
        begin = time.perf_counter()
        maps = explain(pixels, *KINDS[kind](pixels), classify, seed=seed)
        drawn.append([(time.perf_counter() - begin, one.weights[:, top]) for one in maps])
    begin = time.perf_counter()
    stock = [seeds_call(pixels, lambda faces: model.predict(faces[..., None], verbose=0))[top]]
    plain = time.perf_counter() - begin
    stock += [seeds_call(pixels, classify, BATCH_SIZE)[top] for _ in range(2)]
    rounds = last_so_far(itertools.zip_longest(*drawn))  # None where a seed's map was stable earlier
    steady = [rank_agreement(np.array([weights for _, weights in one])) for one in rounds]
    stock_steady = rank_agreement(np.array(stock))
    seconds = [statistics.median(seconds for seconds, _ in one) for one in rounds]
    equal = [second for second, agreement in zip(seconds, steady, strict=True) if agreement >= stock_steady]
    subject = Subject(pixels, regions, names, list(explain(pixels, regions, names, classify, rounds=(1,))))
    return {
        "first": seconds[0],
        "ours": seconds[-1],
        "equal": equal[0] if equal else seconds[-1],
        "plain": plain,
        "steady": steady[-1],
        "stock_steady": stock_steady,
        "gap": gap_to_stock(subject, classify),
    }


def last_so_far(rows):
    """Rows of equal length with each None replaced by what stands above it."""
    return list(itertools.accumulate(rows, lambda above, row: tuple(map(lambda old, new: new or old, above, row))))


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


def stock_map(subject, classify, explainer=LimeImageExplainer, **options):
    """The weights (7, n) of stock lime on a subject's regions, hidden as ours are."""
    result = explainer(verbose=False, feature_selection="none", **options).explain_instance(
        np.repeat(subject.pixels[..., None], 3, axis=2),
        lambda pictures: classify(pictures[..., 0]),
        top_labels=len(EMOTIONS),
        hide_color=np.repeat(hidden(subject.pixels)[..., None], 3, axis=2),
        num_samples=STOCK_SAMPLES,
        batch_size=BATCH_SIZE,
        segmentation_fn=lambda _: subject.regions,
    )
    return sorted_weights(result)


def gap_to_stock(subject, classify):
    """The largest difference of our weights from those of stock lime, given our masks and no kernel."""

    class SameMasks(LimeImageExplainer):
        def data_labels(self, *arguments, **options):
            explainer = _BalancedExplainer(subject.maps[-1].probabilities, random_state=1)
            return explainer.data_labels(*arguments, **options)

    ours = subject.explain(classify, seed=1, rounds=(STOCK_SAMPLES,))
    stock = stock_map(subject, classify, SameMasks, kernel=lambda distances, kernel_width: distances**0)
    return float(np.abs(ours.weights - stock.T).max())


def removal(subject, weights, classify, emotion):
    """Deletion and insertion area of an emotion under each baseline: (2, 2) float.

    The order is that of the weights (n,) per pixel, since the areas are over pixels.
    """
    order = np.argsort(-weights / np.bincount(subject.regions.ravel()))
    return np.array(
        [
            deletion_insertion(
                order, subject.regions, lambda masks, hide=hide: subject.ask(masks, hide, classify)[:, emotion]
            )
            for hide in BASELINES.values()
        ]
    )


def removal_at_random(subject, classify):
    """The deletion area, which is the insertion area too, of random order under each baseline, by emotion: (2, 7).

    Of NUM_RANDOM orders, the second half of which are the first turned round: what one hides first the other shows
    first, so that the same pictures serve both.
    """
    random = np.random.default_rng(0)
    orders = [random.permutation(len(subject.names)) for _ in range(NUM_RANDOM // 2)]
    areas = [
        [
            deletion_insertion(order, subject.regions, lambda masks, hide=hide: subject.ask(masks, hide, classify))
            for order in orders
        ]
        for hide in BASELINES.values()
    ]
    return np.mean(areas, axis=(1, 2))


def contrast(subject, classify):
    """Whether hiding what speaks for A rather than B lets B overtake A, and how often as much of the face at random.

    Returns:
        list of [0 or 1, share], one a baseline.
    """
    random, last = np.random.default_rng(0), subject.maps[-1]
    first, second = np.argsort(-last.probabilities)[:2]
    weights, _ = last.contrast(EMOTIONS[first], EMOTIONS[second])
    shares = np.bincount(subject.regions.ravel()) / subject.regions.size
    top = [region for region in np.argsort(-weights) if weights[region] > 0]
    chosen = hide_what_fits(top, shares, CONTRAST_AREA)
    orders = [random.permutation(len(shares)) for _ in range(NUM_RANDOM)]
    masks = np.array([chosen] + [hide_as_much(order, shares, shares[~chosen].sum()) for order in orders])
    found = []
    for hide in BASELINES.values():
        probabilities = subject.ask(masks, hide, classify)
        wins = probabilities[:, second] > probabilities[:, first]
        found.append([float(wins[0]), float(wins[1:].mean())])
    return found


def map_rows(kind, measured):
    """How much of the model's behaviour the stable maps catch, and whether their order is worth more than others."""
    count = len(measured)
    fits, gaps, samples, shares, stable = (
        np.array([one[key] for one in measured], float) for key in ("fit", "gap", "samples", "hidden_share", "stable")
    )
    bar, fit = {"face parts": 0.75, "superpixels": 0.65}[kind], float(np.median(fits))
    rows = [
        row("held-out R² of the top emotion, median", kind, f"at least {bar}", fit, fit >= bar, count),
        row("what the map adds up to, off the model by (median)", kind, "", float(np.median(gaps)), None, count),
        row("samples of the last map, mean", kind, "", samples.mean(), None, count),
        row("maps for which every other region was hidden, share", kind, "", (shares == 1 / 2).mean(), None, count),
        row("maps that are stable at the cap, share", kind, "", stable.mean(), None, count),
    ]
    areas = {name: np.array([one["removed"][name] for one in measured]) for name in measured[0]["removed"]}
    rows += ratio_rows(kind, areas["map"], areas["random"], "random order", (0.8, 1.15))
    rows += ratio_rows(kind, areas["map"], areas["average"], "the average map of other faces", (1, 1))
    chosen, by_chance = np.array([one["contrast"] for one in measured]).mean(axis=1).T
    ratio = ratio_interval(chosen, by_chance)
    what = (
        f"A rather than B: hiding the map's top {CONTRAST_AREA:.0%} of the picture lets B overtake A "
        f"({chosen.mean():.0%} of faces), over as much at random ({by_chance.mean():.0%})"
    )
    return [*rows, row(what, kind, "at least 2", ratio, ratio[0] >= 2, count)]


def stock_rows(kind, measured):
    """Our early map's order against stock lime's."""
    early, stock = (np.array([one[key] for one in measured]) for key in ("early", "stock"))
    against = f"stock lime, {STOCK_SAMPLES:,} samples (ours: {measured[0]['samples']})"
    return ratio_rows(kind, early, stock, against, None)


def steady_rows(kind, measured):
    """Stability and coverage of the last map, and of the first."""
    bars = {"face parts": (0.97, 0.85), "superpixels": (0.95, 0.85)}[kind]
    count, rows = len(measured), []
    for name in ("last", "first"):
        spearman, jaccard, covered = (
            float(np.mean([one[name][key] for one in measured])) for key in ("spearman", "jaccard", "coverage")
        )
        for what, bar, value, met in (
            (f"stability: Spearman, {NUM_SEEDS} seeds", f"at least {bars[0]}", spearman, spearman >= bars[0]),
            (f"top-5 Jaccard, {NUM_SEEDS} seeds", f"at least {bars[1]}", jaccard, jaccard >= bars[1]),
            (
                f"coverage of the 95 % interval ({MANY_SAMPLES:,} samples)",
                "0.92 to 0.97",
                covered,
                0.92 <= covered <= 0.97,
            ),
        ):
            is_last = name == "last"
            rows.append(
                row(f"{name} map: {what}", kind, bar if is_last else "", value, met if is_last else None, count)
            )
    return rows


def redrawn_rows(kind, measured):
    """How far maps hang on what the network has learned."""
    mean = float(np.mean(measured))
    what = "mean abs Spearman with the map of the network with weights drawn at random"
    return [row(what, kind, "at most 0.2", mean, mean <= 0.2, len(measured))]


def speed_rows(kind, measured):
    """Time and steadiness against the seed's call, and the weights against stock lime's."""
    columns = {key: [one[key] for one in measured] for key in measured[0]}
    middle = {key: statistics.median(values) for key, values in columns.items()}
    steady, stock_steady = statistics.mean(columns["steady"]), statistics.mean(columns["stock_steady"])
    faster, sooner, gap = middle["plain"] / middle["ours"], middle["plain"] / middle["equal"], max(columns["gap"])
    lines = [
        ("same masks, regions, baseline: largest gap to stock lime's weights", "at most 1e-6", gap, gap <= 1e-6),
        (
            "times as fast as the seed's call (SLIC 100, 10,000 samples by tens, Keras predict)",
            "at least 15, stability 0.95",
            faster,
            faster >= 15 and steady >= 0.95,
        ),
        ("stability of those maps (Spearman, 3 seeds)", "at least 0.95", steady, steady >= 0.95),
        ("stability of the seed's call (Spearman, 3 seeds)", "", stock_steady, None),
        ("times as fast as the seed's call to a map as steady as its own", "at least 5", sooner, sooner >= 5),
        ("seconds to the first map", "at most 0.3", middle["first"], middle["first"] <= 0.3),
        ("seconds to the stable map", "at most 1.0", middle["ours"], middle["ours"] <= 1),
    ]
    return [row(what, kind, bar, value, met, len(measured)) for what, bar, value, met in lines]


def ratio_rows(kind, ours, theirs, against, bars):
    """Rows of our deletion and insertion areas (faces, baselines, 2) over another order's; None: not surely worse."""
    rows = []
    for baseline, label in enumerate(BASELINES):
        for curve, way in enumerate(("deletion", "insertion")):
            ratio, low, high = ratio_interval(ours[:, baseline, curve], theirs[:, baseline, curve])
            if bars is None:
                bar, met = "not surely worse", low <= 1 if way == "deletion" else high >= 1
            elif way == "deletion":
                bar, met = f"at most {bars[0]}, interval below 1", ratio <= bars[0] and high < 1
            else:
                bar, met = f"at least {bars[1]}, interval above 1", ratio >= bars[1] and low > 1
            rows.append(row(f"{way}, {label}, over {against}", kind, bar, [ratio, low, high], met, len(ours)))
    return rows


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


def fit_thresholds(points, num_bins=5):
    """Where a low R^2 means a useless map: fifths of the maps of tuning faces by R^2, each with its deletion ratio.

    A fit is useless up to the last fifth whose interval reaches 1 (random order does as well), and below all that was
    seen; good from the first fifth on from where the maps surely need at most ENOUGH of random's area, and all but
    UNSAFE of them each by itself: a visitor has one map.

    Args:
        points: (n, 4) float: face, R^2, deletion area by the map, by random order. Intervals are over faces.
    """
    points = points[points[:, 1].argsort()]
    bins = []
    for part in np.array_split(points, num_bins):
        _, faces = np.unique(part[:, 0], return_inverse=True)
        by_map, by_chance = (np.bincount(faces, part[:, column]) for column in (2, 3))
        ratio, low, high = ratio_interval(by_map, by_chance)
        unsafe = float(np.mean(part[:, 2] > ENOUGH * part[:, 3]))
        bins.append(
            {
                "from": part[0, 1],
                "to": part[-1, 1],
                "maps": len(part),
                "unsafe": unsafe,
                "ratio": ratio,
                "low": low,
                "high": high,
            }
        )
    useless = [one["to"] for one in bins if one["high"] >= 1]
    good = list(itertools.takewhile(lambda one: one["high"] <= ENOUGH and one["unsafe"] <= UNSAFE, reversed(bins)))
    return {
        "useless_below": round(useless[-1] if useless else bins[0]["from"], 2),
        "good_from": round(good[-1]["from"] if good else 1.0, 2),
        "faces": len(np.unique(points[:, 0])),
        "maps": len(points),
        "bins": bins,
    }


MEASURES = (
    ("speed", 1, speed_piece),
    ("map", 30, map_piece),
    ("stock", 30, stock_piece),
    ("steady", 6, steady_piece),
    ("redrawn", 30, redrawn_piece),
)
"""What is measured, on how many faces of each emotion at most."""
ROWS = {"speed": speed_rows, "map": map_rows, "stock": stock_rows, "steady": steady_rows, "redrawn": redrawn_rows}

if __name__ == "__main__":
    main()
