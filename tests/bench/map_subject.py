"""A face that maps are measured on: its regions, its explanation, stock lime's answer to the same, an average face."""

from functools import cached_property

import numpy as np
from lime.lime_image import LimeImageExplainer
from skimage.transform import PiecewiseAffineTransform, warp

from emotion import IMAGE_SIZE
from emotion.explain.explanation import LAYERS, NUM_HELD_OUT, explain, seed_of
from emotion.explain.lime import BalancedLime
from emotion.explain.masks import BATCH_SIZE, ask, draw_any_share, hidden
from emotion.explain.regions import superpixels
from emotion.explain.surrogate import Surrogate, to_evidence
from emotion.face.landmarks import frame_landmarks

KINDS = ("superpixels", "face parts")
STOCK_SAMPLES = 1_000


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
        found = BalancedLime(random).explain(self.pixels, self.split.numbers, self.classify, LAYERS[-1])
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


def map_of(pixels, classify):
    """The answer's weights as a picture of weight per pixel: (48, 48) nested list."""
    subject = Subject(pixels, classify)
    weights = subject.weights("superpixels")
    return (weights / np.bincount(subject.split.numbers.ravel()))[subject.split.numbers].tolist()


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
