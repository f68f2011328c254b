"""A random sample of stored cells that runs again and must give the same bytes."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hpobench.analysis.inference.sampling import detection, fewest_detected
from hpobench.contract.errors import UsageError
from hpobench.running.local.worker_processes import ForkServer
from hpobench.running.proof.again import Key, Planner, run_again
from hpobench.store.format import index
from hpobench.store.prove.sameness import (
    Difference,
    Tables,
    first_difference,
    flat_spec,
    of_cell,
    tables_of,
)
from hpobench.store.read.reader import stored_suite
from hpobench.store.write.batch import Batch, Outcome
from hpobench.suites.options import SampleOptions

_ROW = ("cell", "searcher", "scheduler", "problem", "seed", "workers", "stage", "status")


@dataclass(frozen=True)
class AnotherResult:
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
    """The stored cells that the sample was drawn from: virtual ones that are done and can run
    here."""
    seed: int
    left_out: Mapping[str, int]
    """How many stored cells could not be drawn, by the reason."""
    same: tuple[str, ...]
    """The ids of the cells that gave the same bytes."""
    different: Mapping[str, AnotherResult]
    unfinished: Mapping[str, str]
    """Why cells of the sample did not end, by their id."""

    @property
    def sample(self) -> int:
        """The number of cells that were drawn."""
        return self.compared + len(self.unfinished)

    @property
    def compared(self) -> int:
        """The number of cells that ran again to their end."""
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
    options: SampleOptions,
    start: Callable[[], ForkServer],
    tell: Callable[[str], None],
) -> Verification:
    """Draw cells of the results in ``folder``, run them again, and compare.

    Cells run by the suite that is stored with them and the present programs. ``tell`` takes a
    line for each environment that is built. Raises :class:`UsageError` if no cell can be drawn.
    """
    planner = Planner(stored_suite(folder), options.plugins, tell)
    table, left_out = _population(folder, planner)
    names = sorted(table["cell"].to_pylist())
    if not names:
        reasons = "; ".join(f"{n:,} {what}" for what, n in left_out.items()) or "it has none"
        raise UsageError(f"{folder}: no cell can be run again: {reasons}")
    drawn = pa.array(
        Random(options.seed).sample(names, min(options.cells, len(names))), pa.string()
    )
    rows = table.filter(pc.is_in(table["cell"], value_set=drawn))
    cells = {
        row["cell"]: planner.combinations[_key(row)].cell(row["seed"])
        for row in rows.select(_ROW).to_pylist()
    }
    # A cell may have another id now, by other versions of what it is made of.
    once = list({cell.id: cell for cell in cells.values()}.values())
    outcomes = {
        found.cell["cell"]: found for found in run_again(once, start, options.timeout, options.cpus)
    }
    stored = tables_of(folder, rows)
    same, different, unfinished = [], {}, {}
    for name, cell in sorted(cells.items()):
        outcome = outcomes[cell.id]
        if outcome.cell["status"] == "timeout":
            unfinished[name] = str(outcome.cell["error"])
        elif (found := _compared(of_cell(stored, name), outcome)) is None:
            same.append(name)
        else:
            different[name] = found
    return Verification(len(names), options.seed, left_out, tuple(same), different, unfinished)


def _population(folder: Path, planner: Planner) -> tuple[pa.Table, dict[str, int]]:
    """The rows of the stored cells that can run again, and how many others there are, and why."""
    table = index.load_cells(folder)
    planned = set(index.read_plan(folder / index.PLAN)["cells"])
    rows = table.select([*_ROW, "in_suite"]).to_pylist()
    reasons = [_reason(row, planned) for row in rows]
    planner.plan({_key(row) for row, why in zip(rows, reasons, strict=True) if why is None})
    reasons = [why or planner.refused.get(_key(r)) for r, why in zip(rows, reasons, strict=True)]
    left_out = Counter(reason for reason in reasons if reason is not None)
    return table.filter(pa.array([reason is None for reason in reasons])), dict(left_out)


def _key(row: Mapping[str, Any]) -> Key:
    return row["searcher"], row["scheduler"], row["problem"], row["workers"]


def _reason(row: Mapping[str, Any], planned: set[str]) -> str | None:
    """Why a stored cell cannot be drawn wherever it is, or ``None`` if it can."""
    if row["cell"] not in planned or not row["in_suite"]:
        return "of an earlier suite"
    if row["stage"] == "live":
        return "live: their clock is the wall's, which never repeats"
    return None if row["status"] == "done" else "failed or given up"


def _compared(stored: Tables, outcome: Outcome) -> AnotherResult | None:
    """How ``outcome`` differs from what is stored of the cell; ``None`` if it does not."""
    cells = Batch.of([outcome]).rows
    again = {"events": outcome.events, "trials": outcome.trials, "cells": cells}
    difference = first_difference(stored, again)
    if difference is None:
        return None
    before, now = (table["cells"].to_pylist()[0] for table in (stored, again))
    return AnotherResult(difference, outcome.cell["error"], tuple(_changes(before, now)))


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
