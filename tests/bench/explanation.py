"""Validation faces go in; how true the three answers about each are comes out, against stock lime on the same faces.

    uv run python -m tests.bench.explanation --data fer2013                            # goes on where it was stopped
    uv run python -m tests.bench.explanation --data fer2013 --faces 1 --output runs    # a rehearsal on 7 faces

Keeps what it has measured in runs/explanation.jsonl. Writes explanation.json.
"""

import hashlib
import inspect
import time
from functools import cached_property, partial

import keras
import numpy as np
from lime.lime_image import LimeImageExplainer
from skimage.segmentation import slic
from skimage.transform import PiecewiseAffineTransform, warp

from emotion import EMOTIONS, IMAGE_SIZE
from emotion.data.load import load_faces
from emotion.explain import explanation, lime, masks, regions, subsets, surrogate
from emotion.explain.explanation import NUM_HELD_OUT, explain, seed_of
from emotion.explain.lime import BalancedLime
from emotion.explain.masks import BATCH_SIZE, ask, draw_any_share, greyed, hidden
from emotion.explain.regions import superpixels
from emotion.explain.subsets import KEPT
from emotion.explain.surrogate import Surrogate, to_evidence
from emotion.face.landmarks import frame_landmarks
from emotion.network.model import make_classifier
from tests.bench.command import load_weights, read_arguments
from tests.bench.map_metrics import coverage, deletion_insertion, rank_agreement, ratio_interval, top_agreement
from tests.bench.pieces import Pieces
from tests.bench.record import MODELS, write

KINDS = ("superpixels", "face parts")
STOCK_SAMPLES, MANY_LAYERS, NUM_SEEDS, NUM_RANDOM = 1_000, 167, 10, 4
SURE = 0.85
"""Faces whose answer has this probability or more are told apart, too."""
NUM_SHARES, NUM_HIDDEN = 500, 40
"""Masks of any share hidden that R^2 is measured on; masks of each of HIDDEN."""
HIDDEN = (3, 8, 22)


def main():
    """Measure by the command line."""
    arguments = read_arguments(__doc__, faces=30)
    classify, facts = load_weights()
    validation = load_faces(arguments.data)["validation"]
    measure(validation, classify, arguments.faces, arguments.output, facts)


def method():
    """What pieces hang on besides the weights: the source of the answers, and of how they are judged here."""
    rooms = (explanation, lime, masks, regions, subsets, surrogate, inspect.getmodule(method))
    return hashlib.sha256("".join(map(inspect.getsource, rooms)).encode()).hexdigest()[:12]


def measured_faces(validation, per_emotion=30):
    """Indices (7 * per_emotion,) of the validation faces that are measured, emotion by emotion.

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


def in_turn(rows):
    """Faces (7 * k,), emotion by emotion, in an order that takes one of each emotion at a time."""
    return rows.reshape(len(EMOTIONS), -1).T.ravel()


def measure(validation, classify, per_emotion, output, facts, num_averaged=2, num_average_face=30):
    """Measure face by face, one of each emotion in turn, and write explanation.json.

    Args:
        validation: data.Faces.
        classify: Classifier of the weights in models/.
        per_emotion: how many of the measured faces of each emotion.
        output: Path of the folder to write into.
        facts: dict to write too: machine, weights.
        num_averaged: tuning faces of each emotion whose maps make the average map.
        num_average_face: tuning faces that make the average face.
    """
    pieces = Pieces("explanation", {"weights": facts["weights"], "method": method()})
    tuning = tuning_faces(validation)
    chosen = np.random.default_rng(2).permutation(tuning)[:num_average_face]
    average = AverageFace(validation.pixels[chosen])
    others = [validation.pixels[row] for row in tuning[balanced_rows(validation.labels[tuning], num_averaged, seed=1)]]
    drawn = [
        pieces.measure(f"other {number}", partial(map_of, pixels, classify)) for number, pixels in enumerate(others)
    ]
    average_map = np.mean(drawn, axis=0)
    model = keras.models.load_model(MODELS / "emotion.keras", compile=False)
    found = {}
    for place, face in enumerate(in_turn(measured_faces(validation, per_emotion))):
        subject = Subject(validation.pixels[face], classify)
        options = {"average": average, "average_map": average_map, "model": model}
        for (what, limit), judge in MEASURES.items():
            if place < limit:
                piece = pieces.measure(f"{what} {face}", partial(judge, subject, **options))
                found.setdefault(what, []).append(piece)
    rows = [row for what, values in found.items() for row in ROWS[what](values)]
    for row in rows:
        print(row)
    record = facts | {"per_emotion": per_emotion, "preliminary": per_emotion < 30, "rows": rows}
    write(output / "explanation.json", record)


def map_of(pixels, classify):
    """The answer's weights as a picture of weight per pixel: (48, 48) nested list."""
    subject = Subject(pixels, classify)
    weights = subject.weights("superpixels")
    return (weights / np.bincount(subject.split.numbers.ravel()))[subject.split.numbers].tolist()


