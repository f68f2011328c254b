"""The 30 noisy functions of BBOB."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Literal, TypeAlias, get_args

from hpobench.api import Config, Curve, Float
from hpobench.kit import uniform
from hpobench.problems.bbob._problem import COST, BBOBProblem
from hpobench.problems.synthetic._noise import normals

Function = Literal[
    101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115,
    116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 130,
]  # fmt: skip

BASES = (1, 8, 1, 8, 7, 10, 14, 17, 19, 21)
"""The noiseless functions. Each has Gaussian, uniform and Cauchy noise, in this order."""
LAST_MODERATE = 106
"""The last function with moderate noise; later functions have severe noise."""
TARGET = 1e-8
"""The regret at which a function counts as solved; below it there is no noise."""
MARGIN = 1.01e-8
"""The amount added to noisy regrets, so that noise alone never reaches the target."""
Parts: TypeAlias = tuple[object, ...]
"""The values from which noise is drawn."""


class BBOBNoisy(BBOBProblem):
    """BBOB, noisy: 10 functions under Gaussian, uniform and Cauchy noise; 1 s an evaluation.

    Functions 101-106 have moderate noise, 107-130 severe noise. The noise is drawn from the
    configuration and the problem seed, while COCO draws it from one stream for all evaluations of a
    process. The distribution is therefore COCO's, but the numbers are not. The held-out loss is the
    function without noise, and the optimum is that of the held-out loss. Cauchy noise adds 10
    (moderate) or 1000 (severe) to most losses. ``dimension`` is 2 to 40.

    Hansen, Finck, Ros and Auger, "Real-Parameter Black-Box Optimization Benchmarking 2009: Noisy
    Functions Definitions", 2009 (INRIA RR-6869).
    """

    name = "bbob-noisy"
    functions = get_args(Function)
    heldout = True

    def __init__(self, *, function: Function, dimension: int, instance: int = 1) -> None:
        super().__init__(function, dimension, instance)

    def _parameter(self, i: int, name: str) -> Float:
        return Float(name, -5.0, 5.0)

    @property
    def base(self) -> int:
        return BASES[(self.function - 101) // 3]

    @cached_property
    def _best(self) -> float:
        return self.optimum()[0]

    def curve(self, config: Config, seed: int) -> Curve:
        x = tuple(map(float, self._values(config)))
        observed = regret = self._regret(x)
        if regret >= TARGET:
            parts = (self.name, self.function, self.instance, seed, *x)
            observed = MARGIN + self._noisy(regret, parts)
        return Curve((self._best + observed,), COST, (self._best + regret,))

    def _noisy(self, regret: float, parts: Parts) -> float:
        severe = self.function > LAST_MODERATE
        strength = 1.0 if severe else 0.01
        match (self.function - 101) % 3:
            case 0:
                return gaussian(regret, strength, parts)
            case 1:
                return uniform_factor(
                    regret, strength * (0.49 + 1 / self.dimension), strength, parts
                )
            case _:
                return cauchy(regret, strength, 0.2 if severe else 0.05, parts)

    def _regret(self, x: Sequence[float]) -> float:
        if self.base == 10:
            return self._ellipsoid(x)
        regret: float = self._ioh(x) - self._best
        # ioh's f19 has a factor of 10, which its noisy variants lack.
        return regret / 10 if self.base == 19 else regret

    @cached_property
    def _ellipsoid(self) -> Callable[[Sequence[float]], float]:
        """f10 with a condition number of 10^4 instead of 10^6."""
        from hpobench.problems.bbob._ellipsoid import rotated_ellipsoid

        return rotated_ellipsoid(self._ioh.optimum.x, self.instance, 1e4)


def gaussian(regret: float, beta: float, parts: Parts) -> float:
    """``regret`` times a log-normal factor drawn from ``parts``.

    The names of the noise models' parameters here and below are those of the source.
    """
    (z,) = normals(1, *parts)
    return regret * math.exp(beta * z)


def uniform_factor(regret: float, alpha: float, beta: float, parts: Parts) -> float:
    """``regret`` times a factor below 1, and times another that is large near the optimum."""
    raised = (1e9 / regret) ** (alpha * uniform("raised", *parts))
    return float(regret * uniform("lowered", *parts) ** beta * max(1.0, raised))


def cauchy(regret: float, alpha: float, chance: float, parts: Parts) -> float:
    """``regret`` plus a constant and, with probability ``chance``, a heavy-tailed number."""
    outlier = 0.0
    if uniform("outlier", *parts) < chance:
        z, divisor = normals(2, *parts)
        outlier = z / max(abs(divisor), 1e-199)
    return regret + alpha * max(0.0, 1000.0 + outlier)
