"""What runs were given, as their stored cells tell it: a budget, and workers."""

from __future__ import annotations

import json
from typing import Any

from hpobench.analysis.settings import Axis
from hpobench.store.read.reader import Results


def budget_axis(results: Results) -> Axis:
    """``evaluations`` where every run's budget is paid in them or in resource alone, else ``time``.

    On the axis of its own budget a run is under way to the very end, and all are compared after
    the same spending. On the clock, runs under a budget of evaluations would end here and there,
    and a quick one would stand still while the others catch up.
    """
    budgets = [budget_of(spec, results.suite) for spec in results.cells["spec"].unique()]
    limits = [{key for key, value in budget.items() if value is not None} for budget in budgets]
    paid = [bool(keys) and keys <= {"evaluations", "resource"} for keys in limits]
    return "evaluations" if paid and all(paid) else "time"


def budget_of(spec: object, suite: dict[str, Any]) -> dict[str, Any]:
    """The budget in a cell's ``spec``; where it has none, the suite's."""
    found = stored_mapping(spec).get("budget") or suite.get("budget")
    return found if isinstance(found, dict) else {}


def stored_mapping(text: object) -> dict[str, Any]:
    """The mapping that ``text`` holds as JSON; an empty one where it holds none."""
    value = json.loads(text) if isinstance(text, str) and text else {}
    return value if isinstance(value, dict) else {}


def worker_counts(results: Results) -> list[int]:
    """The numbers of workers that there are runs with, ascending."""
    return sorted(int(n) for n in results.cells["workers"].unique())


def with_workers(results: Results, workers: int) -> Results:
    """The part of ``results`` that ran with so many workers."""
    return results.select(results.cells["workers"] == workers)


def with_most_workers(results: Results) -> Results:
    """The part of ``results``, which hold a run, that averages are of: that with the most workers.
    The other runs are there for :mod:`hpobench.analysis.exhibits.efficiency`."""
    return with_workers(results, worker_counts(results)[-1])
