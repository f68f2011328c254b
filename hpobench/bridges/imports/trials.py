"""Trials as all readers give them, before anything is made of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from hpobench.contract.errors import UsageError, did_you_mean
from hpobench.contract.problem import Objective
from hpobench.contract.space import Space
from hpobench.contract.wording import listed

State = Literal["complete", "stopped", "failed"]
"""``stopped``: it ended before its last step, but not by an error."""
MOST_TRIALS = 1_000_000
MAX_BYTES = 2**31
"""Of a storage's file."""
_NAMED = 12


@dataclass(frozen=True)
class Asked:
    """What the user says about a storage; ``None`` leaves it to the storage."""

    study: str | None = None
    """A study, an experiment, or its like, where a storage has several."""
    metric: str | None = None
    mode: Literal["min", "max"] | None = None
    step: str | None = None
    """The column of steps of a CSV or parquet file with several rows a trial."""
    trial: str | None = None
    """The column that says which trial such a row is of."""
    cost: str | None = None
    """A column of seconds, or the seconds of every step as a number."""

    @property
    def seconds(self) -> float | None:
        """The seconds of every step, if ``cost`` is a number; raises :class:`UsageError` for one
        that is not positive."""
        try:
            seconds = None if self.cost is None else float(self.cost)
        except ValueError:
            return None
        if seconds is not None and not 0 < seconds < math.inf:
            raise UsageError(f"--cost {self.cost}: a step takes a positive number of seconds")
        return seconds

    def check_columns(self, where: object) -> None:
        """Raise :class:`UsageError` if columns are named, for a storage that has none."""
        columns = {"--step": self.step, "--trial": self.trial}
        if self.seconds is None:
            columns["--cost"] = self.cost
        for option, name in columns.items():
            if name is not None:
                raise UsageError(f"{option} {name} names a column of CSV or parquet, no {where}")

    def objective(self, metric: str, where: object) -> Objective:
        """The objective ``metric``; raises :class:`UsageError` unless a mode is given."""
        if self.mode is None:
            raise UsageError(
                f"{where} does not say whether {metric!r} is better low or high; say --mode min or "
                "--mode max"
            )
        return Objective(metric, "minimize" if self.mode == "min" else "maximize")


@dataclass(frozen=True)
class PastTrial:
    """One trial, in the terms of its storage."""

    name: str
    """What its storage calls it, for messages."""
    params: Mapping[str, Any]
    reports: Mapping[int, float] = field(default_factory=dict)
    """The metric by the step after which it was reported."""
    final: float | None = None
    """The metric of the whole trial, if the storage keeps it apart."""
    times: Mapping[int, float] = field(default_factory=dict)
    """Seconds from the trial's start to each of its reports, if they are known."""
    seconds: float | None = None
    """Seconds of the whole trial, if only these are known."""
    state: State = "complete"
    error: str | None = None


@dataclass(frozen=True)
class StoredTrials:
    """The trials of a storage."""

    where: str
    """Its path or address, without secrets."""
    tool: str
    """What it is: ``Optuna study``, ``Ray Tune experiment``, ..."""
    name: str
    objective: Objective
    trials: Sequence[PastTrial]
    resource: str = "step"
    """What the steps of the trials are."""
    space: Space | None = None
    """The space that the storage declares."""
    notes: Sequence[str] = ()
    """What the user should know, a sentence each."""

    def __str__(self) -> str:
        return f"{self.where}: {self.tool} {self.name!r}"


def choose(what: str, names: Sequence[str], asked: str | None, option: str, where: object) -> str:
    """The one of ``names`` that is ``asked`` for, or the only one.

    Raises :class:`UsageError` that says where and lists them, with the ``option`` that chooses.
    """
    if asked is not None and asked not in names:
        hint = did_you_mean(asked, names) or f"; it has {listed(map(repr, names), _NAMED)}"
        raise UsageError(f"{where} has no {what} {asked!r}{hint}")
    if asked is None and len(names) != 1:
        if not names:
            raise UsageError(f"{where} has no {what}: there is nothing to import")
        raise UsageError(
            f"{where} has more than one {what}: {listed(map(repr, names), _NAMED)}; choose with "
            f"{option}"
        )
    return names[0] if asked is None else asked


def with_last_step(trials: Sequence[PastTrial]) -> list[PastTrial]:
    """``trials`` of a tool that does not tell whether a scheduler stopped one: those with fewer
    steps than the longest count as stopped."""
    last = max((max(trial.reports, default=0) for trial in trials), default=0)
    return [
        replace(trial, state="stopped")
        if trial.state == "complete" and max(trial.reports, default=0) < last
        else trial
        for trial in trials
    ]
