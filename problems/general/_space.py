"""The notation of spaces in a suite.

    lr: {float: [1e-4, 1], log: true}
    depth: {int: [1, 12]}
    size: {ordinal: [small, medium, large]}
    kind: {choice: [sgd, adam]}
    momentum: {float: [0, 0.99], when: {kind: sgd}}
    trees: {int: [4, 1000], log: true, cheap: 4}

``when`` names an earlier parameter, and the value, or the list of values, for which the new
parameter is active. ``cheap`` is the value at which trials cost the least.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from hpobench.api import Categorical, Float, Int, Ordinal, Parameter, Space, Value, When
from hpobench.kit import SpaceError, UnknownNameError

_CHOICES: dict[str, type[Categorical]] = {"choice": Categorical, "ordinal": Ordinal}
_KINDS = ("float", "int", *_CHOICES)
_FORM = "write {float: [low, high]}, {int: [low, high]}, {choice: [a, b]} or {ordinal: [a, b]}"


def parse_space(text: Mapping[str, Any]) -> Space:
    """The space that ``text`` describes, in the same order.

    Raises :class:`SpaceError` if ``text`` does not follow the notation.
    """
    if not text:
        raise SpaceError("space: has no parameters; write {lr: {float: [1e-4, 1], log: true}}")
    try:
        return Space([_parameter(name, given) for name, given in text.items()])
    except SpaceError as error:
        raise SpaceError(f"space: {error}") from None


def space_hash(space: Space) -> str:
    """A hash of ``space`` that depends on the order of its parameters.

    A searcher's draws depend on this order, but the hash of a suite's options ignores the order of
    a mapping.
    """
    return hashlib.sha256(json.dumps(space.to_json()).encode()).hexdigest()[:16]


def _parameter(name: str, given: Any) -> Parameter:
    if not isinstance(given, Mapping) or len(kinds := [k for k in _KINDS if k in given]) != 1:
        raise SpaceError(f"{name!r} is {_short(given)}, not a parameter; {_FORM}")
    (kind,) = kinds
    _check_keys(name, given, kind)
    when = _when(name, given["when"]) if "when" in given else None
    if kind in _CHOICES:
        choices = _values(f"{name!r} {kind}", given[kind])
        return _CHOICES[kind](name, choices, when, given.get("cheap"))
    log = given.get("log", False)
    if not isinstance(log, bool):
        raise SpaceError(f"{name!r} log is true or false, not {_short(log)}")
    low, high = _bounds(name, kind, given[kind])
    if kind == "int":
        return Int(name, int(low), int(high), log, when, given.get("cheap"))
    return Float(name, float(low), float(high), log, when, given.get("cheap"))


def _check_keys(name: str, given: Mapping[str, Any], kind: str) -> None:
    known = [kind, *([] if kind in _CHOICES else ["log"]), "when", "cheap"]
    for key in given:
        if key not in known:
            raise SpaceError(f"{name!r}: {UnknownNameError('key', key, known)}")


def _bounds(name: str, kind: str, given: Any) -> tuple[float, float]:
    number, article = (int, "whole ") if kind == "int" else (int | float, "")
    if (
        not isinstance(given, list)
        or len(given) != 2
        or not all(isinstance(v, number) and not isinstance(v, bool) for v in given)
    ):
        raise SpaceError(
            f"{name!r} {kind} is [low, high], two {article}numbers, not {_short(given)}"
        )
    return given[0], given[1]


def _values(what: str, given: Any) -> tuple[Value, ...]:
    if not isinstance(given, list) or not all(isinstance(v, Value) for v in given):
        raise SpaceError(f"{what} is a list of words, numbers or booleans, not {_short(given)}")
    return tuple(given)


def _when(name: str, given: Any) -> When:
    if not isinstance(given, Mapping) or len(given) != 1:
        raise SpaceError(f"{name!r} when is like {{parent: value}}, not {_short(given)}")
    ((parent, value),) = given.items()
    values = _values(f"{name!r} when.{parent}", value if isinstance(value, list) else [value])
    if not values:
        raise SpaceError(f"{name!r} when.{parent} names no value")
    return When(parent, values)


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
