"""Tests of which algorithms the problems tell apart: Friedman's, then one of every pair.

Demsar, Statistical comparisons of classifiers over multiple data sets, JMLR 7, 2006.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, islice
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves, algorithm_columns
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.inference.average_ranks import average_ranks
from hpobench.analysis.inference.significance import ALPHA, holm, paired_ps
from hpobench.analysis.settings import BoolArray, FloatArray, IntArray
from hpobench.contract.errors import TooFewError

SHARES = (0.1, 0.25, 0.5, 1.0)  # of the budget
FEWEST_PROBLEMS, FEWEST_ALGORITHMS = 5, 3
"""With less the F distribution is no approximation, or there is nothing to rank."""

MOST = 10_000  # cliques that are listed: their number may grow as 3^(n/3), and nobody reads so many
DEEPEST = 500
"""Indices that are looked at: the search is as deep as a clique is large, and Python's stack is
not."""

Posthoc = Literal["wilcoxon", "nemenyi"]


class RankTests(NamedTuple):
    """What the tests found, as tidy frames."""

    ranks: pd.DataFrame
    """One row per share and algorithm, the best rank first: ``share,
    algorithm, searcher, scheduler, rank, groups, problems, f, p, critical_difference``.

    ``rank``: average over the ``problems``. ``groups``: the numbers of the groups that the
    algorithm is in, separated by spaces; a group is a largest set of algorithms of which no two
    were told apart (any two of them, where there are too many such sets to list), and empty means
    told apart from all. ``f`` and ``p``: Friedman's test of the
    share. ``critical_difference``: Nemenyi's, NaN under Wilcoxon.
    """
    pairs: pd.DataFrame
    """One row per share and pair: ``share, a, b, difference, p, apart``. ``difference``: average
    rank of ``a`` less that of ``b``. ``p``: adjusted for all pairs of the share."""


def rank_tests(curves: Curves, posthoc: Posthoc = "wilcoxon") -> RankTests:
    """Friedman's test in its F form, then every pair of algorithms, at each of :data:`SHARES`.

    The observations are medians over seeds of ``nr``, one per problem, so N is the number of
    problems. Pairs are compared by Wilcoxon's signed-rank test with Holm's adjustment or by
    Nemenyi's test, and told apart only where Friedman's test rejects too; all at 5 %. Values are
    those of the last grid point that is not after the share.

    ``curves`` must be a fair comparison. Raises :class:`TooFewError` below 5 problems or 3
    algorithms.
    """
    if why := too_few(curves):
        raise TooFewError(why)
    at = curves.points(SHARES)
    medians = np.nanmedian(normalised(curves)[..., at], axis=2)
    parts = [_at_share(curves, share, medians[..., i], posthoc) for i, share in enumerate(SHARES)]
    ranks, pairs = (pd.concat(frames, ignore_index=True) for frames in zip(*parts, strict=True))
    return RankTests(ranks, pairs)


def friedman(ranks: FloatArray) -> tuple[float, float]:
    """Friedman's F and its p.

    ``ranks`` has shape (algorithms, problems): those of each problem, ties sharing their mean,
    which the statistic is corrected for. 0 and 1 where all algorithms tie on every problem.
    """
    k, n = ranks.shape
    # Not scipy.stats.friedmanchisquare: sums of half ranks are exact, so that perfect agreement
    # divides by exactly 0 below, and not by a rounding error of either sign.
    between = float(((ranks.sum(axis=1) - n * (k + 1) / 2) ** 2).sum())
    within = float(((ranks - (k + 1) / 2) ** 2).sum())
    f = iman_davenport((k - 1) * between / within, n, k) if within else 0.0
    from scipy import stats  # here, for processes that only draw import this module too

    return f, float(stats.f.sf(f, k - 1, (k - 1) * (n - 1)))


def iman_davenport(chi2: float, n: int, k: int) -> float:
    """The F form, with k - 1 and (k - 1)(n - 1) degrees of freedom, of Friedman's ``chi2``, which
    is too conservative itself; infinite when ``n`` problems rank ``k`` algorithms all alike.

    Iman and Davenport, Communications in Statistics 9, 1980.
    """
    rest = n * (k - 1) - chi2
    return (n - 1) * chi2 / rest if rest else np.inf


def nemenyi_difference(n: int, k: int) -> float:
    """The difference in average rank over ``n`` problems from which on Nemenyi's test tells two
    of ``k`` algorithms apart at 5 %."""
    from scipy import stats

    return float(stats.studentized_range.ppf(1 - ALPHA, k, np.inf)) * _rank_error(n, k)


def _rank_error(n: int, k: int) -> float:
    """The unit of the studentized range: the standard deviation of an average rank."""
    return float(np.sqrt(k * (k + 1) / (12 * n)))


def _at_share(
    curves: Curves, share: float, medians: FloatArray, posthoc: Posthoc
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of one share; ``medians`` has shape (algorithms, problems)."""
    ranks = average_ranks(medians)
    means = ranks.mean(axis=1)
    k, n = ranks.shape
    a, b = np.array(list(combinations(range(k), 2))).T
    f, p = friedman(ranks)
    if posthoc == "nemenyi":
        from scipy import stats

        ranges = np.abs(means[a] - means[b]) / _rank_error(n, k)
        adjusted = stats.studentized_range.sf(ranges, k, np.inf)
    else:
        adjusted = holm(paired_ps(medians, a, b))
    apart = (adjusted < ALPHA) & (p < ALPHA)
    names = np.array(curves.names, dtype=object)
    pairs = pd.DataFrame(
        {
            "share": share,
            "a": names[a],
            "b": names[b],
            "difference": means[a] - means[b],
            "p": adjusted,
            "apart": apart,
        }
    )
    frame = algorithm_columns(curves.algorithms).assign(
        rank=means,
        groups=_groups(means, a[~apart], b[~apart]),
        problems=n,
        f=f,
        p=p,
        critical_difference=nemenyi_difference(n, k) if posthoc == "nemenyi" else np.nan,
    )
    frame.insert(0, "share", share)
    return frame.sort_values("rank", kind="stable"), pairs


def _groups(means: FloatArray, a: IntArray, b: IntArray) -> list[str]:
    """For each algorithm the numbers of its groups, where ``a`` and ``b`` are not told apart."""
    alike = np.zeros((len(means), len(means)), dtype=bool)
    alike[a, b] = alike[b, a] = True
    order = np.argsort(means, kind="stable")
    found: list[list[str]] = [[] for _ in means]
    ordered = alike[np.ix_(order, order)]
    cliques = maximal_cliques(ordered)
    if cliques is None:
        cliques = [(i, j) for i, j in np.argwhere(np.triu(ordered)).tolist()]
    for number, clique in enumerate((c for c in cliques if len(c) > 1), start=1):
        for member in clique:
            found[order[member]].append(str(number))
    return [" ".join(numbers) for numbers in found]


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


def too_few(curves: Curves) -> str:
    """Why there are too few problems or algorithms for a test; empty if there are enough."""
    for found, fewest, what in (
        (len(curves.problems), FEWEST_PROBLEMS, "problems"),
        (len(curves.algorithms), FEWEST_ALGORITHMS, "algorithms"),
    ):
        if found < fewest:
            here = f"here {'is' if found == 1 else 'are'} {found}"
            return f"testing whether algorithms differ takes {fewest} {what} or more; {here}"
    return ""
