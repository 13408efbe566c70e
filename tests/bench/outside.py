"""Judges from outside: xplique and quantus measure this project's map, stock lime's, and xplique's own maps.

    uv run --with xplique==2.0.2,quantus==0.6.0 python -m tests.bench.outside --data fer2013

Both packages come in an environment of their own: xplique needs an older TensorFlow. Writes outside.json; goes on
where it was stopped, from runs/outside.jsonl. Measures and settings are the packages' own where nothing is said here.
"""

from dataclasses import dataclass
from functools import partial

import keras
import numpy as np
import quantus
from scipy.stats import bootstrap, spearmanr
from xplique.attributions import HsicAttributionMethod, KernelShap, Rise, SobolAttributionMethod
from xplique.metrics import AverageStability, Deletion, Insertion, MuFidelity

from emotion import EMOTIONS, IMAGE_SIZE
from emotion.data.load import load_faces
from emotion.explain.masks import hidden
from emotion.explain.regions import Regions, superpixels
from emotion.face.landmarks import frame_landmarks
from tests.bench.command import load_weights, read_arguments
from tests.bench.explanation import in_turn, measured_faces
from tests.bench.map_subject import STOCK_SAMPLES, Subject
from tests.bench.pieces import RUNS, Pieces
from tests.bench.record import MODELS, write

SAMPLES = 720
"""Queries of each rival; the page's map has as many, and some for what is measured alone."""

GRID = 7
"""Cells to a side, of the rivals that know no face parts."""

NOISE, NUM_NOISY = 8, 2
"""Grey levels that are added to a face, at most, to see whether its map stays; how often."""

REMOVED = tuple(range(10, 100, 10))
"""Per cent of the pixels that ROAD removes."""


@dataclass(frozen=True)
class Asked:
    """A face, split into regions, and the classifier, which is asked about one label of it.

    Pictures go to xplique as their difference from the blurred face. Its 0, the fill of all its methods and measures,
    is then the blur that hides a region of the page's map.
    """

    pixels: np.ndarray
    split: Regions
    label: int
    classify: object

    @property
    def target(self):
        """(1, 7) float32: 1 at the label."""
        return np.eye(len(EMOTIONS), dtype=np.float32)[None, self.label]

    @property
    def difference(self):
        """(1, 48, 48, 1) float32."""
        return (self.pixels.astype(np.float32) - hidden(self.pixels))[None, ..., None]

    def pictures(self, differences):
        """Differences (n, 48, 48, 1) as pictures (n, 48, 48) uint8."""
        return np.clip(np.rint(np.asarray(differences)[..., 0] + hidden(self.pixels)), 0, 255).astype(np.uint8)

    def answer(self, differences):
        """What xplique takes for the network: (n, 48, 48, 1) -> (n, 7) float probabilities."""
        return self.classify(self.pictures(differences))

    def draw(self, method, pixels):
        """The map (48, 48) float by one of METHODS, of this face, perhaps with noise added (48, 48) uint8."""
        return METHODS[method](Asked(pixels, self.split, self.label, self.classify))


def ours(asked):
    """The page's map: the evidence of each patch, spread over its pixels."""
    subject = Subject(asked.pixels, asked.classify, asked.split)
    return spread(subject.explanation.weights[:, asked.label], asked)


def stock(asked):
    """Stock lime's map, on the same patches."""
    return spread(Subject(asked.pixels, asked.classify, asked.split).stock(asked.split.numbers)[1], asked)


def spread(weights, asked):
    """Weights (n,) of the regions as weight per pixel (48, 48)."""
    numbers = asked.split.numbers
    return (weights / np.bincount(numbers.ravel()))[numbers]


def by_xplique(make, asked):
    """The map by an explainer of xplique, which make gives for what it takes for the network, and for the regions."""
    explainer = make(asked.answer, lambda _: asked.split.numbers.astype(np.int32))
    return np.asarray(explainer(asked.difference, asked.target)).reshape(IMAGE_SIZE, IMAGE_SIZE)


METHODS = {
    "this project's map": ours,
    f"stock lime, {STOCK_SAMPLES:,} samples": stock,
    "KernelSHAP, on the same patches": partial(
        by_xplique,
        lambda answer, regions: KernelShap(
            answer, 256, map_to_interpret_space=regions, nb_samples=SAMPLES, ref_value=np.zeros(1, np.float32)
        ),
    ),
    "RISE": partial(
        by_xplique, lambda answer, _: Rise(answer, 256, nb_samples=SAMPLES, grid_size=GRID, mask_value=0.0)
    ),
    "Sobol": partial(  # 16 times the cells and two more: 816 queries
        by_xplique, lambda answer, _: SobolAttributionMethod(answer, GRID, nb_design=16, batch_size=256)
    ),
    "HSIC": partial(
        by_xplique, lambda answer, _: HsicAttributionMethod(answer, GRID, nb_design=SAMPLES, batch_size=256)
    ),
}


