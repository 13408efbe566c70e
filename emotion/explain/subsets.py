"""A classifier's answer to masks goes in; small sets of regions that decide it come out, each confirmed by a query."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from emotion import EMOTIONS

KEPT = 0.8
"""A set suffices when it alone keeps this share of the answer's probability."""

DECISIVE = 0.05
"""A region decides something by itself when hiding it moves the answer's probability by this much."""

MOST_QUERIES = 50
"""For each of the two sets."""

WIDTH = 8
"""Candidates of each size that are asked about."""


@dataclass(frozen=True)
class Sets:
    """Two sets of regions, the smallest found; None where there is none.

    Attributes:
        changing: tuple of region numbers; with them hidden the answer is another.
        changed: (7,) float, the probabilities then; None where there is no such set.
        sufficient: tuple of region numbers; with all others hidden the answer keeps KEPT of its probability.
        kept: (7,) float, the probabilities then.
        none_alone: whether a set changes the answer though each region alone moves it by less than DECISIVE.
        num_queries: how often the network was asked.
    """

    changing: tuple[int, ...] | None
    changed: np.ndarray | None
    sufficient: tuple[int, ...] | None
    kept: np.ndarray | None
    none_alone: bool
    num_queries: int

    @property
    def changed_to(self):
        """The emotion that the answer changes to, one of EMOTIONS; None where no set changes it."""
        return None if self.changed is None else EMOTIONS[self.changed.argmax()]


def find_sets(probabilities, alone, weights, ask):
    """Find the smallest set whose hiding changes the answer, and the smallest that alone keeps it.

    Args:
        probabilities: (7,) float, of the whole face.
        alone: (n, 7) float, with each region hidden alone.
        weights: (n,) float, the answer's evidence: sets of those that have most are asked about first.
        ask: function from masks (m, n) bool, True shown, to (m, 7) float probabilities.

    Returns:
        Sets.
    """
    answer, identity = probabilities.argmax(), np.eye(len(weights), dtype=bool)
    search = _Search(np.argsort(-weights), lambda sets: ask(~sets), lambda p: p.argmax(axis=1) != answer)
    changing = search.smallest({tuple(row): p for row, p in zip(identity, alone, strict=True)})
    enough = _Search(np.argsort(-weights), ask, lambda p: p[:, answer] >= KEPT * probabilities[answer])
    sufficient = enough.smallest({})
    moved = np.abs(alone[:, answer] - probabilities[answer]).max()
    none_alone = changing[0] is not None and moved < DECISIVE
    return Sets(*changing, *sufficient, bool(none_alone), search.num_queries + enough.num_queries)


class _Search:
    """The search for a small set, by an order of regions, that does something when asked about."""

    def __init__(self, order, ask, succeeds):
        self.order, self.ask, self.succeeds = order, ask, succeeds
        self.known, self.num_queries = {}, 0

    def smallest(self, known):
        """(set, its probabilities), or (None, None); known: probabilities of sets (tuples of n bool) asked before."""
        self.known = dict(known)
        count, best = len(self.order), None
        prefixes = np.zeros((count - 1, count), bool)
        prefixes[:, self.order] = np.arange(count) <= np.arange(count - 1)[:, None]
        best = self._first(prefixes)
        while best is not None and best.sum() > 1:
            smaller = self._first(self._candidates(best))
            if smaller is None:
                break
            best = smaller
        if best is None:
            return None, None
        return tuple(int(region) for region in np.flatnonzero(best)), self.known[tuple(best)]

    def _first(self, sets):
        """The first of sets (m, n) bool that succeeds, or None."""
        new = [row for row in sets if tuple(row) not in self.known][: max(MOST_QUERIES - self.num_queries, 0)]
        if new:
            self.num_queries += len(new)
            self.known |= {tuple(row): p for row, p in zip(new, self.ask(np.array(new)), strict=True)}
        asked = [row for row in sets if tuple(row) in self.known]
        right = self.succeeds(np.array([self.known[tuple(row)] for row in asked])) if asked else np.zeros(0, bool)
        return asked[right.argmax()] if right.any() else None

    def _candidates(self, best):
        """Sets of one region less: first the best without one of its own, then others of most evidence."""
        members = [region for region in self.order[::-1] if best[region]]
        sets = np.repeat(best[None], len(members), axis=0)
        sets[np.arange(len(members)), members] = False
        size, count = best.sum() - 1, len(best)
        places = sorted(combinations(range(min(count, size + 4)), size), key=sum)[:WIDTH]
        others = np.zeros((len(places), count), bool)
        for row, place in zip(others, places, strict=True):
            row[self.order[list(place)]] = True
        return np.concatenate([sets, others])
