"""Run one cell in this process and hand back rows for the store."""

from __future__ import annotations

import contextlib
import datetime
import functools
import json
import logging
import resource
import traceback
from time import perf_counter
from typing import Any

import pyarrow as pa

from hpobench import provenance
from hpobench.api import Problem, TabulatedProblem
from hpobench.cell import Cell, Use
from hpobench.errors import CellError, HpobenchError
from hpobench.options import build_problem, build_scheduler, build_searcher
from hpobench.registry import load_class
from hpobench.store import schema
from hpobench.store.writer import Outcome
from hpobench.tune.run import Run


def run_cell(cell: Cell, commit: str | None) -> Outcome:
    """Run ``cell`` to its end; a failure is an outcome too. ``commit`` is the checkout's."""
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    started = _now()
    begin = perf_counter()
    run: Run | None = None
    problem_row: dict[str, Any] | None = None
    error: str | None = None
    try:
        problem, problem_row = _problem(_key(cell.problem))
        run = _prepare(cell, problem)
        run.finish()
    except Exception as failure:
        error = _explain(failure)
    wall_s = perf_counter() - begin
    return _outcome(cell, commit, started, run, problem_row, error, wall_s)


def lost_cell(cell: Cell, commit: str | None, error: str) -> Outcome:
    """The outcome of a cell whose process died, however often it was tried."""
    return _outcome(cell, commit, _now(), None, None, error, 0.0)


def _outcome(
    cell: Cell,
    commit: str | None,
    started: str,
    run: Run | None,
    problem_row: dict[str, Any] | None,
    error: str | None,
    wall_s: float,
) -> Outcome:
    return Outcome(
        cell=_cell_row(cell, run, error, wall_s)
        | {"spec": cell.spec, "provenance": json.dumps(_provenance(cell, started, commit))},
        problem=problem_row,
        events=_events(cell, run),
        trials=_trials(cell, run),
    )


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _key(use: Use) -> str:
    return json.dumps({**vars(use), "options": dict(use.options)}, sort_keys=True)


@functools.lru_cache(maxsize=64)
def _problem(key: str) -> tuple[TabulatedProblem, dict[str, Any]]:
    """The problem and its row for the store, kept from cell to cell: tables are large."""
    use = Use(**json.loads(key))
    problem = build_problem(use)
    if not isinstance(problem, TabulatedProblem):
        raise CellError(f"{use.label} is trained; the virtual stage needs a tabulated problem")
    return problem, problem_row(use.label, problem)


def problem_row(label: str, problem: Problem) -> dict[str, Any]:
    """The row of ``problem`` in the store."""
    reference, fidelity = problem.reference(), problem.fidelity
    return {
        "problem": label,
        "metric": problem.objective.metric,
        "direction": problem.objective.direction,
        "optimum": reference.optimum,
        "clip": reference.clip,
        "known": reference.known,
        "source": reference.source,
        "heldout": bool(getattr(problem, "heldout", False)),
        "fidelity": fidelity.name,
        "steps": fidelity.steps,
        "unit": fidelity.unit,
        "dimensions": len(problem.space),
        "space": json.dumps(problem.space.to_json()),
    }


def _prepare(cell: Cell, problem: TabulatedProblem) -> Run:
    return Run(
        problem,
        build_searcher(cell.searcher, problem.space, cell.role_seed("searcher"), problem.fidelity),
        build_scheduler(cell.scheduler),
        budget=cell.budget,
        workers=cell.workers,
        problem_seed=cell.role_seed("problem"),
        scheduler_seed=cell.role_seed("scheduler"),
        tell=cell.tell,
    )


def _explain(failure: Exception) -> str:
    """The message first, then, unless the message says it all, the traceback."""
    if isinstance(failure, HpobenchError) and failure.__cause__ is None:
        return str(failure)
    text = "".join(traceback.format_exception(failure))
    return f"{type(failure).__name__}: {failure}\n\n{text}"


def _cell_row(cell: Cell, run: Run | None, error: str | None, wall_s: float) -> dict[str, Any]:
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
        "status": "done" if error is None else "failed",
        "error": error,
        "trials": len(run.source.trials) if run else 0,
        "results": len(run.log) if run else 0,
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
        "seeds": {r: cell.role_seed(r) for r in ("searcher", "scheduler", "problem")},
        "host": provenance.host(),
        "commit": commit,
        "started": started,
    }


def _requirements(cell: Cell) -> list[str]:
    """What the cell's plugins need beyond hpobench; those that cannot be loaded need nothing."""
    found: list[str] = []
    for use in (cell.searcher, cell.scheduler, cell.problem):
        with contextlib.suppress(HpobenchError):
            found += getattr(load_class(use.file, use.cls), "requires", ())
    return found


def _events(cell: Cell, run: Run | None) -> pa.Table:
    if run is None:
        return schema.plain(schema.EVENTS).empty_table()
    log, n = run.log, len(run.log)
    columns = {
        "cell": [cell.id] * n,
        "resource": [run.problem.fidelity.unit] * n,
        **vars(log),
    }
    return pa.table(columns, schema=schema.plain(schema.EVENTS))


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
        "config": json.dumps(trial.config),
        "status": status,
        "steps": trial.run_metadata.last_result.get("training_iteration", 0),
        "start": source.started[number],
        "end": run.ended[number] if ended else run.workers.now,
        "suggest_s": source.suggest_s[number],
        "observe_s": source.observe_s[number],
        "error": None if trial.error is None else str(trial.error),
    }
