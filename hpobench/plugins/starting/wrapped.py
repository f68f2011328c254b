"""Searchers that stand around another one: they start it from old trials, or stop it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeAlias

from hpobench.contract.algorithms import Exhausted, Searcher
from hpobench.contract.errors import CellError
from hpobench.contract.space import Config
from hpobench.plugins.options import is_ray
from hpobench.plugins.starting.suite_keys import Patience

Trials: TypeAlias = Sequence[tuple[Config, float]]
"""Trials of one data set that ended with a loss at full fidelity."""
_ENOUGH = 4
"""Losses of the search by which old losses are matched: fewer say little about their spread."""


@dataclass(frozen=True)
class Prepared:
    """What a searcher is given before its own first proposal."""

    points: tuple[Config, ...] = ()
    """The configurations of the first trials."""
    told: tuple[Trials, ...] = ()
    """Old trials, by their data set."""
    matched: bool = False
    """Whether the losses of old trials are moved to the scale of the search."""


def _passed_on(notice: str) -> Callable[..., None]:
    """The method ``notice`` of :class:`Wrapped`: of a trial, and perhaps of more."""

    def method(self: Wrapped, trial: int, *more: float) -> None:
        if (number := self._number(trial)) is not None:
            getattr(self._inner, notice)(number, *more)

    return method


class Wrapped(Searcher):
    """``inner``, to which every call is passed on, but for notices of trials that have no number
    there, and for ``recall``, which the innermost wrapper calls."""

    def __init__(self, inner: Searcher) -> None:
        self._inner = inner
        self.name = getattr(inner, "name", type(inner).__name__)  # type: ignore[misc]
        self.cost_aware = inner.cost_aware  # type: ignore[misc]
        self.schedules_itself = inner.schedules_itself  # type: ignore[misc]

    def _number(self, trial: int) -> int | None:
        """The number by which ``inner`` knows ``trial``."""
        return trial

    def ask(self, trial: int) -> Config:
        return self._inner.ask(trial)

    def adopt(self, trial: int, config: Config) -> bool:
        return self._inner.adopt(trial, config)

    def steps(self, trial: int) -> int:
        return self._inner.steps(trial)

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        if (number := self._number(trial)) is not None:
            self._inner.tell(number, step, loss, final=final)

    failed, dropped = _passed_on("failed"), _passed_on("dropped")
    paused, resumed = _passed_on("paused"), _passed_on("resumed")
    charged = _passed_on("charged")

    def close(self) -> None:
        self._inner.close()


def start_objection(cls: Any, start: Mapping[str, Any]) -> str | None:
    """The reason why the searcher class ``cls`` cannot begin with the parsed ``start``."""
    if is_ray(cls):
        return "start: a searcher of Ray's own interface is not told what others chose"
    if cls.schedules_itself:
        return "start: the searcher decides how far its own configurations train"
    adopts = cls.adopt is not Searcher.adopt and cls.adopts
    if start.keys() - {"history"} and cls.learns and not adopts:
        return "start: the searcher's library cannot learn from configurations of others"
    if "history" in start and not adopts and cls.recall is Searcher.recall:
        return "start: the searcher cannot be told old trials"
    return None


class StartedSearcher(Wrapped):
    """``inner``, whose first proposals are given and which is told old trials of ``steps`` steps.

    Given configurations become trials like any other, and a searcher that learns is told their
    losses. A searcher that does not adopt them is asked for its own first configuration
    afterwards. Old trials count neither as trials nor against the budget. They have the first
    numbers that ``inner`` sees, or, if their losses are matched, the numbers after those of the
    trials that gave the first losses.
    """

    def __init__(self, inner: Searcher, prepared: Prepared, steps: int) -> None:
        super().__init__(inner)
        self._given, self._steps = prepared.points, steps
        self._numbers: dict[int, int] = {}
        """The numbers by which ``inner`` knows the trials."""
        self._next = 0
        self._waiting: tuple[Trials, ...] = ()
        self._losses: list[float] = []
        if prepared.told and type(inner).recall is not Searcher.recall:
            inner.recall(prepared.told)
        elif prepared.matched:
            self._waiting = prepared.told
        else:
            for trials in prepared.told:
                self._tell_old(trials)

    def ask(self, trial: int) -> Config:
        if trial < len(self._given):
            self.adopt(trial, self._given[trial])
            return dict(self._given[trial])
        config = self._inner.ask(self._next)
        self._count(trial)
        return config

    def adopt(self, trial: int, config: Config) -> bool:
        adopted = self._inner.adopt(self._next, dict(config))
        if adopted:
            self._count(trial)
        return adopted

    def _count(self, trial: int) -> None:
        self._numbers[trial] = self._next
        self._next += 1

    def _number(self, trial: int) -> int | None:
        return self._numbers.get(trial)

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        super().tell(trial, step, loss, final=final)
        if final and self._waiting:
            self._losses.append(loss)
            if len(self._losses) == _ENOUGH:
                for trials in self._waiting:
                    self._tell_old(matched(trials, self._losses))
                self._waiting = ()

    def _tell_old(self, trials: Trials) -> None:
        for config, loss in trials:
            if not self._inner.adopt(self._next, dict(config)):
                raise CellError(f"{self.name} does not adopt the old trial {config}")
            self._inner.tell(self._next, self._steps, loss, final=True)
            self._next += 1


def matched(trials: Trials, losses: Sequence[float]) -> Trials:
    """``trials`` with their losses moved to the median of ``losses`` and to the same spread, which
    is the median distance from the median."""
    old = [loss for _, loss in trials]
    ours, theirs = median(losses), median(old)
    spread = median(abs(loss - ours) for loss in losses)
    before = median(abs(loss - theirs) for loss in old)
    ratio = spread / before if before else 0.0  # losses that are all equal have no spread
    return [(config, ours + ratio * (loss - theirs)) for config, loss in trials]


class StoppedSearcher(Wrapped):
    """``inner``, which has nothing left to propose once the patience of a parsed ``stop`` is out.

    Trials that are under way then go on to their ends. ``steps`` is full fidelity.
    """

    def __init__(self, inner: Searcher, stop: dict[str, Any], steps: int) -> None:
        super().__init__(inner)
        self._patience, self._steps = Patience.model_validate(stop["patience"]), steps
        self._best, self._stopped = math.inf, False
        self._since = 0
        """Trials that ended since the best loss."""

    def ask(self, trial: int) -> Config:
        # For good: a trial under way may still bring a better loss.
        self._stopped = self._stopped or self._since >= self._patience.trials
        if self._stopped:
            raise Exhausted
        return super().ask(trial)

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        super().tell(trial, step, loss, final=final)
        if final:
            self._ended(loss if step >= self._steps else None)

    def failed(self, trial: int) -> None:
        super().failed(trial)
        self._ended(None)

    def dropped(self, trial: int) -> None:
        super().dropped(trial)
        self._ended(None)

    def _ended(self, loss: float | None) -> None:
        margin = self._patience.tolerance * abs(self._best)
        if loss is not None and (math.isinf(self._best) or loss < self._best - margin):
            self._best, self._since = loss, 0
        elif not math.isinf(self._best):
            self._since += 1
