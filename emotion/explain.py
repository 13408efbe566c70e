"""A face, its regions and a classifier go in, LIME's answer to "which parts drove this?" comes out.

LIME: Ribeiro et al. 2016 (arXiv 1602.04938), by the `lime` package, of which two methods are
replaced: the one that hides regions (here by a balanced plan, a batch at once, each round on top of
the last) and the one that fits (here all seven emotions at once, each with its own fit and errors).
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from lime.lime_base import LimeBase
from lime.lime_image import LimeImageExplainer
from scipy.ndimage import gaussian_filter
from scipy.stats import rankdata

from emotion import EMOTIONS

ROUNDS = (253, 759, 1518, 2277)
"""Samples after which there is a map, each round keeping those before: the last is the cap."""

STABLE = 0.97
"""A map is stable when another set of as many samples is expected to give one whose top emotion's weights, in whole
percentage points, agree in rank so well with it."""

PRIME, NON_SQUARE = 7, 3
"""One region in PRIME is hidden in one half of the samples: serves up to PRIME^2 = 49 regions. NON_SQUARE is the square
of no number modulo PRIME."""

PAIR_PRIME = 59
"""Every other region, about, is hidden in the other half: in PAIR_PRIME + 1 samples, each followed by its opposite. A
prime that leaves 3 when divided by 4, and not below the number of regions."""

SHARES = 3
"""A layer is complete after so many equal shares; the first share gives the first map."""

PLANES_SIZE, PAIRS_SIZE = (PRIME**3 + PRIME**2 + PRIME) // SHARES, 2 * (PAIR_PRIME + 1)
SHARE_SIZE = PLANES_SIZE + PAIRS_SIZE
"""Samples of one share: 133 + 120."""

BATCH_SIZE = 256
BLUR = 5
"""Standard deviation of the blur that stands for a hidden region, in pixels of the 48x48 picture. Chosen among eight
fills: none gives better orders by the judgement of all others and a better fit (measured: tests/bench.py, tried)."""


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
        variances = np.maximum(signs @ self.covariances @ signs, 0)  # of equal weights, rounding can leave -1e-20
        return self.weights @ signs, np.sqrt(variances)


def explain(pixels, regions, names, classify, seed=None, rounds=ROUNDS):
    """Explain all seven probabilities of a face from one set of samples, better and better.

    Args:
        pixels: (48, 48) uint8, grey, 0-255.
        regions: (48, 48) int, numbered from 0 without gaps (see regions.face_parts, regions.superpixels),
            at most 49.
        names: one string a region.
        classify: function from (n, 48, 48) uint8 to (n, 7) float probabilities.
        seed: draws the samples. None takes one that the pixels give: the same face has the same map every time.
        rounds: counts of samples, rising, after each of which there is a map; of each, as many as make
            whole shares of SHARE_SIZE, at least one.

    Yields:
        Explanation: each from the samples of the one before and more; the last is stable, or of the
        last round. Closing the generator stops the work.
    """
    seed = seed_of(pixels) if seed is None else seed
    explainer = _BalancedExplainer(random_state=seed, feature_selection="none")
    probabilities = classify(pixels[None])[0]
    top = probabilities.argmax()
    for num_samples in rounds:
        result = explainer.explain_instance(
            np.repeat(pixels[..., None], 3, axis=2),  # lime knows colour pictures only
            lambda pictures: classify(pictures[..., 0]),
            labels=("all",),  # _BlockRidge answers for all seven at once
            top_labels=None,
            hide_color=np.repeat(hidden(pixels)[..., None], 3, axis=2),
            num_samples=num_samples,
            batch_size=BATCH_SIZE,
            segmentation_fn=lambda _: regions,
            random_seed=0,  # not used; lime would draw one each round, and maps would hang on the rounds before
        )
        weights, covariances = result.local_exp["all"]
        stable = _expected_agreement(weights[:, top], np.sqrt(covariances[:, top, top])) >= STABLE
        yield Explanation(
            regions=regions,
            names=names,
            weights=weights,
            covariances=covariances,
            intercepts=result.intercept["all"],
            fit=result.score,
            probabilities=probabilities,
            num_samples=explainer.num_samples,
            stable=bool(stable),
        )
        if stable:
            return


def seed_of(pixels):
    """The seed that a face's pixels (48, 48) give: int, 0 to 2^32 - 1."""
    return int.from_bytes(hashlib.sha256(pixels.tobytes()).digest()[:4], "big")


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


