"""What a library's values mean."""

from __future__ import annotations

from typing import Any

from hpobench.api import Float, Int, Parameter, Value


def value_of(p: Parameter, found: Any) -> Value:
    """The value of ``p`` that a library's ``found`` stands for: a number, kept within its bounds,
    which a logarithm and back may miss; or the index of a choice."""
    match p:
        case Float():
            return min(max(float(found), p.low), p.high)
        case Int():
            return min(max(int(found), p.low), p.high)
        case _:
            return p.choices[int(found)]
