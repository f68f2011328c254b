"""The key ``stop`` of a searcher's entry: when it proposes nothing more.

none                            never, as without the key
{patience: 20}                  20 ended trials in a row brought no better loss
{patience: {trials: 20, tolerance: 0.01}}
"""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from hpobench.contract.algorithms import Exhausted, Searcher
from hpobench.contract.space import Config
from hpobench.plugins.starting.strict import Strict, chosen_parts
from hpobench.plugins.starting.wrapped import Wrapped


class Patience(Strict):
    """Stop once so many ended trials in a row had no better loss at full fidelity."""

    trials: Annotated[int, Field(ge=1, le=1_000_000)]
    """They count from the first loss at full fidelity on."""
    tolerance: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """The fraction of the best loss by which a better one must be below it."""


def _from_number(value: object) -> object:
    if value is not None and not isinstance(value, int | float | dict):
        raise ValueError(f"a number or a mapping is due, not {value!r}")
    return {"trials": value} if isinstance(value, int | float) else value


class Stop(Strict):
    """A parsed stop."""

    patience: Annotated[Patience | None, BeforeValidator(_from_number)] = None


def parse_stop(value: object) -> dict[str, Any] | None:
    """``value`` in plain JSON types with defaults written out; ``None`` for ``none``.

    Raises :class:`ValueError` that says what is wrong.
    """
    if isinstance(value, str) and value != "none":
        raise ValueError(f"{value!r} is not none, nor a mapping like {{patience: 20}}")
    if value is None or value == "none":
        return None
    return chosen_parts(Stop, value, "{patience: 20}")


def spell_stop(stop: dict[str, Any]) -> str:
    """A parsed stop as labels show it: ``patience-20``, ``patience-20-0.01``."""
    patience = Patience.model_validate(stop["patience"])
    tolerance = f"-{patience.tolerance:g}" if patience.tolerance else ""
    return f"patience-{patience.trials}{tolerance}"


class StoppedSearcher(Wrapped):
    """``inner``, which has nothing left to propose once the patience of a parsed ``stop`` is out.

    Trials that are under way then go on to their ends. ``steps`` is full fidelity.
    """

    def __init__(self, inner: Searcher, stop: dict[str, Any], steps: int) -> None:
        super().__init__(inner)
        self._patience, self._steps = Patience.model_validate(stop["patience"]), steps
        self._best = math.inf
        self._since = 0
        """Trials that ended since the best loss."""
        self._stopped = False

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
