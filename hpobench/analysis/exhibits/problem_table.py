"""What each problem is, with its references and the budget of a run."""

from __future__ import annotations

import pandas as pd

from hpobench.analysis.core.budgets import budget_of
from hpobench.analysis.core.curves import problems_of
from hpobench.analysis.study import Study, Whole
from hpobench.analysis.text.fields import Field, Grid, integer_field
from hpobench.contract.wording import number

TITLE = "Problems"
STEM = "problems"
SHOWS = (
    "What each problem is, the budget of a run on it, and the two losses that regret is measured "
    "between."
)
TAB = "setup"


def subjects(study: Study) -> list[Whole]:
    """The study, unless every run died before its problem could be built."""
    return [study.whole] if len(study.computed(table, study.whole)) else []


def table(study: Study, _: Whole) -> pd.DataFrame:
    """A row for each problem.

    Columns ``problem, metric, direction, dimensions, fidelity, steps, budget, optimum, clip,
    known, heldout, source``; optimum and clip are losses.
    """
    results, budgets = study.every, {}
    for problem, spec in zip(results.cells["problem"], results.cells["spec"], strict=True):
        limits = []
        for what, most in budget_of(spec, results.suite).items():
            if isinstance(most, int | float):
                limits.append(f"{most:g} {'s' if what == 'time' else what}")
            elif most is not None:
                limits.append(f"{most} {what}")
        budgets[problem] = " or ".join(limits) or "-"
    columns = ["problem", "metric", "direction", "dimensions", "fidelity", "steps"]
    columns += ["optimum", "clip", "known", "heldout", "source"]
    frame = problems_of(results)[columns]
    frame.insert(6, "budget", [budgets[p] for p in frame["problem"]])
    return frame


def caption(_study: Study, _: Whole, _table: pd.DataFrame) -> str:
    return (
        "Regret is 0 at the optimum and 1 at the clip, the median loss of a random configuration. "
        "Both are frozen unless their reference says otherwise, and are losses, which are "
        "minimised: a metric that is maximised is negated."
    )


def grid(table: pd.DataFrame) -> Grid:
    columns = ["Problem", "Metric", "Dimensions", "Fidelity", "Budget of a run", "Optimum", "Clip"]
    columns += ["Held-out", "Reference"]
    rows = [
        [
            Field(row["problem"]),
            Field(f"{row['metric']}, {row['direction']}"),
            integer_field(row["dimensions"]),
            Field(f"{row['steps']} x {row['fidelity']}" if row["steps"] > 1 else "single step"),
            Field(row["budget"]),
            Field(number(row["optimum"], 6), key=row["optimum"]),
            Field(number(row["clip"], 6), key=row["clip"]),
            Field("yes" if row["heldout"] else "no"),
            Field(("exact; " if row["known"] else "best on record; ") + str(row["source"])),
        ]
        for _, row in table.iterrows()
    ]
    return Grid(columns, rows)
