"""Reading a results folder, and the decision that a run with several looks stored in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from hpobench.contract.errors import UsageError
from hpobench.contract.files import is_there
from hpobench.store.format import checks, disk, index
from hpobench.suites.yamlfile import read_yaml


@dataclass(frozen=True)
class Results:
    """Stored results. The frames have the columns of :mod:`hpobench.store.format.schema`.
    They hold only cells of the present suite, sorted by searcher, scheduler, problem and seed in
    the suite's order, then by workers. Events are sorted by cell, then by when they happened."""

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
    """Read the results in ``folder``, and check all that is read.
    Raises :class:`UsageError` if there are none, :class:`StoreError` if a file is damaged, missing,
    or of another schema version."""
    plan = load_plan(folder)
    cells = index.load_cells(folder).to_pandas()
    cells = cells[cells["in_suite"] & cells["cell"].isin(set(plan["cells"]))]
    if not len(cells):
        raise UsageError(f"{folder}: no cell is finished yet; `hpobench run` goes on")
    for label in ("problem", "scheduler", "searcher"):
        if not cells[label].isin(plan[f"{label}s"]).all():
            path = folder / index.CELLS
            raise disk.DamagedError(path, f"it has a {label} that {index.PLAN} does not name")
    cells["error"] = cells["error"].str.slice(0, checks.LONGEST_TEXT)
    cells = in_order(cells, plan)
    problems = index.read_problems(folder / index.PROBLEMS).to_pandas()
    problems = _with(problems, "problem", cells)
    if unknown := set(cells["problem"][cells["status"] == "done"]) - set(problems["problem"]):
        lost = cells["cell"][cells["problem"].isin(unknown)]
        what = f"it has no row of {', '.join(sorted(unknown))[:200]}"
        raise disk.DamagedError(folder / index.PROBLEMS, what, list(lost))
    events, trials = (_rows(folder, kind, cells) for kind in disk.COUNTS)
    _check_places(folder, events, cells, problems)
    return Results(plan["name"], plan["suite"], cells, events, trials, problems, plan)


def load_plan(folder: Path) -> dict[str, Any]:
    """The plan that the last run in ``folder`` worked on."""
    return index.read_plan(folder / index.PLAN)


def stored_suite(folder: Path) -> dict[str, Any]:
    """The resolved suite of the last run in ``folder``, whose labels and seeds are in lists.
    It is that of ``suite.yaml``, where there is one: a plan does not keep the order of options,
    which may be a space's."""
    file = folder / index.SUITE
    suite: Any = load_plan(folder)["suite"]
    if is_there(file):
        index.read_sealed(file)
        suite = read_yaml(file).value
    try:
        return checks.fit(checks.StoredSuite, suite)
    except checks.Unfit as error:
        raise UsageError(f"{folder}: its suite is not one that a run has stored") from error


def load_cells(folder: Path, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """The row of each cell that is stored in ``folder``, of earlier suites too, or its ``columns``,
    of which ``cell`` must be the first."""
    found: list[dict[str, Any]] = index.load_cells(folder, columns).to_pylist()
    return found


def in_order(cells: pd.DataFrame, plan: dict[str, Any]) -> pd.DataFrame:
    """``cells`` by searcher, scheduler and problem in the order of ``plan``, seed and workers."""
    ranks = {
        f"_{label}": cells[label].map({name: i for i, name in enumerate(plan[f"{label}s"])})
        for label in ("searcher", "scheduler", "problem")
    }
    ordered: pd.DataFrame = (
        cells.assign(**ranks)
        .sort_values([*ranks, "seed", "workers"], kind="stable")
        .drop(columns=[*ranks])
        .reset_index(drop=True)
    )
    return ordered


def by_cell(frame: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``frame`` in the order of ``cells``."""
    frame["cell"] = pd.Categorical(frame["cell"], categories=list(cells["cell"]))
    return frame.sort_values("cell", kind="stable").reset_index(drop=True)


def _rows(folder: Path, kind: str, cells: pd.DataFrame) -> pd.DataFrame:
    wanted = ["cell", f"{kind}_shard", disk.COUNTS[kind]]
    named = pa.Table.from_pandas(cells[wanted], preserve_index=False)
    return by_cell(disk.read_rows(folder, kind, named).to_pandas(), cells)


def _check_places(
    folder: Path, events: pd.DataFrame, cells: pd.DataFrame, problems: pd.DataFrame
) -> None:
    """Check that events are of trials that their cell may have, and of steps of its problem."""
    # Analyses make arrays of as many: an event of trial 2**31 - 1 would fill the memory.
    run = events["cell"].cat.codes.to_numpy()
    trials = (cells["trials"] + cells["results"]).to_numpy()[run]
    steps = cells["problem"].map(problems.set_index("problem")["steps"]).to_numpy()[run]
    wrong = (events["trial"] >= trials) | (events["step"] > steps)
    wrong |= (events["parent"] >= trials) | (events["parent"] < 0) | (events["parent_step"] < 0)
    if wrong.any():
        cell = cells.iloc[run[wrong.to_numpy().argmax()]]
        what = "it has an event of a trial or a step that there is not"
        raise disk.DamagedError(folder / cell["events_shard"], what, [cell["cell"]])


def decision_sentence(folder: Path) -> str | None:
    """The decision on the results in ``folder`` in words.
    It is ``None`` where nothing was decided, or where the results have changed since, for example
    by other seeds or by failed cells that ran again."""
    found = index.read_decision(folder / index.DECISION)
    return found["sentence"] if found and found["results"] == stored_digest(folder) else None


def stored_digest(folder: Path) -> str:
    """A digest of the cells of the present plan and how each ended."""
    statuses = {row["cell"]: row["status"] for row in load_cells(folder, ("cell", "status"))}
    return digest(f"{name} {statuses.get(name)}" for name in load_plan(folder)["cells"])


def digest(lines: Iterable[str]) -> str:
    """A hash of ``lines`` in any order."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
