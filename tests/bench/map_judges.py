"""How true the three answers about a face are: each judge takes a Subject and gives what it found, ready for JSON."""

import time
from functools import cache, partial

import keras
import numpy as np
from lime.lime_image import LimeImageExplainer
from skimage.segmentation import slic

from emotion import EMOTIONS
from emotion.explain.explanation import explain
from emotion.explain.masks import ask, draw_any_share, greyed, hidden
from emotion.explain.regions import superpixels
from emotion.explain.subsets import KEPT, find_sets
from emotion.face.landmarks import frame_landmarks
from emotion.network.model import make_classifier
from tests.bench.map_metrics import coverage, deletion_insertion, r_squared, rank_agreement, top_agreement
from tests.bench.map_subject import KINDS, Subject
from tests.bench.record import MODELS

MANY_LAYERS, NUM_SEEDS, NUM_RANDOM = 167, 10, 4
SURE = 0.85
"""Faces whose answer has this probability or more are told apart, too."""

NUM_SHARES, NUM_HIDDEN = 500, 40
"""Masks of any share hidden that R^2 is measured on; masks of each of HIDDEN."""

HIDDEN = (3, 8, 22)


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
        off = {many: np.abs(hidden_answers[many] - expects(drawn[many])).mean() for many in HIDDEN}
        found[name] = {"fit": r_squared(answers, expects(shown))} | {
            str(many): 100 * float(value) for many, value in off.items()
        }
    by_parts = subject.of("face parts")
    alone = subject.ask(~np.eye(len(by_parts.names), dtype=bool), by_parts.regions)
    found["alone"] = 100 * float(np.abs(alone - by_parts.alone[:, subject.top]).max())
    found["agreement"] = rank_agreement(
        np.stack([subject.weights("face parts"), by_parts.probabilities[subject.top] - alone])
    )
    return found


def judge_sets(subject, **_):
    """The sets that were found, each asked about once more, and how many queries they took."""
    parts = subject.of("face parts")
    sets, numbers = parts.sets, np.arange(len(parts.names))
    found = {"queries": sets.num_queries, "none_alone": sets.none_alone, "changing": None, "sufficient": None}
    found["blur_agrees"] = bool(parts.blurred.argmax() == subject.top)
    confirmed = True
    if sets.changing is not None:
        again = ask(subject.pixels, parts.regions, ~np.isin(numbers, sets.changing)[None], subject.classify)[0]
        confirmed &= again.argmax() == EMOTIONS.index(sets.changed_to) != subject.top
        found["changing"] = len(sets.changing)
    if sets.sufficient is not None:
        again = ask(subject.pixels, parts.regions, np.isin(numbers, sets.sufficient)[None], subject.classify)[0]
        kept = again[subject.top] >= KEPT * parts.probabilities[subject.top] - 1e-6
        confirmed &= kept and again.argmax() == subject.top
        found["sufficient"] = len(sets.sufficient)
    doubtful = parts.disagree(EMOTIONS[subject.top])
    return found | {"confirmed": bool(confirmed), "disagree": int(doubtful.sum())}


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


def judge_splits(subject, **_):
    """Other ways to split the face, by the same map: R^2 over any share hidden; agreement of two sets of samples."""
    splits = {
        "patches": subject.split,
        "plain SLIC": superpixels(subject.pixels),
        "parts, samples of their own": subject.split.by_parts(),
    }
    found = {}
    for name, split in splits.items():
        other = Subject(subject.pixels, subject.classify, split)
        shown = draw_any_share(np.random.RandomState(0), len(split.names), NUM_SHARES)
        drawn = [list(explain(subject.pixels, split, subject.classify, seed=seed))[-1] for seed in range(2)]
        found[name] = {
            "fit": r_squared(other.ask(shown), other.surrogate().expected(shown)[:, subject.top]),
            "spearman": rank_agreement(np.array([one.weights[:, subject.top] for one in drawn])),
        }
    return found


def judge_redrawn(subject, **_):
    """Whether the map hangs on what the network has learned (Adebayo et al. 2018, arXiv 1810.03292)."""
    keras.utils.set_random_seed(int(subject.pixels.sum()))
    redrawn = make_classifier(keras.models.clone_model(_model()))  # new weights, at random
    *_, theirs = explain(subject.pixels, subject.split, redrawn)
    maps = {"superpixels": theirs, "face parts": theirs.by_parts()}
    return {
        kind: {
            "spearman": abs(rank_agreement(np.array([subject.weights(kind), maps[kind].weights[:, subject.top]]))),
            "chance": float(np.sqrt(2 / np.pi / (len(maps[kind].names) - 1))),
        }
        for kind in KINDS
    }


def judge_speed(subject, **_):
    """Seconds to each Explanation, and to the user's own call of stock lime by Keras' predict."""
    model, seconds = _model(), []
    begin = time.perf_counter()
    for _ in explain(subject.pixels, superpixels(subject.pixels, frame_landmarks(subject.pixels)), subject.classify):
        seconds.append(time.perf_counter() - begin)
    parts, begin = subject.of("face parts"), time.perf_counter()
    find_sets(
        parts.probabilities,
        parts.alone,
        subject.weights("face parts"),
        lambda sets: ask(subject.pixels, parts.regions, sets, subject.classify),
    )
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
    named = dict(zip(("alone", "first", "second", "last", "sets"), seconds, strict=True))
    return named | {"plain": time.perf_counter() - begin}


@cache
def _model():
    return keras.models.load_model(MODELS / "emotion.keras", compile=False)


MEASURES = {
    ("truth", 210): judge_truth,
    ("sets", 210): judge_sets,
    ("order", 210): judge_order,
    ("steady", 14): judge_steadiness,
    ("splits", 28): judge_splits,
    ("redrawn", 210): judge_redrawn,
    ("speed", 3): judge_speed,
}
"""What is measured, on how many faces at most."""
