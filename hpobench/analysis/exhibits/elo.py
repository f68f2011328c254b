"""One rating for each algorithm, made of who beats whom."""

from __future__ import annotations

import pandas as pd

from hpobench.analysis.core.curves import Comparison, algorithm_columns
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.inference.ratings import MEAN, elo, win_totals
from hpobench.analysis.study import Study, each_of_families
from hpobench.analysis.text import phrases
from hpobench.analysis.text.fields import Field, Grid, algorithm_field

TITLE = "Elo"
STEM = "elo"
SHOWS = (
    "One rating made of who beats whom, as in chess: 400 points more win 10 of 11 pairs of runs."
)
TAB = "tests"

subjects = each_of_families


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """One row per algorithm, the highest rating first.

    Columns ``algorithm, searcher, scheduler, estimate, low, high`` and ``wins``: the mean over
    families, their problems and the other algorithms of the share of pairs of runs that the
    algorithm wins by its final ``nr``, ties half.
    """
    curves, families = comparison.curves, study.families_in(comparison)
    final = normalised(curves)[..., -1]
    found = elo(final, families, study.settings)
    wins = (win_totals(final) * families.weights).sum(axis=1) / (len(final) - 1)
    frame = algorithm_columns(curves.algorithms).assign(**found._asdict(), wins=wins)
    return frame.sort_values("estimate", ascending=False, kind="stable", ignore_index=True)


def caption(study: Study, comparison: Comparison, _table: pd.DataFrame) -> str:
    curves, families, settings = comparison.curves, study.families_in(comparison), study.settings
    return (
        f"The ratings are of {phrases.algorithms(curves)} by final normalised regret over "
        f"{phrases.families(families)}, of {phrases.suite(curves)}; their mean is {MEAN:g}. They "
        "maximise the likelihood of the model of Bradley and Terry. A family counts as one game of "
        "each pair; one game more is a tie of all, which keeps the ratings finite. Wins is the "
        "share of pairs of runs that an algorithm wins, ties half. In brackets stand "
        f"{settings.level:.0%} percentile bootstrap intervals ({settings.repetitions:,} "
        "repetitions, families and their problems resampled), which are too narrow with few "
        f"families.{phrases.failures(curves)}"
    )


def grid(table: pd.DataFrame) -> Grid:
    rows = [
        [
            algorithm_field(row["algorithm"], strong=i == 0),
            Field(
                f"{row['estimate']:.0f}",
                f"[{row['low']:.0f}, {row['high']:.0f}]",
                key=row["estimate"],
            ),
            Field(f"{row['wins']:.0%}", key=row["wins"]),
        ]
        for i, row in table.iterrows()
    ]
    return Grid(["Algorithm", "Elo", "Wins"], rows)
