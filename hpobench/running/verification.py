"""A random sample of stored cells that runs again and must give the same bytes."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hpobench.analysis.inference.sampling import detection, fewest_detected
from hpobench.contract.errors import UsageError
from hpobench.running.again import Planner, run_again
from hpobench.running.local.processes import Template
from hpobench.store import index
from hpobench.store.batch import Batch, Outcome
from hpobench.store.reader import stored_suite
from hpobench.store.sameness import (
    Difference,
    Tables,
    first_difference,
    flat_spec,
    of_cell,
    tables_of,
)

_ROW = ("cell", "searcher", "scheduler", "problem", "seed", "workers", "stage", "status")


@dataclass(frozen=True)
class Other:
    """A cell that did not give the same bytes."""

    difference: Difference
    error: str | None
    """Why the cell failed now; ``None`` if it did not."""
    changed: tuple[str, ...]
    """What was another when the stored cell ran, like ``optuna 4.8.0 then, 4.9.0 now``: a likely
    reason."""


@dataclass(frozen=True)
class Verification:
    """What came of a sample of stored cells that ran again."""

    cells: int
    """The stored cells that the sample was drawn from: virtual ones that are done."""
    seed: int
    left_out: Mapping[str, int]
    """How many stored cells could not be drawn, by the reason."""
    same: tuple[str, ...]
    """The ids of the cells that gave the same bytes."""
    different: Mapping[str, Other]
    not_run: Mapping[str, str]
    """Why cells of the sample could not run again, by their id."""

    @property
    def sample(self) -> int:
        """The number of cells that were drawn."""
        return len(self.same) + len(self.different) + len(self.not_run)

    @property
    def compared(self) -> int:
        """The number of cells that ran again."""
        return len(self.same) + len(self.different)

    @property
    def ok(self) -> bool:
        """Whether cells ran again, and all of these gave the same bytes."""
        return bool(self.same) and not self.different

    def altered(self, share: float) -> int:
        """How many cells this ``share`` of them are, rounded down, and at least one."""
        return max(1, math.floor(share * self.cells))

    def detection(self, share: float) -> float:
        """The probability that the cells which ran again would have shown a difference, had this
        ``share`` of all cells been altered."""
        return detection(self.cells, self.altered(share), self.compared)

    @property
    def fewest_detected(self) -> int | None:
        """How many altered cells would have been found with a probability of 95 %: if none was
        found, there are fewer. ``None`` if no cell ran again."""
        return fewest_detected(self.cells, self.compared)


def verify_sample(
    folder: Path,
    sample: int,
    seed: int,
    plugins: Sequence[str | Path],
    *,
    start: Callable[[], Template],
    timeout: float,
    cpus: int | None,
    tell: Callable[[str], None],
) -> Verification:
    """Draw ``sample`` cells of the results in ``folder``, run them again, and compare.

    Cells run by the suite that is stored with them and the present programs. ``tell`` takes a
    line for each environment that is built. Raises :class:`UsageError` if no cell can be drawn.
    """
    table, left_out = _population(folder)
    names = sorted(table["cell"].to_pylist())
    if not names:
        reasons = ", ".join(f"{n:,} {what}" for what, n in left_out.items()) or "it has none"
        raise UsageError(f"{folder}: no cell can be run again: {reasons}")
    drawn = pa.array(sorted(Random(seed).sample(names, min(sample, len(names)))), pa.string())
    rows = table.filter(pc.is_in(table["cell"], value_set=drawn))
    planned = Planner(stored_suite(folder), plugins, tell).plan(rows.select(_ROW).to_pylist())
    stored = tables_of(folder, rows)
    same, different, refused = [], {}, dict(planned.refused)
    cells = {cell.id: cell for cell in planned.cells.values()}
    outcomes = {o.cell["cell"]: o for o in run_again([*cells.values()], start, timeout, cpus)}
    for name, cell in planned.cells.items():
        outcome = outcomes[cell.id]
        if outcome.cell["status"] == "timeout":
            refused[name] = str(outcome.cell["error"])
        elif (found := _compared(of_cell(stored, name), outcome)) is None:
            same.append(name)
        else:
            different[name] = found
    return Verification(
        cells=len(names),
        seed=seed,
        left_out=left_out,
        same=tuple(sorted(same)),
        different=dict(sorted(different.items())),
        not_run=dict(sorted(refused.items())),
    )


def _population(folder: Path) -> tuple[pa.Table, dict[str, int]]:
    """The rows of the stored cells that can run again, and how many others there are, and why."""
    table = index.load_cells(folder)
    planned = set(index.read_plan(folder / index.PLAN)["cells"])
    reasons = [_reason(row, planned) for row in table.select([*_ROW, "in_suite"]).to_pylist()]
    left_out = Counter(reason for reason in reasons if reason is not None)
    return table.filter(pa.array([reason is None for reason in reasons])), dict(left_out)


def _reason(row: Mapping[str, Any], planned: set[str]) -> str | None:
    """Why a stored cell cannot be drawn, or ``None`` if it can."""
    if row["cell"] not in planned or not row["in_suite"]:
        return "of an earlier suite"
    if row["stage"] == "live":
        return "live, whose clock is the wall's"
    return None if row["status"] == "done" else "failed or given up"


def _compared(stored: Tables, outcome: Outcome) -> Other | None:
    """How ``outcome`` differs from what is stored of the cell; ``None`` if it does not."""
    cells = Batch.of([outcome]).rows
    again = {"events": outcome.events, "trials": outcome.trials, "cells": cells}
    difference = first_difference(stored, again)
    if difference is None:
        return None
    before, now = (table["cells"].to_pylist()[0] for table in (stored, again))
    return Other(difference, outcome.cell["error"], tuple(_changes(before, now)))


def _changes(stored: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What two rows of a cell say of programs and the machine that is not the same."""
    before, after = (_origins(row["provenance"]) for row in (stored, now))
    for name in sorted(before.keys() & after.keys()):
        if before[name] != after[name]:
            yield f"{name} {before[name]} then, {after[name]} now"
    one, two = (flat_spec(row["spec"]) for row in (stored, now))
    for kind in ("searcher", "scheduler", "problem"):
        if one.get(f"{kind}.source") != two.get(f"{kind}.source"):
            yield f"the {kind}'s file is another now"


def _origins(provenance: str) -> dict[str, Any]:
    """Versions by the name of what has them, and the machine's processor."""
    found = json.loads(provenance)
    versions, library, host = (_mapping(found.get(key)) for key in ("versions", "library", "host"))
    named = {str(library["name"]): library.get("version")} if "name" in library else {}
    return {**versions, **named, "processor": host.get("processor")}


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
