"""Normalisation, and the order of operations."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from hpobench.analysis.core.curves import compute_curves
from hpobench.analysis.core.normalise import below_optimum, normalised_regret, simple_regret
from hpobench.analysis.exhibits import mean_regret
from hpobench.analysis.settings import Settings
from hpobench.paper.published import relative_to_random
from tests.support.curves_factory import table_of
from tests.support.results_factory import MadeProblem, hand_made

UNIT = MadeProblem("unit", steps=1, optimum=0.0, clip=1.0, budget=50.0)


def test_normalised_regret() -> None:
    found = normalised_regret(np.array([1.0, 2.0, 3.0, 5.0, 9.0]), np.array(2.0), np.array(6.0))
    assert found.tolist() == [0.0, 0.0, 0.25, 0.75, 1.0]


def test_simple_regret_has_a_floor() -> None:
    assert simple_regret(np.array([1.5, 1.0, 0.5]), np.array(1.0)).tolist() == [0.5, 1e-8, 1e-8]


def test_random_search_relative_to_itself_is_one() -> None:
    loss = np.array([3.0, 2.0, 1.0])
    found = relative_to_random(np.array([3.0, 1.5, 1.0]), loss, np.array(1.0))
    assert found[:2].tolist() == [1.0, 0.5]
    assert np.isnan(found[2])


def test_order_of_operations() -> None:
    """The mean over seeds of the best of 50 uniform draws is 1/51.

    Averaging the seeds first and then taking the running minimum gives about 0.31, for 10 seeds.
    """
    seeds, draws = 400, 50
    losses = np.random.default_rng(7).uniform(size=(seeds, draws))
    runs: Any = {
        ("random", s): list(zip(range(1, draws + 1), losses[s], strict=True)) for s in range(seeds)
    }
    curves = compute_curves(hand_made(runs, problem=UNIT), Settings())
    last = table_of(mean_regret, curves, Settings()).iloc[-1]
    standard_error = np.sqrt(50 / (51**2 * 52) / seeds)
    assert last["estimate"] == pytest.approx(1 / 51, abs=4 * standard_error)
    assert last["estimate"] == pytest.approx(losses.min(axis=1).mean(), rel=1e-12)
    assert last["low"] < 1 / 51 < last["high"]
    assert np.minimum.accumulate(losses[:10].mean(axis=0))[-1] > 0.25


def test_another_algorithm_moves_no_score() -> None:
    alone = {("a", s): [(1.0, 0.4), (50.0, 0.2 + 0.01 * s)] for s in range(5)}
    small, large = (
        table_of(mean_regret, compute_curves(hand_made(runs, problem=UNIT), Settings()), Settings())
        for runs in (alone, alone | {("bad", s): [(1.0, 1e6)] for s in range(5)})
    )
    kept = large[large["algorithm"] == "a"]
    for column in ("at", "estimate", "low", "high"):
        np.testing.assert_array_equal(small[column], kept[column])


def test_values_below_the_reference_are_counted() -> None:
    runs = {("a", 0): [(1.0, -0.1)], ("a", 1): [(1.0, 0.0)], ("b", 0): [(1.0, 0.2)]}
    curves = compute_curves(hand_made(runs, problem=UNIT), Settings())
    assert below_optimum(curves) == {"unit": 1}
    at_rounding = dataclasses.replace(curves, loss=np.where(curves.loss < 0, -1e-12, curves.loss))
    assert below_optimum(at_rounding) == {}
