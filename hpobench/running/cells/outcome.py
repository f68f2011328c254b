"""What a cell leaves behind: the rows of the store made of a run, finished or not."""

from __future__ import annotations

import contextlib
import datetime
import functools
import json
import resource
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
from packaging.requirements import InvalidRequirement, Requirement

from hpobench.contract.cell import Cell, PluginRef
from hpobench.contract.errors import HpobenchError
from hpobench.plugins.isolation.environments import Environment, version_of
from hpobench.plugins.isolation.releases import RELEASE, script_of
from hpobench.plugins.modules import module_name
from hpobench.running.cells.tuning import Run
from hpobench.store.format import schema
from hpobench.store.write import provenance
from hpobench.store.write.batch import Outcome, events_table

_LONGEST_TEXT = 20_000
_TRIALS = schema.plain(schema.TRIALS)


def make_outcome(
    cell: Cell,
    commit: str | None,
    started: str,
    run: Run | None,
    signed: str | None,
    end: tuple[str, str | None],
    wall_s: float,
) -> Outcome:
    """The outcome of ``cell``. ``run`` is ``None`` if it never began; ``signed`` is the problem's
    signature, and ``end`` the status and the error, if there is one."""
    suggest_s = sum(run.source.suggest_s) if run else 0.0
    observe_s = sum(run.source.observe_s) if run else 0.0
    row = {
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
        "resource": run.stage.paid if run else 0.0,
        "clock": run.stage.now if run else 0.0,
        "evaluation_s": run.stage.busy if run else 0.0,
        "suggest_s": suggest_s,
        "observe_s": observe_s,
        "harness_s": max(wall_s - suggest_s - observe_s, 0.0),
        "peak_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "spec": cell.spec,
        "provenance": json.dumps(_provenance(cell, started, commit)),
    }
    return Outcome(
        cell=row,
        events=events_table(cell.id, run.events if run else []),
        trials=_trials(cell, run),
        signature=signed,
        output=dict(run.stage.output) if run else {},
    )


def unfinished_cell(cell: Cell, commit: str | None, status: str, error: str) -> Outcome:
    """The outcome of a cell whose process died in every attempt, or had to be killed."""
    return make_outcome(cell, commit, now(), None, None, (status, storable(error)), 0.0)


def now() -> str:
    """The time of day, in the form that provenance keeps it."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def storable(text: str) -> str:
    """``text`` as it can be stored: valid Unicode, at most 20,000 characters."""
    return str.encode(text, "utf-8", "backslashreplace").decode()[:_LONGEST_TEXT]


def _provenance(cell: Cell, started: str, commit: str | None) -> dict[str, Any]:
    requirements: list[str] = []  # what plugins need beyond hpobench in this process
    for ref in (cell.searcher, cell.scheduler, cell.problem):
        requires = None if RELEASE in ref.given else _declared(ref, "requires")
        if isinstance(requires, tuple | list):
            requirements += [r for r in requires if isinstance(r, str) and _is_requirement(r)]
    family = _declared(cell.problem, "family")
    return {
        "versions": provenance.versions(requirements),
        "library": _library(cell.searcher),
        **({"family": family} if isinstance(family, str) and family else {}),
        "seeds": {r: cell.role_seed(r) for r in ("searcher", "scheduler", "problem")},
        "host": provenance.host(),
        "commit": commit,
        "started": started,
    }


def _library(searcher: PluginRef) -> dict[str, Any] | None:
    """The library whose algorithm the searcher is, its version, and what is known of the searcher's
    own environment if it has one: the hash of the lock, or every version with a release."""
    with contextlib.suppress(HpobenchError):
        if not (isinstance(name := _declared(searcher, "library"), str) and name):
            return None
        script = script_of(searcher)
        found: dict[str, Any] = {"name": name, "version": version_of(name, script)}
        if script is not None and RELEASE in searcher.given:
            built = Environment(script).built()
            found["packages"] = {} if built is None else dict(built.versions)
        elif script is not None:
            found["lock"] = script.lock_hash()
        return found
    return None


def _declared(ref: PluginRef, name: str) -> object:
    """The class attribute ``name`` of a plugin; ``None`` if its file is not loaded."""
    # A file that could not be loaded is not tried again: what failed or hung in it would do so
    # here, where nothing catches or ends it.
    with contextlib.suppress(BaseException):  # as a plugin's code may raise anything
        return getattr(getattr(sys.modules.get(_module_of(ref.file)), ref.cls), name)
    return None


@functools.lru_cache(maxsize=256)
def _module_of(file: str) -> str:
    return module_name(Path(file))


@functools.cache
def _is_requirement(text: str) -> bool:
    try:
        return bool(Requirement(text))
    except InvalidRequirement:
        return False


def _trials(cell: Cell, run: Run | None) -> pa.Table:
    if run is None or not run.source.trials:
        return _TRIALS.empty_table()
    source, trials, now, cut_off = run.source, run.source.trials, run.stage.now, run.stage.cut_off
    statuses = [run.trial_status(trial) for trial in trials]
    ended = [status in ("completed", "stopped", "failed") for status in statuses]
    columns = {
        "cell": [cell.id] * len(trials),
        "trial": list(range(len(trials))),
        "config": [json.dumps(trial.proposed) for trial in trials],
        "status": statuses,
        "steps": [run.steps_of(trial) for trial in trials],
        "start": source.started,
        "end": [run.ended[i] if over else now for i, over in enumerate(ended)],
        # A searcher that ended the cell may have been asked for one more.
        "suggest_s": source.suggest_s[: len(trials)],
        "observe_s": source.observe_s[: len(trials)],
        "error": [
            cut_off.get(trial.number) if trial.error is None else storable(str(trial.error))
            for trial in trials
        ],
    }
    return pa.table(columns, schema=_TRIALS)
