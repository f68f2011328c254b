"""Classic functions of real numbers, integers, ordinals and categories."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from hpobench.api import (
    Categorical,
    Config,
    Curve,
    Float,
    Int,
    Ordinal,
    Parameter,
    Space,
    TabulatedProblem,
    Value,
)
from hpobench.kit import uniform
from hpobench.problems.synthetic import _functions
from hpobench.problems.synthetic._functions import Scalable
from hpobench.problems.synthetic._landscape import moved_place

KINDS: tuple[Callable[[str], Parameter], ...] = (
    lambda name: Float(name, 0.0, 1.0),
    lambda name: Int(name, 1, 20),
    lambda name: Ordinal(name, (8, 16, 32, 64, 128, 256, 512)),
    lambda name: Categorical(name, ("a", "b", "c", "d", "e")),
)
"""The kinds of the coordinates; the coordinates take them in turn."""


class Mixed(TabulatedProblem):
    """A classic function some of whose coordinates are integers, ordinals or categories.

    The coordinates are, in turn, a real number in [0, 1], an integer in 1..20, an ordinal of 7
    values and a category of 5 values. The levels of a discrete coordinate are evenly spaced over a
    window as wide as the function's domain; the levels of a category are in a random order.
    ``instance`` decides this order, and where in the windows the function's minimum lies. On a
    discrete coordinate the minimum always lies at a level, so the optimum is the function's own. An
    evaluation takes 1 s.
    """

    name = "mixed"
    source = "functions: https://www.sfu.ca/~ssurjano/optimization.html; discretised here"

    def __init__(self, *, function: Scalable, dimension: int = 4, instance: int = 0) -> None:
        self._function = _functions.function(function, dimension)
        self._key = f"{function}-d{dimension}-i{instance}"
        parts = ("mixed", function, dimension, instance)
        places = moved_place(dimension, *parts)
        self._axes = [_axis(i, place, *parts) for i, place in enumerate(places)]
        self._widths = [high - low for low, high in self._function.bounds]
        self.space = Space([axis.parameter for axis in self._axes])

    @classmethod
    def members(cls) -> Iterable[Mapping[str, Any]]:
        for function, dimension in itertools.product(get_args(Scalable), (4, 8)):
            yield {"function": function, "dimension": dimension}

    @property
    def key(self) -> str:
        return self._key

    @property
    def best(self) -> Config:
        """The configuration with the lowest loss."""
        return {axis.parameter.name: axis.best for axis in self._axes}

    def curve(self, config: Config, seed: int) -> Curve:
        x = [
            minimum + axis.distance(config[axis.parameter.name]) * width
            for axis, minimum, width in zip(
                self._axes, self._function.minimiser, self._widths, strict=True
            )
        ]
        return Curve([self._function.value(x)], [1.0])

    def optimum(self) -> tuple[float, str]:
        at = ", ".join(f"{v:.6g}" if isinstance(v, float) else str(v) for v in self.best.values())
        return self._function.optimum, f"closed form, at ({at})"


@dataclass(frozen=True)
class _Axis:
    """A parameter as a coordinate in a window of width 1."""

    parameter: Parameter
    best: Value
    positions: Mapping[Value, float] | None
    """The position of each discrete value in the window; ``None`` for a real number, which is its
    own position."""

    def distance(self, value: Value) -> float:
        """The position of ``value`` minus the position of the best value."""
        if self.positions is None:
            return float(value) - float(self.best)
        return self.positions[value] - self.positions[self.best]


def _axis(i: int, place: float, *parts: object) -> _Axis:
    """The ``i``-th coordinate with the minimum at ``place`` or at the level nearest to it."""
    parameter = KINDS[i % len(KINDS)](f"x{i}")
    if isinstance(parameter, Float):
        return _Axis(parameter, place, None)
    last = int(parameter.size) - 1
    levels: list[Value] = [*parameter.grid(last + 1)]
    if type(parameter) is Categorical:
        levels.sort(key=lambda level: uniform(*parts, "order", i, level))
    positions = {level: k / last for k, level in enumerate(levels)}
    return _Axis(parameter, levels[round(place * last)], positions)
