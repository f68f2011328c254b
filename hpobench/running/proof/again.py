"""Stored cells that run again, by what the store itself says of them."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from hpobench.contract.cell import Cell
from hpobench.contract.errors import SuiteError
from hpobench.plugins.isolation.environments import prepare
from hpobench.running.cells.batches import Cells
from hpobench.running.cluster.connect import LOCAL, connected, cpus_here, needs_ray, starts_ray
from hpobench.running.local.local_cells import LocalCells
from hpobench.running.local.worker_processes import ForkServer, Work
from hpobench.store.format import disk
from hpobench.store.write import provenance
from hpobench.store.write.batch import Outcome
from hpobench.suites.cell_grid import Combination
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite
from hpobench.suites.union import LISTS

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
        """Plan the combinations ``keys``.

        A plugin that is at fault costs its own combinations; the others are planned without it.
        """
        left = set(keys)
        while left:
            part = self._part(left)
            try:
                self._plan(part, left)
                return
            except SuiteError as error:
                costs = {key for key in left if _is_of(key, error, part)} or left
                # What else is wrong has lines of its own, and its turn.
                self.refused |= dict.fromkeys(costs, error.message.partition("\n")[0])
                left = left - costs

    def _plan(self, part: Mapping[str, Any], keys: Collection[Key]) -> None:
        suite = load_suite(part, self.plugins)
        prepare(suite.scripts(), self.tell)
        plan = build_plan(suite)
        for c in plan.cells.combinations:
            labels = c.searcher.label, c.scheduler.label, c.problem.label
            self.combinations[*labels, c.workers] = c
        skipped = {(s.searcher, s.scheduler, s.problem): s.reason for s in plan.skipped}
        for key in keys:
            if key not in self.combinations:
                self.refused[key] = skipped.get(key[:3], "its suite has no such cells")

    def _part(self, keys: Collection[Key]) -> dict[str, Any]:
        """The suite with no more than ``keys`` need, and any seed."""
        # A run stores no plugin files in a suite: a store must not bring code that runs.
        part = {k: value for k, value in self.suite.items() if k not in ("only", "plugins")}
        for place, name in enumerate(LISTS):
            wanted = {key[place] for key in keys}
            part[name] = [entry for entry in part[name] if entry["as"] in wanted]
        return part | {"seeds": [0], "workers": sorted({key[3] for key in keys})}


def _is_of(key: Key, error: SuiteError, part: Mapping[str, Any]) -> bool:
    """Whether ``error`` is about a plugin of the combination ``key``."""
    found = _AT_FAULT.match(error.key or "")
    if not found:
        return False
    name, number = found.groups()
    label: str = part[name][int(number)]["as"]
    return key[LISTS.index(name)] == label


def run_again(
    cells: Sequence[Cell], start: Callable[[], ForkServer], timeout: float, cpus: int | None
) -> Iterator[Outcome]:
    """The outcomes of ``cells``, as they come. They run where ``hpobench run`` would run them."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        place = _place(stack, Work(provenance.commit(), timeout, name), start, cpus)
        stack.callback(place.close)
        for batches in place.run(cells):
            for batch in batches:
                for file, data in batch.files.items():
                    disk.RowFile(file, data).write(folder)
                yield from batch.outcomes(folder)


def _place(
    stack: contextlib.ExitStack, work: Work, start: Callable[[], ForkServer], cpus: int | None
) -> Cells:
    if not needs_ray("virtual", None):
        return LocalCells(start, work, cpus or cpus_here())
    from hpobench.running.cluster.ray_cells import VirtualCells

    own = starts_ray(LOCAL)
    ray = stack.enter_context(connected(LOCAL, cpus))
    return VirtualCells(ray, commit=work.commit, timeout=work.timeout, own=own)
