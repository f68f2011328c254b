"""The keys of a searcher's entry that are no options of the plugin, and what their values are.

    release: "4.10.0"                       see :mod:`hpobench.plugins.isolation.releases`

    start: none                             it knows nothing, as without the key
    start: default                          the first trial is the default of the model's library
    start: portfolio, {portfolio: 5}        the first trials did well on other data
    start: {points: [{lr: 0.1}]}            the first trials are these configurations
    start: history, {history: 20}           it is told 20 trials of other data sets beforehand
    start: {history: {from: FILE, trials: 100, scale: raw}}

    prior: good, weak, misleading           a prior of this quality, of medium confidence
    prior: {quality: good, confidence: high}    low, medium, high, or a standard deviation

    stop: {patience: 20}                    once 20 ended trials in a row brought no better loss
    stop: {patience: {trials: 20, tolerance: 0.01}}

Several starts in one mapping go together. Each key may be a list, which stands for the searcher
with each of its values. Each but ``release`` may stand at the top of a suite, for all searchers
that have none of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from hpobench.contract.prior import SUREST
from hpobench.plugins.isolation.releases import RELEASE, parse_release, release_objection

SIZE = 5
"""The configurations of a portfolio where nothing else is said."""
_MAX_POINTS = 1_000
_MAX_HISTORY = 10_000
"""Trials that a searcher is told beforehand; most models take minutes for more."""
_OTHERS = "others"
"""The value of ``from`` that stands for the other data sets of the problem's plugin."""
_CONFIDENCES = {"low": 0.5, "medium": 0.25, "high": 0.125}
"""Standard deviations in the unit cube's coordinates."""


