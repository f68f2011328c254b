"""Random search through the whole harness against closed forms.

Cells are planned from a suite and run as Ray's workers run them; what is compared lies in the
tables that go to the store.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from benchmarks.cells import column, configs, plan, run
from hpobench.problems.tabular.fcnet import FCNet
from hpobench.problems.tabular.hpobench_mlp import HPOBenchMLP
from hpobench.problems.tabular.nasbench201 import NASBench201

COUNTS = (1, 10, 40)
TRIALS = max(COUNTS)
TABLES = [(cls, dataset) for cls in (FCNet, HPOBenchMLP, NASBench201) for dataset in cls.datasets]
LINE = '''
from hpobench.api import Curve, Float, Reference, Space, TabulatedProblem


class Line(TabulatedProblem):
    """The loss is the parameter."""

    name = "line"
    space = Space([Float("x", 0, 1)])

    def curve(self, config, seed):
        return Curve([config["x"]], [1.0 + config["x"]])

    def reference(self):
        return Reference(0.0, 0.5, "by definition")
'''


def suite(problem: object, **changes: object) -> dict[str, object]:
    # One worker: of several, those with cheap configurations report first, and where the cost
    # goes with the loss the first n results are no random sample.
    own = {"searchers": ["random"], "problems": [problem], "budget": {"trials": TRIALS}}
    return {**own, "seeds": 60, "workers": 1, **changes}


def agrees(sample: np.ndarray, mean: float, second_moment: float) -> None:
    """The sample's mean is within four standard errors of ``mean``, the errors exact too."""
    error = math.sqrt((second_moment - mean**2) / len(sample))
    assert abs(sample.mean() - mean) < 4 * error, f"{sample.mean()} is not {mean} +- {error}"


def best_so_far(losses: list[list[float]]) -> Iterator[tuple[int, np.ndarray]]:
    """For each count the best of so many losses, one a seed."""
    array = np.array(losses)
    assert array.shape[1] == TRIALS
    best = np.minimum.accumulate(array, axis=1)
    return ((n, best[:, n - 1]) for n in COUNTS)


@pytest.mark.parametrize(("cls", "dataset"), TABLES, ids=[f"{c.name}-{d}" for c, d in TABLES])
def test_tables_agree_with_the_closed_form(cls: Any, dataset: Any, tmp_path: Path) -> None:
    problem = {cls.name: {"dataset": dataset, "observe": "mean"}}
    losses = [column(run(cell), "loss") for cell in plan(tmp_path, suite(problem))]
    table = cls(dataset=dataset).table
    s = table.sorted_losses
    at_or_above = np.arange(len(s), -1, -1) / len(s)
    for n, best in best_so_far(losses):
        # FCNet's losses reach 10^9 times their median: a sample's own deviation misses them.
        agrees(best, table.expected_best(n), s**2 @ -np.diff(at_or_above**n))


@pytest.mark.parametrize("cls", [FCNet, HPOBenchMLP, NASBench201], ids=lambda cls: cls.name)
def test_draws_are_uniform_over_the_table(cls: Any, tmp_path: Path) -> None:
    """The closed form says little where outliers make its deviation huge; ranks have none."""
    dataset = cls.datasets[0]
    s = cls(dataset=dataset).table.sorted_losses
    cells = plan(tmp_path, suite({cls.name: {"dataset": dataset}}))
    losses = [column(run(cell), "loss") for cell in cells]
    # Ties share their middle rank, which leaves the mean and shrinks the deviation.
    ranks = (np.searchsorted(s, losses, "left") + np.searchsorted(s, losses, "right")) / 2 / len(s)
    agrees(ranks.ravel(), 1 / 2, 1 / 3)


@pytest.mark.parametrize("cls", [FCNet, HPOBenchMLP, NASBench201], ids=lambda cls: cls.name)
def test_the_number_of_workers_changes_the_order_of_results_alone(cls: Any, tmp_path: Path) -> None:
    problem, by_trial = {cls.name: {"dataset": cls.datasets[0]}}, []
    for workers in (1, 4):
        cells = plan(tmp_path, suite(problem, seeds=2, workers=workers))
        outcomes = [run(cell) for cell in cells]
        by_trial.append([o.events.sort_by("trial")["loss"].to_pylist() for o in outcomes])
        assert [column(o, "trial") == list(range(TRIALS)) for o in outcomes] == [workers == 1] * 2
    assert by_trial[0] == by_trial[1]


def test_the_best_of_n_uniform_draws(tmp_path: Path) -> None:
    cells = plan(tmp_path, suite("line", seeds=200), {"line.py": LINE})
    for n, best in best_so_far([column(run(cell), "loss") for cell in cells]):
        agrees(best, 1 / (n + 1), 2 / ((n + 1) * (n + 2)))


# -- counting ones ---------------------------------------------------------------------------

