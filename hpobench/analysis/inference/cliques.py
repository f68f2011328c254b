"""Groups of things that are all alike."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from hpobench.analysis.settings import BoolArray

MOST = 10_000  # cliques that are listed: their number may grow as 3^(n/3), and nobody reads so many
DEEPEST = 500
"""Indices that are looked at: the search is as deep as a clique is large, and Python's stack is
not."""


def maximal_cliques(alike: BoolArray, most: int = MOST) -> list[tuple[int, ...]] | None:
    """Every set of indices that are pairwise ``alike`` and to which none can be added, sorted;
    ``None`` if there are more than ``most``, or more than :data:`DEEPEST` indices.

    ``alike`` has shape (n, n), is symmetric, and its diagonal does not count. Bron and Kerbosch's
    algorithm with Tomita's pivot (Theoretical Computer Science 363, 2006): tens of algorithms
    whose order is roughly that of their ranks have about as many groups as members.
    """
    if len(alike) > DEEPEST:
        return None
    neighbours = [set(np.flatnonzero(row).tolist()) - {i} for i, row in enumerate(alike)]

    def extend(clique: set[int], candidates: set[int], done: set[int]) -> Iterator[tuple[int, ...]]:
        if not candidates and not done:
            yield tuple(sorted(clique))
            return
        pivot = max(candidates | done, key=lambda i: len(neighbours[i] & candidates))
        for i in sorted(candidates - neighbours[pivot]):
            yield from extend(clique | {i}, candidates & neighbours[i], done & neighbours[i])
            candidates = candidates - {i}
            done = done | {i}

    found = list(islice(extend(set(), set(range(len(alike))), set()), most + 1))
    return sorted(found) if len(found) <= most else None
