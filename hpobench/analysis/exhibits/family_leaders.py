"""Who leads beyond these problems: families of problems are resampled, and left out one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Comparison, algorithm_columns
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.inference.bootstrap import percentile_interval
from hpobench.analysis.inference.families import (
    family_draws,
    family_mean,
    leaders_without,
    rank_intervals,
)
from hpobench.analysis.study import Study, each_of_families
from hpobench.analysis.text import phrases
from hpobench.analysis.text.fields import Field, Grid, algorithm_field
from hpobench.contract.wording import interval, listed, number

TITLE = "Leaders by family of problems"
STEM = "family_leaders"
SHOWS = (
    "Who leads if problems of one kind count as one: final regret, the places that the data leave "
    "open, and who leads when a family is left out."
)
TAB = "tests"

subjects = each_of_families


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """One row per algorithm, the lowest mean ``nr`` over families first.

    Columns ``algorithm, searcher, scheduler``; ``nr`` with ``nr_low`` and ``nr_high``;
    ``rank_low`` and ``rank_high``, the ranks that the data leave open; ``families``, of how many
    ``nr`` is the mean; ``leads_without``, how many of them can be left out, one at a time, such
    that the algorithm leads the others; ``which``, the names of these families.
    """
    curves, settings = comparison.curves, study.settings
    families = study.families_in(comparison)
    final = normalised(curves)[..., -1]
    mean = family_mean(final, families)
    draws = family_draws(final, families, settings)
    found = percentile_interval(mean, draws, settings.level, np.ones(len(mean), dtype=bool))
    low, high = rank_intervals(mean, draws, len(families.names), settings.level)
    leads = leaders_without(final, families)
    frame = algorithm_columns(curves.algorithms).assign(
        **found.columns("nr"),
        rank_low=low,
        rank_high=high,
        families=len(families.names),
        leads_without=leads.sum(axis=1),
        which=[", ".join(np.array(families.names, dtype=object)[row]) for row in leads],
    )
    return frame.sort_values("nr", kind="stable", ignore_index=True)


def caption(study: Study, comparison: Comparison, _table: pd.DataFrame) -> str:
    curves, families = comparison.curves, study.families_in(comparison)
    return (
        f"The mean is over {phrases.families(families)} of the means over their problems, of "
        f"{phrases.algorithms(curves)} over {phrases.suite(curves)}. In brackets stand "
        f"{phrases.family_interval(study.settings, families)} Rank runs from the best to the worst "
        "place that the data leave open; all ranks hold together at that level. Leads without "
        "names the families which, left out one at a time, make the algorithm the leader of the "
        f"rest. The families are {listed(families.names)}.{phrases.failures(curves)}"
    )


def grid(table: pd.DataFrame) -> Grid:
    rows = []
    for i, row in table.iterrows():
        low, high = row["rank_low"], row["rank_high"]
        leads, families = row["leads_without"], row["families"]
        if leads == families:
            which = f"any of all {families}"
        elif leads > families / 2:
            which = f"any of {leads} families"
        else:
            which = listed(row["which"].split(", ")) if leads else "-"
        fields = [
            algorithm_field(row["algorithm"], strong=i == 0),
            Field(number(row["nr"]), interval(row["nr_low"], row["nr_high"]), key=row["nr"]),
            Field(f"{low}" if low == high else f"{low} to {high}", key=float(low + high)),
            Field(which, key=float(leads)),
        ]
        rows.append(fields)
    return Grid(["Algorithm", "Mean nr", "Rank", "Leads without"], rows)
