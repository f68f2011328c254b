"""Stored cells that run again, by what the store itself says of them."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from hpobench.contract.cell import Cell
from hpobench.contract.errors import HpobenchError
from hpobench.plugins.isolation.environments import prepare
from hpobench.running.cells import Cells
from hpobench.running.cluster import LOCAL, connected, cpus_here, needs_ray, starts_ray
from hpobench.running.local.cells import LocalCells
from hpobench.running.local.processes import Template
from hpobench.running.local.work import Work
from hpobench.store import files, provenance
from hpobench.store.batch import Outcome
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite

Row: TypeAlias = Mapping[str, Any]
"""What stands for a stored cell: its id, its labels, its seed and its workers."""
_LISTS = {"searcher": "searchers", "scheduler": "schedulers", "problem": "problems"}


@dataclass(frozen=True)
class Planned:
    """Cells to run by the id of the stored ones, which other versions of programs may have changed,
    and why others cannot run here."""

    cells: dict[str, Cell] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Planner:
    """Plans stored cells of the stored ``suite`` anew, with further ``plugins``."""

    suite: Mapping[str, Any]
    plugins: Sequence[str | Path]
    tell: Callable[[str], None]

    def plan(self, rows: Sequence[Row]) -> Planned:
        """The cells of ``rows``.

        They are planned together. If that fails they are planned by halves, down to single
        combinations, so that a plugin which is not there costs its own cells alone.
        """
        try:
            return self._planned(rows)
        except HpobenchError as error:
            combinations = sorted({_combination(row) for row in rows})
            if len(combinations) == 1:
                return Planned(refused={row["cell"]: str(error) for row in rows})
        first = set(combinations[: len(combinations) // 2])
        halves = [[row for row in rows if (_combination(row) in first) is half] for half in (1, 0)]
        one, other = map(self.plan, halves)
        return Planned(one.cells | other.cells, one.refused | other.refused)

    def _planned(self, rows: Sequence[Row]) -> Planned:
        suite = load_suite(self._part(rows), self.plugins)
        prepare(suite.scripts(), self.tell)
        plan = build_plan(suite)
        known = {
            (c.searcher.label, c.scheduler.label, c.problem.label, c.workers): c
            for c in plan.cells.combinations
        }
        skipped = {(s.searcher, s.scheduler, s.problem): s.reason for s in plan.skipped}
        planned = Planned()
        for row in rows:
            labels = _combination(row)
            if (found := known.get((*labels, row["workers"]))) is not None:
                planned.cells[row["cell"]] = found.cell(row["seed"])
            else:
                planned.refused[row["cell"]] = skipped.get(labels, "the suite has no such cell")
        return planned

    def _part(self, rows: Iterable[Row]) -> dict[str, Any]:
        """The suite with no more than ``rows`` need."""
        part = {key: value for key, value in self.suite.items() if key != "only"}
        for label, name in _LISTS.items():
            wanted = {row[label] for row in rows}
            part[name] = [entry for entry in part[name] if entry["as"] in wanted]
        repeats = {"seeds": "seed", "workers": "workers"}
        return part | {name: sorted({row[key] for row in rows}) for name, key in repeats.items()}


def _combination(row: Row) -> tuple[str, str, str]:
    return row["searcher"], row["scheduler"], row["problem"]


def run_again(
    cells: Sequence[Cell], start: Callable[[], Template], timeout: float, cpus: int | None
) -> Iterator[Outcome]:
    """The outcomes of ``cells``, as they come. They run where ``hpobench run`` would run them."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        place = _place(stack, Work(provenance.commit(), timeout, name), start, cpus)
        stack.callback(place.close)
        for batches in place.run(cells):
            for batch in batches:
                for shard, data in batch.shards.items():
                    files.Shard(shard, data).write(folder)
                yield from batch.outcomes(folder)


def _place(
    stack: contextlib.ExitStack, work: Work, start: Callable[[], Template], cpus: int | None
) -> Cells:
    if not needs_ray("virtual", None):
        return LocalCells(start, work, cpus or cpus_here())
    from hpobench.running.ray_cells import VirtualCells

    own = starts_ray(LOCAL)
    ray = stack.enter_context(connected(LOCAL, cpus))
    return VirtualCells(ray, commit=work.commit, timeout=work.timeout, own=own)
