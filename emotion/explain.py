"""A face, its regions and a classifier go in, LIME's answer to "which parts drove this?" comes out.

LIME: Ribeiro et al. 2016 (arXiv 1602.04938), by the `lime` package, of which two methods are
replaced: the one that hides regions (here in pairs, and a batch at once) and the one that fits
(here all seven emotions at once, each with its own fit).
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from lime.lime_base import LimeBase
from lime.lime_image import LimeImageExplainer
from scipy.ndimage import gaussian_filter
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

NUM_SAMPLES = 1024
"""Samples of one explanation (first look: the order of regions then agrees between seeds at 0.92, Spearman)."""

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
        intercepts: (7,) float, the surrogate model's probability with all regions hidden.
        fit: (7,) float, the surrogate model's R^2 over the samples.
        probabilities: (7,) float, what the classifier says of the whole face.
    """

    regions: np.ndarray
    names: tuple[str, ...]
    weights: np.ndarray
    intercepts: np.ndarray
    fit: np.ndarray
    probabilities: np.ndarray

    @property
    def surrogate_probabilities(self):
        """(7,) float: what the surrogate model says of the whole face."""
        return self.intercepts + self.weights.sum(axis=0)


def explain(pixels, regions, names, classify, num_samples=NUM_SAMPLES):
    """Explain all seven probabilities of a face from one set of samples.

    The samples are drawn from a seed that the pixels give: the same face has the same map every time.

    Args:
        pixels: (48, 48) uint8, grey, 0-255.
        regions: (48, 48) int, numbered from 0 without gaps (see regions.superpixels).
        names: one string a region.
        classify: function from (n, 48, 48) uint8 to (n, 7) float probabilities.
        num_samples: perturbed pictures to classify, at least 2.

    Returns:
        Explanation.
    """
    explainer = _PairedExplainer(random_state=_seed_of(pixels), feature_selection="none")
    result = explainer.explain_instance(
        np.repeat(pixels[..., None], 3, axis=2),  # lime knows colour pictures only
        lambda pictures: classify(pictures[..., 0]),
        labels=("all",),  # _JointRidge answers for all seven at once
        top_labels=None,
        hide_color=np.repeat(hidden(pixels)[..., None], 3, axis=2),
        num_samples=num_samples,
        batch_size=BATCH_SIZE,
        segmentation_fn=lambda _: regions,
    )
    return Explanation(
        regions=regions,
        names=names,
        weights=result.local_exp["all"],
        intercepts=result.intercept["all"],
        fit=result.score,
        probabilities=classify(pixels[None])[0],
    )


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


class _PairedExplainer(LimeImageExplainer):
    """LimeImageExplainer that draws masks in pairs (z and 1 - z) and hides a whole batch at once.

    In a pair the even-order interactions of regions cancel (Covert and Lee 2021, arXiv 2012.01536,
    section 4), so half as many samples give as steady a map.
    """

    def __init__(self, **options):
        super().__init__(**options)
        self.base = _JointRidge(self.base.kernel_fn)

    def data_labels(self, image, fudged_image, segments, classifier_fn, num_samples, batch_size=10):
        """As lime's: (masks (num_samples, n), probabilities (num_samples, 7)); row 0 shows all regions."""
        shape = ((num_samples + 1) // 2, segments.max() + 1)
        half = self.random_state.randint(0, 2, shape, dtype=np.int8)  # lime's own type differs between systems
        half[0] = 1
        masks = np.concatenate([half, 1 - half])[:num_samples]
        probabilities = []
        for start in range(0, num_samples, batch_size):
            shown = masks[start : start + batch_size, segments, None].astype(bool)
            probabilities.append(classifier_fn(np.where(shown, image, fudged_image)))
        return masks, np.concatenate(probabilities)


class _JointRidge(LimeBase):
    """LimeBase that fits all labels in one ridge regression and keeps the fit of each.

    For every label the weights are those of lime's own regression, whose score and local prediction
    would be kept for the last label only (lime issues 173 and 506).
    """

    def explain_instance_with_data(
        self,
        neighborhood_data,
        neighborhood_labels,
        distances,
        label,
        num_features,
        feature_selection="none",
        model_regressor=None,
    ):
        """As lime's, but of all k labels: (intercepts (k,), weights (n, k), R^2 (k,), local predictions (k,))."""
        sample_weights = self.kernel_fn(distances)
        ridge = Ridge(alpha=1).fit(neighborhood_data, neighborhood_labels, sample_weight=sample_weights)
        predicted = ridge.predict(neighborhood_data)
        fit = r2_score(neighborhood_labels, predicted, sample_weight=sample_weights, multioutput="raw_values")
        return ridge.intercept_, ridge.coef_.T, fit, predicted[0]
