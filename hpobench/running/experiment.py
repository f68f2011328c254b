"""Run the cells of a plan that are not stored yet, and store them."""

from __future__ import annotations

import itertools
import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from hpobench.contract.cell import Cell
from hpobench.contract.errors import RayError
from hpobench.running.cells import Cells
from hpobench.running.cluster import LOCAL, connected, cpus_here, needs_ray, starts_ray
from hpobench.running.health import LostRayError
from hpobench.running.local.cells import LocalCells
from hpobench.running.local.processes import Template
from hpobench.running.local.work import Work
from hpobench.store import provenance
from hpobench.store.problems import ProblemRows, problem_rows
from hpobench.suites.cell_grid import CellGrid, Selected
from hpobench.suites.grid import Plan
from hpobench.suites.suite import Suite

if TYPE_CHECKING:
    from hpobench.store.batch import Batch
    from hpobench.store.writer import Writer

_LOG = logging.getLogger("hpobench")
_IDLE_LOSSES = 2
"""How often in a row Ray may be lost without a cell that finished in between."""
_FLUSH_S = 0.5
_FLUSH_SHARE = 0.05


class Progress(Protocol):
    """Receives the progress of a run."""

    def begin(self, total: int, stored: int, problems: ProblemRows) -> None:
        """Begin with ``total`` cells in the plan, of which earlier runs finished ``stored``.

        ``problems`` has the store's rows of their problems by label.
        """

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


def run_plan(
    suite: Suite,
    plan: Plan,
    folder: Path,
    progress: Progress,
    *,
    start: Callable[[], Template],
    address: str | None = None,
    cpus: int | None = None,
    timeout: float = 3600.0,
    retry_failed: bool = False,
    warn: Callable[[str], None] = _LOG.warning,
) -> Summary:
    """Run the cells of ``plan`` that ``folder`` does not hold yet.

    Cells that :func:`needs_ray` not run in processes that ``start`` lets begin. A cell is given
    up after ``timeout`` wall seconds. A ``KeyboardInterrupt`` passes through
    after everything finished is stored. A Ray that this starts is started again if it is lost,
    which ``warn`` is told. Raises :class:`RayError`, :class:`WorkersError` and
    :class:`StoreError`.
    """
    from hpobench.store.writer import open_writer

    begin = time.monotonic()
    with open_writer(folder) as writer:
        again = {"missing", *(("failed", "timeout") if retry_failed else ())}
        left = [
            number
            for number, name in enumerate(plan.cells.ids)
            if writer.statuses.get(name, "missing") in again
        ]
        todo = Selected(plan.cells, left)
        rows = problem_rows(plan.problems)
        writer.begin(suite.to_yaml(), _plan_json(suite, plan), labels_of(plan.cells), rows)
        progress.begin(len(plan.cells), len(plan.cells) - len(todo), rows)
        if todo and needs_ray(suite.stage, address):
            own = starts_ray(address or LOCAL)

            def run_left(left: Sequence[Cell], done: set[str]) -> None:
                with connected(address or LOCAL, cpus) as ray:
                    cells = _ray_cells(suite, ray, folder, timeout, own=own)
                    cells.stored(
                        {
                            name: status
                            for name, status in writer.statuses.items()
                            if name in done or status not in again
                        }
                    )
                    _run(writer, left, progress, cells, done)

            _run_again_if_lost(run_left, todo, warn if own else None)
        elif todo:
            work = Work(provenance.commit(), timeout, str(folder.resolve()))
            _run(writer, todo, progress, LocalCells(start, work, cpus or cpus_here()), set())
        writer.compact()
        counts = Counter(writer.statuses.get(name, "missing") for name in plan.cells.ids)
    return Summary(folder, counts, len(todo), len(writer.lost), time.monotonic() - begin)


