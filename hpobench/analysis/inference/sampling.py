"""What a sample without replacement says of all cells that it was drawn from."""

from __future__ import annotations

import bisect
import math


def detection(cells: int, altered: int, sample: int) -> float:
    """The probability that ``sample`` of ``cells``, drawn at random, hold at least one of those
    ``altered`` (hypergeometric)."""
    few, many = sorted((altered, sample))  # the formula is the same in both
    missed = math.prod((cells - many - i) / (cells - i) for i in range(few))
    return 1 - missed


def fewest_detected(cells: int, sample: int, confidence: float = 0.95) -> int | None:
    """The fewest altered cells of which ``sample`` of ``cells`` hold one with at least the
    probability ``confidence``; ``None`` without a sample.

    If a sample holds none, fewer than these are altered, with that confidence.
    """
    if not sample:
        return None
    counts = range(1, cells + 1)
    place = bisect.bisect_left(counts, confidence, key=lambda n: detection(cells, n, sample))
    return counts[place]
