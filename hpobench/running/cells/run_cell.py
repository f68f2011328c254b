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
from dataclasses import dataclass
from time import perf_counter
from typing import TypeAlias

from hpobench.contract.algorithms import Scheduler
from hpobench.contract.cell import Cell, PluginRef
from hpobench.contract.errors import CellError, HpobenchError, Interruption, describe
from hpobench.contract.problem import Problem, TabulatedProblem
from hpobench.contract.seeding import global_generators
from hpobench.contract.signals import noticed_signals
from hpobench.plugins.building import build_problem, build_scheduler
from hpobench.plugins.process_state import restored, unchanged
from hpobench.plugins.signature import signature
from hpobench.plugins.starting.prepare import build_given_searcher
from hpobench.running.cells.containment import cell_key
from hpobench.running.cells.outcome import make_outcome, now, storable
from hpobench.running.cells.time_limit import OutOfTime, time_limit
from hpobench.running.cells.tuning import Run
from hpobench.running.stages.stage import StageFailure, TrainingStage
from hpobench.running.stages.virtual import VirtualStage
from hpobench.store.write.batch import Outcome


@contextlib.contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raise :class:`OutOfTime` in the block after ``seconds`` of wall time."""
    # A process that is stuck in native code receives no exception. It ends itself half a minute
    # later, with its stack on standard error: Ray keeps that in its logs, a local run with the
    # cell. It goes to the descriptor, because a plugin may have replaced sys.stderr.
    faulthandler.dump_traceback_later(seconds + 30, exit=True, file=2)
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
    """Run ``cell`` to its end. A failure is an outcome too. ``commit`` is the checkout's. After
    ``timeout`` wall seconds the cell ends as ``timeout``. Whatever a plugin raises costs the cell,
    which keeps the results that it had. Raises only errors of the stage itself, which another
    attempt can avoid (:class:`StoreError` and :class:`ReplayError`), and what a signal raises that
    asks this process to end: Ray then repeats the cell."""
    log = logging.getLogger("ray.tune")
    if log.level != logging.CRITICAL:  # to set it costs a tenth of a small cell
        log.setLevel(logging.CRITICAL)
    started = now()
    begin = perf_counter()
    under_way = _UnderWay()
    # Shipped plugins change nothing, which the conformance suite shows. To put back takes about a
    # millisecond, a fork for each foreign cell 70 or more; and the processes of Ray have threads.
    with restored() if cell_key(cell) else contextlib.nullcontext():
        end = _attempt(cell, timeout, open_stage, under_way)
        wall_s = perf_counter() - begin
        made = under_way.run, under_way.signed
        try:
            return make_outcome(cell, commit, started, *made, end, wall_s)
        except Exception as failure:  # a plugin put what is no row into a trial or a result
            end = "failed", _explain(failure)
            return make_outcome(cell, commit, started, None, None, end, wall_s)


@dataclass
class _UnderWay:
    """What there is of a cell so far."""

    run: Run | None = None
    signed: str | None = None


def _attempt(
    cell: Cell, timeout: float, open_stage: OpenStage, under_way: _UnderWay
) -> tuple[str, str | None]:
    """Run ``cell`` and return its status and error."""
    try:
        with noticed_signals() as arrived, _limit(timeout):
            try:
                _play(cell, open_stage, under_way)
            except Interruption:
                raise
            # A plugin may raise anything, such as KeyboardInterrupt or an error of Ray's.
            except BaseException as failure:
                if arrived() and not isinstance(failure, Exception):
                    raise
                return "failed", _explain(failure)
    except OutOfTime:
        return "timeout", f"not finished after {timeout:g} s of wall time"
    except StageFailure as failure:
        raise failure.error from failure
    return "done", None


def _play(cell: Cell, open_stage: OpenStage, under_way: _UnderWay) -> None:
    problem, under_way.signed = _problem(cell.problem.to_text())
    scheduler = build_scheduler(cell.scheduler)
    with unchanged(problem.space), open_stage(cell, problem, scheduler) as stage:
        seed = cell.role_seed("searcher")
        with global_generators(seed):  # some of Ray's searchers take no seed and draw from these
            searcher = build_given_searcher(
                cell.searcher, cell.problem, problem, seed=seed, cell_seed=cell.seed
            )
        with contextlib.closing(searcher):
            under_way.run = Run(
                problem,
                searcher,
                scheduler,
                stage,
                trials=cell.budget.trials,
                scheduler_seed=cell.role_seed("scheduler"),
                tell=cell.tell,
                exact=cell.exact,
            )
            under_way.run.finish()


@functools.lru_cache(maxsize=64)  # kept from cell to cell because tables are large
def _problem(text: str) -> tuple[Problem, str]:
    problem = build_problem(PluginRef.from_text(text))
    return problem, json.dumps(signature(problem))


def _explain(failure: BaseException) -> str:
    """The message, then the traceback unless hpobench itself raised the error."""
    message = describe(failure)
    if type(failure) is CellError:
        message = message.removeprefix("CellError: ")
    if isinstance(failure, HpobenchError) and failure.__cause__ is None:
        return storable(message)
    try:
        lines = "".join(traceback.format_exception(failure))
    except Exception:  # by an error whose parts fail
        lines = ""
    return storable(f"{message}\n\n{lines}")
