"""Many paired differences tested at once, by flipping signs.

Where nothing differs, which side of a pair is called the first is arbitrary, so the differences of
a seed may change their signs all together. Step-down maxT: Westfall and Young, Resampling-based
multiple testing, 1993; Romano and Wolf, Exact and approximate stepdown methods for multiple
hypothesis testing, JASA 100, 2005.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from hpobench.analysis.settings import FloatArray
from hpobench.contract.seeding import derive_seed

Alternative = Literal["two-sided", "greater", "less"]

MOST = 10_000  # flips that are looked at; all there are with up to 13 seeds
ROUNDING = 1e-9  # statistics that differ by less are tied


def max_t(
    differences: FloatArray,
    *,
    seed: int,
    alternative: Alternative = "two-sided",
    most: int = MOST,
) -> FloatArray:
    """Adjusted p of each column of ``differences``: that they are symmetric about zero.

    ``differences`` has shape (seeds, hypotheses), finite or NaN where a pair is missing; the
    result (hypotheses,). Rejecting where it is at most alpha makes any false rejection with
    probability at most alpha, whichever hypotheses hold, however they depend on each other:
    seeds flip whole. ``greater`` finds means above zero.

    A column counts by its sum over its root sum of squares (:func:`scaled`). All flips are looked
    at where there are no more than ``most``; else as many random ones, of ``seed``, the one that
    changes nothing among them: (b + 1) / (B + 1). So p is never below ``smallest_p``: at 5 %, six
    seeds are the fewest that can reject, five with one side, and many hypotheses take more. A
    column without a difference has p 1.
    """
    columns = scaled(differences)
    columns = columns[columns.any(axis=1)]  # other seeds' signs change nothing
    flips = sign_flips(len(columns), seed, most)
    observed = extent(columns.sum(axis=0), alternative)
    order = np.argsort(-observed, kind="stable")
    largest = np.full(len(flips), -np.inf)
    p = np.ones(len(order))
    for j in order[::-1]:
        largest = np.maximum(largest, extent(flips @ columns[:, j], alternative))
        p[j] = np.mean(largest >= observed[j] - ROUNDING)
    p[order] = np.maximum.accumulate(p[order])
    return p


def critical_value(
    differences: FloatArray,
    alpha: float,
    *,
    seed: int,
    alternative: Alternative = "two-sided",
    most: int = MOST,
) -> float:
    """What a column's scaled sum must exceed for :func:`max_t` to give it at most ``alpha``,
    whatever is found of the others; infinite where that is beyond any."""
    columns, flips = scaled(differences), sign_flips(len(differences), seed, most)
    largest = np.full(len(flips), -np.inf)
    for column in columns.T:
        largest = np.maximum(largest, extent(flips @ column, alternative))
    allowed = math.floor(alpha * len(flips) + ROUNDING)
    return float(np.sort(largest)[-1 - allowed]) + ROUNDING if allowed else np.inf


def scaled(differences: FloatArray) -> FloatArray:
    """Each column over its root sum of squares, so that its sum is at most the root of the number
    of its seeds, and has variance 1 when signs are random; that of Student's t grows with it. Zero
    where a pair is missing, which does not count then."""
    columns = np.where(np.isnan(differences), 0.0, differences)
    largest = np.abs(columns).max(axis=0, initial=0.0)
    np.divide(columns, largest, out=columns, where=largest > 0)  # lest squares underflow
    root = np.sqrt((columns**2).sum(axis=0))
    np.divide(columns, root, out=columns, where=root > 0)
    return columns


def sign_flips(seeds: int, seed: int, most: int = MOST) -> FloatArray:
    """Signs of shape (flips, seeds), none changed in the first row: all there are, or ``most``."""
    if 2**seeds <= most:
        bits = (np.arange(2**seeds)[:, None] >> np.arange(seeds)) & 1
    else:
        rng = np.random.default_rng(derive_seed("sign flips", seed, seeds))
        bits = rng.integers(2, size=(most, seeds))
        bits[0] = 0
    return np.where(bits == 1, -1.0, 1.0)


def extent(total: FloatArray, alternative: Alternative) -> FloatArray:
    """How far a sum lies on the side that the alternative is about."""
    if alternative == "two-sided":
        size: FloatArray = np.abs(total)
        return size
    return total if alternative == "greater" else -total


def smallest_p(seeds: int, alternative: Alternative = "two-sided", most: int = MOST) -> float:
    """The least p that so many seeds can give: one flip, or two with two sides, out of all."""
    sides = 2 if alternative == "two-sided" else 1
    return min(1.0, max(sides * 0.5**seeds, 1 / most))