def _run_again_if_lost(
    run: Callable[[Sequence[Cell], set[str]], None],
    cells: Sequence[Cell],
    warn: Callable[[str], None] | None,
) -> None:
    """``run`` the cells; what is left when Ray is lost runs on a new Ray, as long as that helps.

    ``run`` adds the cells that it has stored to the set. Without ``warn`` nothing runs again.
    """
    done: set[str] = set()
    idle = 0
    while True:
        before = len(done)
        try:
            return run([cell for cell in cells if cell.id not in done], done)
        except LostRayError as lost:
            idle = 0 if len(done) > before else idle + 1
            kept = f"{len(cells) - len(done)} cells are not finished and nothing is stored of them"
            if warn is None or idle > _IDLE_LOSSES:
                logs = f"; Ray's logs are in {lost.logs} until the next run" if lost.logs else ""
                raise RayError(f"{lost}; {kept}; the same command goes on{logs}") from lost
            warn(f"{lost}; {kept}; they go on with a new Ray")


def _ray_cells(suite: Suite, ray: Any, folder: Path, timeout: float, *, own: bool) -> Cells:
    commit = provenance.commit()
    if suite.stage == "virtual":
        from hpobench.running.ray_cells import VirtualCells

        return VirtualCells(ray, commit=commit, timeout=timeout, own=own)
    from hpobench.running.live_cells import LiveCells

    journals = folder.resolve() / "journals"
    return LiveCells(ray, commit=commit, timeout=timeout, journals=journals, own=own)


def _run(
    writer: Writer, todo: Sequence[Cell], progress: Progress, cells: Cells, done: set[str]
) -> None:
    buffer = _Buffer(writer, progress, cells, done)
    try:
        for batches in cells.run(todo):
            buffer.add(batches)
    except LostRayError:
        buffer.flush(tidy=False)  # for that Ray would have to answer
        raise
    except BaseException:
        try:
            buffer.flush()
        finally:
            cells.cancel()
        raise
    buffer.flush()
    cells.close()


class _Buffer:
    """Stores batches, several at once.

    This is frequent, so that a crash loses little, but takes at most a twentieth of the time.
    """

    def __init__(self, writer: Writer, progress: Progress, cells: Cells, done: set[str]) -> None:
        self._writer, self._progress, self._cells, self._done = writer, progress, cells, done
        self._batches: list[Batch] = []
        self._next = 0.0

    def add(self, batches: Sequence[Batch]) -> None:
        self._batches += batches
        if self._batches and time.monotonic() >= self._next:
            self.flush()
        else:
            self._progress.update([], self._cells.running)

    def flush(self, *, tidy: bool = True) -> None:
        """Store what is there, and if ``tidy`` drop what was kept for it."""
        if not self._batches:
            return
        begin = time.monotonic()
        batches, self._batches = self._batches, []
        self._writer.add(batches)
        statuses = {ended.cell: ended.status for batch in batches for ended in batch.ended}
        self._done.update(statuses)
        if tidy:
            self._cells.stored(statuses)
        self._progress.update(batches, self._cells.running)
        end = time.monotonic()
        self._next = end + max(_FLUSH_S, (end - begin) / _FLUSH_SHARE)


def labels_of(cells: CellGrid) -> dict[str, tuple[str, str]]:
    """The labels of the searcher and the scheduler by the id of the cell."""
    pairs = [(c.searcher.label, c.scheduler.label) for c in cells.combinations]
    return dict(zip(cells.ids, itertools.cycle(pairs), strict=False))


def _plan_json(suite: Suite, plan: Plan) -> dict[str, Any]:
    def labels(kind: str) -> list[str]:
        return list(dict.fromkeys(getattr(c, kind).label for c in plan.cells.combinations))

    return {
        "name": suite.name,
        "suite": json.loads(json.dumps(suite.resolved())),
        "cells": plan.cells.ids,
        "searchers": labels("searcher"),
        "schedulers": labels("scheduler"),
        "problems": labels("problem"),
        "skipped": [vars(skipped) for skipped in plan.skipped],
    }
