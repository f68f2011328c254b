"""Run the cells of a plan that are not stored yet, and store them."""

from __future__ import annotations

import json
import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from hpobench.contract.cell import Cell
from hpobench.contract.errors import RayError
from hpobench.running.cells.batches import Cells
from hpobench.running.cluster import connect
from hpobench.running.local.local_cells import LocalCells
from hpobench.running.local.worker_processes import ForkServer, Work
from hpobench.store.write import provenance
from hpobench.store.write.problem_rows import ProblemRows, problem_rows
from hpobench.suites.grid import Plan, Selected
from hpobench.suites.run_options import RunOptions
from hpobench.suites.suite import Suite

if TYPE_CHECKING:
    from hpobench.store.write.batch import Batch
    from hpobench.store.write.writer import Writer

_LOG = logging.getLogger("hpobench")
_IDLE_LOSSES = 2
"""How often in a row Ray may be lost without a cell that finished in between."""
_FLUSH_S = 0.5
_FLUSH_SHARE = 0.05


class Progress(Protocol):
    """Receives the progress of a run."""

    def begin(self, total: int, stored: int, problems: ProblemRows) -> None:
        """Begin with ``total`` cells in the plan, of which earlier runs finished ``stored``.
        ``problems`` has the store's rows of their problems by label."""

    def update(self, batches: Sequence[Batch], running: int) -> None:
        """Take note that ``batches`` of cells are stored and about ``running`` cells run now."""


@dataclass(frozen=True)
class Summary:
    """How a run ended, over all cells of the plan."""

    folder: Path
    counts: Counter[str]
    """Cells by status; ``missing`` for those not run."""
    ran: int
    lost: int
    """Cells that ran again because their stored files are missing or damaged."""
    seconds: float
    late: bool = False
    """Whether the time was over before every cell had run."""


def run_plan(
    suite: Suite,
    plan: Plan,
    folder: Path,
    progress: Progress,
    *,
    start: Callable[[], ForkServer],
    options: RunOptions = RunOptions(),  # noqa: B008 - it is frozen
    publish: Callable[[], None] = lambda: None,
    until: float = math.inf,
    warn: Callable[[str], None] = _LOG.warning,
) -> Summary:
    """Run the cells of ``plan``, or of its shard, that ``folder`` does not hold yet.

    ``publish`` is called whenever the folder has changed. Cells that do not need Ray run in
    processes made by ``start``. Of the ``options``, those count that say where cells run, which,
    and when one is given up. A ``KeyboardInterrupt`` passes through after everything finished is
    stored. When ``time.monotonic()`` is ``until``, the running cells are ended, and the next run of
    the plan goes on. If the Ray started here dies, a new one is started and ``warn`` is called.
    Raises :class:`RayError`, :class:`WorkersError` and :class:`StoreError`.
    """
    from hpobench.store.write.writer import open_writer

    begin = time.monotonic()
    with open_writer(folder) as writer:
        again = {"missing", *(("failed", "timeout") if options.retry_failed else ())}
        ids = plan.cells.ids()
        places: Sequence[int] = range(len(ids))
        if shard := options.share:
            shard = replace(shard, combinations=len(plan.cells.combinations))
            places = shard.places(len(ids))
            ids = [ids[place] for place in places]
        before = writer.statuses_of(ids)
        left = [place for place, s in zip(places, before, strict=True) if s in again]
        counts = Counter(status for status in before if status not in again)
        rows = problem_rows(plan.problems)
        content = plan_content(suite, plan, ids) | ({"shard": vars(shard)} if shard else {})
        writer.begin(suite.to_yaml(), content, labels_of(plan, places, ids), rows)
        publish()
        del ids, before, content  # a million of them fill the memory that the run needs
        progress.begin(len(places), len(places) - len(left), rows)
        todo = Todo(Selected(plan.cells, left), writer, progress, publish, until)
        if time.monotonic() >= until:
            left = []  # workers would start in vain
        if left and connect.needs_ray(suite.stage, options.address):
            _run_on_ray(todo, suite, folder, options, warn)
        elif left:
            work = Work(provenance.commit(), options.timeout, str(folder.resolve()))
            todo.run(LocalCells(start, work, options.cpus or connect.cpus_here()))
        writer.compact()
        publish()
    counts += todo.counts
    if missing := len(places) - counts.total():
        counts["missing"] = missing
    seconds = time.monotonic() - begin
    return Summary(folder, counts, todo.counts.total(), len(writer.lost), seconds, late=missing > 0)


