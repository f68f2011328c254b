"""Reads a storage, and makes the table of its trials that ``recorded`` and ``twin`` replay."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from hpobench.api import Config, Fidelity, Space
from hpobench.bridges.imports import frames, mlflow_runs, optuna_storage, ray_folder
from hpobench.bridges.imports.equal_steps import StepCurves, axis, curves
from hpobench.bridges.imports.inferred_space import fit_to, infer_space, read_space
from hpobench.bridges.imports.trials import Asked, StoredTrials, copied, tables
from hpobench.contract.errors import NotAvailableError, StoreError, UsageError
from hpobench.contract.files import open_regular
from hpobench.evidence.question import Question, Spending, of_space
from hpobench.plugins.apart import ApartError, apart
from hpobench.plugins.registry import Registry
from hpobench.recording.measuring import measure
from hpobench.recording.table import VERSION, Table, read_about
from hpobench.running.tracking.tracker import without_secrets
from hpobench.store.format.disk import explained

TRUSTED = 0.5
"""The least rank correlation of a twin that is to be trusted. Below, it puts fewer than two of
three pairs of configurations into the right order; a coin does so with one of two."""
_READ_S, _SILENT_S, _READ_BYTES = 180.0, 5.0, 4 * 2**30
"""Wall seconds that reading a storage may take, those after which it says so, and bytes of data."""
_SEARCHED = 2000  # configurations of a twin, and as many steps from the best, to find its best


@dataclass(frozen=True)
class Imported:
    """What was imported, for the user to read."""

    source: StoredTrials
    table: Table
    inferred: bool  # whether the space was guessed from values
    notes: Sequence[str]

    @property
    def space(self) -> Space:
        return Space.from_json(self.table.about["trained"])

    @property
    def fidelity(self) -> Fidelity:
        return Fidelity(**self.table.about["fidelity"])


def import_trials(
    storage: str,
    asked: Asked,
    *,
    space_file: Path | None = None,
    steps: int | None = None,
    resource: str | None = None,
) -> Imported:
    """The trials of ``storage`` as a table, which is not written yet; ``steps`` and ``resource``:
    into how many equal steps curves are divided, and what of."""
    source = _read_source(storage, asked)
    notes = list(source.notes)
    kept = [trial for trial in source.trials if trial.reports or trial.state != "stopped"]
    if silent := len(source.trials) - len(kept):
        notes.append(f"{silent} trials that were stopped before their first report are left out")
    source = replace(source, trials=kept)
    if not kept:
        raise UsageError(f"{source} has no trial that is over: there is nothing to import")
    space, inferred = source.space, False
    if space_file is not None:
        space = read_space(space_file)
    elif space is None:
        space, said = infer_space(source)
        inferred, notes = True, notes + said
    trials, configs, said = fit_to(space, source)
    source = replace(source, trials=trials)
    ax = axis(source, steps, resource)
    made = curves(source, ax, asked.seconds)
    table = _table(source, space, configs, ax.fidelity, made)
    notes += said
    if any(trial.state == "stopped" for trial in trials):
        notes.append(
            "the curve of a trial that was stopped goes on with the median change of those that "
            "went on"
        )
    flat = sum(not trial.reports and trial.final is not None for trial in trials)
    if ax.fidelity.steps > 1 and flat:
        notes.append(f"{flat} trials reported nothing on the way; their curves are level")
    timed = any(trial.times or trial.seconds is not None for trial in trials)
    if not timed and asked.seconds is None:
        notes.append("no times are known: a step counts as one second, unless --cost says more")
    return Imported(source, table, inferred, notes)


def import_limited(storage: str, asked: Asked, **how: Any) -> Imported:
    """:func:`import_trials` with limits of time and memory, in a process of its own: a database can
    hold a view that never ends, and a server may not answer. Where it takes long, a line on
    standard error says so. Raises :class:`StoreError` at a limit."""
    shown = without_secrets(storage)
    long = f"reading {shown} takes longer than {_SILENT_S:g} s; it is given up after {_READ_S:g} s"
    timer = threading.Timer(_SILENT_S, print, [long], {"file": sys.stderr, "flush": True})
    timer.start()
    try:
        return apart(_READ_S, _READ_BYTES, import_trials, storage, asked, **how)
    except (ApartError, MemoryError) as error:
        why = str(error) or f"it takes more than {_READ_BYTES / 2**30:g} GiB of memory"
        raise StoreError(
            f"{shown}: it cannot be read: {why}; import a copy that holds one study with fewer "
            "trials, or write its trials into a CSV file"
        ) from error
    finally:
        timer.cancel()


def of_trials(given: Mapping[str, Any], spending: Spending) -> Question:
    """The question to the evidence about the problem of the trials in ``given["trials"]``, whose
    space, steps and times are taken where nothing else is said."""
    asked = Asked(**{key: given.get(key) for key in ("metric", "mode", "cost")})
    imported = import_limited(given["trials"], asked, space_file=given.get("space"))
    trials = imported.source.trials
    values = {value for trial in trials for value in (trial.final, *trial.reports.values())}
    if len(values - {None}) < 2:
        raise UsageError(f"{imported.source}: every trial has the same result")
    own = replace(spending, steps=spending.steps or imported.fidelity.steps)
    taken = [
        max(trial.times.values(), default=0) if trial.seconds is None else trial.seconds
        for trial in trials
        if trial.state == "complete"
    ]
    if own.trial_time is None and any(taken):
        own = replace(own, trial_time=median(filter(None, taken)))
    return of_space(imported.space, own)


def with_twin(imported: Imported, *, force: bool) -> Imported:
    """``imported`` with the quality of its twin, and references measured on it. A twin that is not
    to be trusted needs ``force``."""
    entry = Registry().find("problem", "twin")
    if (reason := entry.missing()) is not None:
        raise NotAvailableError(f"--surrogate: {reason}")
    cls: Any = entry.load()
    table = imported.table
    found = cls.quality(table)
    if not (trusted := found["rank_correlation"] >= TRUSTED) and not force:
        raise UsageError(
            f"{imported.source}: a model of these trials is not to be trusted: the rank "
            f"correlation on held-out trials is {found['rank_correlation']:.2f}, less than "
            f"{TRUSTED}. Import more trials, or name the parameters that matter with --space, or "
            "leave out --surrogate, or take it all the same with --force"
        )
    measured = measure(cls.of(table), _SEARCHED)
    kept = {key: measured[key] for key in ("optimum", "clip", "found", "sampled")}
    twin = {**found, "forced": not trusted, "reference": kept}
    return replace(imported, table=replace(table, about={**table.about, "twin": twin}))


def check_target(out: Path) -> None:
    """Raise :class:`UsageError` unless ``out`` is free, or holds what an import made."""
    if not out.parent.is_dir():
        raise UsageError(f"{out}: there is no folder {out.parent}")
    if not out.exists():
        return
    with contextlib.suppress(StoreError):
        if "imported" in read_about(out):
            return
    raise UsageError(
        f"{out} already holds something that was not imported; choose another file, or remove it"
    )


def _table(
    source: StoredTrials, space: Space, configs: list[Config], fidelity: Fidelity, made: StepCurves
) -> Table:
    loss, errors = made.loss, [trial.error for trial in source.trials]
    for row, curve in enumerate(loss):
        # A trial ends where it fails: what came after cannot be replayed.
        if len(bad := np.flatnonzero(~np.isfinite(curve))):
            loss[row, bad[0] :] = made.wall[row, bad[0] :] = np.nan
            errors[row] = errors[row] or f"no finite {source.objective.metric} in step {bad[0] + 1}"
    failed = int((~np.isfinite(loss[:, -1])).sum())
    if failed == len(loss):
        raise UsageError(f"{source}: all {failed} trials failed, the first with: {errors[0]}")
    known = made.wall[np.isfinite(made.wall)]
    timeless = np.isfinite(loss) & ~np.isfinite(made.wall)
    made.wall[timeless] = np.median(known) if len(known) else 1.0
    about: dict[str, Any] = {
        "version": VERSION,
        "problem": source.name,
        "name": "imported",
        "options": {},
        # The file's name without its folder, so that the bytes are the same wherever it lies.
        "imported": {"tool": source.tool, "study": source.name, "file": Path(source.where).name},
        "space": space.to_json(),
        "trained": space.to_json(),
        "grid": None,
        "fidelity": asdict(fidelity),
        "objective": asdict(source.objective),
        "mutable": None,
        "seed": "unknown",
        "heldout": False,
        "spec": {},
        "trials": len(configs),
        "failed": failed,
        "continued": [
            [row, seen]
            for row, (trial, seen) in enumerate(zip(source.trials, made.observed, strict=True))
            if trial.state == "stopped" and seen < fidelity.steps and np.isfinite(loss[row, -1])
        ],
    }
    return Table(about, configs, {"loss": loss, "wall": made.wall}, errors)


def _read_source(storage: str, asked: Asked) -> StoredTrials:
    """The trials of ``storage``, a path or the address of an MLflow server. Raises
    :class:`UsageError` if it is of no tool that is known, holds nothing, or needs a choice that
    ``asked`` lacks, and :class:`StoreError` if it is damaged."""
    if storage.startswith(("http://", "https://")):
        asked.check_columns("server")
        return mlflow_runs.read_server(storage, asked)
    path = Path(storage.removeprefix("sqlite:///"))
    if not path.exists():
        raise StoreError(f"{path}: there is no such file or folder")
    # The user's own path may be a link; what it leads to may not hold any.
    path = path.resolve()
    if not path.is_dir():
        return _file(path, asked)
    asked.check_columns("folder")
    if any(path.glob("*/meta.yaml")):  # MLflow keeps runs as files there
        return mlflow_runs.read_folder(path, asked)
    if ray_folder.trial_folders(path):
        return ray_folder.read_folder(path, asked)
    inner = [p.name for p in sorted(path.iterdir()) if p.is_dir() and ray_folder.trial_folders(p)]
    if inner:
        raise _foreign(path, f"holds experiments of Ray Tune: name one, like {inner[0]}")
    raise _foreign(path, "a folder without trials of Ray Tune and without runs of MLflow")


def _file(path: Path, asked: Asked) -> StoredTrials:
    with explained(path), os.fdopen(open_regular(path), "rb") as file:
        begin = file.read(4096)
    if not begin:
        raise _foreign(path, "an empty file")
    if begin.startswith(b"SQLite format 3\0"):
        asked.check_columns("database")
        with copied(path) as copy:
            found = tables(path, copy)
            if found >= optuna_storage.TABLES:
                return optuna_storage.read_database(path, copy, asked)
            if found >= mlflow_runs.TABLES:
                return mlflow_runs.read_server(f"sqlite:///{copy}", asked, str(path))
        has = f"with {', '.join(sorted(found)[:8])}" if found else "without tables"
        raise _foreign(path, f"a database of another tool, {has}")
    if optuna_storage.is_journal(begin):
        asked.check_columns("journal")
        return optuna_storage.read_journal(path, asked)
    first = begin.split(b"\n")[0]
    # JSON lines have commas, too.
    text = b"\0" not in begin and b"," in first and not first.lstrip().startswith((b"{", b"["))
    if begin.startswith(frames.PARQUET) or text:
        return frames.read_frame(path, asked)
    raise _foreign(path, "a file of a kind that is not known")


def _foreign(path: Path, what: str) -> UsageError:
    return UsageError(
        f"{path}: {what}; what can be imported is an Optuna storage (sqlite or journal file), the "
        "folder of a Ray Tune experiment, an MLflow database, folder or server, and CSV or parquet"
    )
