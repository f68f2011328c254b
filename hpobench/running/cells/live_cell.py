"""Run one live cell, in the process of its controller."""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hpobench.contract.algorithms import Scheduler
from hpobench.contract.cell import Cell
from hpobench.contract.errors import CellError, ReplayError
from hpobench.contract.problem import Problem
from hpobench.running.cells.run_cell import run_cell
from hpobench.running.stages.live.connections import WorkerConnections
from hpobench.running.stages.live.journal import Blob, Journal
from hpobench.running.stages.live.live_stage import LiveStage
from hpobench.running.stages.stage import TrainingStage, own_failures
from hpobench.store.write.batch import Outcome

VERSION = 1
"""The version of the journal's records. A journal of another version is not resumed."""
_ATTEMPTS = 3
"""How often one run resumes a cell whose process dies without a new result in between."""


def run_live_cell(
    cell: Cell,
    commit: str | None,
    timeout: float,
    *,
    journal: Path,
    run: str,
    workers: Sequence[Any],
) -> Outcome:
    """Run ``cell``, or resume it from its ``journal``. ``workers``: handles of the Ray actors that
    train. ``run``: a name for the calling run. Raises :class:`StoreError` where the journal cannot
    be written."""
    open_stage = functools.partial(_open_live_stage, journal=journal, run=run, workers=workers)
    try:
        return run_cell(cell, commit, timeout, open_stage)
    except ReplayError:
        # A cell that does not repeat itself cannot be resumed, so it begins anew.
        journal.unlink()
        return run_cell(cell, commit, timeout, open_stage)


@contextlib.contextmanager
def _open_live_stage(
    cell: Cell,
    problem: Problem,
    scheduler: Scheduler,
    *,
    journal: Path,
    run: str,
    workers: Sequence[Any],
) -> Iterator[TrainingStage]:
    import ray

    with own_failures():
        opened = Journal(journal)
    # Seconds that trials may run ahead of the scheduler: none if it may return to any step.
    ahead = 0.0 if scheduler.pauses else 0.005 if scheduler.needs_fidelity else 0.1
    with contextlib.ExitStack() as stack:
        stack.callback(opened.close)
        connections = WorkerConnections(ray, workers, cell.problem.to_text(), cell.pace)
        stack.callback(connections.close)
        stage = LiveStage(
            problem,
            seed=cell.role_seed("problem"),
            workers=cell.workers,
            budget=cell.budget,
            connections=connections,
            journal=opened,
            ahead=ahead,
            pauses=scheduler.pauses,
            trial_timeout=math.inf if cell.trial_timeout is None else cell.trial_timeout,
        )
        with own_failures():
            records = _resume(opened, run)
        stage.replay(records)
        yield stage


def _resume(journal: Journal, run: str) -> list[tuple[dict[str, Any], Blob | None]]:
    """The results in ``journal``, where this attempt is noted too. Raises :class:`CellError` if
    ``run`` has made too many attempts without a new result: whatever kills the process would kill
    it again."""
    results, failed = [], 0
    for header, saved in journal.records():
        if header.get("version", VERSION) != VERSION:
            raise ReplayError(f"{journal.path}: the journal is of version {header['version']}")
        if "clock" in header:
            results.append((header, saved))
            failed = 0
        elif header["run"] == run:
            failed += 1
    if failed > _ATTEMPTS:
        raise CellError(
            f"the cell's process died {failed} times in a row without a result in between"
        )
    journal.append({"version": VERSION, "run": run})
    journal.commit()
    return results