class Subject:
    """A face, its Regions and its last Explanation, which is made when it is asked for."""

    def __init__(self, pixels, classify, split=None):
        self.pixels, self.classify = pixels, classify
        self.split = superpixels(pixels, frame_landmarks(pixels)) if split is None else split

    @cached_property
    def explanation(self):
        """Its last Explanation."""
        *_, last = explain(self.pixels, self.split, self.classify)
        return last

    @property
    def top(self):
        """Index of the emotion that the model gives most."""
        return int(self.explanation.probabilities.argmax())

    def of(self, kind):
        """The Explanation of one of KINDS."""
        return self.explanation.by_parts() if kind == "face parts" else self.explanation

    def weights(self, kind):
        """(n,) float: the answer's."""
        return self.of(kind).weights[:, self.top]

    def ask(self, shown, numbers=None, fill=hidden):
        """(m,) float: the answer's probability under masks (m, n) of its patches, or of other regions."""
        numbers = self.split.numbers if numbers is None else numbers
        return ask(self.pixels, numbers, shown, self.classify, fill)[:, self.top]

    def surrogate(self):
        """The Surrogate behind its map."""
        random = np.random.RandomState(seed_of(self.pixels))
        draw_any_share(random, len(self.split.names), NUM_HELD_OUT)  # as explain draws first
        found = BalancedLime(random).explain(self.pixels, self.split.numbers, self.classify, explanation.LAYERS[-1])
        face = to_evidence(self.explanation.probabilities)
        return Surrogate(face, face - to_evidence(self.explanation.alone), *found)

    def stock(self, numbers):
        """Stock lime's surrogate of the answer, on regions (48, 48) hidden as ours are: (intercept, weights (n,))."""
        result = LimeImageExplainer(verbose=False, feature_selection="none", random_state=0).explain_instance(
            np.repeat(self.pixels[..., None], 3, axis=2),
            lambda pictures: self.classify(pictures[..., 0]),
            labels=(self.top,),
            top_labels=None,
            hide_color=np.repeat(hidden(self.pixels)[..., None], 3, axis=2),
            num_samples=STOCK_SAMPLES,
            batch_size=BATCH_SIZE,
            segmentation_fn=lambda _: numbers,
        )
        return result.intercept[self.top], np.array([weight for _, weight in sorted(result.local_exp[self.top])])


def judge_truth(subject, **_):
    """What is said of hidden regions, against the network: R^2 over any share; points off for HIDDEN random regions."""
    random, count = np.random.RandomState(0), len(subject.split.names)
    intercept, stock = subject.stock(subject.split.numbers)
    ours = subject.surrogate()
    said = {
        "ours": lambda shown: ours.expected(shown)[:, subject.top],
        "stock": lambda shown: intercept + shown @ stock,
    }
    shown = draw_any_share(random, count, NUM_SHARES)
    drawn = {many: random.random_sample((NUM_HIDDEN, count)).argsort(axis=1) >= many for many in HIDDEN}
    answers = subject.ask(shown)
    hidden_answers = {many: subject.ask(masks) for many, masks in drawn.items()}
    found = {"sure": bool(subject.explanation.probabilities.max() >= SURE), "fit": subject.explanation.fit[subject.top]}
    for name, expects in said.items():
        missed = np.square(answers - expects(shown)).sum() / np.square(answers - answers.mean()).sum()
        off = {many: np.abs(hidden_answers[many] - expects(drawn[many])).mean() for many in HIDDEN}
        found[name] = {"fit": 1 - missed} | {str(many): 100 * float(value) for many, value in off.items()}
    by_parts = subject.of("face parts")
    alone = subject.ask(~np.eye(len(by_parts.names), dtype=bool), by_parts.regions)
    found["alone"] = 100 * float(np.abs(alone - by_parts.alone[:, subject.top]).max())
    found["agreement"] = rank_agreement(
        np.stack([subject.weights("face parts"), by_parts.probabilities[subject.top] - alone])
    )
    return found


