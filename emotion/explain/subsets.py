"""A classifier's answer to masks goes in; small sets of regions that decide it come out, each confirmed by a query."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from emotion import EMOTIONS

KEPT = 0.8
"""A set suffices when with it alone the answer stays the likeliest and keeps this share of its probability."""

DECISIVE = 0.05
"""A region decides something by itself when hiding it moves the answer's probability by this much."""

MOST_QUERIES = 100
"""For both sets; the first takes half of them at most."""

NUM_OTHERS = 8
"""Sets of one region less that are asked about where no region of a set can be left out."""


@dataclass(frozen=True)
class Sets:
    """Two sets of regions, the smallest found; None where there is none.

    Attributes:
        changing: tuple of region numbers; with them hidden the answer is another.
        changed: (7,) float, the probabilities then; None where there is no such set.
        sufficient: tuple of region numbers; with all others hidden the answer stays, with KEPT of its probability.
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
    answer, count = probabilities.argmax(), len(weights)

    def changes(p):
        return np.delete(p, answer, axis=1).max(axis=1) - p[:, answer]

    def keeps(p):
        return np.minimum(p[:, answer] - KEPT * probabilities[answer], -changes(p))

    order, known = np.argsort(-weights), dict(zip(map(tuple, np.eye(count, dtype=bool)), alone, strict=True))
    changing = _Search(lambda sets: ask(~sets), changes, known, MOST_QUERIES // 2)
    found = [changing.smallest(order)]
    left = MOST_QUERIES - changing.num_queries
    enough = _Search(ask, keeps, {}, left)
    found.append(enough.smallest(order))
    none_alone = found[0][0] is not None and np.abs(alone - probabilities)[:, answer].max() < DECISIVE
    return Sets(*found[0], *found[1], bool(none_alone), changing.num_queries + enough.num_queries)


class _Search:
    """The search for a small set (a row of n bool) whose score is above 0, by the probabilities when it is asked about.

    Args:
        ask: function from sets (m, n) bool to probabilities (m, 7).
        score: function from these to (m,) float.
        known: dict of the probabilities of sets (tuples of n bool) that were asked about before.
        most_queries: sets that are asked about at most.
    """

    def __init__(self, ask, score, known, most_queries):
        self.ask, self.score, self.known, self.most_queries, self.num_queries = ask, score, known, most_queries, 0

    def smallest(self, order):
        """(set as region numbers, its probabilities), or (None, None); order: those that are tried first (n,)."""
        best, smaller = None, self._first(np.eye(len(order), dtype=bool)[order])
        if smaller is None:
            smaller = self._first(_prefixes(order, len(order)))
        while smaller is not None:
            best, members = smaller, np.flatnonzero(smaller)
            without = best & ~np.eye(len(order), dtype=bool)[members]
            needed = members[np.argsort(self._scores(without), kind="stable")]  # most needed first
            smaller = self._first(_prefixes(needed, len(order)))
            if smaller is None:
                smaller = self._first(_others(order, len(members) - 1))
        if best is None:
            return None, None
        return tuple(map(int, np.flatnonzero(best))), self.known[tuple(best)]

    def _first(self, sets):
        """The first of sets (m, n) bool that scores above 0, or None."""
        right = self._scores(sets) > 0
        return sets[right.argmax()] if right.any() else None

    def _scores(self, sets):
        """The scores of sets (m, n) bool; -inf where there are no queries left to ask about them."""
        new = [row for row in sets if tuple(row) not in self.known][: self.most_queries - self.num_queries]
        if new:
            self.num_queries += len(new)
            self.known.update(zip(map(tuple, new), self.ask(np.array(new)), strict=True))
        asked = np.array([tuple(row) in self.known for row in sets], bool)
        scores = np.full(len(sets), -np.inf)
        if asked.any():
            scores[asked] = self.score(np.array([self.known[tuple(row)] for row in sets[asked]]))
        return scores


def _prefixes(order, count):
    """The first 1, 2, ... of an order, but not all of them: (m, count) bool."""
    sets = np.zeros((len(order) - 1, count), bool)
    sets[:, order] = np.tri(len(order) - 1, len(order), dtype=bool)
    return sets


def _others(order, size):
    """NUM_OTHERS sets of a size, of the regions that come first in an order: (m, n) bool."""
    places = sorted(combinations(range(min(len(order), size + 4)), size), key=sum)[: NUM_OTHERS * (size > 0)]
    return np.array([np.isin(np.arange(len(order)), order[list(place)]) for place in places]).reshape(-1, len(order))
