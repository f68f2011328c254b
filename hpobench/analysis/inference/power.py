"""What difference so many seeds can detect, told from a pilot.

The model: differences in final ``nr`` of two algorithms, paired by seed, are independent draws of a
normal distribution, within each problem of one of its own. Seeds of different problems have nothing
in common, so the variance of the mean over problems is the sum of the problems' variances over the
square of their number, with Satterthwaite's degrees of freedom; its limits are those of chi-square.
Power is that of the paired t test, from the noncentral t distribution, two-sided, at 5 % divided by
the number of others: the hardest step of Holm's and of step-down maxT's adjustment, by which
reports and comparisons test.

It is an approximation. At the difference said to be detectable, flipping signs finds 77 to 80 % of
normal differences with 8 seeds and more, ranks 73 to 78 %, and fewer where few seeds barely reach
the level (59 % with 8 seeds and four pairs). With exponential differences signs find 72 to 77 %
where the tail speaks against the leader, more where it speaks for it; ranks the other way round,
down to 53 % with 50 seeds. The limits, 95 % when differences are normal, hold 78 to 90 % of the
time then.

The leader is the pilot's: whoever leads a small pilot looks better than it is, and observed
differences with it.

Satterthwaite, An approximate distribution of estimates of variance components, Biometrics 2, 1946.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import optimize, stats

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.inference.sign_flip import smallest_p
from hpobench.analysis.inference.significance import ALPHA
from hpobench.analysis.settings import FloatArray
from hpobench.contract.errors import TooFewError

SEEDS = (5, 10, 20, 30, 50, 100)
POWER = 0.8
COVERAGE = 0.95  # of the limits of a standard deviation
MOST_SEEDS = 10_000  # a difference that needs more is not to be found


class Power(NamedTuple):
    """The leader of the pilot against the others.

    Both frames have the columns ``sd``, with limits ``low`` and ``high``, of one seed's difference;
    ``observed``, the pilot's mean difference, and the seeds that it would ``need``, with limits
    ``need_low`` and ``need_high`` by those of ``sd`` (infinite above :data:`MOST_SEEDS`); and for
    each n of :data:`SEEDS` a column n, the difference that n seeds detect with :data:`POWER`,
    infinite where n seeds can detect none. Limits of that are in proportion to those of ``sd``.
    """

    leader: str
    level: float
    """Two-sided, of one pair."""
    overall: pd.DataFrame
    """One row per ``algorithm`` but the leader, over all problems, by mean ``nr``."""
    problems: pd.DataFrame
    """One row per ``problem``, for a typical pair: ``sd`` is the root mean square over the others,
    ``observed`` the median of their absolute differences."""


def power(curves: Curves) -> Power:
    """What the pilot ``curves``, a fair comparison, says of more seeds.

    Raises :class:`TooFewError` where an algorithm has less than two seeds in common with the
    leader on some problem, for one seed does not tell how seeds vary.
    """
    nr = normalised(curves)[..., -1]
    scores = np.nanmean(nr, axis=2).mean(axis=1)
    leader, *others = np.argsort(scores, kind="stable")
    difference = nr[others] - nr[leader]
    pairs = np.count_nonzero(~np.isnan(difference), axis=2)
    for row, problem in np.argwhere(pairs < 2)[:1]:
        found = "one seed" if pairs[row, problem] else "no seed"
        raise TooFewError(
            f"the pilot has {found} that both the leader and "
            f"{curves.names[others[row]]} ran on {curves.problems[problem]}; how seeds vary, two "
            "or more of each algorithm and problem tell: give it more (--seeds 5)"
        )
    mean, variance = np.nanmean(difference, axis=2), np.nanvar(difference, axis=2, ddof=1)
    level = ALPHA / len(others)
    total = variance.sum(axis=1)
    squares = (variance**2 / (pairs - 1)).sum(axis=1)
    freedom = np.divide(total**2, squares, out=(pairs - 1.0).sum(axis=1), where=squares > 0)
    overall = _frame(np.sqrt(total) / len(curves.problems), freedom, mean.mean(axis=1), level)
    overall.insert(0, "algorithm", [curves.names[i] for i in others])
    typical = np.sqrt(variance.mean(axis=0))
    # Pairs share the leader, so they count as one as to what is known of the deviation.
    by_problem = _frame(typical, pairs.min(axis=0) - 1.0, np.median(np.abs(mean), axis=0), level)
    by_problem.insert(0, "problem", curves.problems)
    return Power(curves.names[leader], level, overall, by_problem)


def detectable(sd: float, seeds: int, level: float) -> float:
    """The difference that a two-sided test at ``level`` finds with :data:`POWER`; infinite where so
    few seeds cannot reach ``level``, whatever comes out."""
    return sd * _in_errors(seeds, level) / math.sqrt(seeds)


def needed(difference: float, sd: float, level: float) -> float:
    """The fewest seeds that detect ``difference``; infinite above :data:`MOST_SEEDS`."""
    size = abs(difference)
    if size == 0 or detectable(sd, MOST_SEEDS, level) > size:
        return math.inf
    low, high = 1, MOST_SEEDS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if detectable(sd, middle, level) <= size else (middle, high)
    return float(high)


@functools.cache
def _in_errors(seeds: int, level: float) -> float:
    """The detectable difference in standard errors of the mean. To find it is to find its side."""
    if smallest_p(seeds) > level:
        return math.inf
    freedom = seeds - 1
    critical = float(stats.t.isf(level / 2, freedom))

    def lacking(shift: float) -> float:
        return float(stats.nct.sf(critical, freedom, shift)) - POWER

    return float(optimize.brentq(lacking, 0.0, 2 * critical + 2))


def _frame(sd: FloatArray, freedom: FloatArray, observed: FloatArray, level: float) -> pd.DataFrame:
    tail = (1 - COVERAGE) / 2
    low = sd * np.sqrt(freedom / stats.chi2.isf(tail, freedom))
    high = sd * np.sqrt(freedom / stats.chi2.ppf(tail, freedom))
    columns: dict[str, object] = {"sd": sd, "low": low, "high": high, "observed": observed}
    for name, deviation in (("need", sd), ("need_low", low), ("need_high", high)):
        pairs = zip(observed, deviation, strict=True)
        columns[name] = [needed(float(d), float(s), level) for d, s in pairs]
    for n in SEEDS:
        columns[str(n)] = [detectable(float(s), n, level) for s in sd]
    return pd.DataFrame(columns)
