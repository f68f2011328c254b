"""BBOB with four fifths of the variables as integers."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Literal, get_args

from hpobench.api import Config, Curve, Float, Int, Parameter
from hpobench.kit import UsageError
from hpobench.problems.bbob._problem import COST, BBOBProblem
from hpobench.problems.bbob.bbob import Function

Dimension = Literal[5, 10, 20, 40]
"""COCO's dimensions 80 and 160 are missing, because they use the functions of its large-scale
suite."""

LEVELS = (2, 4, 8, 16)
"""The number of values of a variable in each of the first four fifths; the last fifth is
continuous."""
LOW, HIGH = -4.0, 4.0
"""The part of BBOB's axes over which levels are spread."""
FACTORS = (
    1, 1e-3, 1e-1, 1e-1, 1, 1e-2, 1, 1e-2, 1e-2, 1e-3, 1e-2, 1e-4,
    1e-1, 1, 1e-1, 1, 10, 1, 10, 1e-1, 1, 1, 10, 1e-1,
)  # fmt: skip
"""For each function, the factor of its values, which makes the functions similarly difficult."""


class BBOBMixInt(BBOBProblem):
    """BBOB, mixed-integer: four fifths of the variables have levels, the rest lie in [-5, 5].

    The problem is COCO's suite of the same name, up to 40 dimensions. The variables of the first
    four fifths have 2, 4, 8 and 16 levels respectively. Every level represents a point of BBOB's
    axis. The levels of a variable are shifted so that one of them is the optimum's coordinate;
    f_opt is therefore reached, and known.

    Tušar, Brockhoff and Hansen, "Mixed-Integer Benchmark Problems for Single- and Bi-Objective
    Optimization", GECCO 2019.
    """

    name = "bbob-mixint"
    functions = get_args(Function)
    dimensions = (5, 10, 20)

    def __init__(self, *, function: Function, dimension: Dimension, instance: int = 1) -> None:
        if dimension not in get_args(Dimension):
            raise UsageError(
                f"{self.name}: dimensions are {', '.join(map(str, get_args(Dimension)))}, "
                f"not {dimension}"
            )
        super().__init__(function, dimension, instance)

    def _levels(self, i: int) -> int | None:
        """The number of levels of variable ``i``; ``None`` for a continuous variable."""
        fifth = i * 5 // self.dimension
        return LEVELS[fifth] if fifth < len(LEVELS) else None

    def _parameter(self, i: int, name: str) -> Parameter:
        levels = self._levels(i)
        return Float(name, -5.0, 5.0) if levels is None else Int(name, 0, levels - 1)

    @cached_property
    def _coordinates(self) -> list[list[float]]:
        """For each variable with levels, their places on BBOB's axis."""
        found = []
        for i, best in enumerate(map(float, self._ioh.optimum.x)):
            if (levels := self._levels(i)) is not None:
                step = (HIGH - LOW) / (levels + 1)
                # This is the level nearest to the optimum. COCO adds the same 1e-7 against
                # rounding errors.
                nearest = math.floor((best - LOW) / step - 1 + 1e-7 + 0.5)
                nearest = min(max(nearest, 0), levels - 1)
                found.append([best + (level - nearest) * step for level in range(levels)])
        return found

    def curve(self, config: Config, seed: int) -> Curve:
        values = self._values(config)
        point = [at[level] for at, level in zip(self._coordinates, values, strict=False)]
        point.extend(values[len(point) :])
        return Curve((self._ioh(point) * FACTORS[self.function - 1],), COST)

    def optimum(self) -> tuple[float, str]:
        value, how = super().optimum()
        return value * FACTORS[self.function - 1], how