def main():
    """Measure by the command line."""
    arguments = read_arguments(__doc__, faces=5)
    classify, facts = load_weights()
    validation = load_faces(arguments.data)["validation"]
    pixels = validation.pixels[in_turn(measured_faces(validation, arguments.faces))]
    runs = RUNS if arguments.output == MODELS else arguments.output
    pieces = Pieces("outside", {"weights": facts["weights"]}, runs)
    rows = [
        {"method": method, **{judge: mean_interval(values) for judge, values in found.items()}}
        for method, found in measure(pixels, classify, pieces).items()
    ]
    for row in rows:
        print(row)
    write(arguments.output / "outside.json", facts | {"faces": len(pixels), "rows": rows})


def measure(pixels, classify, pieces):
    """Measure faces (n, 48, 48) uint8: by method, by judge, a value for each face."""
    labels = classify(pixels).argmax(axis=1)
    asked = [
        Asked(face, superpixels(face, frame_landmarks(face)), int(label), classify)
        for face, label in zip(pixels, labels, strict=True)
    ]
    network = keras.models.load_model(MODELS / "emotion.keras", compile=False)
    found = {}
    for method in METHODS:
        judged = [
            pieces.measure(f"{method}, face {number}", partial(judge_by_xplique, method, one))
            for number, one in enumerate(asked)
        ]
        found[method] = {judge: [one[judge] for one in judged] for judge in judged[0] if judge != "map"}
        maps = np.array([one["map"] for one in judged])
        found[method] |= pieces.measure(f"{method}, quantus", partial(judge_by_quantus, method, asked, maps, network))
    return found


def judge_by_xplique(method, asked):
    """The map of a face and what xplique's measures say of it, ready for JSON."""
    keras.utils.set_random_seed(0)
    known = (asked.answer, asked.difference, asked.target)
    drawn = asked.draw(method, asked.pixels)[None].astype(np.float32)

    def again(differences, _):
        return np.stack([asked.draw(method, picture) for picture in asked.pictures(differences)])

    steady = AverageStability(*known, radius=NOISE, distance=unlike, nb_samples=NUM_NOISY)
    return {
        "map": drawn[0].tolist(),
        "MuFidelity": MuFidelity(*known, batch_size=256, grid_size=8).evaluate(drawn),
        "Deletion": float(Deletion(*known, steps=16).evaluate(drawn)),
        "Insertion": float(Insertion(*known, steps=16).evaluate(drawn)),
        "AverageStability": steady.evaluate(again, drawn),
    }


def judge_by_quantus(method, asked, maps, network):
    """What quantus' measures say of the maps (n, 48, 48) of faces: by judge, a value for each."""
    keras.utils.set_random_seed(0)
    pictures = np.stack([one.pixels for one in asked])[..., None].astype(np.float32)
    labels = np.array([one.label for one in asked])

    def explain_again(model, inputs, targets, **_):
        noisy = np.clip(np.rint(inputs), 0, 255).astype(np.uint8).reshape(len(asked), IMAGE_SIZE, IMAGE_SIZE)
        return np.stack([one.draw(method, face) for one, face in zip(asked, noisy, strict=True)])[:, None]

    def judged_by(metric):
        return metric(
            model=network,
            x_batch=pictures,
            y_batch=labels,
            a_batch=maps[:, None],
            channel_first=False,
            softmax=True,
            batch_size=len(asked),
            explain_func=explain_again,
        )

    quiet = {"disable_warnings": True}
    correlation = judged_by(quantus.FaithfulnessCorrelation(perturb_baseline="mean", **quiet))
    road = quantus.ROAD(percentages=list(REMOVED), **quiet)
    judged_by(road)
    sensitivity = judged_by(
        quantus.MaxSensitivity(nr_samples=NUM_NOISY, lower_bound=NOISE, similarity_func=quantus.difference, **quiet)
    )
    return {
        "FaithfulnessCorrelation": list(map(float, correlation)),
        "ROAD": list(map(float, road.evaluation_scores.values())),
        "MaxSensitivity": list(map(float, sensitivity)),
    }


def unlike(first, second):
    """1 less the Spearman correlation of two maps: 0 is the same order."""
    return 1 - float(spearmanr(np.ravel(first), np.ravel(second)).statistic)


def mean_interval(values):
    """[mean, low, high] of values: its 95 % interval by bootstrap."""
    drawn = bootstrap((np.asarray(values),), np.mean, method="percentile", rng=0)
    return [float(np.mean(values)), *map(float, drawn.confidence_interval)]


if __name__ == "__main__":
    main()
