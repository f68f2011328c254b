"""How a suite is run, from the command line and from Python alike."""

from __future__ import annotations

import functools
import inspect
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from hpobench.contract.errors import UsageError
from hpobench.contract.wording import parse_seconds

if TYPE_CHECKING:
    from hpobench.suites.suite import Seeds, Source

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

MAX_SEEDS, MARGIN = 100, 0.01
"""What ``until_decided`` and ``within`` take by default."""
_SHORTEST_S = 10.0  # a Ray of one's own starts and ends in five seconds, and the report takes some


_RANGES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "cells": (lambda value: value >= 1, "at least 1"),
    "cpus": (lambda value: value >= 1, "at least 1"),
    "timeout": (lambda value: value > 0, "positive"),
    "max_seeds": (lambda value: value >= 1, "at least 1"),
    "margin": (lambda value: 0 <= value <= 1, "from 0 to 1"),
}


def _check(options: RunOptions | SampleOptions) -> None:
    """Raises :class:`UsageError` for a number out of its range."""
    for name, (fits, due) in _RANGES.items():
        value = getattr(options, name, None)
        if value is not None and not fits(value):
            raise UsageError(f"{name} must be {due}, not {value!r}")


@dataclass(frozen=True)
class SampleOptions:
    """How a sample of stored cells runs again; :func:`hpobench.verify` says what each means."""

    cells: int = 40
    seed: int = 0
    plugins: Sequence[str | Path] = ()
    cpus: int | None = None
    timeout: float = 3600.0

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a suite is run; :func:`hpobench.run` says what each option means."""

    results: str | os.PathLike[str] = "results"
    seeds: Seeds | None = None
    only: str | None = None
    plugins: Iterable[str | os.PathLike[str]] = ()
    address: str | None = None
    cpus: int | None = None
    timeout: float = 3600.0
    retry_failed: bool = False
    mlflow: str | None = None
    until_decided: bool = False
    within: str | float | None = None
    max_seeds: int | None = None
    margin: float | None = None
    shard: str | None = None
    report: bool = True
    progress: bool | None = None

    def __post_init__(self) -> None:
        """Raises :class:`UsageError` for a number out of its range, and for options that do not go
        together."""
        _check(self)
        if self.seconds < _SHORTEST_S:
            raise UsageError(
                f"--within {self.within}: give at least {_SHORTEST_S:g} s, because workers must "
                "start and a report be written"
            )
        looking = "--within" if self.within is not None else "--until-decided"
        looks = self.within is not None or self.until_decided
        if self.share is not None and looks:
            raise UsageError(f"{looking} looks at all cells; run it without --shard")
        if not looks and (self.max_seeds is not None or self.margin is not None):
            raise UsageError("--max-seeds and --margin are for --until-decided and --within")
        if looks and self.retry_failed:
            raise UsageError(
                "--retry-failed would change looks after they were taken; run the suite with it "
                f"alone (and --seeds as far as they are stored), then with {looking} again"
            )

    @property
    def share(self) -> Shard | None:
        """The share of the suite that is run; ``None`` for all of it."""
        return None if self.shard is None else Shard.of(self.shard)

    @property
    def seconds(self) -> float:
        """The wall time that ``within`` gives; infinite if it is not given."""
        try:
            return math.inf if self.within is None else parse_seconds(str(self.within))
        except ValueError as error:
            raise UsageError(f"--within: {error}") from None

    @property
    def decides_by(self) -> float:
        """The margin of decisions."""
        return MARGIN if self.margin is None else self.margin


def taking(
    options: Callable[P, RunOptions],
) -> Callable[[Callable[[Source, RunOptions], R]], Callable[Concatenate[Source, P], R]]:
    """Let callers give a function the fields of its :class:`RunOptions` as keywords, which type
    checkers and ``help()`` see as its own."""

    def decorate(
        function: Callable[[Source, RunOptions], R],
    ) -> Callable[Concatenate[Source, P], R]:
        @functools.wraps(function)
        def called(suite: Source, *args: P.args, **given: P.kwargs) -> R:
            return function(suite, options(*args, **given))

        own, fields = inspect.signature(function), inspect.signature(options)
        suite = own.parameters["suite"]
        shown = own.replace(parameters=[suite, *fields.parameters.values()])
        vars(called)["__signature__"] = shown
        # Types know no parameters by keyword beside those of another function.
        return called  # type: ignore[return-value]

    return decorate


@dataclass(frozen=True)
class Shard:
    """Shard ``number`` (from 1) of ``count``, of a plan with so many ``combinations`` for each
    seed."""

    number: int
    count: int
    combinations: int = 1

    @classmethod
    def of(cls, text: str) -> Shard:
        """The shard that ``text`` like ``3/16`` names; raises :class:`UsageError`."""
        if found := re.fullmatch(r"(\d{1,6})/(\d{1,6})", text, re.ASCII):
            number, count = map(int, found.groups())
            if 1 <= number <= count:
                return cls(number, count)
        raise UsageError(f"--shard {text}: give the number of the shard and how many, like 3/16")

    @property
    def suffix(self) -> str:
        """What the name of the results folder ends with."""
        return f".shard-{self.number}-of-{self.count}"

    def owner(self, place: int) -> int:
        """The number of the shard that has the cell at ``place`` of the plan."""
        # Neighbouring cells are in different shards, and so are the cells of one combination, so
        # that no shard has all the expensive ones.
        return (place + place // self.combinations) % self.count + 1

    def places(self, cells: int) -> list[int]:
        """The places of this shard's cells in a plan of so many ``cells``."""
        return [place for place in range(cells) if self.owner(place) == self.number]

    def whole(self, shards: Sequence[Sequence[T]]) -> list[T]:
        """The cells of all ``shards``, which are in their order, in the order of the plan.

        Raises ``StopIteration`` if they are not the shards of one plan.
        """
        left = [iter(shard) for shard in shards]
        return [next(left[self.owner(place) - 1]) for place in range(sum(map(len, shards)))]
