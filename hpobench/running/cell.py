"""Run one cell in this process and hand back rows for the store."""

from __future__ import annotations

import contextlib
import faulthandler
import functools
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from time import perf_counter
from typing import TypeAlias

from hpobench.contract.algorithms import Scheduler, Searcher
from hpobench.contract.cell import Cell, PluginRef
from hpobench.contract.errors import CellError, HpobenchError, ReplayError, StoreError
from hpobench.contract.problem import Problem, TabulatedProblem
from hpobench.contract.seeding import global_generators
from hpobench.plugins.build import build_problem, build_scheduler, build_searcher
from hpobench.plugins.signature import signature
from hpobench.running.outcome import make_outcome, now, storable
from hpobench.running.run import Run
from hpobench.running.stages.stage import TrainingStage
from hpobench.running.stages.virtual import VirtualStage
from hpobench.running.time_limit import OutOfTime, time_limit
from hpobench.store.writer import Outcome


@contextlib.contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raise :class:`OutOfTime` in the block after ``seconds`` of wall time.

    A process that is stuck in native code receives no exception. It ends itself half a minute
    later, with its stack in Ray's logs.
    """
    faulthandler.dump_traceback_later(seconds + 30, exit=True)
    try:
        with time_limit(seconds):
            yield
    finally:
        faulthandler.cancel_dump_traceback_later()


OpenStage: TypeAlias = Callable[[Cell, Problem, Scheduler], AbstractContextManager[TrainingStage]]
"""Opens the stage that a cell runs on."""


@contextlib.contextmanager
def open_virtual_stage(
    cell: Cell,
    problem: Problem,
    scheduler: Scheduler,  # noqa: ARG001 - the signature of OpenStage
) -> Iterator[TrainingStage]:
    if not isinstance(problem, TabulatedProblem):
        raise CellError(
            f"{cell.problem.label} is trained; the virtual stage needs a tabulated problem"
        )
    yield VirtualStage(
        problem, seed=cell.role_seed("problem"), workers=cell.workers, budget=cell.budget
    )


def run_cell(
    cell: Cell,
    commit: str | None,
    timeout: float = 3600.0,
    open_stage: OpenStage = open_virtual_stage,
) -> Outcome:
    """Run ``cell`` to its end. A failure is an outcome too.

    ``commit`` is the checkout's. After ``timeout`` wall seconds the cell ends as ``timeout``.
    Raises only errors that another attempt can avoid: :class:`StoreError`, :class:`ReplayError`.
    """
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    started = now()
    begin = perf_counter()
    run: Run | None = None
    signed: str | None = None
    status, error = "done", None
    try:
        with _limit(timeout):
            problem, signed = _problem(cell.problem.to_text())
            scheduler = build_scheduler(cell.scheduler)
            with (
                open_stage(cell, problem, scheduler) as stage,
                contextlib.closing(_searcher(cell, problem)) as searcher,
            ):
                run = Run(
                    problem,
                    searcher,
                    scheduler,
                    stage,
                    trials=cell.budget.trials,
                    scheduler_seed=cell.role_seed("scheduler"),
                    tell=cell.tell,
                )
                run.finish()
    except OutOfTime:
        status, error = "timeout", f"not finished after {timeout:g} s of wall time"
    except (StoreError, ReplayError):
        raise
    except (Exception, SystemExit) as failure:
        status, error = "failed", _explain(failure)
    wall_s = perf_counter() - begin
    return make_outcome(cell, commit, started, run, signed, (status, error), wall_s)


@functools.lru_cache(maxsize=64)
def _problem(text: str) -> tuple[Problem, str]:
    """The problem and its signature, kept from cell to cell because tables are large."""
    problem = build_problem(PluginRef.from_text(text))
    return problem, json.dumps(signature(problem))


def _searcher(cell: Cell, problem: Problem) -> Searcher:
    seed = cell.role_seed("searcher")
    # Some of Ray's searchers take no seed and draw from the global generators.
    with global_generators(seed):
        return build_searcher(cell.searcher, problem.space, seed, problem.fidelity)


def _explain(failure: BaseException) -> str:
    """The message, then the traceback unless hpobench itself raised the error."""
    message = str(failure) if type(failure) is CellError else f"{type(failure).__name__}: {failure}"
    if isinstance(failure, HpobenchError) and failure.__cause__ is None:
        return storable(message)
    return storable(f"{message}\n\n{''.join(traceback.format_exception(failure))}")
