"""The base of searchers that stand around another one."""

from __future__ import annotations

from hpobench.contract.algorithms import Searcher
from hpobench.contract.space import Config


class Wrapped(Searcher):
    """``inner``, to which every call is passed on.

    Notices of trials for which :meth:`_number` has no number are left out. ``recall`` is not passed
    on: the innermost wrapper calls it.
    """

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

    def failed(self, trial: int) -> None:
        if (number := self._number(trial)) is not None:
            self._inner.failed(number)

    def dropped(self, trial: int) -> None:
        if (number := self._number(trial)) is not None:
            self._inner.dropped(number)

    def paused(self, trial: int) -> None:
        if (number := self._number(trial)) is not None:
            self._inner.paused(number)

    def resumed(self, trial: int) -> None:
        if (number := self._number(trial)) is not None:
            self._inner.resumed(number)

    def charged(self, trial: int, seconds: float) -> None:
        if (number := self._number(trial)) is not None:
            self._inner.charged(number, seconds)

    def close(self) -> None:
        self._inner.close()
