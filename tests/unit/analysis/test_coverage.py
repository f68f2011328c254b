from __future__ import annotations

import numpy as np
import pytest

from hpobench.analysis.inference.bootstrap import coverage, enough_seeds, suite_mean
from hpobench.analysis.settings import Settings

SETTINGS = Settings(repetitions=500)


@pytest.mark.parametrize(("problems", "seeds"), [(3, 2), (5, 3), (1, 5), (6, 10)])
def test_it_is_what_the_bootstrap_comes_to(problems: int, seeds: int) -> None:
    """Each of many algorithms ends in normal losses around 0."""
    values = np.random.default_rng(1).normal(size=(2000, problems, seeds, 1))
    found = suite_mean(values, tuple(f"p{i}" for i in range(problems)), SETTINGS)
    held = np.mean((found.low <= 0) & (found.high >= 0))
    assert coverage(np.full((1, problems), seeds), SETTINGS) == pytest.approx(held, abs=0.035)


def test_the_fewest_seeds_decide() -> None:
    fewest = coverage(np.array([[10, 3]]), SETTINGS)
    assert coverage(np.array([[10, 10], [10, 3]]), SETTINGS) == fewest
    assert coverage(np.array([[10, 10]]), SETTINGS) > coverage(np.array([[10, 3]]), SETTINGS)


def test_enough() -> None:
    assert enough_seeds(np.array([[10]]), SETTINGS)
    assert enough_seeds(np.array([[5] * 5]), SETTINGS)
    assert not enough_seeds(np.array([[9]]), SETTINGS)
    assert not enough_seeds(np.array([[2] * 100]), SETTINGS)
    assert not enough_seeds(np.array([[10, 1]]), SETTINGS)
    assert np.isnan(coverage(np.array([[10, 1]]), SETTINGS))
