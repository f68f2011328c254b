"""Classic test functions with their published domains and minimisers.

Formulae and domains: https://www.sfu.ca/~ssurjano/optimization.html. The functions use plain
floats, because at this size they are faster than NumPy. Their terms are ordered so that a minimum
of 0 is exactly 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

from hpobench.kit import UnknownNameError, UsageError

Scalable = Literal["ackley", "griewank", "levy", "rastrigin", "rosenbrock", "styblinski-tang"]
"""The functions that exist in every dimension from 2 on."""
Name = Literal[
    "ackley",
    "goldstein-price",
    "griewank",
    "levy",
    "rastrigin",
    "rosenbrock",
    "six-hump-camel",
    "styblinski-tang",
]
Point: TypeAlias = Sequence[float]
TAU = 2 * math.pi


@dataclass(frozen=True)
class Function:
    """A function whose global minimum over its domain is also its minimum over all real numbers."""

    value: Callable[[Point], float]
    bounds: tuple[tuple[float, float], ...]
    minimiser: tuple[float, ...]
    """One of the minimisers, if there are several."""

    @property
    def optimum(self) -> float:
        return self.value(self.minimiser)


def ackley(x: Point) -> float:
    radius = math.sqrt(sum([a * a for a in x]) / len(x))
    waves = sum([math.cos(TAU * a) for a in x]) / len(x)
    return (20 - 20 * math.exp(-0.2 * radius)) + (math.e - math.exp(waves))


def griewank(x: Point) -> float:
    waves = math.prod([math.cos(a / math.sqrt(i)) for i, a in enumerate(x, 1)])
    return sum([a * a for a in x]) / 4000 + (1 - waves)


def levy(x: Point) -> float:
    # The w of the published formula is v + 1, and sin^2(pi w) equals sin^2(pi v).
    v = [(a - 1) / 4 for a in x]
    bumps = [b * b * (1 + 10 * math.sin(math.pi * b + 1) ** 2) for b in v[:-1]]
    last = v[-1] ** 2 * (1 + math.sin(TAU * v[-1]) ** 2)
    return math.sin(math.pi * v[0]) ** 2 + sum(bumps) + last


def rastrigin(x: Point) -> float:
    return sum([a * a + (10 - 10 * math.cos(TAU * a)) for a in x])


def rosenbrock(x: Point) -> float:
    return sum([100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairwise(x)])


def styblinski_tang(x: Point) -> float:
    return sum([a * (5 + a * (a * a - 16)) for a in x]) / 2


def six_hump_camel(x: Point) -> float:
    a, b = x[0] ** 2, x[1] ** 2
    return (4 - 2.1 * a + a * a / 3) * a + x[0] * x[1] + (4 * b - 4) * b


def goldstein_price(x: Point) -> float:
    a, b = x
    valley = 19 - 14 * a + 3 * a * a - 14 * b + 6 * a * b + 3 * b * b
    basin = 18 - 32 * a + 12 * a * a + 48 * b - 36 * a * b + 27 * b * b
    return (1 + (a + b + 1) ** 2 * valley) * (30 + (2 * a - 3 * b) ** 2 * basin)


_SCALABLE: dict[str, tuple[Callable[[Point], float], float, float, float]] = {
    "ackley": (ackley, -32.768, 32.768, 0.0),
    "griewank": (griewank, -600.0, 600.0, 0.0),
    "levy": (levy, -10.0, 10.0, 1.0),
    "rastrigin": (rastrigin, -5.12, 5.12, 0.0),
    "rosenbrock": (rosenbrock, -5.0, 10.0, 1.0),
    "styblinski-tang": (styblinski_tang, -5.0, 5.0, -2.903534027771177),
}
"""For each name: the function, the lower and upper bound of each coordinate, and each coordinate of
the minimiser."""
_PLANAR = {
    "goldstein-price": Function(goldstein_price, ((-2.0, 2.0), (-2.0, 2.0)), (0.0, -1.0)),
    "six-hump-camel": Function(
        six_hump_camel, ((-3.0, 3.0), (-2.0, 2.0)), (0.08984201368301331, -0.7126564032704135)
    ),
}


def function(name: str, dimension: int) -> Function:
    """The function ``name`` in ``dimension`` dimensions.

    Raises :class:`UnknownNameError` if there is no such function, and :class:`UsageError` if it
    does not exist in this dimension.
    """
    if name in _PLANAR:
        if dimension != 2:
            raise UsageError(f"{name} has dimension 2, not {dimension}")
        return _PLANAR[name]
    if name not in _SCALABLE:
        raise UnknownNameError("function", name, [*_SCALABLE, *_PLANAR])
    if dimension < 2:
        raise UsageError(f"{name} needs a dimension of at least 2, not {dimension}")
    value, low, high, place = _SCALABLE[name]
    return Function(value, ((low, high),) * dimension, (place,) * dimension)
