"""A face, its regions and a classifier go in, LIME's answer to "which parts drove this?" comes out.

LIME: Ribeiro et al. 2016 (arXiv 1602.04938), by the `lime` package, of which two methods are
replaced: the one that hides regions (here by a balanced plan, a batch at once, each round on top of
the last) and the one that fits (here all seven emotions at once, each with its own fit and errors).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from lime.lime_base import LimeBase
from lime.lime_image import LimeImageExplainer
from scipy.ndimage import gaussian_filter
from scipy.stats import norm, rankdata
from scipy.stats import t as student_t

from emotion import EMOTIONS

ROUNDS = (133, 399, 798, 1197, 1596, 2394)
"""Samples after which there is a map, each round keeping those before: the last is the cap."""

STABLE = 0.96
"""A map is stable when another set of as many samples is expected to give one whose top emotion's weights, in whole
percentage points, agree in rank so well with it; that can be told from two layers of samples on (see _BlockRidge)."""

UNMOVED = 0.06
"""Where hiding one region in seven moves the top emotion's probability by less than this (root mean square), such
samples say next to nothing about an answer that sure: every other region is hidden instead. Chosen on tuning faces, for
which the map's order is then worth more (measured: tests/bench.py, tried)."""

PRIME, NON_SQUARE = 7, 3
"""One region in PRIME is hidden: serves up to PRIME^2 = 49 regions. NON_SQUARE is the square of no number modulo
PRIME."""

PAIR_PRIME = 59
"""Every other region, about, is hidden: in PAIR_PRIME + 1 samples, each followed by its opposite. A prime that leaves 3
when divided by 4, and not below the number of regions."""

ROUNDING = 1e-6
"""No weight is known better than this, since probabilities are rounded (float32)."""

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
        num_samples: how many perturbed pictures the weights were fitted to.
        hidden_share: which share (0-1) of the regions these hide, on average: one in seven or one in two.
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
    hidden_share: float
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
            whole shares of the plan that the face has, at least one.

    Yields:
        Explanation: each from the samples of the one before and more; the last is stable, or of the
        last round. Closing the generator stops the work.
    """
    seed = seed_of(pixels) if seed is None else seed
    probabilities = classify(pixels[None])[0]
    top = probabilities.argmax()
    explainer = _BalancedExplainer(probabilities, random_state=seed, feature_selection="none")
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
        comparable = explainer.num_samples >= 2 * explainer.plan.layer_size
        stable = comparable and _expected_agreement(weights[:, top], np.sqrt(covariances[:, top, top])) >= STABLE
        yield Explanation(
            regions=regions,
            names=names,
            weights=weights,
            covariances=covariances,
            intercepts=result.intercept["all"],
            fit=result.score,
            probabilities=probabilities,
            num_samples=explainer.num_samples,
            hidden_share=1 / explainer.plan.block_size,
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


@dataclass(frozen=True)
class _Plan:
    """In which samples which regions are hidden.

    Blocks hide each region once, or each sample is followed by its opposite; a layer, of whole blocks, hides any two
    regions, and any three, together equally often. So what two regions do together cancels out of the weight of each,
    as it does with independent masks on average only (orthogonal arrays of strength 3: Hedayat, Sloane and Stufken
    1999, chapter 1).

    Attributes:
        draw: function from a RandomState and a number of regions n to the masks of a layer, (m, n) int8, 1 shown.
        layer_size: its m.
        block_size: samples of a block, each of which hides one region in so many.
        num_shares: equal parts of a layer, that are asked about one after the other; the first gives the first map.
    """

    draw: Callable
    layer_size: int
    block_size: int
    num_shares: int

    @property
    def share_size(self):
        """Samples of one share."""
        return self.layer_size // self.num_shares


class _BalancedExplainer(LimeImageExplainer):
    """LimeImageExplainer that hides regions by a _Plan, a batch at once, and keeps its samples.

    It begins with FEW, and turns to HALF where FEW's first share leaves the top emotion as it is (see UNMOVED). Asked
    again, for more samples of the same face, it adds shares to those that it has.

    Args:
        probabilities: (7,) float, what the classifier says of the whole face.
        options: LimeImageExplainer's.
    """

    def __init__(self, probabilities, **options):
        super().__init__(**options)
        self.probabilities = probabilities
        self._turn_to(FEW)

    def _turn_to(self, plan):
        self.plan = plan
        self.base = _BlockRidge(plan)
        self.shares = []  # (masks, probabilities) of each
        self.left = []  # masks of the layer's other shares

    @property
    def num_samples(self):
        """How many samples there are so far."""
        return self.plan.share_size * len(self.shares)

    def data_labels(self, image, fudged_image, segments, classifier_fn, num_samples, batch_size=10):
        """As lime's: (masks (m, n), probabilities (m, 7)), m at most num_samples or one share; no row shows all."""
        while not self.shares or self.num_samples + self.plan.share_size <= num_samples:
            masks = self._draw_share(segments.max() + 1)
            probabilities = []
            for start in range(0, len(masks), batch_size):
                shown = masks[start : start + batch_size, segments, None].astype(bool)
                probabilities.append(classifier_fn(np.where(shown, image, fudged_image)))
            self.shares.append((masks, np.concatenate(probabilities)))
            if self.plan is FEW and len(self.shares) == 1 and self._is_unmoved():
                self._turn_to(HALF)
        return tuple(map(np.concatenate, zip(*self.shares, strict=True)))

    def _draw_share(self, num_regions):
        """(plan.share_size, n) int8 masks, 1 shown: the next share of a layer."""
        if not self.left:
            self.left = np.split(self.plan.draw(self.random_state, num_regions), self.plan.num_shares)
        return self.left.pop()

    def _is_unmoved(self):
        """Whether the samples say of the top emotion about what the whole face says."""
        top = self.probabilities.argmax()
        return np.square(self.shares[0][1][:, top] - self.probabilities[top]).mean() < UNMOVED**2


