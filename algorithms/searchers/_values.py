"""Conversion of values from and to the terms of libraries."""

from __future__ import annotations

from typing import Any

from hpobench.api import Float, Int, Parameter, Value


def value_of(p: Parameter, found: Any) -> Value:
    """The value of ``p`` that a library's ``found`` represents.

    For a numeric parameter, ``found`` is a number. It is clipped to the bounds, because taking a
    logarithm and undoing it may leave them by rounding. For any other parameter, ``found`` is the
    index of a choice.
    """
    match p:
        case Float():
            return min(max(float(found), p.low), p.high)
        case Int():
            return min(max(int(found), p.low), p.high)
        case _:
            return p.choices[int(found)]


def term_of(p: Parameter, value: Value) -> Any:
    """What represents ``value`` of ``p`` to a library; :func:`value_of` undoes it."""
    match p:
        case Float():
            return float(value)
        case Int():
            return int(value)
        case _:
            return p.index(value)
