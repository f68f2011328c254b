# /// script
# requires-python = ">=3.11"
# dependencies = ["hebo==0.3.6", "GPy>=1.13", "torch>=2.4,<2.14"]
# [tool.uv]
# override-dependencies = ["numpy>=2"]
# ///
"""HEBO, the heteroscedastic evolutionary Bayesian optimisation of Huawei Noah's Ark Lab."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hpobench.algorithms.searchers._values import term_of, value_of
from hpobench.api import (
    Categorical,
    Config,
    Fidelity,
    Float,
    Int,
    Ordinal,
    Parameter,
    Searcher,
    Space,
    Value,
)
from hpobench.kit import UsageError

if TYPE_CHECKING:
    from pandas import DataFrame


class Hebo(Searcher):
    """HEBO: a Gaussian process of warped losses, and a Pareto front of 3 acquisition functions.

    ``rand_sample``: the number of losses, at least two, from which on the model is used. The
    default is the number of parameters plus one. Before, HEBO proposes Sobol' points.

    Every proposal is drawn from the front without regard to running trials, so in a small space
    two running trials may have the same configuration. HEBO does not support conditions, and
    ignores failed trials. An ordinal parameter is represented by its index as an integer.
    """

    name = "hebo"
    library = "hebo"
    preload = ("hebo.optimizers.hebo",)
    conditional = False
    parallel = False

    # HEBO requires a NumPy before 1.25 but works with later versions. The pymoo that it requires,
    # 0.6.0, draws only from NumPy's global generator; 0.6.2 would seed itself, not with our seed.

    def __init__(
        self, space: Space, *, seed: int, fidelity: Fidelity, rand_sample: int | None = None
    ) -> None:
        from hebo.design_space.design_space import DesignSpace
        from hebo.optimizers.hebo import HEBO

        if rand_sample is not None and rand_sample < 2:
            raise UsageError(f"hebo: rand_sample must be at least 2, not {rand_sample}")
        self._space = space
        design = DesignSpace().parse([_parameter(p) for p in space])
        self._hebo = HEBO(design, rand_sample=rand_sample, scramble_seed=seed)
        self._suggested: dict[int, DataFrame] = {}

    def ask(self, trial: int) -> Config:
        suggested = self._suggested[trial] = self._hebo.suggest()
        return self._space.build({p.name: _value(p, suggested[p.name].item()) for p in self._space})

    def adopt(self, trial: int, config: Config) -> bool:
        from pandas import DataFrame

        self._suggested[trial] = DataFrame(
            [{p.name: _term(p, config[p.name]) for p in self._space}]
        )
        return True

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        import numpy as np

        if final:
            self._hebo.observe(self._suggested.pop(trial), np.array([[loss]]))

    def failed(self, trial: int) -> None:
        self.tell(trial, 0, math.nan, final=True)  # HEBO ignores losses that are not finite

    def dropped(self, trial: int) -> None:
        self.failed(trial)


def _parameter(p: Parameter) -> dict[str, Any]:
    """``p`` in the terms of HEBO's design space.

    A choice is represented by its index, because to HEBO ``True`` and ``1`` are the same.
    """
    match p:
        case Float():
            return {"name": p.name, "type": "pow" if p.log else "num", "lb": p.low, "ub": p.high}
        case Int():
            return {
                "name": p.name,
                "type": "pow_int" if p.log else "int",
                "lb": p.low,
                "ub": p.high,
            }
        case Ordinal() if len(p.choices) > 1:
            return {"name": p.name, "type": "int", "lb": 0, "ub": len(p.choices) - 1}
        case Categorical() if _boolean(p):
            return {"name": p.name, "type": "bool"}
        case _:
            return {"name": p.name, "type": "cat", "categories": list(range(len(p.choices)))}


def _boolean(p: Categorical) -> bool:
    return len(p.choices) == 2 and all(isinstance(choice, bool) for choice in p.choices)


def _value(p: Parameter, value: Any) -> Value:
    if isinstance(p, Categorical) and _boolean(p) and not isinstance(p, Ordinal):
        return bool(value)
    return value_of(p, value)


def _term(p: Parameter, value: Value) -> Any:
    if isinstance(p, Categorical) and _boolean(p) and not isinstance(p, Ordinal):
        return value
    return term_of(p, value)