def _draw_planes(random, num_regions):
    """A layer of masks (PRIME^3 + PRIME^2 + PRIME, n) int8, each PRIME of them a block that hides every region once.

    Regions are points (x, y, x^2 - NON_SQUARE * y^2) of the space of integers modulo PRIME, of which no
    three lie on a line (Bose 1947), so that any three lie on one plane. A sample hides the regions on
    a plane; parallel planes make a block, all planes a layer: of its 399 samples, 57 hide a region, 8 any two, 1 any
    three.
    """
    x, y = np.divmod(random.permutation(PRIME**2)[:num_regions], PRIME)
    points = np.stack([x, y, x**2 - NON_SQUARE * y**2])
    every = range(PRIME)
    normals = [(1, u, v) for u in every for v in every] + [(0, 1, v) for v in every] + [(0, 0, 1)]
    planes = random.permutation(normals) @ points % PRIME  # by block and region, which sample hides it
    return (planes[:, None] != np.arange(PRIME)[:, None]).astype(np.int8).reshape(-1, num_regions)


def _draw_pairs(random, num_regions):
    """A layer of masks (2 * (PAIR_PRIME + 1), n) int8, each followed by its opposite.

    Rows of Paley's Hadamard matrix (1933): -1 on the diagonal, elsewhere whether the distance to it is a square.
    Their columns, and whether a column is turned into its opposite, are drawn. Any three regions are hidden and shown
    in all eight ways equally often.
    """
    numbers = np.arange(PAIR_PRIME)
    squares = np.isin(numbers, numbers[1:] ** 2 % PAIR_PRIME)
    rows = np.concatenate([np.ones((1, PAIR_PRIME), bool), squares[(numbers - numbers[:, None]) % PAIR_PRIME]])
    rows = rows[:, random.permutation(PAIR_PRIME)[:num_regions]] ^ (random.random_sample(num_regions) < 0.5)
    return np.stack([rows, ~rows], axis=1).astype(np.int8).reshape(-1, num_regions)