def judge_sets(subject, **_):
    """The sets that were found, each asked about once more, and how many queries they took."""
    parts, begin = subject.of("face parts"), time.perf_counter()
    sets, numbers = parts.sets, np.arange(len(parts.names))
    found = {"queries": sets.num_queries, "none_alone": sets.none_alone, "changing": None, "sufficient": None}
    found["blur_agrees"] = bool(parts.blurred.argmax() == subject.top)
    confirmed = True
    if sets.changing is not None:
        again = ask(subject.pixels, parts.regions, ~np.isin(numbers, sets.changing)[None], subject.classify)[0]
        confirmed &= again.argmax() == EMOTIONS.index(sets.changed_to) != subject.top
        found["changing"] = len(sets.changing)
    if sets.sufficient is not None:
        again = subject.ask(np.isin(numbers, sets.sufficient)[None], parts.regions)[0]
        confirmed &= again >= KEPT * parts.probabilities[subject.top] - 1e-6
        found["sufficient"] = len(sets.sufficient)
    doubtful = parts.disagree(EMOTIONS[subject.top])
    return found | {
        "confirmed": bool(confirmed),
        "disagree": int(doubtful.sum()),
        "seconds": time.perf_counter() - begin,
    }


def judge_order(subject, average, average_map, **_):
    """Deletion and insertion areas of the answer, by kind and order, each [deletion, insertion] by baseline."""
    fills = (hidden, greyed, average.fitted)
    found = {}
    for kind in KINDS:
        numbers = subject.of(kind).regions
        areas = np.bincount(numbers.ravel())
        orders = {"ours": subject.weights(kind), "stock": subject.stock(numbers)[1]}
        orders["average"] = np.bincount(numbers.ravel(), average_map.ravel())

        def removed(weights, numbers=numbers, areas=areas):
            order = np.argsort(-weights / areas)
            return [deletion_insertion(order, numbers, partial(subject.ask, numbers=numbers, fill=f)) for f in fills]

        random = np.random.default_rng(0)
        by_chance = np.mean([removed(random.random(len(areas))) for _ in range(NUM_RANDOM)], axis=0)
        found[kind] = {name: removed(weights) for name, weights in orders.items()} | {"random": by_chance.tolist()}
    return found


def judge_steadiness(subject, **_):
    """Whether other samples give the same map, and whether its intervals hold what very many samples give."""
    *_, truth = explain(subject.pixels, subject.split, subject.classify, seed=NUM_SEEDS, layers=(MANY_LAYERS,))
    drawn = [list(explain(subject.pixels, subject.split, subject.classify, seed=seed))[-1] for seed in range(NUM_SEEDS)]
    found = {}
    for kind, explanations in (("superpixels", drawn), ("face parts", [one.by_parts() for one in drawn])):
        true_weights = (truth.by_parts() if kind == "face parts" else truth).weights
        weights = np.array([one.weights[:, subject.top] for one in explanations])
        covered = [coverage(one.weights, one.errors, true_weights) for one in explanations]
        found[kind] = {
            "spearman": rank_agreement(weights),
            "jaccard": top_agreement(weights),
            "coverage": float(np.mean(covered)),
        }
    return found


def judge_redrawn(subject, model, **_):
    """Whether the map hangs on what the network has learned (Adebayo et al. 2018, arXiv 1810.03292)."""
    keras.utils.set_random_seed(int(subject.pixels.sum()))
    redrawn = make_classifier(keras.models.clone_model(model))  # new weights, at random
    *_, theirs = explain(subject.pixels, subject.split, redrawn)
    maps = {"superpixels": theirs, "face parts": theirs.by_parts()}
    return {
        kind: {
            "spearman": abs(rank_agreement(np.array([subject.weights(kind), maps[kind].weights[:, subject.top]]))),
            "chance": float(np.sqrt(2 / np.pi / (len(maps[kind].names) - 1))),
        }
        for kind in KINDS
    }


