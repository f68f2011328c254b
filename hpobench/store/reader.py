"""Reading a results folder."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from hpobench.contract.errors import StoreError, UsageError
from hpobench.contract.files import read_text
from hpobench.store import files

_PLAN = {"name", "suite", "cells", "searchers", "schedulers", "problems", "skipped"}


@dataclass(frozen=True)
class Results:
    """Stored results. The frames have the columns of :mod:`hpobench.store.schema`.

    They hold only cells of the present suite, sorted by searcher, scheduler, problem and seed in
    the suite's order, then by workers. Events are sorted by cell, then by when they happened.
    """

    name: str
    suite: dict[str, Any]
    """The suite as resolved, plain YAML types."""
    cells: pd.DataFrame
    events: pd.DataFrame
    trials: pd.DataFrame
    problems: pd.DataFrame
    plan: dict[str, Any] = field(default_factory=dict)
    """What was planned: the ids of all ``cells``, ``skipped`` combinations with their reasons,
    and the labels of ``searchers``, ``schedulers`` and ``problems`` in the suite's order."""

    def select(self, keep: pd.Series) -> Results:
        """The results of the cells where ``keep`` is true."""
        cells = self.cells[keep].reset_index(drop=True)
        return replace(
            self,
            cells=cells,
            events=_with(self.events, "cell", cells),
            trials=_with(self.trials, "cell", cells),
            problems=_with(self.problems, "problem", cells),
        )


def _with(frame: pd.DataFrame, column: str, cells: pd.DataFrame) -> pd.DataFrame:
    return frame[frame[column].isin(set(cells[column]))].reset_index(drop=True)


def load_results(folder: Path) -> Results:
    """Read the results in ``folder``.

    Raises :class:`UsageError` if there are none, :class:`StoreError` if a file is damaged,
    missing, or of another schema version.
    """
    plan = load_plan(folder)
    if not (folder / "cells.parquet").exists():
        raise UsageError(f"{folder}: no cell is finished yet; `hpobench run` goes on")
    cells = files.read_table(folder / "cells.parquet").to_pandas()
    for label in ("problem", "scheduler", "searcher"):
        ranks = {name: i for i, name in enumerate(plan[f"{label}s"])}
        cells[f"_{label}"] = cells[label].map(ranks)
    cells = (
        cells[cells["in_suite"]]
        .sort_values(["_searcher", "_scheduler", "_problem", "seed", "workers"], kind="stable")
        .drop(columns=["_searcher", "_scheduler", "_problem"])
        .reset_index(drop=True)
    )
    problems = files.read_table(folder / "problems.parquet").to_pandas()
    present = set(cells["problem"])
    return Results(
        name=plan["name"],
        suite=plan["suite"],
        cells=cells,
        events=_rows(folder, "events", cells),
        trials=_rows(folder, "trials", cells),
        problems=problems[problems["problem"].isin(present)].reset_index(drop=True),
        plan=plan,
    )


def load_plan(folder: Path) -> dict[str, Any]:
    """The plan that the last run in ``folder`` worked on."""
    path = folder / "plan.json"
    if not path.exists():
        raise UsageError(f"{folder}: not a results folder (it has no plan.json)")
    with files.explained(path):
        try:
            plan: dict[str, Any] = json.loads(read_text(path))
        except ValueError as error:
            raise StoreError(f"{path}: {error}; run the suite again to write it anew") from error
    if not isinstance(plan, dict) or not set(plan) >= _PLAN:
        raise StoreError(f"{path}: not a plan; run the suite again to write it anew")
    return plan


def _rows(folder: Path, kind: str, cells: pd.DataFrame) -> pd.DataFrame:
    """The events or trials of ``cells``, in the order of ``cells``."""
    stored = cells[cells[f"{kind}_shard"].notna()]
    shards = dict(zip(stored["cell"], stored[f"{kind}_shard"], strict=True))
    frame: pd.DataFrame = files.read_shards(folder, kind, shards).to_pandas()
    frame["cell"] = pd.Categorical(frame["cell"], categories=list(cells["cell"]))
    return frame.sort_values("cell", kind="stable").reset_index(drop=True)
