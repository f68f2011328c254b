"""Who leads at the end of the budget, and how sure that is."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Comparison, algorithm_columns
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.inference.average_ranks import suite_ranks
from hpobench.analysis.inference.bootstrap import (
    enough_seeds,
    interval_valid,
    percentile_interval,
    suite_draws,
    suite_iqm,
    suite_mean,
)
from hpobench.analysis.study import Study, each_comparison
from hpobench.analysis.text import phrases
from hpobench.analysis.text.fields import Field, Grid, algorithm_field, integer_field
from hpobench.contract.wording import interval, number

TITLE = "Standings"
STEM = "standings"
SHOWS = (
    "All algorithms at the end of the budget, the lowest regret first: 0 is the optimum, 1 a "
    "typical random configuration."
)
TAB = "answer"

subjects = each_comparison


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """One row per algorithm, the lowest mean ``nr`` first.

    Columns ``algorithm, searcher, scheduler``; ``nr``, ``iqm``, ``rank`` and ``behind``, each with
    ``_low`` and ``_high``; ``clear``, ``runs`` and ``failures``. ``behind`` is the difference of
    mean ``nr`` to the first row, from the same resamples, so that what all algorithms share
    cancels; it is ``clear`` where its interval excludes zero and seeds are enough to say so.
    """
    curves, settings = comparison.curves, study.settings
    nr = normalised(curves)[..., -1:]
    mean = suite_mean(nr, curves.problems, settings)
    leader = int(np.argmin(mean.estimate[:, 0]))
    draws = suite_draws(nr, curves.problems, settings)
    valid = interval_valid(nr)[:, None]
    behind = percentile_interval(
        mean.estimate - mean.estimate[leader],
        draws - draws[:, leader : leader + 1],
        settings.level,
        valid & valid[leader],
    )
    columns = {
        **mean.columns("nr"),
        **suite_iqm(nr[..., 0], curves.problems, settings).columns("iqm"),
        **suite_ranks(nr, curves.problems, settings).columns("rank"),
        **behind.columns("behind"),
    }
    frame = algorithm_columns(curves.algorithms).assign(
        **columns,
        clear=(columns["behind_low"] > 0) & enough_seeds(curves.present.sum(axis=2), settings),
        runs=curves.present.sum(axis=(1, 2)),
        failures=curves.failed.sum(axis=(1, 2)),
    )
    return frame.sort_values("nr", kind="stable", ignore_index=True)


def caption(_study: Study, comparison: Comparison, _table: pd.DataFrame) -> str:
    curves = comparison.curves
    return (
        f"Mean nr is the mean normalised regret over {phrases.suite(curves)}; behind, its "
        "difference to the first, from the same resamples; IQM, the mean of the middle half of all "
        f"runs; rank, the average over problems.{phrases.failures(curves)}"
    )


def grid(table: pd.DataFrame) -> Grid:
    columns = ["Algorithm", "Mean nr", "Behind", "IQM", "Rank", "Runs", "Failed"]
    rows = []
    for i, row in table.iterrows():
        fields = [algorithm_field(row["algorithm"], strong=i == 0)]
        for name in ("nr", "behind", "iqm", "rank"):
            detail = interval(row[f"{name}_low"], row[f"{name}_high"])
            field = Field(number(row[name]), detail, key=row[name])
            fields.append(Field("-", key=0.0) if name == "behind" and row[name] == 0 else field)
        fields += [integer_field(row["runs"]), integer_field(row["failures"])]
        rows.append(fields)
    return Grid(columns, rows)
