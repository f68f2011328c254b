"""BBOB against COCO's own implementation, and what is rebuilt of it against ioh's."""

from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import stats

from hpobench.api import Int
from hpobench.problems.bbob._ellipsoid import rotated_ellipsoid
from hpobench.problems.bbob._problem import LAST_INSTANCE
from hpobench.problems.bbob.bbob import BBOB
from hpobench.problems.bbob.bbob_mixint import BBOBMixInt
from hpobench.problems.bbob.bbob_noisy import BBOBNoisy
from tests.support.present import present
from tests.support.samples import sample
from tests.unit.problems.bbob_members import best, every, losses, point

pytest.importorskip("ioh")
cocoex = pytest.importorskip("cocoex")


@pytest.mark.parametrize("dimension", [2, 3, 5, 10, 20, 40])
@pytest.mark.parametrize("instance", [1, 2, 15, 1000, LAST_INSTANCE])
def test_all_functions_are_cocos(dimension: int, instance: Any) -> None:
    """To 1e-10 of the value; all but f19 (1e-11) to 1e-12."""
    for problem in every(BBOB, dimension, instance):
        coco = cocoex.BareProblem("bbob", problem.function, dimension, instance)
        configs = sample(problem, 5, seed=instance)
        expected = [coco(point(config)) for config in configs]
        assert losses(problem, configs) == pytest.approx(expected, rel=1e-10, abs=0)
        assert problem.optimum()[0] == coco.best_value()


def test_the_next_instance_is_not_cocos() -> None:
    """Why there is a last one; once ioh's seeds have more bits, it can go."""
    from ioh import problem

    ours = problem.BBOB.create(1, LAST_INSTANCE + 1, 2)
    assert ours.optimum.y != cocoex.BareProblem("bbob", 1, 2, LAST_INSTANCE + 1).best_value()


@pytest.mark.parametrize("dimension", [5, 10, 20, 40])
@pytest.mark.parametrize("instance", [1, 7, 99])
def test_mixed_integer_functions_are_cocos(dimension: int, instance: int) -> None:
    """To 1e-8 of the value: f20 is steep enough for 4e-10 of rounding."""
    suite = cocoex.Suite("bbob-mixint", f"instances: {instance}", f"dimensions: {dimension}")
    for problem in every(BBOBMixInt, dimension, instance):
        coco = suite.get_problem_by_function_dimension_instance(
            problem.function, dimension, instance
        )
        assert [p.low for p in problem.space] == coco.lower_bounds.tolist()
        assert [p.high for p in problem.space] == coco.upper_bounds.tolist()
        whole = [isinstance(p, Int) for p in problem.space]
        assert sum(whole) == coco.number_of_integer_variables
        assert whole == sorted(whole, reverse=True)
        configs = sample(problem, 5, seed=instance)
        expected = [coco(point(config)) for config in configs]
        assert losses(problem, configs) == pytest.approx(expected, rel=1e-8, abs=0)
        # COCO agrees that the optimum is there.
        assert coco(point(best(problem))) == pytest.approx(problem.optimum()[0], abs=1e-10)


@cache
def noisy_coco(function: int, dimension: int, instance: int = 1) -> tuple[Any, ...]:
    suite = cocoex.Suite("bbob-noisy", f"instances: {instance}", f"dimensions: {dimension}")
    return suite, suite.get_problem_by_function_dimension_instance(function, dimension, instance)


@pytest.mark.parametrize("dimension", [2, 5, 20, 40])
def test_noisy_functions_are_cocos_without_their_noise(dimension: int) -> None:
    """Most values under COCO's Cauchy noise are the function's and a known constant."""
    function: Any
    for function in range(103, 131, 3):
        _, coco = noisy_coco(function, dimension, 4)
        constant = 10 if function <= 106 else 1000
        for config in sample(BBOBNoisy(function=function, dimension=dimension), 3):
            usual, _ = Counter(coco(point(config)) for _ in range(15)).most_common(1)[0]
            for f in (function - 2, function - 1, function):
                problem = BBOBNoisy(function=f, dimension=dimension, instance=4)
                clean = present(problem.curve(config, 0).heldout)[0]
                assert clean == pytest.approx(usual - constant - 1.01e-8, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("dimension", [2, 5])
@pytest.mark.parametrize("function", [101, 102, 103, 107, 108, 109, 128, 129, 130])
def test_noise_is_distributed_as_cocos(function: Any, dimension: int) -> None:
    _, coco = noisy_coco(function, dimension)
    problem = BBOBNoisy(function=function, dimension=dimension)
    (config,) = sample(problem, 1)
    ours = [problem.curve(config, seed).losses[0] for seed in range(3000)]
    theirs = [float(coco(point(config))) for _ in range(3000)]
    # Equal but for the last bits where there is no outlier: the test counts ties as one value.
    assert stats.ks_2samp(np.round(ours, 9), np.round(theirs, 9)).pvalue > 1e-4


def test_the_ellipsoid_with_ioh_s_condition_number_is_ioh_s() -> None:
    for dimension in (2, 5, 20):
        for instance in (1, 3, LAST_INSTANCE):
            problem = BBOB(function=10, dimension=dimension, instance=instance)
            ours = rotated_ellipsoid(problem._ioh.optimum.x, instance, 1e6)
            for config in sample(problem, 5):
                expected = problem.curve(config, 0).losses[0] - problem.optimum()[0]
                assert ours(point(config)) == pytest.approx(expected, rel=1e-12, abs=1e-10)
