"""Tuning faces go in; a table of the ways to hide regions, and of what to show in their place, comes out.

    uv run python -m tests.bench.tried --data fer2013 --faces 2

Writes explanation-tried.json.
"""

import itertools
from functools import partial

import numpy as np
from scipy.ndimage import gaussian_filter, laplace
from skimage.transform import PiecewiseAffineTransform, warp
from sklearn.linear_model import Ridge

from emotion import IMAGE_SIZE
from emotion.data.load import load_faces

# _BalancedExplainer is private: to be public in emotion/explain.
from emotion.explain.explanation import FEW, HALF, _BalancedExplainer, hidden
from emotion.face.landmarks import frame_landmarks
from tests.bench.command import load_weights, read_arguments
from tests.bench.map_metrics import deletion_insertion, rank_agreement, ratio_interval, top_agreement
from tests.bench.maps import BASELINES, KINDS, balanced_rows, in_turn, method, tuning_faces
from tests.bench.pieces import Pieces
from tests.bench.record import write

NUM_SAMPLES = 2 * FEW.layer_size
"""Of each map, two of which are made each time: 798."""
OURS = "ours: 1 in 7, or 1 in 2 where that moves nothing"
NUM_RANDOM, NUM_AVERAGED = 5, 50
JUDGES = (*BASELINES, "average face")
"""What hides a region when a map is judged."""


def main():
    """Measure by the command line."""
    arguments = read_arguments(__doc__, faces=30)
    classify, facts = load_weights()
    validation = load_faces(arguments.data)["validation"]
    measure_tried(validation, classify, arguments.faces, arguments.output, facts)


def measure_tried(validation, classify, per_emotion, output, facts):
    """Try ways to hide regions, and things to show in their place, on tuning faces; write explanation-tried.json.

    Args:
        validation: data.Faces.
        classify: Classifier of the weights in models/.
        per_emotion: how many tuning faces of each emotion.
        output: Path of the folder to write into.
        facts: dict to write too: machine, weights.
    """
    tuning = tuning_faces(validation)
    rows = in_turn(tuning[balanced_rows(validation.labels[tuning], per_emotion, seed=1)])
    average = AverageFace(validation.pixels[np.random.default_rng(2).permutation(tuning)[:NUM_AVERAGED]])
    pieces = Pieces("tried", {"weights": facts["weights"], "method": method()})
    found = {}  # by table and kind of regions, a list of a dict a face
    for face, kind in itertools.product(rows, KINDS):
        for name, measure in (("fills", try_fills), ("designs", try_designs)):
            work = partial(measure, validation.pixels[face], kind, average, classify)
            found.setdefault((name, kind), []).append(pieces.measure(f"{name} {face} {kind}", work))
    tables = {}
    for (name, kind), measured in found.items():
        table = [summary(kind, way, [one[way] for one in measured]) for way in measured[0]]
        tables.setdefault(name, []).extend(table)
        print(*table, sep="\n")
    record = facts | {"faces": len(rows), "samples": NUM_SAMPLES} | tables
    write(output / "explanation-tried.json", record)


def summary(kind, way, measured):
    """One row of a table, over the faces."""
    line = {"kind": kind, "way": way}
    for key in measured[0]:
        values = np.array([one[key] for one in measured])
        if values.ndim == 1:
            line[key] = float(np.median(values) if key.startswith("fit") else np.mean(values))
        else:  # areas of the map's order, and of random ones, by judge
            line[key] = {judge: ratio_interval(*values[:, place].T) for place, judge in enumerate(JUDGES)}
    return line


class Trial:
    """A face under one map of regions, whose maps are judged by what their order does to the top emotion."""

    def __init__(self, pixels, kind, average, classify):
        self.pixels, self.regions, self.classify = pixels, KINDS[kind](pixels)[0], classify
        self.count = self.regions.max() + 1
        self.probabilities = classify(pixels[None])[0]
        self.top = int(self.probabilities.argmax())
        self.judges = [*(hide(pixels) for hide in BASELINES.values()), average.fitted(pixels)]
        random = np.random.default_rng(0)
        self.by_chance = np.mean([self.removed(random.random(self.count)) for _ in range(NUM_RANDOM)], axis=0)

    def ask(self, masks, fill):
        """(m,) float: the top emotion's probability, with fill (48, 48) where masks (m, n) are 0."""
        pictures = np.where(masks.astype(bool)[:, self.regions], self.pixels, fill)
        return self.classify(pictures)[:, self.top]

    def is_unmoved(self):
        """Whether our explainer turns to hiding half of the regions."""
        explainer = _BalancedExplainer(self.probabilities, random_state=0)
        face, blurred = self.pixels[..., None], hidden(self.pixels)[..., None]
        explainer.data_labels(face, blurred, self.regions, lambda pictures: self.classify(pictures[..., 0]), 1)
        return explainer.plan is HALF

    def removed(self, weights):
        """(3, 2) float: deletion and insertion area by each judge."""
        order = np.argsort(-weights / np.bincount(self.regions.ravel()))
        return [deletion_insertion(order, self.regions, partial(self.ask, fill=fill)) for fill in self.judges]

    def judged(self, fitted):
        """What the map of a fitted Ridge is worth: dict of numbers, and of [area, that by chance] by judge."""
        areas = np.stack([self.removed(fitted.coef_), self.by_chance], axis=2)  # judge, curve, map or chance
        at_the_face = fitted.intercept_ + fitted.coef_.sum()
        gap = float(abs(at_the_face - self.probabilities[self.top]))
        return {"gap": gap, "deletion": areas[:, 0].tolist(), "insertion": areas[:, 1].tolist()}