def _expected_agreement(weights, errors, num_maps=20):
    """The Spearman correlation that two maps are expected to have, by one map's weights (n,) and their errors (n,)."""
    spread = weights.var()
    if spread < 1e-12:
        return 1.0  # a map of nothing but rounding
    true_share = np.sqrt(max(0, 1 - (errors**2).mean() / spread))  # the rest of the spread is the errors' own
    random = np.random.default_rng(0)
    maps = (
        weights.mean() + true_share * (weights - weights.mean()) + errors * random.normal(size=(num_maps, len(weights)))
    )
    ranks = rankdata(maps.round(2), axis=1)
    ranks = ranks[ranks.std(axis=1) > 0]  # where all weights are rounded alike, there is no order
    return np.corrcoef(ranks)[np.triu_indices(len(ranks), 1)].mean() if len(ranks) > 1 else 1.0


class _BalancedExplainer(LimeImageExplainer):
    """LimeImageExplainer that hides regions by a balanced plan, a batch at once, and keeps its samples.

    A layer of 759 samples hides few regions in one half, many in the other. In its 399 samples with few each
    region is hidden 57 times, any two together 8 times, any three once (orthogonal arrays of strength 3: Hedayat,
    Sloane and Stufken 1999, chapter 1); in each 120 with many, any three are hidden and shown in all eight ways
    equally often. So what two regions do together cancels out of the weight of each, as it does with independent
    masks on average only. Asked again, for more samples of the same face, it adds shares to those that it has.
    """

    def __init__(self, **options):
        super().__init__(**options)
        self.base = _BlockRidge(kernel_fn=np.ones_like)
        self.shares = []  # (masks, probabilities) of each
        self.planes = []  # of the layer that is being made, what is left

    @property
    def num_samples(self):
        """How many samples there are so far."""
        return SHARE_SIZE * len(self.shares)

    def data_labels(self, image, fudged_image, segments, classifier_fn, num_samples, batch_size=10):
        """As lime's: (masks (m, n), probabilities (m, 7)), m at most num_samples or one share; no row shows all."""
        while not self.shares or self.num_samples + SHARE_SIZE <= num_samples:
            masks = self._draw_share(segments.max() + 1)
            probabilities = []
            for start in range(0, len(masks), batch_size):
                shown = masks[start : start + batch_size, segments, None].astype(bool)
                probabilities.append(classifier_fn(np.where(shown, image, fudged_image)))
            self.shares.append((masks, np.concatenate(probabilities)))
        return tuple(map(np.concatenate, zip(*self.shares, strict=True)))

    def _draw_share(self, num_regions):
        """(SHARE_SIZE, n) int8 masks: blocks of PRIME that hide each region once, then of two that are opposites."""
        if not self.planes:
            self.planes = np.split(_draw_planes(self.random_state, num_regions), SHARES)
        return np.concatenate([self.planes.pop(), _draw_pairs(self.random_state, num_regions)])


def _draw_planes(random, num_regions):
    """(SHARES * PLANES_SIZE, n) int8 masks, each PRIME of them a block that hides every region once.

    Regions are points (x, y, x^2 - NON_SQUARE * y^2) of the space of integers modulo PRIME, of which no
    three lie on a line (Bose 1947), so that any three lie on one plane. A sample hides the regions on
    a plane; parallel planes make a block, all planes an array.
    """
    x, y = np.divmod(random.permutation(PRIME**2)[:num_regions], PRIME)
    points = np.stack([x, y, x**2 - NON_SQUARE * y**2])
    every = range(PRIME)
    normals = [(1, u, v) for u in every for v in every] + [(0, 1, v) for v in every] + [(0, 0, 1)]
    planes = random.permutation(normals) @ points % PRIME  # by block and region, which sample hides it
    return (planes[:, None] != np.arange(PRIME)[:, None]).astype(np.int8).reshape(-1, num_regions)


