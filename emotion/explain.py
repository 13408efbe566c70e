"""A face, its regions and a classifier go in, LIME's answer to "which parts drove this?" comes out.

LIME: Ribeiro et al. 2016 (arXiv 1602.04938), by the `lime` package, of which two methods are
replaced: the one that hides regions (here in pairs, a batch at once, each round on top of the last)
and the one that fits (here all seven emotions at once, each with its own fit and errors).
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from lime.lime_base import LimeBase
from lime.lime_image import LimeImageExplainer
from scipy.ndimage import gaussian_filter

from emotion import EMOTIONS

ROUNDS = (256, 512, 1024, 1536)
"""Samples after which there is a map, each round keeping those before. The last is the cap: a second's worth of
predictions on 2 cores (measured: tests/bench.py)."""

STABLE = 0.97
"""A map is stable when another set of as many samples is expected to give one that agrees so well with it: the
correlation of the top emotion's weights."""

BATCH_SIZE = 256
BLUR = 5
"""Standard deviation of the blur that stands for a hidden region, in pixels of the 48x48 picture. Blurred faces stay
closer to what the network has seen than grey or black ones: the surrogate model fits best under it (first look,
14 faces: R^2 0.67, grey 0.62, black 0.42)."""


@dataclass(frozen=True)
class Explanation:
    """What LIME found about one face.

    Attributes:
        regions: (48, 48) int, numbered 0 to n-1 without gaps.
        names: n strings, one a region.
        weights: (n, 7) float, EMOTIONS order: by how much (0-1) each emotion's probability rises, on
            average, when the region is shown instead of hidden.
        covariances: (n, 7, 7) float: those of the errors of a region's seven weights.
        intercepts: (7,) float, the surrogate model's probability with all regions hidden.
        fit: (7,) float, the surrogate model's R^2 on samples that it was not fitted to; 1 all of
            the network's behaviour, 0 (or less) nothing.
        probabilities: (7,) float, what the classifier says of the whole face.
        num_samples: how many perturbed pictures the classifier was asked about.
        stable: whether another set of samples is expected to give the same map (see STABLE).
    """

    regions: np.ndarray
    names: tuple[str, ...]
    weights: np.ndarray
    covariances: np.ndarray
    intercepts: np.ndarray
    fit: np.ndarray
    probabilities: np.ndarray
    num_samples: int
    stable: bool

    @property
    def errors(self):
        """(n, 7) float: the standard errors of the weights."""
        return np.sqrt(np.diagonal(self.covariances, axis1=1, axis2=2))

    @property
    def surrogate_probabilities(self):
        """(7,) float: what the surrogate model says of the whole face."""
        return self.intercepts + self.weights.sum(axis=0)

    def contrast(self, emotion, other):
        """Why one emotion rather than another, from the same samples.

        Args:
            emotion: one of EMOTIONS.
            other: another of EMOTIONS.

        Returns:
            (weights, errors): (n,) float each; by how much (0-1) the gap between the two
            probabilities grows when the region is shown, and its standard error.
        """
        signs = np.zeros(len(EMOTIONS))
        signs[EMOTIONS.index(emotion)], signs[EMOTIONS.index(other)] = 1, -1
        return self.weights @ signs, np.sqrt(signs @ self.covariances @ signs)


def explain(pixels, regions, names, classify, seed=None, rounds=ROUNDS):
    """Explain all seven probabilities of a face from one set of samples, better and better.

    Args:
        pixels: (48, 48) uint8, grey, 0-255.
        regions: (48, 48) int, numbered from 0 without gaps (see regions.face_parts, regions.superpixels).
        names: one string a region.
        classify: function from (n, 48, 48) uint8 to (n, 7) float probabilities.
        seed: draws the samples. None takes one that the pixels give: the same face has the same map every time.
        rounds: even counts of samples, rising, after each of which there is a map.

    Yields:
        Explanation: each from the samples of the one before and more; the last is stable, or of the
        last round. Closing the generator stops the work.
    """
    seed = _seed_of(pixels) if seed is None else seed
    explainer = _PairedExplainer(random_state=seed, feature_selection="none")
    probabilities = classify(pixels[None])[0]
    top = probabilities.argmax()
    for num_samples in rounds:
        result = explainer.explain_instance(
            np.repeat(pixels[..., None], 3, axis=2),  # lime knows colour pictures only
            lambda pictures: classify(pictures[..., 0]),
            labels=("all",),  # _PairRidge answers for all seven at once
            top_labels=None,
            hide_color=np.repeat(hidden(pixels)[..., None], 3, axis=2),
            num_samples=num_samples,
            batch_size=BATCH_SIZE,
            segmentation_fn=lambda _: regions,
        )
        weights, covariances = result.local_exp["all"]
        stable = _reliability(weights[:, top], covariances[:, top, top]) >= STABLE
        yield Explanation(
            regions=regions,
            names=names,
            weights=weights,
            covariances=covariances,
            intercepts=result.intercept["all"],
            fit=result.score,
            probabilities=probabilities,
            num_samples=num_samples,
            stable=bool(stable),
        )
        if stable:
            return