def _run_on_ray(
    todo: Todo, suite: Suite, folder: Path, options: RunOptions, warn: Callable[[str], None]
) -> None:
    """Run the cells of ``todo``. If a Ray started here dies, what is left runs on a new one, as
    long as that helps."""
    address, timeout = options.address or connect.LOCAL, options.timeout
    own, idle, commit = connect.starts_ray(address), 0, provenance.commit()
    while True:
        before = todo.counts.total()
        try:
            with connect.connected(address, options.cpus) as ray:
                cells: Cells
                if suite.stage == "virtual":
                    from hpobench.running.cluster.ray_cells import VirtualCells

                    cells = VirtualCells(ray, commit=commit, timeout=timeout, own=own)
                else:
                    from hpobench.running.cluster.live_cells import LiveCells

                    journals = folder.resolve() / "journals"
                    cells = LiveCells(
                        ray, commit=commit, timeout=timeout, journals=journals, own=own
                    )
                cells.stored(todo.writer.statuses)
                return todo.run(cells)
        except connect.LostRayError as lost:
            idle = 0 if todo.counts.total() > before else idle + 1
            kept = f"{len(todo.cells)} cells are not finished and nothing is stored of them"
            if not own or idle > _IDLE_LOSSES:
                logs = f"; Ray's logs are in {lost.logs} until the next run" if lost.logs else ""
                raise RayError(f"{lost}; {kept}; the same command goes on{logs}") from lost
            warn(f"{lost}; {kept}; they go on with a new Ray")


class Todo:
    """The cells that a run has left, and the storing of what comes of them, several batches at
    once: often, so that a crash loses little, but in at most a twentieth of the time."""

    def __init__(
        self,
        cells: Sequence[Cell],
        writer: Writer,
        progress: Progress,
        publish: Callable[[], None],
        until: float,
    ) -> None:
        self.cells, self._publish, self._until = cells, publish, until
        self.counts: Counter[str] = Counter()
        """The cells stored by now, by status."""
        self.writer, self._progress = writer, progress
        self._batches: list[Batch] = []
        self._next = 0.0

    def run(self, cells: Cells) -> None:
        """Run what is left on ``cells``, as far as there is time."""
        try:
            for batches in cells.run(self.cells):
                self._batches += batches
                if self._batches and time.monotonic() >= self._next:
                    self._store(cells)
                else:
                    self._progress.update([], cells.running)
                if time.monotonic() >= self._until:
                    break
            self._store(cells)
            if cells.running:
                cells.cancel()
        except connect.LostRayError:
            self._store(None)
            done = self.writer.added()
            self.cells = [cell for cell in self.cells if cell.id not in done]
            raise
        except BaseException:
            try:
                self._store(cells)
            finally:
                cells.cancel()
            raise
        cells.close()

    def _store(self, cells: Cells | None) -> None:
        """Store what is there, and drop what ``cells`` keep for it, unless Ray is lost."""
        if not self._batches:
            return
        begin = time.monotonic()
        batches, self._batches = self._batches, []
        self.writer.add(batches)
        self._publish()
        statuses = {end.cell: end.status for batch in batches for end in batch.ended}
        self.counts.update(statuses.values())
        if cells:
            cells.stored(statuses)
        self._progress.update(batches, cells.running if cells else 0)
        end = time.monotonic()
        self._next = end + max(_FLUSH_S, (end - begin) / _FLUSH_SHARE)


def labels_of(plan: Plan, places: Sequence[int], ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The labels of the searcher and the scheduler of the cells at ``places``, by their ``ids``."""
    pairs = [(c.searcher.label, c.scheduler.label) for c in plan.cells.combinations]
    return {name: pairs[n % len(pairs)] for name, n in zip(ids, places, strict=True)}


def plan_content(suite: Suite, plan: Plan, ids: Sequence[str]) -> dict[str, Any]:
    """What the store keeps of ``plan``, or of the part of it with the cells ``ids``."""
    combinations = plan.cells.combinations
    labels = {
        f"{kind}s": list(dict.fromkeys(getattr(c, kind).label for c in combinations))
        for kind in ("searcher", "scheduler", "problem")
    }
    whole = {label: budget.to_json() for label, budget in plan.whole.items()}
    return {
        "name": suite.name,
        "suite": json.loads(json.dumps(suite.resolved())),
        "cells": ids,
        **labels,
        "skipped": [vars(skipped) for skipped in plan.skipped],
        **({"whole_budgets": whole} if whole else {}),
    }
