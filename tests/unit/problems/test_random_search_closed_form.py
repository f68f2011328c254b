"""Random search on a table has a closed form: the harness's own yardstick.

``E[best@n] = sum_k s_(k) * [((N-k+1)/N)^n - ((N-k)/N)^n]`` over the sorted mean losses.
"""

import math
from random import Random
from typing import Any

import numpy as np
import pytest

from hpobench.problems.tabular.fcnet import FCNet
from hpobench.problems.tabular.hpobench_mlp import HPOBenchMLP
from hpobench.problems.tabular.nasbench201 import NASBench201

TABLES = [(cls, dataset) for cls in (FCNet, HPOBenchMLP, NASBench201) for dataset in cls.datasets]


@pytest.mark.parametrize(
    ("problem", "optimum", "at_10", "at_100", "digits"),
    [
        (FCNet(dataset="protein_structure"), 0.22137886, 0.298502, 0.251939, 6),
        (NASBench201(dataset="cifar10"), 91.6067, 89.9746, 91.0242, 4),
    ],
    ids=["fcnet-protein", "nasbench201-cifar10"],
)
def test_published(problem: Any, optimum: float, at_10: float, at_100: float, digits: int) -> None:
    value = problem.objective.value
    table = problem.table
    assert value(problem.reference().optimum) == pytest.approx(optimum, abs=0.6 * 10**-digits)
    assert value(table.expected_best(10)) == pytest.approx(at_10, abs=0.6 * 10**-digits)
    assert value(table.expected_best(100)) == pytest.approx(at_100, abs=0.6 * 10**-digits)


@pytest.mark.parametrize(("cls", "dataset"), TABLES, ids=[f"{c.name}-{d}" for c, d in TABLES])
def test_random_search_agrees_within_four_standard_errors(cls: Any, dataset: Any) -> None:
    problem, rng = cls(dataset=dataset), Random(2)
    sample = [problem.curve(problem.space.sample(rng), 0).losses[0] for _ in range(12_000)]
    s = problem.table.sorted_losses
    for n in (1, 10, 100):
        best = np.reshape(sample, (-1, n)).min(axis=1)
        # The exact deviation of the best: FCNet's losses reach 10^3 to 10^9 times their median,
        # so that a sample's own deviation is far too small.
        weights = -np.diff((np.arange(len(s), -1, -1) / len(s)) ** n)
        expected = s @ weights
        standard_error = math.sqrt((s - expected) ** 2 @ weights / len(best))
        assert problem.table.expected_best(n) == pytest.approx(expected)
        assert abs(best.mean() - expected) < 4 * standard_error


@pytest.mark.parametrize(("cls", "dataset"), TABLES, ids=[f"{c.name}-{d}" for c, d in TABLES])
def test_the_closed_form_falls_from_the_mean_to_the_optimum(cls: Any, dataset: Any) -> None:
    table = cls(dataset=dataset).table
    values = [table.expected_best(n) for n in (1, 2, 10, 100, 10**4, 10**8)]
    assert values == sorted(values, reverse=True)
    assert values[0] == pytest.approx(table.mean_losses.mean())
    assert values[-1] == pytest.approx(table.sorted_losses[0])
