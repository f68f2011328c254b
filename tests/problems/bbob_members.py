"""Members of the BBOB families and their configurations, for tests."""

from random import Random

import numpy as np

from hpobench.problems.bbob.bbob import BBOB
from hpobench.problems.bbob.bbob_mixint import BBOBMixInt
from hpobench.problems.bbob.bbob_noisy import BBOBNoisy

FAMILIES = {BBOB: 20, BBOBMixInt: 20, BBOBNoisy: 110}
"""Each family and one of its functions."""


def sample(problem, n, seed=0):
    rng = Random(seed)
    return [problem.space.sample(rng) for _ in range(n)]


def point(config):
    return np.array(list(config.values()), float)


def losses(problem, configs, seed=0):
    return [problem.curve(config, seed).losses[0] for config in configs]


def every(family, dimension=5, instance=1):
    return [family(function=f, dimension=dimension, instance=instance) for f in family.functions]


def best(problem):
    """The configuration with the optimum."""
    x = list(problem._ioh.optimum.x)
    if isinstance(problem, BBOBMixInt):
        levels = [at.index(a) for a, at in zip(x, problem._coordinates, strict=False)]
        x = levels + x[len(levels) :]
    return dict(zip(problem.space.names, x, strict=True))
