"""The key ``start`` of a searcher's entry: what it knows before its first proposal.

    none                            nothing, as without the key
    default                         the first trial is the default of the model's library
    portfolio, {portfolio: 5}       the first trials are configurations that did well on other data
    {points: [{lr: 0.1}]}           the first trials are these configurations
    history, {history: 20}          it is told 20 trials of other data sets beforehand
    {history: {from: FILE, trials: 100, scale: raw}}

Several of these in one mapping go together.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from hpobench.plugins.starting.strict import Strict, chosen_parts

SIZE = 5
"""The configurations of a portfolio where nothing else is said."""
MAX_POINTS = 1_000
MAX_HISTORY = 10_000
"""Trials that a searcher is told beforehand; most models take minutes for more."""
OTHERS = "others"
"""The value of ``from`` that stands for the other data sets of the problem's plugin."""


class History(Strict):
    """Trials that a searcher is told before its own."""

    source: Annotated[str, Field(alias="from", min_length=1)] = OTHERS
    """``others``, or a table of recorded or imported trials beside or below the suite."""
    trials: Annotated[int, Field(ge=1, le=MAX_HISTORY)] = 20
    """Trials in all, the same number of each data set."""
    scale: Literal["raw", "matched"] | None = None
    """``raw`` tells the losses as they are. ``matched`` waits for the first four losses of the
    search and moves those of each data set to the same median and spread. By default, the losses of
    a file are raw and those of other data sets are matched."""

    @property
    def others(self) -> bool:
        return self.source == OTHERS

    @model_validator(mode="after")
    def _scaled(self) -> History:
        if self.scale is None:
            object.__setattr__(self, "scale", _scale_of(self.source))
        return self


def _scale_of(source: str) -> str:
    return "matched" if source == OTHERS else "raw"


def _counted(value: object) -> object:
    """``20`` stands for ``{trials: 20}``."""
    return {"trials": value} if isinstance(value, int) else value


class Start(Strict):
    """A parsed start."""

    default: bool = False
    portfolio: Annotated[int, Field(ge=1, le=MAX_POINTS)] | None = None
    points: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MAX_POINTS)] | None = (
        None
    )
    history: Annotated[History | None, BeforeValidator(_counted)] = None


_WORDS: dict[str, dict[str, Any] | None] = {
    "none": None,
    "default": {"default": True},
    "portfolio": {"portfolio": SIZE},
    "history": {"history": {}},
}


def parse_start(value: object) -> dict[str, Any] | None:
    """``value`` in plain JSON types with defaults written out; ``None`` for ``none``.

    Raises :class:`ValueError` that says what is wrong.
    """
    if isinstance(value, str):
        if value not in _WORDS:
            raise ValueError(f"{value!r} is none of {', '.join(_WORDS)}, nor a mapping of these")
        value = _WORDS[value]
    return None if value is None else chosen_parts(Start, value, "{portfolio: 5}")


def spell_start(start: dict[str, Any]) -> str:
    """A parsed start as labels show it: ``portfolio-5``, ``default+history-20``."""
    return "+".join(_spelled(key, value) for key, value in start.items())


def _spelled(key: str, value: Any) -> str:
    match key, value:
        case "portfolio", int(number):
            return f"portfolio-{number}"
        case "points", list(points):
            return f"points-{len(points)}"
        case "history", dict(history):
            whole = History.model_validate(history)
            source = "" if whole.others else f"-{whole.source}"
            scale = "" if whole.scale == _scale_of(whole.source) else f"-{whole.scale}"
            return f"history-{whole.trials}{source}{scale}"
    return key