def judge_speed(subject, model, **_):
    """Seconds to each Explanation, and to the user's own call of stock lime by Keras' predict."""
    begin, seconds = time.perf_counter(), []
    for _ in explain(subject.pixels, superpixels(subject.pixels, frame_landmarks(subject.pixels)), subject.classify):
        seconds.append(time.perf_counter() - begin)
    begin = time.perf_counter()
    LimeImageExplainer(verbose=False).explain_instance(
        np.repeat(subject.pixels[..., None], 3, axis=2),
        lambda pictures: model.predict(pictures[..., :1], verbose=0),
        top_labels=len(EMOTIONS),
        hide_color=0,
        num_samples=10_000,
        segmentation_fn=lambda picture: slic(picture, n_segments=100, start_label=0),
    )
    return {"alone": seconds[0], "first": seconds[1], "last": seconds[-1], "plain": time.perf_counter() - begin}


def row(what, kind, bar, values, met, faces):
    """A line of the table: values is a number, or a number and its 95 % interval; met is None where there is no bar."""
    return {
        "what": what,
        "kind": kind,
        "bar": bar,
        "values": values,
        "met": None if met is None else bool(met),
        "faces": faces,
    }


def truth_rows(found):
    """Rows of judge_truth."""
    rows = []
    for group, label in ((found, "all"), ([one for one in found if one["sure"]], f"sure ({SURE:.0%} or more)")):
        for name in ("ours", "stock") if group else ():
            fit = float(np.median([one[name]["fit"] for one in group]))
            bar = 0.75 if label == "all" else 0.83
            met = fit >= bar if name == "ours" else None
            rows.append(
                row(f"R² over any share hidden, median, {name}", label, f"at least {bar}", fit, met, len(group))
            )
            for many, most in zip(HIDDEN, (3.5, 7, 12), strict=True):
                off = float(np.mean([one[name][str(many)] for one in group]))
                met = off <= most if name == "ours" and label == "all" else None
                rows.append(
                    row(
                        f"{many} random regions hidden, points off, {name}",
                        label,
                        f"at most {most}",
                        off,
                        met,
                        len(group),
                    )
                )
    alone = max(one["alone"] for one in found)
    rows.append(row("a part hidden alone, most points off", "face parts", "0", alone, alone < 0.01, len(found)))
    agreement = float(np.mean([one["agreement"] for one in found]))
    return [*rows, row("Spearman of the map with hiding alone", "face parts", "", agreement, None, len(found))]


def sets_rows(found):
    """Rows of judge_sets."""

    def mean(key):
        values = [one[key] for one in found if one[key] is not None]
        return float(np.mean(values)) if values else None

    count = len(found)
    lines = [
        ("sets that the network confirms, share of faces", "1", mean("confirmed"), mean("confirmed") == 1),
        ("queries for both sets, most", "at most 100", max(one["queries"] for one in found), None),
        (
            "faces with a set that changes the answer, share",
            "",
            np.mean([one["changing"] is not None for one in found]),
            None,
        ),
        ("parts in the set that changes the answer, mean", "", mean("changing"), None),
        ("faces with a set that suffices, share", "", np.mean([one["sufficient"] is not None for one in found]), None),
        ("parts in the set that suffices, mean", "", mean("sufficient"), None),
        ("faces on which no single part decides, share", "", mean("none_alone"), None),
        ("faces whose blur has the same answer, share", "", mean("blur_agrees"), None),
        ("parts on which blur and grey disagree, mean", "", mean("disagree"), None),
    ]
    return [
        row(what, "face parts", bar, value if value is None else float(value), met, count)
        for what, bar, value, met in lines
    ]