FEW = _Plan(_draw_planes, PRIME**3 + PRIME**2 + PRIME, PRIME, num_shares=3)
HALF = _Plan(_draw_pairs, 2 * (PAIR_PRIME + 1), 2, num_shares=1)
"""Plans that hide one region in seven, and about every other."""


class _BlockRidge(LimeBase):
    """LimeBase that fits all labels at once to the blocks of a _Plan, with each weight's error.

    The weights are those of lime's own regression (ridge, penalty 1) where all samples count alike.
    Blocks are drawn at random, the samples of one are not, so errors and fit leave out whole blocks.
    """

    def __init__(self, plan):
        super().__init__(kernel_fn=np.ones_like)
        self.plan = plan

    def explain_instance_with_data(self, neighborhood_data, neighborhood_labels, *_, **__):
        """As lime's, but of all k labels: intercepts (k,), (weights (n, k), covariances (n, k, k)), R^2 (k,), None."""
        num_layers = len(neighborhood_data) // self.plan.layer_size
        weights, covariances, fit = self._fit(neighborhood_data, neighborhood_labels)
        if num_layers > 1:
            # Blocks of a layer balance each other, which leaving one out can't see: the scatter of whole layers can.
            # There are few, so it only tells one factor an emotion, over all regions (design effect: Kish 1965). What
            # is balanced had told regions apart, so the errors are drawn halfway to being alike; and they are widened
            # as Student's t asks for so few layers (degrees of freedom: Satterthwaite 1946).
            covariances = (covariances + covariances.mean(axis=0)) / 2
            whole = num_layers * self.plan.layer_size
            layers = (np.split(values[:whole], num_layers) for values in (neighborhood_data, neighborhood_labels))
            each = [self._fit(*layer)[0] for layer in zip(*layers, strict=True)]
            scatter = np.var(each, axis=0, ddof=1).sum(axis=0) * self.plan.layer_size / len(neighborhood_data)
            variances = np.diagonal(covariances, axis1=1, axis2=2)
            total, squares = (
                np.where(sums > 0, sums, 1) for sums in (variances.sum(axis=0), (variances**2).sum(axis=0))
            )
            wider = student_t.ppf(0.975, (num_layers - 1) * total**2 / squares) / norm.ppf(0.975)
            factors = wider * np.sqrt(scatter / total)
            covariances *= factors[:, None] * factors
        intercepts = neighborhood_labels.mean(axis=0) - neighborhood_data.mean(axis=0) @ weights
        return intercepts, (weights, covariances + ROUNDING**2 * np.eye(len(fit))), fit, None

    def _fit(self, masks, labels):
        """Ridge, and the jackknife over blocks (Efron 1982) of its weights: (weights, covariances, R^2)."""
        masks, labels = masks - masks.mean(axis=0), labels - labels.mean(axis=0, dtype=float)
        influences = np.linalg.solve(masks.T @ masks + np.eye(masks.shape[1]), masks.T)
        weights = influences @ labels
        residuals = labels - masks @ weights
        changes, errors = _leave_out(*map(self._by_block, (masks, influences.T, residuals)), len(masks))
        changes -= changes.mean(axis=0)
        total = (labels**2).sum(axis=0)
        fit = 1 - (errors**2).sum(axis=(0, 1)) / np.where(total > 0, total, 1)
        return weights, np.einsum("bnk,bnl->nkl", changes, changes), fit

    def _by_block(self, values):
        """Values (m, ...) of whole blocks as (b, block_size, ...)."""
        return values.reshape(-1, self.plan.block_size, values.shape[1])


def _leave_out(masks, influences, residuals, count):
    """What leaving out each of b blocks (b, s, ...) of a ridge on count samples does.

    Returns:
        (changes, errors): by how much the weights change, (b, n, k), and how far off the block's own samples
        are then foretold, (b, s, k).
    """
    leverages = masks @ influences.transpose(0, 2, 1) + 1 / count  # the last for the intercept
    errors = np.linalg.solve(np.eye(masks.shape[1]) - leverages, residuals)
    return np.einsum("bsn,bsk->bnk", influences, errors), errors
