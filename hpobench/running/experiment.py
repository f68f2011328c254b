"""Run the cells of a plan that are not stored yet, and store them."""

from __future__ import annotations

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
from hpobench.running.cells import Cells, VirtualCells
from hpobench.running.cluster import LOCAL, connected, starts_ray
from hpobench.running.health import LostRayError
from hpobench.store import provenance
from hpobench.store.problems import ProblemRows, problem_rows
from hpobench.suites.grid import Plan
from hpobench.suites.suite import Suite

if TYPE_CHECKING:
    from hpobench.store.writer import Outcome, Writer

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

    def update(self, outcomes: Sequence[Outcome], running: int) -> None:
        """Take note that ``outcomes`` have finished and about ``running`` cells are running."""


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
    address: str = LOCAL,
    cpus: int | None = None,
    timeout: float = 3600.0,
    retry_failed: bool = False,
    warn: Callable[[str], None] = _LOG.warning,
) -> Summary:
    """Run the cells of ``plan`` that ``folder`` does not hold yet.

    A cell is given up after ``timeout`` wall seconds. A ``KeyboardInterrupt`` passes through
    after everything finished is stored. A Ray that this starts is started again if it is lost,
    which ``warn`` is told. Raises :class:`RayError` and :class:`StoreError`.
    """
    from hpobench.store.writer import open_writer

    begin = time.monotonic()
    with open_writer(folder) as writer:
        again = {"failed", "timeout"} if retry_failed else set()
        stored = {name for name, status in writer.statuses.items() if status not in again}
        todo = [cell for cell in plan.cells if cell.id not in stored]
        labels = {
            cell.id: {"searcher": cell.searcher.label, "scheduler": cell.scheduler.label}
            for cell in plan.cells
        }
        rows = problem_rows(plan.problems)
        writer.begin(suite.to_yaml(), _plan_json(suite, plan), labels, rows)
        progress.begin(len(plan.cells), len(plan.cells) - len(todo), rows)
        if todo:
            own = starts_ray(address)

            def run_left(left: Sequence[Cell], done: set[str]) -> None:
                with connected(address, cpus) as ray:
                    cells = _cells(suite, ray, folder, timeout, own=own)
                    cells.stored({name: writer.statuses[name] for name in stored | done})
                    _run(writer, left, progress, cells, done)

            _run_again_if_lost(run_left, todo, warn if own else None)
        writer.compact()
        counts = Counter(writer.statuses.get(cell.id, "missing") for cell in plan.cells)
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


def _cells(suite: Suite, ray: Any, folder: Path, timeout: float, *, own: bool) -> Cells:
    commit = provenance.commit()
    if suite.stage == "virtual":
        return VirtualCells(ray, commit=commit, timeout=timeout, own=own)
    from hpobench.running.live_cells import LiveCells

    journals = folder.resolve() / "journals"
    return LiveCells(ray, commit=commit, timeout=timeout, journals=journals, own=own)


def _run(
    writer: Writer, todo: Sequence[Cell], progress: Progress, cells: Cells, done: set[str]
) -> None:
    buffer = _Buffer(writer, cells, done)
    try:
        for outcomes in cells.run(todo):
            buffer.add(outcomes)
            progress.update(outcomes, len(cells.running))
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
    """Stores outcomes in batches.

    Batches are frequent, so that a crash loses little, but take at most a twentieth of the time.
    """

    def __init__(self, writer: Writer, cells: Cells, done: set[str]) -> None:
        self._writer, self._cells, self._done = writer, cells, done
        self._outcomes: list[Outcome] = []
        self._next = 0.0

    def add(self, outcomes: Sequence[Outcome]) -> None:
        self._outcomes += outcomes
        if self._outcomes and time.monotonic() >= self._next:
            self.flush()

    def flush(self, *, tidy: bool = True) -> None:
        """Store what is there, and if ``tidy`` drop what was kept for it."""
        if not self._outcomes:
            return
        begin = time.monotonic()
        self._writer.add(self._outcomes)
        statuses = {o.cell["cell"]: o.cell["status"] for o in self._outcomes}
        self._outcomes = []
        self._done.update(statuses)
        if tidy:
            self._cells.stored(statuses)
        end = time.monotonic()
        self._next = end + max(_FLUSH_S, (end - begin) / _FLUSH_SHARE)


def _plan_json(suite: Suite, plan: Plan) -> dict[str, Any]:
    def labels(kind: str) -> list[str]:
        return list(dict.fromkeys(getattr(cell, kind).label for cell in plan.cells))

    return {
        "name": suite.name,
        "suite": json.loads(json.dumps(suite.resolved())),
        "cells": [cell.id for cell in plan.cells],
        "searchers": labels("searcher"),
        "schedulers": labels("scheduler"),
        "problems": labels("problem"),
        "skipped": [vars(skipped) for skipped in plan.skipped],
    }
