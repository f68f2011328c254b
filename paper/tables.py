"""The tables of the paper."""

from __future__ import annotations

import pandas as pd

from hpobench.paper.document import Row, Table, plain
from hpobench.paper.facts import Facts, with_interval

FIRST = 14
"""How many algorithms a table of standings has, beside random search without a scheduler."""


def problems(facts: Facts) -> Table:
    """The problems of a part, with what a run may spend."""
    rows = [
        _row(row["problem"], str(row["dimensions"]), str(row["steps"]), row["budget"])
        for _, row in facts.problems.iterrows()
    ]
    return Table(("Problem", "Parameters", "Steps", "Budget"), tuple(rows), frozenset({1, 2, 3}))


def standings(facts: Facts) -> Table:
    """The first algorithms of the comparison that the paper leads with."""
    rows = []
    for place, one in enumerate(facts.compared.ranked, start=1):
        if place > FIRST and not one.is_baseline:
            continue
        mark = "*" if one.standing == "behind" else ""
        behind = with_interval(one.behind, one.behind_low, one.behind_high) + mark
        regret = with_interval(one.regret, one.low, one.high)
        cells = (f"{place:,}. {one.algorithm}", regret, behind if place > 1 else "-")
        rows.append(Row(tuple(map(plain, cells)), strong=place == 1))
    return Table(("Algorithm", "Mean regret", "Behind the first"), tuple(rows), frozenset({1, 2}))


def claims(table: pd.DataFrame) -> Table:
    """The claims of a publication beside what we measure, as
    :func:`hpobench.paper.published.compare` has them."""
    rows = []
    for _, claim in table.iterrows():
        ours = with_interval(claim["ours"], claim["low"], claim["high"])
        ours = "-" if claim["bound"] == "none" else f"{claim['bound']} {ours}".strip()
        says = f"{claim['says']} ({claim['where']})"
        cells = (says, claim["published"], ours, claim["agrees"])
        rows.append(Row(tuple(map(plain, cells)), note=claim["why"]))
    return Table(("Claim", "Published", "Ours", "Agrees"), tuple(rows), frozenset({1, 2}))


def _row(*cells: str) -> Row:
    return Row(tuple(map(plain, cells)))
