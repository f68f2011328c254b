"""What all readers of storages share: trials, before anything is made of them, and copies.

Storages are read in copies, because opening a database may change it. Nothing is followed: links,
pipes and devices are refused or passed over.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from hpobench.api import Objective, Space
from hpobench.contract.errors import StoreError, UsageError, did_you_mean
from hpobench.contract.files import is_regular, open_regular
from hpobench.contract.wording import listed
from hpobench.store.format.disk import explained

State = Literal["complete", "stopped", "failed"]
"""``stopped``: it ended before its last step, but not by an error."""
MOST_TRIALS = 1_000_000
MAX_BYTES = 2**31  # of a storage's file


@dataclass(frozen=True)
class Asked:
    """What the user says about a storage; ``None`` leaves it to the storage."""

    study: str | None = None  # or an experiment, or its like, where a storage has several
    metric: str | None = None
    mode: Literal["min", "max"] | None = None
    step: str | None = None
    """The column of steps of a CSV or parquet file with several rows a trial."""
    trial: str | None = None  # the column that says which trial such a row is of
    cost: str | None = None
    """A column of seconds, or the seconds of every step as a number."""

    @property
    def seconds(self) -> float | None:
        """The seconds of every step, if ``cost`` is a number."""
        try:
            seconds = float(self.cost or "")
        except ValueError:
            return None
        if not 0 < seconds < math.inf:
            raise UsageError(f"--cost {self.cost}: a step takes a positive number of seconds")
        return seconds

    def check_columns(self, where: object) -> None:
        """Raise :class:`UsageError` if columns are named, for a storage that has none."""
        cost = self.cost if self.seconds is None else None
        for option, name in (("--step", self.step), ("--trial", self.trial), ("--cost", cost)):
            if name is not None:
                raise UsageError(f"{option} {name} names a column of CSV or parquet, no {where}")

    def objective(self, metric: str, where: object) -> Objective:
        """The objective ``metric``, which needs a mode."""
        if self.mode is None:
            raise UsageError(
                f"{where} does not say whether {metric!r} is better low or high; say --mode min or "
                "--mode max"
            )
        return Objective(metric, "minimize" if self.mode == "min" else "maximize")


@dataclass(frozen=True)
class PastTrial:
    """One trial, in the terms of its storage."""

    name: str  # what its storage calls it, for messages
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

    where: str  # its path or address, without secrets
    tool: str  # what it is: "Optuna study", "Ray Tune experiment", ...
    name: str
    objective: Objective
    trials: Sequence[PastTrial]
    resource: str = "step"  # what the steps of the trials are
    space: Space | None = None  # which the storage declares
    notes: Sequence[str] = ()  # what the user should know, a sentence each

    def __str__(self) -> str:
        return f"{self.where}: {self.tool} {self.name!r}"


def choose(what: str, names: Sequence[str], asked: str | None, option: str, where: object) -> str:
    """The one of ``names`` that is ``asked`` for, or the only one; ``option`` chooses it."""
    if asked is not None and asked not in names:
        hint = did_you_mean(asked, names) or f"; it has {listed(map(repr, names), 12)}"
        raise UsageError(f"{where} has no {what} {asked!r}{hint}")
    if asked is None and len(names) != 1:
        if not names:
            raise UsageError(f"{where} has no {what}: there is nothing to import")
        raise UsageError(
            f"{where} has more than one {what}: {listed(map(repr, names), 12)}; choose with "
            f"{option}"
        )
    return names[0] if asked is None else asked


def with_last_step(trials: Sequence[PastTrial]) -> list[PastTrial]:
    """``trials`` of a tool that does not tell whether a scheduler stopped one: those with fewer
    steps than the longest count as stopped."""
    steps = [max(trial.reports, default=0) for trial in trials]
    last = max(steps, default=0)
    return [
        replace(trial, state="stopped") if trial.state == "complete" and reached < last else trial
        for trial, reached in zip(trials, steps, strict=True)
    ]


@contextlib.contextmanager
def copied(path: Path) -> Iterator[Path]:
    """A copy of the file ``path`` in a temporary folder, with a database's journals."""
    with tempfile.TemporaryDirectory(prefix="hpobench-import-") as folder:
        target = Path(folder, "copy" + path.suffix)
        copy(path, target)
        # What a database that was killed has not yet taken in, or out, lies in these.
        for suffix in ("-wal", "-journal"):
            beside = path.with_name(path.name + suffix)
            if is_regular(beside):
                copy(beside, target.with_name(target.name + suffix))
        yield target


def copy(path: Path, target: Path) -> None:
    """Copy the regular file ``path``; raises :class:`StoreError`."""
    with explained(path), os.fdopen(open_regular(path), "rb") as source:
        if os.fstat(source.fileno()).st_size > MAX_BYTES:
            raise StoreError(
                f"{path}: has more than {MAX_BYTES:,} bytes; import a smaller one, for instance "
                "a copy of its last study"
            )
        with target.open("wb") as sink:
            shutil.copyfileobj(source, sink)


def tables(path: Path, copied_to: Path) -> set[str]:
    """The tables of the sqlite database ``path``, whose copy is looked at and must be whole."""
    try:
        with contextlib.closing(sqlite3.connect(copied_to)) as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise sqlite3.DatabaseError(found)
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return {str(name) for (name,) in rows}  # a damaged one is no text
    except (sqlite3.Error, ValueError) as error:  # it may say what is wrong in no text
        raise StoreError(
            f"{path}: a damaged or half-written sqlite database ({error}); if something writes to "
            "it now, wait until that is over, else restore it from a copy"
        ) from error
