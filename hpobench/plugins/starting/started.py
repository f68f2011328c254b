"""A searcher that starts from given configurations and old trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from hpobench.contract.algorithms import Searcher
from hpobench.contract.errors import CellError
from hpobench.contract.space import Config
from hpobench.plugins.options import is_ray
from hpobench.plugins.starting.prepare import Prepared, Told
from hpobench.plugins.starting.wrapped import Wrapped

_ENOUGH = 4
"""Losses of the search by which old losses are matched: fewer say little about their spread."""


def start_objection(cls: Any, start: Mapping[str, Any]) -> str | None:
    """The reason why the searcher class ``cls`` cannot begin with the parsed ``start``."""
    if is_ray(cls):
        return "start: a searcher of Ray's own interface is not told what others chose"
    if cls.schedules_itself:
        return "start: the searcher decides how far its own configurations train"
    adopts = cls.adopt is not Searcher.adopt and cls.adopts
    if start.keys() - {"history"} and cls.learns and not adopts:
        return "start: the searcher's library cannot learn from configurations of others"
    if "history" in start and not adopts and not _recalls(cls):
        return "start: the searcher cannot be told old trials"
    return None


def _recalls(cls: Any) -> bool:
    return cls.recall is not Searcher.recall


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
        self._waiting: tuple[Told, ...] = ()
        self._losses: list[float] = []
        if prepared.told and _recalls(type(inner)):
            inner.recall([source.trials for source in prepared.told])
        elif prepared.matched:
            self._waiting = prepared.told
        else:
            for source in prepared.told:
                self._tell_old(source.trials)

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
                for source in self._waiting:
                    self._tell_old(matched(source.trials, self._losses))
                self._waiting = ()

    def _tell_old(self, trials: Sequence[tuple[Config, float]]) -> None:
        for config, loss in trials:
            if not self._inner.adopt(self._next, dict(config)):
                raise CellError(f"{self.name} does not adopt the old trial {config}")
            self._inner.tell(self._next, self._steps, loss, final=True)
            self._next += 1


def matched(
    trials: Sequence[tuple[Config, float]], losses: Sequence[float]
) -> list[tuple[Config, float]]:
    """``trials`` with their losses moved to the median and the spread of ``losses``.

    The spread is the median distance from the median. Losses that are all equal have none, and then
    take the median of ``losses``.
    """
    ours, theirs = _scale(losses), _scale([loss for _, loss in trials])
    ratio = ours[1] / theirs[1] if theirs[1] else 0.0
    return [(config, ours[0] + ratio * (loss - theirs[0])) for config, loss in trials]


def _scale(losses: Sequence[float]) -> tuple[float, float]:
    middle = median(losses)
    return middle, median(abs(loss - middle) for loss in losses)
