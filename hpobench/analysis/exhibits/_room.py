"""What a page has room for: of very many algorithms, problems or bars a figure or a table shows
some.

The CSV file beside it always has all. With fewer nothing is left out, and nothing is said.
"""

from __future__ import annotations

from itertools import chain

import pandas as pd

from hpobench.analysis.core.curves import algorithms_of
from hpobench.analysis.exhibits import standings
from hpobench.analysis.study import Study

MOST_ALGORITHMS, MOST_PROBLEMS = 100, 250
"""A row each makes figures of 17,000 pixels at most, which is about what browsers show. The matrix
of 300 algorithms took more than 5 GB to draw."""

MOST_BARS = 500
"""Of one run; a million would be most of a page, and browsers become slow with many thousands."""


def legible(study: Study, table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The rows of a figure's ``table`` that are drawn, and a sentence about the others.

    The sentence has a blank in front; it is empty if all rows are drawn.
    """
    table, said = first_problems(table)
    if "begin" in table:
        kept_bars = table.groupby("cell", sort=False).cumcount() < MOST_BARS
        if not kept_bars.all():
            table = table[kept_bars]
            said += f" Drawn: the first {MOST_BARS} bars of each run; the CSV file has all."
    algorithms = algorithms_of(study.results.cells)
    # Tables of trials have other columns, and give no algorithm a place of its own.
    by_algorithm = not {"estimate", "rank", "nr"}.isdisjoint(table.columns)
    if not by_algorithm or len(algorithms) <= MOST_ALGORITHMS:
        return table, said
    # Those that lead the standings first, those outside of them last.
    leading = (study.computed(standings.table, one)["algorithm"] for one in study.shown)
    best = list(dict.fromkeys([*chain(*leading), *(a.name for a in algorithms)]))
    kept = set(best[:MOST_ALGORITHMS])
    searchers = {a.searcher for a in algorithms if a.name in kept}
    rows = pd.Series(True, index=table.index)
    # Where thinking is shown, searchers stand for their algorithms.
    columns = {"algorithm": kept | searchers, "other": kept, "searcher": searchers}
    for column in table.columns.intersection(list(columns)):
        rows &= table[column].isin(columns[column])
    if rows.all():
        return table, said
    return table[rows], (
        f"{said} Drawn: the {MOST_ALGORITHMS} of {len(best):,} algorithms with the lowest mean "
        "normalised regret at the end; the CSV file has all."
    )


def first_problems(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """As :func:`legible`, for a figure or a table with a place for each problem: the rows of the
    first ones, and those of no problem, means for example."""
    if "problem" not in table:
        return table, ""
    names = table["problem"].dropna().drop_duplicates()
    if len(names) <= MOST_PROBLEMS:
        return table, ""
    kept = table["problem"].isna() | table["problem"].isin(names.iloc[:MOST_PROBLEMS])
    return table[kept], (
        f" Shown: the first {MOST_PROBLEMS} of {len(names):,} problems; the CSV file has all."
    )
