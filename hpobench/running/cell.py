"""Run one cell in this process and hand back rows for the store."""

from __future__ import annotations

import contextlib
import datetime
import faulthandler
import functools
import json
import logging
import resource
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from time import perf_counter
from typing import Any, TypeAlias

import pyarrow as pa

from hpobench.contract.algorithms import Scheduler, Searcher
from hpobench.contract.cell import Cell, PluginRef
from hpobench.contract.errors import CellError, HpobenchError, ReplayError, StoreError
from hpobench.contract.problem import Problem, TabulatedProblem
from hpobench.contract.seeding import global_generators
from hpobench.plugins.build import build_problem, build_scheduler, build_searcher
from hpobench.plugins.isolation.environments import version_of
from hpobench.plugins.isolation.script import read_script
from hpobench.plugins.modules import load_class
from hpobench.plugins.signature import signature
from hpobench.running.alarm import Late, alarm
from hpobench.running.ray.controller import Trial
from hpobench.running.run import Run
from hpobench.running.stages.stage import Workers
from hpobench.running.stages.virtual import VirtualWorkers
from hpobench.store import provenance, schema
from hpobench.store.event import events_table
from hpobench.store.writer import Outcome

_LONGEST_TEXT = 20_000


@contextlib.contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raise :class:`Late` in the block after ``seconds`` of wall time.

    Should the process be stuck in native code, where no exception arrives, it ends itself half a
    minute later, with its stack in Ray's logs.
    """
    faulthandler.dump_traceback_later(seconds + 30, exit=True)
    try:
        with alarm(seconds):
            yield
    finally:
        faulthandler.cancel_dump_traceback_later()


Stage: TypeAlias = Callable[[Cell, Problem, Scheduler], AbstractContextManager[Workers]]
"""Gives a cell the workers that it runs on."""


@contextlib.contextmanager
def virtual_stage(cell: Cell, problem: Problem, scheduler: Scheduler) -> Iterator[Workers]:  # noqa: ARG001 - the signature of a stage
    if not isinstance(problem, TabulatedProblem):
        raise CellError(
            f"{cell.problem.label} is trained; the virtual stage needs a tabulated problem"
        )
    yield VirtualWorkers(
        problem, seed=cell.role_seed("problem"), workers=cell.workers, budget=cell.budget
    )


def run_cell(
    cell: Cell, commit: str | None, timeout: float = 3600.0, stage: Stage = virtual_stage
) -> Outcome:
    """Run ``cell`` to its end; a failure is an outcome too.

    ``commit`` is the checkout's; after ``timeout`` wall seconds the cell ends as ``timeout``.
    Raises only what another attempt can mend: :class:`StoreError` and :class:`ReplayError`.
    """
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    started = _now()
    begin = perf_counter()
    run: Run | None = None
    signed: str | None = None
    status, error = "done", None
    try:
        with _limit(timeout):
            problem, signed = _problem(cell.problem.to_text())
            scheduler = build_scheduler(cell.scheduler)
            with (
                stage(cell, problem, scheduler) as workers,
                contextlib.closing(_searcher(cell, problem)) as searcher,
            ):
                run = Run(
                    problem,
                    searcher,
                    scheduler,
                    workers,
                    trials=cell.budget.trials,
                    scheduler_seed=cell.role_seed("scheduler"),
                    tell=cell.tell,
                )
                run.finish()
    except Late:
        status, error = "timeout", f"not finished after {timeout:g} s of wall time"
    except (StoreError, ReplayError):
        raise
    except (Exception, SystemExit) as failure:
        status, error = "failed", _explain(failure)
    wall_s = perf_counter() - begin
    return _outcome(cell, commit, started, run, signed, (status, error), wall_s)


def lost_cell(cell: Cell, commit: str | None, error: str) -> Outcome:
    """The outcome of a cell whose process died, however often it was tried."""
    return _outcome(cell, commit, _now(), None, None, ("failed", _text(error)), 0.0)


def _outcome(
    cell: Cell,
    commit: str | None,
    started: str,
    run: Run | None,
    signed: str | None,
    end: tuple[str, str | None],
    wall_s: float,
) -> Outcome:
    return Outcome(
        cell=_cell_row(cell, run, end, wall_s)
        | {"spec": cell.spec, "provenance": json.dumps(_provenance(cell, started, commit))},
        events=events_table(cell.id, run.events if run else []),
        trials=_trials(cell, run),
        signature=signed,
        output=dict(run.workers.output) if run else {},
    )


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


@functools.lru_cache(maxsize=64)
def _problem(text: str) -> tuple[Problem, str]:
    """The problem and its signature, kept from cell to cell: tables are large."""
    problem = build_problem(PluginRef.from_text(text))
    return problem, json.dumps(signature(problem))


def _searcher(cell: Cell, problem: Problem) -> Searcher:
    seed = cell.role_seed("searcher")
    # Some of Ray's searchers take no seed and draw from the global generators.
    with global_generators(seed):
        return build_searcher(cell.searcher, problem.space, seed, problem.fidelity)


def _explain(failure: BaseException) -> str:
    """The message first, then, unless the message says it all, the traceback."""
    message = str(failure) if type(failure) is CellError else f"{type(failure).__name__}: {failure}"
    if isinstance(failure, HpobenchError) and failure.__cause__ is None:
        return _text(message)
    return _text(f"{message}\n\n{''.join(traceback.format_exception(failure))}")


def _text(text: str) -> str:
    """``text`` as it can be stored: valid Unicode, and not without end."""
    return text.encode("utf-8", "backslashreplace").decode()[:_LONGEST_TEXT]


def _cell_row(
    cell: Cell, run: Run | None, end: tuple[str, str | None], wall_s: float
) -> dict[str, Any]:
    suggest_s = sum(run.source.suggest_s) if run else 0.0
    observe_s = sum(run.source.observe_s) if run else 0.0
    return {
        "cell": cell.id,
        "searcher": cell.searcher.label,
        "scheduler": cell.scheduler.label,
        "problem": cell.problem.label,
        "seed": cell.seed,
        "workers": cell.workers,
        "stage": cell.stage,
        "status": end[0],
        "error": end[1],
        "trials": len(run.source.trials) if run else 0,
        "results": len(run.events) if run else 0,
        "resource": run.workers.paid if run else 0.0,
        "clock": run.workers.now if run else 0.0,
        "evaluation_s": run.workers.busy if run else 0.0,
        "suggest_s": suggest_s,
        "observe_s": observe_s,
        "harness_s": max(wall_s - suggest_s - observe_s, 0.0),
        "peak_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def _provenance(cell: Cell, started: str, commit: str | None) -> dict[str, Any]:
    return {
        "versions": provenance.versions(_requirements(cell)),
        "library": _library(cell.searcher),
        "seeds": {r: cell.role_seed(r) for r in ("searcher", "scheduler", "problem")},
        "host": provenance.host(),
        "commit": commit,
        "started": started,
    }


def _library(searcher: PluginRef) -> dict[str, Any] | None:
    """Whose algorithm the searcher is, in which version, in which environment if in its own."""
    with contextlib.suppress(HpobenchError):
        if name := getattr(load_class(searcher.file, searcher.cls), "library", ""):
            script = read_script(Path(searcher.file))
            found = {"name": name, "version": version_of(name, script)}
            return found if script is None else {**found, "lock": script.lock_hash()}
    return None


def _requirements(cell: Cell) -> list[str]:
    """What the cell's plugins need beyond hpobench; those that cannot be loaded need nothing."""
    found: list[str] = []
    for ref in (cell.searcher, cell.scheduler, cell.problem):
        with contextlib.suppress(HpobenchError):
            found += getattr(load_class(ref.file, ref.cls), "requires", ())
    return found


def _trials(cell: Cell, run: Run | None) -> pa.Table:
    rows = [] if run is None else [_trial_row(cell, run, i) for i in range(len(run.source.trials))]
    return pa.Table.from_pylist(rows, schema=schema.plain(schema.TRIALS))


def _trial_row(cell: Cell, run: Run, number: int) -> dict[str, Any]:
    source, trial = run.source, run.source.trials[number]
    status = run.trial_status(trial)
    ended = status in ("completed", "stopped", "failed")
    return {
        "cell": cell.id,
        "trial": number,
        "config": json.dumps(trial.proposed),
        "status": status,
        "steps": trial.run_metadata.last_result.get("training_iteration", 0),
        "start": source.started[number],
        "end": run.ended[number] if ended else run.workers.now,
        "suggest_s": source.suggest_s[number],
        "observe_s": source.observe_s[number],
        "error": _trial_error(run, trial),
    }


def _trial_error(run: Run, trial: Trial) -> str | None:
    if trial.error is not None:
        return _text(str(trial.error))
    return run.workers.cut_off(trial.number)