BINARY, CONTINUOUS, MIN_DRAWS, STEPS = 4, 1, 9, 9
DIMENSION = BINARY + CONTINUOUS
COUNTING = {
    "counting-ones": {
        "categorical": BINARY,
        "continuous": CONTINUOUS,
        "min_draws": MIN_DRAWS,
        "max_draws": MIN_DRAWS * STEPS,
    }
}


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> tuple[np.ndarray, np.ndarray]:
    """Losses and held-out losses, ``[seed, trial, step]``."""
    cells = plan(tmp_path_factory.mktemp("counting"), suite(COUNTING, seeds=80))
    outcomes = [run(cell) for cell in cells]
    assert column(outcomes[0], "step") == list(range(1, STEPS + 1)) * TRIALS
    shape = (len(cells), TRIALS, STEPS)
    both = ([column(o, name) for o in outcomes] for name in ("loss", "heldout"))
    losses, heldout = (np.reshape(columns, shape) for columns in both)
    return losses, heldout


def test_counting_ones_visible_loss_at_every_step(counted: tuple[np.ndarray, np.ndarray]) -> None:
    losses = counted[0].reshape(-1, STEPS)
    for step in range(STEPS):
        # A binary parameter varies by 1/4; a share of ones by 1/12 for its uniform
        # probability p and by E[p (1 - p)] / draws = 1/6 / draws for the draws.
        draws = MIN_DRAWS * (step + 1)
        variance = (BINARY / 4 + CONTINUOUS * (1 / 12 + 1 / 6 / draws)) / DIMENSION**2
        agrees(losses[:, step], -1 / 2, 1 / 4 + variance)


def test_counting_ones_noise_at_every_step(counted: tuple[np.ndarray, np.ndarray]) -> None:
    losses, heldout = counted
    noise = ((losses - heldout) * DIMENSION).reshape(-1, STEPS)
    for step in range(STEPS):
        draws = MIN_DRAWS * (step + 1)
        agrees(noise[:, step], 0, CONTINUOUS / 6 / draws)
        # The fourth central moment of a binomial with p (1 - p) = v is
        # draws v (1 + 3 v (draws - 2)); E[v] = 1/6 and E[v^2] = 1/30 for uniform p.
        agrees(noise[:, step] ** 2, CONTINUOUS / 6 / draws, (1 / 6 + (draws - 2) / 10) / draws**3)


def test_counting_ones_heldout_best(counted: tuple[np.ndarray, np.ndarray]) -> None:
    """The sum of ones is uniform between the whole numbers b and b + 1, with the chance that b
    of the binary parameters are 1: its distribution function is linear in between."""
    heldout = counted[1]
    assert (heldout == heldout[:, :, :1]).all()
    chances = [math.comb(BINARY, b) / 2**BINARY for b in range(BINARY + 1)]
    levels = np.concatenate([[0], np.cumsum(chances)])

    def integral(n: int, power: int) -> float:
        """Of ``power * s**(power - 1) * F(s)**n``, piece by piece."""

        def density(s: float) -> float:
            return power * s ** (power - 1) * float(np.interp(s, range(DIMENSION + 1), levels)) ** n

        return float(sum(quad(density, b, b + 1)[0] for b in range(DIMENSION)))

    for n, best in best_so_far(heldout[:, :, 0].tolist()):
        mean = -(DIMENSION - integral(n, 1)) / DIMENSION
        agrees(best, mean, (DIMENSION**2 - integral(n, 2)) / DIMENSION**2)


# -- a seed means the same for every algorithm -----------------------------------------------


def test_paired_seeds_ask_the_same_under_fifo_and_asha(tmp_path: Path) -> None:
    cells = plan(tmp_path, suite(COUNTING, schedulers=["fifo", "asha"], seeds=3, workers=4))
    outcomes = {(cell.scheduler.name, cell.seed): run(cell) for cell in cells}
    for seed in range(3):
        fifo, asha = outcomes["fifo", seed], outcomes["asha", seed]
        assert configs(fifo) == configs(asha)
        curves, stopped = curves_by_trial(fifo), curves_by_trial(asha)
        assert min(map(len, stopped.values())) == 1
        assert stopped == {i: curves[i][: len(losses)] for i, losses in stopped.items()}
    assert configs(outcomes["fifo", 0]) != configs(outcomes["fifo", 1])


def curves_by_trial(outcome: Any) -> dict[int, list[float]]:
    curves: dict[int, list[float]] = {}
    for trial, loss in zip(column(outcome, "trial"), column(outcome, "loss"), strict=True):
        curves.setdefault(trial, []).append(loss)
    return curves


def test_noise_is_the_same_under_every_searcher(tmp_path: Path) -> None:
    """Two searchers that meet the same configurations at different trials."""
    searchers = [{"name": "grid", "as": str(order), "shuffle": order} for order in (True, False)]
    cells = plan(tmp_path, suite(COUNTING, searchers=searchers, seeds=2))
    seen = {}
    for cell in cells:
        outcome = run(cell)
        curves, asked = curves_by_trial(outcome), configs(outcome)
        seen[cell.searcher.label, cell.seed] = {
            json.dumps(config): curves[i] for i, config in enumerate(asked)
        }
    for seed in (0, 1):
        shuffled, in_order = seen["True", seed], seen["False", seed]
        both = set(shuffled) & set(in_order)
        assert len(both) > 20
        assert list(shuffled) != list(in_order)
        assert all(shuffled[config] == in_order[config] for config in both)
    assert seen["False", 0] != seen["False", 1]
