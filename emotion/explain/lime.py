"""LIME (Ribeiro et al. 2016, arXiv 1602.04938) by the `lime` package, with two of its methods replaced.

The one that hides regions: here by balanced masks, a batch at once, each round on top of the last. The one that fits:
here all emotions at once, in log-odds, with errors.
"""

import numpy as np
from lime.lime_base import LimeBase
from lime.lime_image import LimeImageExplainer

from emotion.explain.masks import ask, draw_half, hidden
from emotion.explain.surrogate import fit_ridge, to_evidence


class BalancedLime(LimeImageExplainer):
    """LimeImageExplainer that keeps its samples: asked again, of the same face, it adds to those that it has.

    Args:
        random: numpy RandomState, draws the masks.
    """

    def __init__(self, random):
        super().__init__(random_state=random, feature_selection="none")
        self.base = _LogOddsRidge(kernel_fn=np.ones_like)
        self.layers = []  # (masks, probabilities) of each

    def explain(self, pixels, regions, classify, num_layers):
        """Explain a face from so many layers of samples.

        Args:
            pixels: (48, 48) uint8, grey, 0-255.
            regions: (48, 48) int, numbered from 0 without gaps.
            classify: function from (n, 48, 48) uint8 to (n, 7) float probabilities.
            num_layers: of masks.LAYER samples each.

        Returns:
            As surrogate.fit_ridge, of to_evidence.
        """
        while len(self.layers) < num_layers:
            self.add_layer(pixels, regions, classify)
        result = self.explain_instance(
            np.repeat(pixels[..., None], 3, axis=2),  # lime knows colour pictures only
            classify,
            labels=("all",),  # _LogOddsRidge answers for all at once
            top_labels=None,
            hide_color=np.repeat(hidden(pixels)[..., None], 3, axis=2),
            num_samples=num_layers,
            segmentation_fn=lambda _: regions,
            random_seed=0,  # not used; lime would draw one each round, and maps would hang on the rounds before
        )
        return result.intercept["all"], *result.local_exp["all"]

    def add_layer(self, pixels, regions, classify):
        """Ask about one more layer of samples; arguments as explain's."""
        masks = draw_half(self.random_state, regions.max() + 1)
        self.layers.append((masks, ask(pixels, regions, masks, classify)))

    def data_labels(self, *_, **__):
        """As lime's, but of the layers that there are: (masks (m, n), probabilities (m, 7)); no row shows all."""
        return tuple(map(np.concatenate, zip(*self.layers, strict=True)))


class _LogOddsRidge(LimeBase):
    def explain_instance_with_data(self, neighborhood_data, neighborhood_labels, *_, **__):
        """As lime's, but of all labels: intercepts (k,), (weights (n, k), deviations (b, n, k)), None, None."""
        intercepts, *found = fit_ridge(neighborhood_data, to_evidence(neighborhood_labels))
        return intercepts, found, None, None
