"""Tables with a row per algorithm, and a column for the mean and for each problem."""

from __future__ import annotations

import pandas as pd

from hpobench.analysis.exhibits._room import first_problems
from hpobench.analysis.text.fields import Field, Grid, algorithm_field
from hpobench.contract.wording import interval, number


def mean_or_problem(table: pd.DataFrame) -> pd.Series:
    """The head of the column that each row of ``table`` belongs in."""
    return table["problem"].astype(object).where(table["problem"].notna(), "Mean")


def by_algorithm(table: pd.DataFrame, value: str) -> Grid:
    """The estimates ``value`` of ``table``, each in the column that its ``column`` names; those of
    the :func:`first_problems`."""
    table, _ = first_problems(table)
    columns = list(dict.fromkeys(table["column"]))
    fields = {}
    for _, row in table.iterrows():
        field = Field("-", key=row[value])
        if (bound := row.get("bound", "")) != "none":
            detail = interval(row["low"], row["high"])
            field = Field(f"{bound} {number(row[value])}".strip(), detail, key=row[value])
        fields[row["algorithm"], row["column"]] = field
    rows = [
        [algorithm_field(name), *(fields[name, column] for column in columns)]
        for name in table["algorithm"].drop_duplicates()
    ]
    return Grid(["Algorithm", *columns], rows)
