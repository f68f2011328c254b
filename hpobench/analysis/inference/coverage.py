"""How far bootstrap intervals can be trusted with few seeds.

A percentile interval from n seeds is too narrow: it takes the spread that the n seeds show for the
one of all seeds, and normal tails for those of a t distribution (Hesterberg 2015, "What teachers
should know about the bootstrap", section 3.2).
"""

from __future__ import annotations

import numpy as np

from hpobench.analysis.settings import IntArray, Settings


def coverage(seeds: IntArray, settings: Settings) -> float:
    """About how often an interval of a mean over problems holds what it is about, were losses
    normal and spread alike on all problems; that of the algorithm with the fewest seeds.

    ``seeds`` counts them, shape (algorithms, problems). NaN where some problem has a single seed.
    """
    from scipy import stats  # here, for processes that only draw import this module's users

    if (seeds < 2).any():
        return float("nan")
    shown = ((seeds - 1) / seeds**2).sum(axis=1) / (1 / seeds).sum(axis=1)
    reach = stats.norm.ppf(0.5 + settings.level / 2) * np.sqrt(shown)
    inside = 2 * stats.t.cdf(reach, (seeds - 1).sum(axis=1)) - 1
    return float(inside.min())


def enough_seeds(seeds: IntArray, settings: Settings) -> bool:
    """Whether intervals miss at most twice as often as they say, so that one without zero may be
    called clear."""
    return bool(1 - coverage(seeds, settings) <= 2 * (1 - settings.level))
