"""Maps a value from another space to the nearest value that this parameter allows."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hpobench.contract.parameters import Float, Int, Parameter, Value


def fitted(parameter: Parameter, value: Value) -> Value | None:
    """The value of ``parameter`` that is nearest to ``value``; ``None`` if none is comparable.

    Among numbers it is the one with the least ratio if all are positive, else the least distance.
    """
    if isinstance(parameter, Float | Int):
        if isinstance(value, str | bool):
            return None
        inside = min(max(value, parameter.low), parameter.high)
        return round(inside) if isinstance(parameter, Int) else float(inside)
    if parameter.contains(value):
        return value
    numbers = [choice for choice in parameter.choices if _is_number(choice)]
    return _nearest(numbers, value) if _is_number(value) and numbers else None


def _nearest(numbers: Sequence[Value], value: Value) -> Value:
    positive = all(float(number) > 0 for number in (*numbers, value))
    place = math.log if positive else float
    return min(numbers, key=lambda number: abs(place(float(number)) - place(float(value))))


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
