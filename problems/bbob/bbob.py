"""The 24 noiseless functions of BBOB."""

from __future__ import annotations

from typing import Literal, get_args

from hpobench.api import Config, Curve, Float
from hpobench.problems.bbob._problem import COST, BBOBProblem

Function = Literal[
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24
]  # fmt: skip


class BBOB(BBOBProblem):
    """BBOB: COCO's 24 noiseless functions on [-5, 5]^d; 1 s an evaluation.

    ``dimension`` is 2 to 40. The ``instance`` determines the place of the optimum, its value f_opt
    and the rotation of the axes. Losses are f itself; the optimum is known, so regrets are
    ``f(x) - f_opt``.

    Hansen, Finck, Ros and Auger, "Real-Parameter Black-Box Optimization Benchmarking 2009:
    Noiseless Functions Definitions", 2009 (INRIA RR-6829).
    """

    name = "bbob"
    functions = get_args(Function)

    def __init__(self, *, function: Function, dimension: int, instance: int = 1) -> None:
        super().__init__(function, dimension, instance)

    def _parameter(self, i: int, name: str) -> Float:
        return Float(name, -5.0, 5.0)

    def curve(self, config: Config, seed: int) -> Curve:
        return Curve((self._ioh(self._values(config)),), COST)
