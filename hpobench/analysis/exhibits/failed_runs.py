"""Every run that failed, with its error."""

from __future__ import annotations

import pandas as pd

from hpobench.analysis.study import Study, Whole
from hpobench.analysis.text.fields import Field, Grid, algorithm_field, anchor, integer_field
from hpobench.analysis.text.phrases import shortened

TITLE = "Failed runs"
STEM = "failures"
SHOWS = "Every run that failed, with its error."
TAB = "setup"


def subjects(study: Study) -> list[Whole]:
    return [study.whole] if len(study.failures) else []


def table(study: Study, _: Whole) -> pd.DataFrame:
    """As :func:`hpobench.analysis.core.failures.failures`."""
    return study.failures


def caption(_study: Study, _: Whole, _table: pd.DataFrame) -> str:
    return ""


def grid(table: pd.DataFrame) -> Grid:
    rows = [
        [
            algorithm_field(row["algorithm"]),
            Field(row["problem"], href=f"#{anchor(row['algorithm'], row['problem'])}"),
            integer_field(row["seed"]),
            Field(row["kind"]),
            Field(shortened(row["error"], f"tables/{STEM}.csv")),
        ]
        for _, row in table.iterrows()
    ]
    return Grid(["Algorithm", "Problem", "Seed", "Kind", "Error"], rows)
