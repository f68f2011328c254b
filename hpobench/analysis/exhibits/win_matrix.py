"""How likely a run of one algorithm is to end better than a run of another.

Agarwal et al., Deep reinforcement learning at the edge of the statistical precipice, NeurIPS 2021.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.figures import Matrix
from hpobench.analysis.inference.bootstrap import (
    Interval,
    blocks,
    interval_valid,
    joined,
    percentile_interval,
    problem_weights,
    seed_counts,
)
from hpobench.analysis.settings import FloatArray, Settings
from hpobench.analysis.study import Study, each_of_several
from hpobench.analysis.text import phrases

TITLE = "Probability of improvement"
STEM = "win_matrix"
SHOWS = (
    "How often a run of the row's algorithm ends better than one of the column's: blue is more "
    "often, red less often. Bold is clear."
)
TAB = "tests"

ROUNDING = 1e-9  # nothing but ties, over three problems say, is not exactly one half

subjects = each_of_several


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """The probability of improvement of every algorithm over every other one, by final ``nr``.

    It is the mean over problems of Mann and Whitney's ``U / (n m)``: the share of all pairs of
    runs that the first algorithm wins, ties counted half. Columns ``algorithm, other, estimate,
    low, high, clear``, one row per ordered pair; ``clear``: the interval excludes one half.
    Algorithms come in the order of their mean probability, the highest first.
    """
    curves, settings = comparison.curves, study.settings
    nr = normalised(curves)[..., -1]
    parts = [_wins(nr, part, curves.problems, settings) for part in blocks(len(nr))]
    found = joined([interval for interval, _ in parts])
    total = np.concatenate([total for _, total in parts])
    order = np.argsort(-total.sum(axis=1), kind="stable")
    pairs = [(a, b) for a, b in product(order, order) if a != b]
    a, b = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    names = np.array(curves.names, dtype=object)
    low, high = found.low[a, b], found.high[a, b]
    return pd.DataFrame(
        {
            "algorithm": names[a],
            "other": names[b],
            "estimate": found.estimate[a, b],
            "low": low,
            "high": high,
            "clear": (low > 0.5 + ROUNDING) | (high < 0.5 - ROUNDING),
        }
    )


def _wins(
    nr: FloatArray, part: slice, problems: tuple[str, ...], settings: Settings
) -> tuple[Interval, FloatArray]:
    """Of the algorithms ``part`` over all: the probabilities, and their sums over problems."""
    weights = problem_weights(problems, settings)
    shape = len(nr[part]), len(nr)
    total, draws = np.zeros(shape), np.zeros((settings.repetitions, *shape))
    for p, problem in enumerate(problems):
        won = _resampled_wins(nr[:, p], part, problem, settings)
        total += won[0]
        won[1:] *= weights[:, p, None, None]
        draws += won[1:]
    valid = interval_valid(nr[..., None])
    both = valid & valid[part, None]
    return percentile_interval(total / len(problems), draws, settings.level, both), total


def _resampled_wins(nr: FloatArray, part: slice, problem: str, settings: Settings) -> FloatArray:
    """``U / (n m)`` of the algorithms ``part`` over all on one problem: of all runs first, then of
    each repetition.

    ``nr`` has shape (algorithms, seeds), NaN for seeds that were not run; the result
    (1 + repetitions, algorithms of ``part``, algorithms).
    """
    chosen = range(len(nr))[part]
    groups = [
        (members, seeds, np.vstack([np.ones_like(counts[:1]), counts]).T)
        for members, seeds, counts in seed_counts(~np.isnan(nr), problem, settings)
    ]
    won = np.full((len(chosen), len(nr), 1 + settings.repetitions), np.nan)
    for others, theirs, counts in groups:
        runs = np.sort(nr[np.ix_(others, theirs)], axis=1)
        order = np.argsort(nr[np.ix_(others, theirs)], axis=1, kind="stable")
        # Along the second axis, the sum of each count and all behind it, and 0 behind the last.
        behind = np.pad(counts[order], ((0, 0), (0, 1), (0, 0)))[:, ::-1]
        from_on = np.ascontiguousarray(np.cumsum(behind, axis=1)[:, ::-1])
        row = np.arange(len(others))[:, None]
        for members, seeds, own in groups:
            for a in (int(member) for member in members if int(member) in chosen):
                mine = nr[a, seeds][:, None]
                below = np.count_nonzero(runs[:, None] < mine, axis=2)
                upto = np.count_nonzero(runs[:, None] <= mine, axis=2)
                # Those above, and those above or equal: twice the wins, where ties are halves.
                twice = np.einsum("bsr,sr->br", from_on[row, below] + from_on[row, upto], own)
                won[a - chosen.start, others] = twice / (2 * len(seeds) * len(theirs))
    return np.moveaxis(won, -1, 0)


def caption(_study: Study, comparison: Comparison, _table: pd.DataFrame) -> str:
    curves = comparison.curves
    return (
        "A number is the share of all pairs of runs on the same problem in which the row's "
        "algorithm ends at the lower normalised regret, ties counted half (Mann and Whitney's U), "
        f"mean over problems: {phrases.algorithms(curves)} over {phrases.suite(curves)}, the "
        "highest mean first. In bold are those whose interval excludes one half, pair by pair, not "
        f"adjusted for their number.{phrases.failures(curves)}"
    )


def alt(_: Comparison, table: pd.DataFrame) -> str:
    drawn = "Matrix of the probability that one is better than another."
    return f"{drawn} {phrases.first_and_last(table)}"


def figure(_study: Study, _: Comparison, table: pd.DataFrame) -> Matrix:
    names = tuple(table["algorithm"].unique())
    label = "The row ends better"
    return Matrix(
        down=("algorithm", names),
        across=("other", names),
        value="estimate",
        # Two digits in the least space; what is written as 1 or 0 is no rounding.
        texts=tuple(
            f"{value:.0f}"
            if value in (0.0, 1.0)
            else f"{min(max(value, 0.01), 0.99):.2f}".lstrip("0")
            for value in table["estimate"]
        ),
        label=label,
        colours="high is better",
        limits=(0.0, 1.0),
        strong="clear",
        dotted="clear",
        told=(
            ("algorithm", "Row"),
            ("other", "Column"),
            ("estimate", label),
            ("low", "From"),
            ("high", "To"),
        ),
    )
