"""Makes the table of a storage's trials, which the problems ``recorded`` and ``twin`` replay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePath
from statistics import median
from typing import Any

import numpy as np

from hpobench.bridges.imports.equal_steps import StepCurves, axis, curves
from hpobench.bridges.imports.inferred_space import fit_to, infer_space, read_space
from hpobench.bridges.imports.sources import read_source
from hpobench.bridges.imports.trials import Asked, PastTrial, StoredTrials
from hpobench.contract.errors import NotAvailableError, StoreError, UsageError
from hpobench.contract.problem import Fidelity
from hpobench.contract.space import Config, Space
from hpobench.evidence.question import Question, Spending, of_space
from hpobench.plugins.registry import Registry
from hpobench.recording.measuring import measure
from hpobench.recording.table import VERSION, Table, read_about

TRUSTED = 0.5
"""The least rank correlation of a twin that is to be trusted. Below, it puts fewer than two of
three pairs of configurations into the right order; a coin does so with one of two."""
_SEARCHED = 2000
"""Random configurations of a twin, and as many steps from the best of them, to find its best."""


@dataclass(frozen=True)
class Imported:
    """What was imported, for the user to read."""

    source: StoredTrials
    table: Table
    inferred: bool
    """Whether the space was guessed from values."""
    notes: Sequence[str]

    @property
    def space(self) -> Space:
        return Space.from_json(self.table.about["trained"])

    @property
    def fidelity(self) -> Fidelity:
        return Fidelity(**self.table.about["fidelity"])

    @property
    def twin(self) -> dict[str, Any] | None:
        """What the twin is worth, if there is one."""
        return self.table.about.get("twin")


def import_trials(
    storage: str,
    asked: Asked,
    *,
    space_file: Path | None = None,
    steps: int | None = None,
    resource: str | None = None,
) -> Imported:
    """The trials of ``storage`` as a table, which is not written yet.

    ``steps`` and ``resource``: into how many equal steps curves are divided, and what of. Raises
    :class:`UsageError` for what ``asked`` does not suit or leaves open, and :class:`StoreError`
    for a damaged storage.
    """
    source = read_source(storage, asked)
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
        inferred, notes = True, [*notes, *said]
    trials, configs, said = fit_to(space, source)
    source = replace(source, trials=trials)
    ax = axis(source, steps, resource)
    made = curves(source, ax, asked.seconds)
    table = _table(source, space, configs, ax.fidelity, made)
    return Imported(source, table, inferred, [*notes, *said, *_said(trials, ax.fidelity, asked)])


def of_trials(given: Mapping[str, Any], spending: Spending) -> Question:
    """The question to the evidence about the problem of the trials in ``given["trials"]``.

    The storage is read as ``problems import`` does. Its space, steps and times are taken where
    nothing else is said. Raises :class:`UsageError` where all trials are alike, so that nothing can
    be learnt of them.
    """
    asked = Asked(**{key: given.get(key) for key in ("metric", "mode", "cost")})
    imported = import_trials(given["trials"], asked, space_file=given.get("space"))
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
    """``imported`` with the quality of its twin, and references measured on it.

    Raises :class:`UsageError` for a twin that is not to be trusted, unless ``force``.
    """
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
    try:
        imported = "imported" in read_about(out)
    except StoreError:
        imported = False
    if not imported:
        raise UsageError(
            f"{out} already holds something that was not imported; choose another file, or remove "
            "it"
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
        "imported": {
            "tool": source.tool,
            "study": source.name,
            "file": PurePath(source.where).name,
        },
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


def _said(trials: Sequence[PastTrial], fidelity: Fidelity, asked: Asked) -> list[str]:
    """What the user should know about the curves."""
    notes = []
    if any(trial.state == "stopped" for trial in trials):
        notes.append(
            "the curve of a trial that was stopped goes on with the median change of those that "
            "went on"
        )
    if fidelity.steps > 1 and (flat := sum(not t.reports and t.final is not None for t in trials)):
        notes.append(f"{flat} trials reported nothing on the way; their curves are level")
    timed = any(trial.times or trial.seconds is not None for trial in trials)
    if not timed and asked.seconds is None:
        notes.append("no times are known: a step counts as one second, unless --cost says more")
    return notes