def try_designs(*face):
    """{way to draw masks: {measure: value}} of one face under one map of regions, all over a blur."""
    trial = Trial(*face)
    fill, random, found = hidden(trial.pixels), np.random.default_rng(0), {}
    any_share = random.random((NUM_SAMPLES // 3, trial.count)) < random.random((NUM_SAMPLES // 3, 1))
    answers_any = trial.ask(any_share, fill)
    for way, (draw, kernel) in DESIGNS.items():
        masks = [draw(np.random.RandomState(seed), trial.count) for seed in range(2)]
        answers = [trial.ask(one, fill) for one in masks]
        fitted = [Ridge(alpha=1).fit(x, y, kernel(x)) for x, y in zip(masks, answers, strict=True)]
        maps = np.array([one.coef_ for one in fitted])
        found[way] = {
            "spearman": rank_agreement(maps),
            "jaccard": top_agreement(maps),
            "fit": float(np.mean([fitted[seed].score(masks[1 - seed], answers[1 - seed]) for seed in range(2)])),
            "fit_any": float(np.mean([one.score(any_share, answers_any) for one in fitted])),
            **trial.judged(fitted[0]),
        }
    found[OURS] = found["balanced opposites, 1 in 2" if trial.is_unmoved() else "balanced, 1 in 7 hidden"]
    return found


def try_fills(pixels, kind, average, classify):
    """{what stands for a hidden region: {measure: value}} of one face under one map of regions, with our masks."""
    trial, found = Trial(pixels, kind, average, classify), {}
    for way, fill in FILLS.items():
        filled = fill(pixels, trial.regions, average)
        masks = np.split(_planes(np.random.RandomState(0), trial.count), 6)
        answers = [trial.ask(one, filled) for one in masks]
        fitted = Ridge(alpha=1).fit(np.concatenate(masks[1:]), np.concatenate(answers[1:]))
        found[way] = {"fit": fitted.score(masks[0], answers[0]), **trial.judged(fitted)}
    return found


def _independent(random, count, shown=0.5):
    return (random.random_sample((NUM_SAMPLES, count)) < shown).astype(int)


def _opposites(random, count, shares=None):
    """Each mask followed by its opposite, with one region in two hidden or shares (m, 1) drawn for each pair."""
    half = random.random_sample((NUM_SAMPLES // 2, count))
    shares = 0.5 if shares is None else shares
    masks = half < shares
    return np.stack([masks, ~masks], axis=1).astype(int).reshape(-1, count)


def _any_share(random, count):
    return _opposites(random, count, random.random_sample((NUM_SAMPLES // 2, 1)))


def _kernel_shap(random, count):
    """As many regions hidden as KernelSHAP's kernel says, (n - 1) / (C(n, k) k (n - k)), k or n - k at once."""
    sizes = np.arange(1, count)
    chances = 1 / (sizes * (count - sizes))
    drawn = random.choice(sizes, NUM_SAMPLES // 2, p=chances / chances.sum())
    masks = random.random_sample((len(drawn), count)).argsort(axis=1).argsort(axis=1) < drawn[:, None]
    return np.stack([masks, ~masks], axis=1).astype(int).reshape(-1, count)


def _planes(random, count):
    return np.concatenate([FEW.draw(random, count) for _ in range(2)])


def _pairs(random, count):
    return np.concatenate([HALF.draw(random, count) for _ in range(6)])


def _of_either(random, count):
    return np.concatenate([FEW.draw(random, count), *(HALF.draw(random, count) for _ in range(3))])


def _limes_kernel(masks):
    return np.sqrt(np.exp(-((1 - np.sqrt(masks.mean(axis=1))) ** 2) / 0.25**2))


def _flat(masks):
    return np.ones(len(masks))


DESIGNS = {
    "independent, lime's kernel": (_independent, _limes_kernel),
    "independent, 7 in 10 shown": (partial(_independent, shown=0.7), _flat),
    "opposites, any share shown": (_any_share, _flat),
    "opposites, KernelSHAP's shares": (_kernel_shap, _flat),
    "opposites, 1 in 2 shown": (_opposites, _flat),
    "balanced opposites, 1 in 2": (_pairs, _flat),
    "balanced, 1 in 7 hidden": (_planes, _flat),
    "balanced, half of either": (_of_either, _flat),
}
"""Ways to draw masks, each with lime's weight of a sample."""


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


def _inpainted(pixels, regions, _):
    """Each region filled in smoothly from its border alone, the others being shown (Laplace's equation)."""
    filled = pixels.astype(float)
    for region in range(regions.max() + 1):
        inside = regions == region
        patch = np.where(inside, pixels[~inside].mean(), pixels).astype(float)
        for _ in range(200):
            patch[inside] += laplace(patch, mode="nearest")[inside] / 4
        filled[inside] = patch[inside]
    return filled.round().astype(np.uint8)


def _own_mean(pixels, regions, _):
    return (np.bincount(regions.ravel(), pixels.ravel()) / np.bincount(regions.ravel()))[regions].astype(np.uint8)


def _blurred(pixels, _, __, sigma):
    return gaussian_filter(pixels.astype(np.float32), sigma).round().astype(np.uint8)


FILLS = {
    "blur, 3 pixels": partial(_blurred, sigma=3),
    "blur, 5 pixels": lambda pixels, *_: hidden(pixels),
    "blur, 8 pixels": partial(_blurred, sigma=8),
    "the face's mean grey": lambda pixels, *_: np.full_like(pixels, round(pixels.mean())),
    "each region's mean grey": _own_mean,
    "inpainting from the border": _inpainted,
    "the average face, by landmarks": lambda pixels, _, average: average.fitted(pixels),
    "black": lambda pixels, *_: np.zeros_like(pixels),
}
"""What stands for a hidden region."""


if __name__ == "__main__":
    main()