def order_rows(found):
    """Rows of judge_order."""
    rows = []
    for kind in KINDS:
        areas = {name: np.array([one[kind][name] for one in found]) for name in found[0][kind]}
        for other in ("stock", "random", "average"):
            for place, baseline in enumerate(("blur", "grey", "average face")):
                for curve, way in enumerate(("deletion", "insertion")):
                    ratio = ratio_interval(areas["ours"][:, place, curve], areas[other][:, place, curve])
                    met = ratio[1] <= 1 if way == "deletion" else ratio[2] >= 1
                    rows.append(
                        row(f"{way}, {baseline}, over {other}", kind, "not surely worse", ratio, met, len(found))
                    )
    return rows


def steady_rows(found):
    """Rows of judge_steadiness."""
    rows = []
    for kind in KINDS:
        for key, low, high in (
            ("spearman", 0.95 if kind == "superpixels" else 0.97, 1),
            ("jaccard", 0.9, 1),
            ("coverage", 0.93, 0.97),
        ):
            value = float(np.mean([one[kind][key] for one in found]))
            rows.append(
                row(f"{key}, {NUM_SEEDS} seeds", kind, f"{low} to {high}", value, low <= value <= high, len(found))
            )
    return rows


def redrawn_rows(found):
    """Rows of judge_redrawn."""
    rows = []
    for kind in KINDS:
        value, chance = (float(np.mean([one[kind][key] for one in found])) for key in ("spearman", "chance"))
        rows.append(
            row(
                "mean abs Spearman with a redrawn network's map", kind, f"chance: {chance:.2f}", value, None, len(found)
            )
        )
    return rows


def speed_rows(found):
    """Rows of judge_speed."""
    middle = {key: float(np.median([one[key] for one in found])) for key in found[0]}
    lines = [
        (f"seconds to {key}", f"at most {bar}", middle[key], middle[key] <= bar)
        for key, bar in (("alone", 0.1), ("first", 0.2), ("last", 1.0))
    ]
    ratio = middle["plain"] / middle["last"]
    lines.append(
        (
            "times as fast as the user's own call (SLIC 100, 10,000 samples by tens, Keras predict)",
            "at least 60",
            ratio,
            ratio >= 60,
        )
    )
    return [row(what, "superpixels", bar, value, met, len(found)) for what, bar, value, met in lines]


class AverageFace:
    """The average of faces, each warped to their average landmarks, to be warped to any face's."""

    def __init__(self, faces):
        found = [frame_landmarks(pixels) for pixels in faces]
        self.landmarks = np.mean(found, axis=0)
        warped = [_warped(pixels, marks, self.landmarks) for pixels, marks in zip(faces, found, strict=True)]
        self.picture = np.mean([(one - one.mean()) / max(one.std(), 1) for one in warped], axis=0)

    def fitted(self, pixels):
        """(48, 48) uint8: the average face in a face's place, as bright and as rich in contrast."""
        warped = _warped(self.picture, self.landmarks, frame_landmarks(pixels))
        return np.clip(pixels.mean() + warped * pixels.std(), 0, 255).round().astype(np.uint8)


def _warped(picture, source, target):
    """A picture (48, 48) with its landmarks source (68, 2) moved to target."""
    edge = np.array([(x, y) for x in (0, 23.5, 47) for y in (0, 23.5, 47) if (x, y) != (23.5, 23.5)])
    inside = ((target > 1) & (target < IMAGE_SIZE - 2) & (source > 1) & (source < IMAGE_SIZE - 2)).all(axis=1)
    chosen = np.flatnonzero(inside)[::2]  # all 68 fold over each other where lips and lids nearly touch
    points = (np.concatenate([marks[chosen], edge]) for marks in (target, source))
    transform = PiecewiseAffineTransform.from_estimate(*points)
    return warp(picture.astype(float), transform, mode="edge")


MEASURES = {
    ("truth", 210): judge_truth,
    ("sets", 210): judge_sets,
    ("order", 210): judge_order,
    ("steady", 14): judge_steadiness,
    ("redrawn", 210): judge_redrawn,
    ("speed", 3): judge_speed,
}
"""What is measured, on how many faces at most."""
ROWS = {
    "truth": truth_rows,
    "sets": sets_rows,
    "order": order_rows,
    "steady": steady_rows,
    "redrawn": redrawn_rows,
    "speed": speed_rows,
}

if __name__ == "__main__":
    main()
