"""Stored cells that run again, by what the store itself says of them: a random sample of them must
give the same bytes."""

from __future__ import annotations

import contextlib
import json
import math
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from hpobench.analysis.inference.sampling import detection, fewest_detected
from hpobench.contract.cell import Cell
from hpobench.contract.errors import SuiteError, UsageError
from hpobench.plugins.isolation.environments import prepare
from hpobench.running.cells.batches import Cells
from hpobench.running.cluster.connect import LOCAL, connected, cpus_here, needs_ray, starts_ray
from hpobench.running.local.local_cells import LocalCells
from hpobench.running.local.worker_processes import ForkServer, Work
from hpobench.store.format import disk, index
from hpobench.store.prove import sameness
from hpobench.store.read.reader import stored_suite
from hpobench.store.write import provenance
from hpobench.store.write.batch import Batch, Outcome
from hpobench.suites.grid import Combination, build_plan
from hpobench.suites.resolved import LISTS
from hpobench.suites.run_options import SampleOptions
from hpobench.suites.suite import load_suite

_ROW = ("cell", "searcher", "scheduler", "problem", "seed", "workers", "stage", "status")


Key: TypeAlias = tuple[str, str, str, int]
"""What stored cells have in common that differ in their seeds only: the labels of searcher,
scheduler and problem, and the number of workers."""
_AT_FAULT = re.compile(r"(searchers|schedulers|problems)\[(\d+)\]")


@dataclass
class Planner:
    """Plans cells of the stored ``suite`` with the present programs and further ``plugins``."""

    suite: Mapping[str, Any]
    plugins: Sequence[str | Path]
    tell: Callable[[str], None]
    combinations: dict[Key, Combination] = field(default_factory=dict)
    refused: dict[Key, str] = field(default_factory=dict)
    """Why combinations cannot run here."""

    def plan(self, keys: Collection[Key]) -> None:
        """Plan the combinations ``keys``. A plugin that is at fault costs its own combinations; the
        others are planned without it."""
        left = set(keys)
        while left:
            part = self._part(left)
            try:
                suite = load_suite(part, self.plugins)
                prepare(suite.scripts(), self.tell)
                plan = build_plan(suite)
            except SuiteError as error:
                costs = left
                if at_fault := _AT_FAULT.match(error.key or ""):
                    name, number = at_fault.groups()
                    label, place = part[name][int(number)]["as"], LISTS.index(name)
                    costs = {key for key in left if key[place] == label} or left
                # What else is wrong has lines of its own, and its turn.
                self.refused |= dict.fromkeys(costs, error.message.partition("\n")[0])
                left = left - costs
                continue
            for c in plan.cells.combinations:
                labels = c.searcher.label, c.scheduler.label, c.problem.label
                self.combinations[*labels, c.workers] = c
            skipped = {(s.searcher, s.scheduler, s.problem): s.reason for s in plan.skipped}
            for key in left - self.combinations.keys():
                self.refused[key] = skipped.get(key[:3], "its suite has no such cells")
            return

    def _part(self, keys: Collection[Key]) -> dict[str, Any]:
        """The suite with no more than ``keys`` need, and any seed."""
        # A run stores no plugin files in a suite: a store must not bring code that runs.
        part = {k: value for k, value in self.suite.items() if k not in ("only", "plugins")}
        for place, name in enumerate(LISTS):
            wanted = {key[place] for key in keys}
            part[name] = [entry for entry in part[name] if entry["as"] in wanted]
        return part | {"seeds": [0], "workers": sorted({key[3] for key in keys})}


def run_again(
    cells: Sequence[Cell], start: Callable[[], ForkServer], timeout: float, cpus: int | None
) -> Iterator[Outcome]:
    """The outcomes of ``cells``, as they come. They run where ``hpobench run`` would run them."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        commit = provenance.commit()
        place: Cells
        if needs_ray("virtual", None):
            from hpobench.running.cluster.ray_cells import VirtualCells

            own = starts_ray(LOCAL)
            ray = stack.enter_context(connected(LOCAL, cpus))
            place = VirtualCells(ray, commit=commit, timeout=timeout, own=own)
        else:
            place = LocalCells(start, Work(commit, timeout, name), cpus or cpus_here())
        stack.callback(place.close)
        for batches in place.run(cells):
            for batch in batches:
                for file, data in batch.files.items():
                    disk.RowFile(file, data).write(folder)
                yield from batch.outcomes(folder)


@dataclass(frozen=True)
class AnotherResult:
    """A cell that did not give the same bytes."""

    difference: sameness.Difference
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
    stored = sameness.tables_of(folder, rows)
    same, different, unfinished = [], {}, {}
    for name, cell in sorted(cells.items()):
        outcome = outcomes[cell.id]
        if outcome.cell["status"] == "timeout":
            unfinished[name] = str(outcome.cell["error"])
        elif (found := _compared(sameness.of_cell(stored, name), outcome)) is None:
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


def _compared(stored: sameness.Tables, outcome: Outcome) -> AnotherResult | None:
    """How ``outcome`` differs from what is stored of the cell; ``None`` if it does not."""
    cells = Batch.of([outcome]).rows
    again = {"events": outcome.events, "trials": outcome.trials, "cells": cells}
    difference = sameness.first_difference(stored, again)
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
    one, two = (sameness.flat_spec(row["spec"]) for row in (stored, now))
    for kind in ("searcher", "scheduler", "problem"):
        if one.get(f"{kind}.source") != two.get(f"{kind}.source"):
            yield f"the {kind}'s file is another now"


def _origins(provenance: str) -> dict[str, Any]:
    """Versions by the name of what has them, and the machine's processor."""
    found = json.loads(provenance)
    versions, library, host = (
        value if isinstance(value := found.get(key), dict) else {}
        for key in ("versions", "library", "host")
    )
    named = {str(library["name"]): library.get("version")} if "name" in library else {}
    return {**versions, **named, "processor": host.get("processor")}
