"""Members of the BBOB families and their configurations, for tests."""

from typing import Any

import numpy as np

from hpobench.api import Config, TabulatedProblem
from hpobench.problems.bbob.bbob import BBOB
from hpobench.problems.bbob.bbob_mixint import BBOBMixInt
from hpobench.problems.bbob.bbob_noisy import BBOBNoisy

FAMILIES = {BBOB: 20, BBOBMixInt: 20, BBOBNoisy: 110}
"""Each family and one of its functions."""


def point(config: Config) -> Any:
    return np.array(list(config.values()), float)


def losses(problem: TabulatedProblem, configs: Any, seed: int = 0) -> list[Any]:
    return [problem.curve(config, seed).losses[0] for config in configs]


def every(family: Any, dimension: int = 5, instance: int = 1) -> list[Any]:
    return [family(function=f, dimension=dimension, instance=instance) for f in family.functions]


def best(problem: Any) -> dict[str, Any]:
    """The configuration with the optimum."""
    x = list(problem._ioh.optimum.x)
    if isinstance(problem, BBOBMixInt):
        levels = [at.index(a) for a, at in zip(x, problem._coordinates, strict=False)]
        x = levels + x[len(levels) :]
    return dict(zip(problem.space.names, x, strict=True))
