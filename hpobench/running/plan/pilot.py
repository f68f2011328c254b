"""The part of a pilot's results that a suite is about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.study import Study
from hpobench.contract.errors import UsageError
from hpobench.store.read.reader import load_results
from hpobench.suites.grid import Plan

Labels = tuple[str, str, str]
"""Of searcher, scheduler and problem."""


class Pilot(NamedTuple):
    comparison: Comparison
    absent: list[Labels]
    """Combinations of the plan that the pilot lacks."""
    changed: list[Labels]
    """Those that ran under other options, budgets or versions than the plan's."""


def load_pilot(folder: Path, plan: Plan) -> Pilot:
    """The results in ``folder`` whose labels are in ``plan``. Raises :class:`UsageError` where they
    have nothing in common, and :class:`TooFewError` where there is nothing to compare."""
    results = load_results(folder)
    wanted: dict[Labels, set[str]] = {}
    for cell in plan.cells.with_seeds(plan.cells.seeds[:1]):
        labels = (cell.searcher.label, cell.scheduler.label, cell.problem.label)
        wanted.setdefault(labels, set()).add(_without_seed(cell.spec))
    found = _labels(results.cells)
    shared = pd.Series([labels in wanted for labels in found], dtype=bool)
    if not shared.any():
        ours, theirs = ({problem for _, _, problem in labels} for labels in (wanted, found))
        if ours & theirs:
            names = sorted({f"{searcher} + {scheduler}" for searcher, scheduler, _ in found})
            why = "no algorithm of it ran on its problems"
        else:
            names, why = sorted(theirs), "none of its problems is there"
        raise UsageError(f"{folder}: no pilot for this suite: {why}, only {', '.join(names)}")
    part = results.select(shared)
    ran = _labels(part.cells)
    changed = [
        labels
        for labels, spec in zip(ran, part.cells["spec"], strict=True)
        if _without_seed(spec) not in wanted[labels]
    ]
    return Pilot(
        Study(part).main_comparison(),
        [x for x in wanted if x not in set(ran)],
        list(dict.fromkeys(changed)),
    )


def _labels(cells: pd.DataFrame) -> list[Labels]:
    return list(zip(cells["searcher"], cells["scheduler"], cells["problem"], strict=True))


def _without_seed(spec: str) -> str:
    return json.dumps({**json.loads(spec), "seed": None}, sort_keys=True)