class Strict(BaseModel):
    """A mapping whose keys and types must be right."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


def _chosen_parts(model: type[Strict], value: object, example: str) -> dict[str, Any]:
    """What the mapping ``value``, like ``example``, chooses of ``model``, in plain JSON types with
    all defaults; raises :class:`ValueError` that says what is wrong."""
    if not isinstance(value, dict) or not value:
        raise ValueError(f"a word or a mapping is due, like {example}, not {value!r}")
    try:
        whole = model.model_validate(value).model_dump(mode="json", by_alias=True)
    except ValidationError as error:
        first = error.errors()[0]
        where, what = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
        raise ValueError(f"{where}: {what[:1].lower()}{what[1:]}") from None
    chosen = {key: part for key, part in whole.items() if part not in (None, False)}
    if not chosen:
        raise ValueError("the mapping chooses nothing; write `none`")
    return chosen


class History(Strict):
    """Trials that a searcher is told before its own."""

    source: Annotated[str, Field(alias="from", min_length=1)] = _OTHERS
    """``others``, or a table of recorded or imported trials beside or below the suite."""
    trials: Annotated[int, Field(ge=1, le=_MAX_HISTORY)] = 20
    """Trials in all, the same number of each data set."""
    scale: Literal["raw", "matched"] | None = None
    """``raw`` tells the losses as they are. ``matched`` waits for the first four losses of the
    search and moves those of each data set to the same median and spread. By default, the losses of
    a file are raw and those of other data sets are matched."""

    @property
    def others(self) -> bool:
        return self.source == _OTHERS

    @property
    def _usual_scale(self) -> str:
        return "matched" if self.others else "raw"

    @model_validator(mode="after")
    def _scaled(self) -> History:
        if self.scale is None:  # the model is frozen, and a default knows no other field
            object.__setattr__(self, "scale", self._usual_scale)
        return self

    def spelled(self) -> str:
        source = "" if self.others else f"-{self.source}"
        scale = "" if self.scale == self._usual_scale else f"-{self.scale}"
        return f"history-{self.trials}{source}{scale}"


class Start(Strict):
    """A parsed start."""

    default: bool = False
    portfolio: Annotated[int, Field(ge=1, le=_MAX_POINTS)] | None = None
    points: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=_MAX_POINTS)] | None = (
        None
    )
    history: Annotated[
        History | None,
        BeforeValidator(lambda value: {"trials": value} if isinstance(value, int) else value),
    ] = None


def parse_start(value: object) -> dict[str, Any] | None:
    """``value`` in plain JSON types with defaults written out; ``None`` for ``none``.

    Raises :class:`ValueError` that says what is wrong, as the other parsers here do.
    """
    words: dict[str, dict[str, Any] | None] = {
        "none": None,
        "default": {"default": True},
        "portfolio": {"portfolio": SIZE},
        "history": {"history": {}},
    }
    if isinstance(value, str):
        if value not in words:
            raise ValueError(f"{value!r} is none of {', '.join(words)}, nor a mapping of these")
        value = words[value]
    return None if value is None else _chosen_parts(Start, value, "{portfolio: 5}")


def spell_start(start: Mapping[str, Any]) -> str:
    """A parsed start as labels show it: ``portfolio-5``, ``default+history-20``."""
    words: dict[str, Callable[[Any], str]] = {
        "portfolio": lambda number: f"portfolio-{number}",
        "points": lambda points: f"points-{len(points)}",
        "history": lambda history: History.model_validate(history).spelled(),
    }
    return "+".join(words[key](value) if key in words else key for key, value in start.items())


def _deviation(value: object) -> object:
    if isinstance(value, str) and value not in _CONFIDENCES:
        raise ValueError(f"{value!r} is none of {', '.join(_CONFIDENCES)}, nor a number")
    return _CONFIDENCES[value] if isinstance(value, str) else value


class _Prior(Strict):
    quality: Literal["good", "weak", "misleading"]
    confidence: Annotated[float, BeforeValidator(_deviation), Field(ge=SUREST, le=1)] = (
        _CONFIDENCES["medium"]
    )


def parse_prior(value: object) -> dict[str, Any] | None:
    """``value`` in plain JSON types with defaults written out; ``None`` for ``none``."""
    if value is None or value == "none":
        return None
    given = {"quality": value} if isinstance(value, str) else value
    return _chosen_parts(_Prior, given, "{quality: good}")


def spell_prior(prior: Mapping[str, Any]) -> str:
    """A parsed prior as labels show it: ``good``, ``weak-high``, ``good-0.3``."""
    words = {deviation: word for word, deviation in _CONFIDENCES.items()}
    word = words.get(prior["confidence"], f"{prior['confidence']:g}")
    return str(prior["quality"]) if word == "medium" else f"{prior['quality']}-{word}"


def _from_number(value: object) -> object:
    if value is not None and not isinstance(value, int | float | dict):
        raise ValueError(f"a number or a mapping is due, not {value!r}")
    return {"trials": value} if isinstance(value, int | float) else value


class Patience(Strict):
    """Stop once so many ended trials in a row had no better loss at full fidelity."""

    trials: Annotated[int, Field(ge=1, le=1_000_000)]
    """They count from the first loss at full fidelity on."""
    tolerance: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """The fraction of the best loss by which a better one must be below it."""


class _Stop(Strict):
    patience: Annotated[Patience | None, BeforeValidator(_from_number)] = None


def parse_stop(value: object) -> dict[str, Any] | None:
    """``value`` in plain JSON types with defaults written out; ``None`` for ``none``."""
    if value is None or value == "none":
        return None
    if isinstance(value, str):
        raise ValueError(f"{value!r} is not none, nor a mapping like {{patience: 20}}")
    return _chosen_parts(_Stop, value, "{patience: 20}")


def spell_stop(stop: Mapping[str, Any]) -> str:
    """A parsed stop as labels show it: ``patience-20``, ``patience-20-0.01``."""
    patience = Patience.model_validate(stop["patience"])
    tolerance = f"-{patience.tolerance:g}" if patience.tolerance else ""
    return f"patience-{patience.trials}{tolerance}"


@dataclass(frozen=True)
class Key:
    """One key: what its values are and how labels show them."""

    parse: Callable[[object], Any]
    """The value in plain JSON types, ``None`` for ``none``; raises :class:`ValueError`."""
    spell: Callable[[Any], str]
    """A parsed value in a word."""
    objection: Callable[[type, Path], str | None] = lambda *_: None
    """Why a searcher class in a file can have no value at all, which is a fault of the suite."""


KEYS: Mapping[str, Key] = {
    RELEASE: Key(parse_release, str, release_objection),
    "start": Key(parse_start, spell_start),
    "prior": Key(parse_prior, spell_prior),
    "stop": Key(parse_stop, spell_stop),
}


def with_given(label: str, given: Mapping[str, Any]) -> str:
    """The label of a searcher that is called ``label`` without ``given``.

    >>> with_given("optuna-tpe[multivariate=true]", {"start": {"portfolio": 5}})
    'optuna-tpe[multivariate=true,start=portfolio-5]'
    """
    if not given:
        return label
    begun = f"{label[:-1]}," if label.endswith("]") else f"{label}["
    spelled = ",".join(f"{key}={KEYS[key].spell(value)}" for key, value in given.items())
    return f"{begun}{spelled}]"
