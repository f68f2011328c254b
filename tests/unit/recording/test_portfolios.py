"""The choice of portfolios: greedy, without the target's data set; and what they reach."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest

from hpobench.contract.errors import UsageError
from hpobench.plugins.starting.portfolios import SHIPPED, read_portfolio
from hpobench.recording.measuring import members
from hpobench.recording.portfolio_choice import (
    MOST,
    Class,
    evaluate,
    expected_best,
    greedy,
    make,
    regrets,
)
from tests.support.command_line import invoke

PLUGIN = '''
import math
from typing import Literal
from hpobench.api import *

class Hill(TabulatedProblem):
    """Each data set has a best value; one configuration fails on one of them."""
    name = "hill"
    space = Space([Int("x", 0, 9), Categorical("y", ("a", "b"))])
    def __init__(self, *, best: Literal["0", "1", "8", "8-again"]):
        self.best = best
    @property
    def key(self):
        return self.best
    def curve(self, config, seed):
        if (config["x"], config["y"], self.best) == (1, "a", "0"):
            raise RuntimeError("fails")
        worse = config["y"] == "b"
        return Curve([(config["x"] - int(self.best[0])) ** 2 + worse], [1.0])

class Alone(Hill):
    """One data set."""
    name = "alone"
    def __init__(self, *, best: Literal["8", "8-again"]):
        self.best = best

class Apart(Hill):
    """Members with different spaces."""
    name = "apart"
    def __init__(self, *, best: Literal["3", "4"]):
        self.best = best
        self.space = Space([Int("x", 0, int(best))])

class Failing(Hill):
    """All trials fail on one data set."""
    name = "failing"
    def __init__(self, *, best: Literal["1", "x"]):
        self.best = best

class Trained(FunctionProblem):
    """It trains."""
    name = "trained"
    space = Space([Int("x", 0, 9)])
    def __init__(self, *, best: Literal["1", "2"]):
        self.best = best
    def train(self, config, seed):
        yield 1.0
'''


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    (file := tmp_path / "hill.py").write_text(PLUGIN)
    return file


def made(plugin: Path) -> Path:
    file = plugin.parent / "portfolios" / "hill.json"
    make(members("hill", {}, [plugin]), file, lambda _: None)
    return file


@pytest.mark.parametrize("seed", range(20))
def test_greedy_is_the_best_single_extension_at_each_size(seed: int) -> None:
    rng = np.random.default_rng(seed)
    regret, weights = rng.uniform(0, 2, (12, 5)), rng.dirichlet(np.ones(5))
    chosen = greedy(regret, weights, 5)

    def mean(rows: tuple[int, ...]) -> float:
        return float(regret[list(rows)].min(axis=0) @ weights)

    for k in range(5):
        extensions = {row: mean((*chosen[:k], row)) for row in range(12)}
        assert mean(tuple(chosen[: k + 1])) == pytest.approx(min(extensions.values()), abs=1e-6)
    best = min(itertools.combinations(range(12), 2), key=mean)
    assert mean(best) <= mean(tuple(chosen[:2])) <= 2 * mean(best)


def test_greedy_takes_the_best_of_all_when_nothing_is_left_to_gain() -> None:
    regret = np.array([[0.0, 0.0], [3.0, 1.0], [1.0, 1.0], [1.0, 0.5]])
    assert greedy(regret, np.array([0.5, 0.5]), 9) == [0, 3, 2, 1]


def test_greedy_takes_the_first_of_equals_and_weighs_members() -> None:
    regret = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    assert greedy(regret, np.array([0.5, 0.5]), 1) == [0]
    assert greedy(regret, np.array([0.6, 0.4]), 2) == [1, 0]


def test_regrets_are_measured_by_the_best_and_the_median_of_all() -> None:
    losses = np.array([[1.0, 5.0], [2.0, 5.0], [3.0, math.inf], [1e9, 5.0]])
    found = regrets(losses, losses)
    assert found[:, 0] == pytest.approx([0, 1 / 1.5, 2 / 1.5, MOST])
    assert found[:, 1].tolist() == [0, 0, MOST, 0]  # a failure, and no spread
    assert regrets(np.array([[0.0, 6.0]]), losses)[0] == pytest.approx([-1 / 1.5, MOST])


def test_the_expected_best_is_that_of_draws() -> None:
    rng = np.random.default_rng(0)
    regret = rng.uniform(size=(50, 3))
    simulated = regret[rng.integers(50, size=(40_000, 4))].min(axis=1).mean(axis=0)
    assert expected_best(regret, 4) == pytest.approx(simulated, abs=5e-3)
    assert expected_best(regret, 1) == pytest.approx(regret.mean(axis=0))


def test_what_is_left_out_has_no_part_in_the_choice(plugin: Path) -> None:
    stored = read_portfolio(made(plugin))
    assert set(stored.without) == {"0", "1", "8"}
    # "8" and "8-again" are one data set: without it, nothing pulls towards 8.
    assert [config["x"] for config in stored.first(2, "8")] == [0, 1]
    assert 8 in [config["x"] for config in stored.first(3)]
    assert stored.first(2, "8-again") == stored.first(2, "8")


def test_the_same_problems_give_the_same_bytes_and_version(plugin: Path) -> None:
    file = made(plugin)
    first = file.read_bytes()
    assert made(plugin).read_bytes() == first
    changed = json.loads(first)
    changed["all"].reverse()
    file.write_text(json.dumps(changed))
    read_portfolio.cache_clear()
    assert json.loads(made(plugin).read_bytes())["version"] == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("alone", "a single data set, 8"),
        ("apart", "members have different spaces"),
        ("trained", "trains; a portfolio needs losses"),
    ],
)
def test_problems_without_a_portfolio(name: str, message: str, plugin: Path) -> None:
    with pytest.raises(UsageError, match=message):
        Class.of(members(name, {}, [plugin]))


def test_a_data_set_on_which_everything_fails(plugin: Path) -> None:
    file = plugin.parent / "portfolios" / "failing.json"
    with pytest.raises(UsageError, match="problem failing x: all candidates fail"):
        make(members("failing", {}, [plugin]), file, lambda _: None)
    assert not file.exists()


def test_a_file_of_other_data_sets_is_not_evaluated(plugin: Path) -> None:
    stored = read_portfolio(made(plugin))
    with pytest.raises(UsageError, match="its data sets are others"):
        evaluate(Class.of(members("hill", {}, [plugin])[:2]), stored)


def test_evaluation_weighs_data_sets_and_not_members(plugin: Path) -> None:
    found = Class.of(members("hill", {}, [plugin]))
    assert found.weights.tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 6, 1 / 6])
    result = evaluate(found, read_portfolio(made(plugin)))
    assert (result.members, result.data_sets) == (4, 3)
    assert result.portfolio[0] > result.portfolio[-1]
    assert result.random[0] > result.random[-1]
    output = invoke("portfolio", "hill", "--evaluate", "--plugin", plugin)
    assert f"{result.portfolio[0]:.3f}" in output
    assert "middle of the space" in output


def test_grids_are_chosen_anew_as_they_are_stored(tmp_path: Path) -> None:
    problems = members("xgboost-grid", {}, ())
    file = tmp_path / "xgboost-grid.json"
    make(problems, file, lambda _: None)
    assert file.read_bytes() == (SHIPPED / file.name).read_bytes()