def _draw_pairs(random, num_regions):
    """(PAIRS_SIZE, n) int8 masks, each followed by its opposite.

    Rows of Paley's Hadamard matrix (1933): -1 on the diagonal, elsewhere whether the distance to it is a square.
    Their columns, and whether a column is turned into its opposite, are drawn.
    """
    numbers = np.arange(PAIR_PRIME)
    squares = np.isin(numbers, numbers[1:] ** 2 % PAIR_PRIME)
    rows = np.concatenate([np.ones((1, PAIR_PRIME), bool), squares[(numbers - numbers[:, None]) % PAIR_PRIME]])
    rows = rows[:, random.permutation(PAIR_PRIME)[:num_regions]] ^ (random.random_sample(num_regions) < 0.5)
    return np.stack([rows, ~rows], axis=1).astype(np.int8).reshape(-1, num_regions)


class _BlockRidge(LimeBase):
    """LimeBase that fits all labels at once to blocks of samples, with each weight's error.

    The weights are those of lime's own regression (ridge, penalty 1) where all samples count alike.
    Blocks are drawn at random, the samples of one are not, so errors and fit leave out whole blocks.
    """

    def explain_instance_with_data(self, neighborhood_data, neighborhood_labels, *_, **__):
        """As lime's, but of all k labels: intercepts (k,), (weights (n, k), covariances (n, k, k)), R^2 (k,), None."""
        num_layers = len(neighborhood_data) // (SHARES * SHARE_SIZE)
        weights, covariances, fit = self._fit(neighborhood_data, neighborhood_labels)
        if num_layers > 1:
            # Blocks of a layer balance each other, which leaving one out can't see: the scatter of whole layers can.
            # There are few, so it only tells one factor an emotion, over all regions (design effect: Kish 1965).
            whole = num_layers * SHARES * SHARE_SIZE
            layers = (np.split(values[:whole], num_layers) for values in (neighborhood_data, neighborhood_labels))
            each = [self._fit(*layer)[0] for layer in zip(*layers, strict=True)]
            scatter = np.var(each, axis=0, ddof=1).sum(axis=0) * SHARES * SHARE_SIZE / len(neighborhood_data)
            variances = covariances.sum(axis=0).diagonal()
            factors = np.sqrt(scatter / np.where(variances > 0, variances, 1))
            covariances *= factors[:, None] * factors
        intercepts = neighborhood_labels.mean(axis=0) - neighborhood_data.mean(axis=0) @ weights
        return intercepts, (weights, covariances), fit, None

    def _fit(self, masks, labels):
        """Ridge, and the jackknife over blocks (Efron 1982) of its weights: (weights, covariances, R^2)."""
        masks, labels = masks - masks.mean(axis=0), labels - labels.mean(axis=0, dtype=float)
        influences = np.linalg.solve(masks.T @ masks + np.eye(masks.shape[1]), masks.T)
        weights = influences @ labels
        residuals = labels - masks @ weights
        covariances, missed = 0, 0
        for blocks in _by_block(masks, influences.T, residuals):
            changes, errors = _leave_out(*blocks, len(masks))
            changes -= changes.mean(axis=0)  # samples with few hidden and with many are drawn apart from each other
            covariances += np.einsum("bnk,bnl->nkl", changes, changes)
            missed += (errors**2).sum(axis=(0, 1))
        total = (labels**2).sum(axis=0)
        return weights, covariances, 1 - missed / np.where(total > 0, total, 1)


def _by_block(*arrays):
    """Arrays (m, ...) of whole shares as ((b, PRIME, ...), ...) of the planes, then ((c, 2, ...), ...) of the pairs."""
    shares = [values.reshape(-1, SHARE_SIZE, values.shape[1]) for values in arrays]
    yield [values[:, :PLANES_SIZE].reshape(-1, PRIME, values.shape[2]) for values in shares]
    yield [values[:, PLANES_SIZE:].reshape(-1, 2, values.shape[2]) for values in shares]


def _leave_out(masks, influences, residuals, count):
    """What leaving out each of b blocks (b, s, ...) of a ridge on count samples does.

    Returns:
        (changes, errors): by how much the weights change, (b, n, k), and how far off the block's own samples
        are then foretold, (b, s, k).
    """
    leverages = masks @ influences.transpose(0, 2, 1) + 1 / count  # the last for the intercept
    errors = np.linalg.solve(np.eye(masks.shape[1]) - leverages, residuals)
    return np.einsum("bsn,bsk->bnk", influences, errors), errors
