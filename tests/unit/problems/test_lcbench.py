"""LCBench: what it has and other surrogates have not, time and epochs."""

from pathlib import Path
from random import Random

import pytest

from hpobench.problems.surrogate._problem import SHORTEST
from hpobench.problems.surrogate.yahpo_lcbench import LCBench

TIME, VALIDATION, TEST = 0, 3, 5


def test_a_curve_is_the_evaluations_after_1_to_52_epochs(yahpo: Path) -> None:
    problem, rng = LCBench(instance=189909), Random(0)
    for _ in range(5):
        config = problem.space.sample(rng)
        values = problem.evaluate([config] * 52, range(1, 53))
        curve = problem.curve(config, 0)
        assert curve.losses == (-values[:, VALIDATION]).tolist()
        assert curve.heldout == (-values[:, TEST]).tolist()
        last = problem.evaluate([config], [52])[0]
        assert curve.losses[-1] == pytest.approx(-last[VALIDATION], abs=1e-5)


def test_costs_add_up_to_the_running_maximum_of_the_time(yahpo: Path) -> None:
    problem, rng = LCBench(instance=3945), Random(1)
    falling = 0
    for _ in range(20):
        config = problem.space.sample(rng)
        times = problem.evaluate([config] * 52, range(1, 53))[:, TIME]
        costs = problem.curve(config, 0).costs
        falling += any(times[1:] < times[:-1])
        for epoch in (1, 20, 52):
            # Each epoch costs a little, whatever the surrogate says.
            assert 0 <= sum(costs[:epoch]) - times[:epoch].max() + 1e-6 <= epoch * SHORTEST + 1e-5
    assert falling > 0
