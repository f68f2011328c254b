"""What stopping saved and what it cost: the same searcher with a rule that ends its run, and
without."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Comparison, algorithm_columns
from hpobench.analysis.core.hits import hitting_times
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.exhibits._with_and_without import (
    GivenPair,
    claim,
    given_pairs,
    means,
    rows_of,
    saved_field,
)
from hpobench.analysis.inference.bootstrap import interval_valid, percentile_interval
from hpobench.analysis.study import Study, each_comparison
from hpobench.analysis.text import phrases
from hpobench.analysis.text.fields import Field, Grid, algorithm_field
from hpobench.contract.wording import interval, number

TITLE = "What stopping saved and what it cost"
STEM = "stops"
SHOWS = (
    "What ending runs early saves and costs, against the same searcher without: the share of the "
    "run saved, and how much regret rises."
)
TAB = "curves"


def subjects(study: Study) -> list[Comparison]:
    """The comparisons that hold a searcher with a stop and without."""
    return [one for one in each_comparison(study) if _pairs(study, one)]


def _pairs(study: Study, comparison: Comparison) -> list[GivenPair]:
    return given_pairs(comparison.curves.algorithms, study.results.cells, "stop")


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """A row for each algorithm with a stop.

    Columns ``algorithm, searcher, scheduler, stop, plain``; ``saved`` with ``saved_low`` and
    ``saved_high``, the mean share of the plain run's length that the stop saves, seed by seed (a
    failed run saves nothing); ``cost`` with ``low`` and ``high``, the mean ``nr`` at the end of the
    stopped runs less that at the end of the plain ones.
    """
    pairs, curves = _pairs(study, comparison), comparison.curves
    stopped, plain = rows_of(pairs, comparison)
    regret, n = normalised(curves)[[*stopped, *plain]][..., -1:], len(pairs)
    # Of the runs of the same seed; one without any result ends at 0.
    end = hitting_times(study.runs, curves, np.empty((len(curves.problems), 0))).end
    share_saved = 1.0 - end[stopped] / np.where(end[plain] > 0, end[plain], np.nan)
    failed = curves.failed[stopped] | curves.failed[plain]
    values = np.concatenate([regret, np.where(failed, 0.0, share_saved)[..., None]])
    mean, draws = (part[..., 0] for part in means(study, comparison, values))
    valid, level = interval_valid(values), study.settings.level
    cost = percentile_interval(
        mean[:n] - mean[n : 2 * n],
        draws[:, :n] - draws[:, n : 2 * n],
        level,
        valid[:n] & valid[n : 2 * n],
    )
    saved = percentile_interval(mean[2 * n :], draws[:, 2 * n :], level, valid[2 * n :])
    return algorithm_columns(tuple(pair.algorithm for pair in pairs)).assign(
        stop=[pair.value for pair in pairs],
        plain=[pair.plain.name for pair in pairs],
        **saved.columns("saved"),
        cost=cost.estimate,
        low=cost.low,
        high=cost.high,
    )


def caption(study: Study, comparison: Comparison, _table: pd.DataFrame) -> str:
    curves = comparison.curves
    return (
        "Saved is the share of the other run that the stopped one did without, seed by seed; "
        f"counted is {phrases.axis(study.settings)}. Cost is by how much the normalised regret is "
        f"higher at the end of the stopped run. Means are over {phrases.suite(curves)}."
        f"{claim(study, comparison)}{phrases.failures(curves)}"
    )


def grid(table: pd.DataFrame) -> Grid:
    rows = []
    for _, row in table.iterrows():
        cost = Field(number(row["cost"]), interval(row["low"], row["high"]), key=row["cost"])
        rows.append([algorithm_field(row["algorithm"]), saved_field(row), cost])
    return Grid(["Algorithm", "Saved", "Cost"], rows)
