"""One live cell: the process that its controller runs in."""

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
from hpobench.running.cell import run_cell
from hpobench.running.stages.live.connections import Crew
from hpobench.running.stages.live.journal import Journal, Saved
from hpobench.running.stages.live.workers import LiveWorkers
from hpobench.running.stages.stage import Workers
from hpobench.store.writer import Outcome

VERSION = 1
"""Of the journal's records; a journal of another version is not taken up."""
_ATTEMPTS = 3
"""How often one run takes a cell up again that dies without a result in between."""


def run_live_cell(
    cell: Cell, commit: str | None, timeout: float, *, journal: Path, run: str, crew: Sequence[Any]
) -> Outcome:
    """Run ``cell``, or go on with what ``journal`` holds of it.

    ``crew``: handles of the actors that train; ``run``: a name for the calling run. Raises
    :class:`StoreError` where the journal cannot be written.
    """
    go = functools.partial(run_cell, cell, commit, timeout)
    stage = functools.partial(_stage, journal=journal, run=run, crew=crew)
    try:
        outcome = go(stage)
    except ReplayError:
        # Whatever does not repeat itself cannot be taken up in the middle.
        journal.unlink()
        outcome = go(stage)
    return outcome


@contextlib.contextmanager
def _stage(
    cell: Cell,
    problem: Problem,
    scheduler: Scheduler,
    *,
    journal: Path,
    run: str,
    crew: Sequence[Any],
) -> Iterator[Workers]:
    import ray

    with (
        contextlib.closing(Journal(journal)) as diary,
        contextlib.closing(Crew(ray, crew, cell.problem.to_text(), cell.pace)) as team,
    ):
        workers = LiveWorkers(
            problem,
            seed=cell.role_seed("problem"),
            workers=cell.workers,
            budget=cell.budget,
            crew=team,
            journal=diary,
            ahead=_ahead(scheduler),
            trial_timeout=math.inf if cell.trial_timeout is None else cell.trial_timeout,
        )
        workers.replay(_take_up(diary, run))
        yield workers


def _ahead(scheduler: Scheduler) -> float:
    """Seconds that trials may run ahead of ``scheduler``: not at all where it may return to any
    step, a few milliseconds where it may stop them, more where it never does."""
    if scheduler.pauses:
        return 0.0
    return 0.005 if scheduler.needs_fidelity else 0.1


def _take_up(journal: Journal, run: str) -> list[tuple[dict[str, Any], Saved | None]]:
    """The results in ``journal``; notes there that they are taken up.

    Raises :class:`CellError` if ``run`` has done so too often in vain: whatever kills the
    process would kill it again.
    """
    results, vain = [], 0
    for header, saved in journal.records():
        if header.get("version", VERSION) != VERSION:
            raise ReplayError(f"{journal.path}: a journal of version {header['version']}")
        if "clock" in header:
            results.append((header, saved))
            vain = 0
        elif header["run"] == run:
            vain += 1
    if vain > _ATTEMPTS:
        raise CellError(f"the cell's process died {vain} times in a row without a result between")
    journal.append({"version": VERSION, "run": run})
    journal.commit()
    return results