def hide(pixels, regions, which, classify):
    """Ask the classifier about a face with some of its regions hidden, as the samples hide them.

    Args:
        pixels: (48, 48) uint8, grey, 0-255.
        regions: (48, 48) int.
        which: list of region numbers, perhaps empty.
        classify: function from (n, 48, 48) uint8 to (n, 7) float probabilities.

    Returns:
        (7,) float probabilities.
    """
    return classify(np.where(np.isin(regions, which), hidden(pixels), pixels)[None])[0]


def hidden(pixels):
    """The face as it looks where it is hidden: blurred.

    Args:
        pixels: (48, 48) uint8, grey, 0-255.

    Returns:
        (48, 48) uint8, grey, 0-255.
    """
    return gaussian_filter(pixels.astype(np.float32), BLUR).round().astype(np.uint8)


def _seed_of(pixels):
    return int.from_bytes(hashlib.sha256(pixels.tobytes()).digest()[:4], "big")


def _reliability(weights, variances):
    """The expected correlation of two maps, from one map's weights (n,) and the variances (n,) of their errors."""
    spread = weights.var()
    return 1 - variances.mean() / spread if spread else 1.0


class _PairedExplainer(LimeImageExplainer):
    """LimeImageExplainer that draws masks in pairs (z and 1 - z), hides a whole batch at once, and keeps its samples.

    In a pair the even-order interactions of regions cancel (Covert and Lee 2021, arXiv 2012.01536,
    section 4), so half as many samples give as steady a map. Asked again, for more samples of the
    same face, it adds to those that it has.
    """

    def __init__(self, **options):
        super().__init__(**options)
        self.base = _PairRidge(self.base.kernel_fn)
        self.masks, self.probabilities = [], []  # of batches

    def data_labels(self, image, fudged_image, segments, classifier_fn, num_samples, batch_size=10):
        """As lime's: (masks (num_samples, n), probabilities (num_samples, 7)); row 0 shows all regions, 1 none."""
        while (start := sum(map(len, self.masks))) < num_samples:
            shape = (min(batch_size, num_samples - start) // 2, segments.max() + 1)
            half = self.random_state.randint(0, 2, shape, dtype=np.int8)  # lime's own type differs between systems
            half[0] |= start == 0
            masks = np.stack([half, 1 - half], axis=1).reshape(-1, shape[1])
            shown = masks[:, segments, None].astype(bool)
            self.masks.append(masks)
            self.probabilities.append(classifier_fn(np.where(shown, image, fudged_image)))
        return np.concatenate(self.masks), np.concatenate(self.probabilities)


class _PairRidge(LimeBase):
    """LimeBase that fits all labels at once to paired samples, with what each weight's error is.

    The weights are those of lime's own regression (ridge, penalty 1, samples of equal weight), which
    in pairs becomes one on the differences within them: of the probabilities on the masks, both
    between a sample and its counterpart. Pairs are independent, samples are not, hence the errors
    and the fit are computed from them.
    """

    def explain_instance_with_data(self, neighborhood_data, neighborhood_labels, *_, **__):
        """As lime's, but of all k labels: intercepts (k,), (weights (n, k), covariances (n, k, k)), R^2 (k,), None."""
        signs = 2.0 * neighborhood_data[::2] - 1  # 1 shown, -1 hidden in the first of the pair
        pairs = neighborhood_labels.reshape(len(signs), 2, -1).astype(float)
        differences, means = pairs[:, 0] - pairs[:, 1], pairs.mean(axis=1)
        penalised = signs.T @ signs + 2 * np.eye(signs.shape[1])
        influences = np.linalg.solve(penalised, signs.T)  # n, pairs: how each pair moves each weight
        weights = influences @ differences
        leverages = np.einsum("pn,np->p", signs, influences)
        # What is left of each pair by the regression on the others (Allen 1974, PRESS), and so the errors are those
        # of HC3 (MacKinnon and White 1985), which hold where some pairs scatter more than others.
        residuals = (differences - signs @ weights) / (1 - leverages[:, None])
        products = residuals[:, :, None] * residuals[:, None, :]
        covariances = np.tensordot(influences**2, products, axes=1)
        missed = 2 * ((means - means.mean(axis=0)) ** 2 + residuals**2 / 4).sum(axis=0)  # squares, of both in a pair
        total = ((neighborhood_labels - neighborhood_labels.mean(axis=0)) ** 2).sum(axis=0)
        fit = 1 - missed / np.where(total > 0, total, 1)
        intercepts = means.mean(axis=0) - weights.sum(axis=0) / 2
        return intercepts, (weights, covariances), fit, None
