"""Groups of things that are all alike."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hpobench.analysis.settings import BoolArray


def maximal_cliques(alike: BoolArray) -> list[tuple[int, ...]]:
    """Every set of indices that are pairwise ``alike`` and to which none can be added, sorted.

    ``alike`` has shape (n, n), is symmetric, and its diagonal does not count. Bron and Kerbosch's
    algorithm with Tomita's pivot (Theoretical Computer Science 363, 2006): tens of algorithms
    whose order is roughly that of their ranks have about as many groups as members.
    """
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

    return sorted(extend(set(), set(range(len(alike))), set()))
