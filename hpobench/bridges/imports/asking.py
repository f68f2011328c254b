"""A question about a problem of which there are trials already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from statistics import median
from typing import Any

from hpobench.bridges.imports.importing import import_trials
from hpobench.bridges.imports.trials import Asked, Trial
from hpobench.contract.errors import UsageError
from hpobench.evidence.asking import Spending, of_space
from hpobench.evidence.question import Question


def of_trials(given: Mapping[str, Any], spending: Spending) -> Question:
    """The question about the trials in the storage ``given["trials"]``, which is read as
    ``problems import`` does. Their space, steps and times are taken where nothing else is said.

    Raises :class:`UsageError` where all trials are alike, so that nothing can be learnt of them.
    """
    asked = Asked(**{key: given.get(key) for key in ("metric", "mode", "cost")})
    imported = import_trials(given["trials"], asked, space_file=given.get("space"))
    trials = imported.source.trials
    finals = {trial.final for trial in trials} | {
        value for trial in trials for value in trial.reports.values()
    }
    if len(finals - {None}) < 2:
        raise UsageError(f"{imported.source}: every trial has the same result")
    own = replace(spending, steps=spending.steps or imported.fidelity.steps)
    whole = [_seconds(trial) for trial in trials if trial.state == "complete"]
    times = [seconds for seconds in whole if seconds]
    if own.trial_time is None and times:
        own = replace(own, trial_time=median(times))
    return of_space(imported.space, own)


def _seconds(trial: Trial) -> float | None:
    """What a trial took, if it is known."""
    return trial.seconds if trial.seconds is not None else max(trial.times.values(), default=None)
