"""TaskSet: what the file holds, failed trainings, and the nearest configuration."""

import io
import math
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from scipy.stats import kruskal

from hpobench.api import Config, Float, Int
from hpobench.contract.errors import NotAvailableError, SpaceError, UnknownNameError
from hpobench.problems.pools.taskset import TaskSet
from tests.support.data_server import MadeData, require_refused
from tests.support.present import present

DIVERGING: Any = "FixedTextRNNClassification_imdb_patch32_IRNN64_relu_avg_bs128"
"""The file has a test loss of it where the validation loss is NaN."""
NAMES = ["learning_rate", "beta1", "beta2", "epsilon", "l1", "l2", "linear_decay"]
NAMES.append("exponential_decay")
LOGARITHMS = [(1e-8, 10), (1e-4, 1), (1e-6, 1), (1e-10, 1e3), (1e-8, 10), (1e-8, 10)]
LOGARITHMS += [(1e-7, 1e-4), (1e-6, 1e-3)]
"""The ranges that TaskSet's paper draws from, of the betas' complements."""


@pytest.fixture
def stored(data_set: Callable[[str], Path]) -> Any:
    with np.load(data_set("taskset") / "taskset12.npz", allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def units(stored: Any) -> Any:
    """Where the configurations are in the unit cube, by the words of the docstrings."""
    values = stored["hp"].copy()
    values[:, 1:3] = 1 - values[:, 1:3]
    low, high = np.log(np.array(LOGARITHMS)).T
    return (np.log(values) - low) / (high - low)


def config_of(problem: TaskSet | type[TaskSet], unit: Any) -> Config:
    return problem.space.from_unit(unit.tolist())


# -- the real data -------------------------------------------------------------------------


def test_tasks_and_parameters_are_those_of_the_file(stored: Any) -> None:
    assert set(stored["tasks"].tolist()) == set(TaskSet.tasks)
    assert stored["hp_names"].tolist() == NAMES
    assert TaskSet.space.names == [name.replace("beta", "one_minus_beta") for name in NAMES]
    assert [(p.low, p.high) for p in TaskSet.space if isinstance(p, Float | Int)] == LOGARITHMS
    assert np.all((units(stored) >= 0) & (units(stored) <= 1))


@pytest.mark.parametrize("task", [DIVERGING, TaskSet.tasks[0]])
def test_recorded_configurations_get_their_own_curves(stored: Any, task: Any) -> None:
    problem, index = TaskSet(task=task), stored["tasks"].tolist().index(task)
    failed = 0
    for row in range(0, 1000, 7):
        curve = problem.curve(config_of(problem, units(stored)[row]), row)
        valid, test = (stored[part][index, row, 1:] for part in ("valid", "test"))
        bad = np.isnan(valid) | np.isnan(test)
        first = int(bad.argmax()) if bad.any() else 50
        assert curve.losses[:first] == valid[:first].tolist()
        assert present(curve.heldout)[:first] == test[:first].tolist()
        assert all(map(math.isnan, [*curve.losses[first:], *present(curve.heldout)[first:]]))
        assert curve.costs == [1.0] * 50
        failed += first < 50
    assert failed > 5


def test_the_point_left_out_tells_nothing_of_the_learning_rate(stored: Any) -> None:
    deciles = np.array_split(stored["hp"][:, 0].argsort(), 10)
    for curves in np.nan_to_num(stored["valid"], nan=np.inf):
        before, after = (kruskal(*(p[rows] for rows in deciles)).pvalue for p in curves[:, :2].T)
        assert before > 1e-3
        assert after < 1e-9


def test_a_training_that_diverged_has_no_held_out_loss_either(stored: Any) -> None:
    index = stored["tasks"].tolist().index(DIVERGING)
    valid, test = stored["valid"][index], stored["test"][index]
    (row,), (point,) = np.nonzero(np.isnan(valid) & np.isfinite(test))
    curve = TaskSet(task=DIVERGING).curve(config_of(TaskSet, units(stored)[row]), 0)
    assert math.isnan(present(curve.heldout)[int(point) - 1])


@pytest.mark.parametrize("task", [DIVERGING, TaskSet.tasks[4]])
def test_random_search_agrees_with_an_independent_one(stored: Any, task: Any) -> None:
    """The mean best of ten, each draw answered by a search for the nearest written anew."""
    problem, index = TaskSet(task=task), stored["tasks"].tolist().index(task)
    final, places = stored["valid"][index, :, -1].astype(float), units(stored)
    rng, n = np.random.default_rng(1), 4000
    nearest = [int(((places - unit) ** 2).sum(axis=1).argmin()) for unit in rng.random((n, 8))]
    own = Random(2)
    ours = np.array([problem.curve(problem.space.sample(own), 0).losses[-1] for _ in range(n)])
    both = (np.where(np.isnan(x), np.inf, x) for x in (ours, final[nearest]))
    best = [losses.reshape(-1, 10).min(axis=1) for losses in both]
    error = math.sqrt(sum(b.var(ddof=1) / len(b) for b in best))
    assert 0 < error < 0.01
    assert abs(best[0].mean() - best[1].mean()) < 4 * error


def test_the_optimum_is_the_least_test_loss_of_trainings_that_ended(stored: Any) -> None:
    for index, task in enumerate(stored["tasks"].tolist()):
        whole = np.isfinite(stored["valid"][index, :, -1])
        optimum, how = TaskSet(task=task).optimum()
        assert optimum == stored["test"][index, whole, -1].min()
        assert f"{whole.sum():,}" in how


# -- made-up and bad data ------------------------------------------------------------------


def content(**replaced: Any) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    low, high = np.log(np.array(LOGARITHMS)).T
    hp = np.exp(rng.uniform(low, high, (20, 8)))
    hp[:, 1:3] = 1 - hp[:, 1:3]
    curves = rng.uniform(0.5, 1, (2, 1, 20, 51)).astype(np.float32)
    curves[0, 0, 3, 20:] = np.inf
    curves[1, 0, 5, 30:] = np.nan
    return {
        "tasks": np.array([TaskSet.tasks[0]]),
        "hp_names": np.array(NAMES),
        "hp": hp,
        "valid": curves[0],
        "test": curves[1],
    } | replaced


def packed(arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def put(made_data: Any, body: bytes) -> TaskSet:
    made_data("taskset", {"taskset12.npz": body})
    return TaskSet(task=TaskSet.tasks[0])


def test_a_made_up_file_is_read(made_data: MadeData) -> None:
    arrays = content()
    problem = put(made_data, packed(arrays))
    for row, steps in ((3, 19), (5, 29)):  # no more validation losses, no more test losses
        curve = problem.curve(config_of(problem, units(arrays)[row]), 0)
        assert curve.losses[:steps] == arrays["valid"][0, row, 1 : steps + 1].tolist()
        assert all(map(math.isnan, [*curve.losses[steps:], *present(curve.heldout)[steps:]]))
    assert problem.optimum()[0] == np.delete(arrays["test"][0, :, -1], [3, 5]).min()


BROKEN = content()["hp"].copy()
BROKEN[4, 2] = np.nan


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"PK no archive", "not the pool it should be"),
        (packed(content())[:-200], "not the pool it should be"),
        (packed(content())[:3000] + b"x" + packed(content())[3001:], "not the pool it should be"),
        (packed(content(valid=np.zeros((1, 20, 50)))), r"curves of shape \(20, 50\)"),
        (packed(content(test=np.zeros((1, 19, 51)))), r"curves of shape \(19, 51\)"),
        (packed(content(hp=BROKEN)), "a parameter that is no finite number"),
        (packed(content(hp_names=np.array(["lr", *NAMES[1:]]))), "learning_rate"),
        (packed(content(tasks=np.array(["another"]))), "patch128_LSTM128_avg_bs64"),
        (packed({k: v for k, v in content().items() if k != "test"}), "test is not a file"),
        (packed(content(tasks=np.array([print], object))), "Object arrays"),
    ],
)
def test_a_file_that_is_not_what_it_should_be(made_data: MadeData, body: Any, message: str) -> None:
    require_refused(put(made_data, body), message, "taskset12.npz")


def test_absent_data_is_named(made_data: MadeData) -> None:
    (made_data("taskset", {"taskset12.npz": b"a"}) / "taskset12.npz").unlink()
    problem = TaskSet(task=TaskSet.tasks[0])
    assert "not here; make it into" in present(TaskSet.missing())
    with pytest.raises(NotAvailableError, match="not here; make it into"):
        problem.curve(problem.space.sample(Random(0)), 0)


def test_bad_options_and_configurations(made_data: MadeData) -> None:
    with pytest.raises(UnknownNameError, match="did you mean"):
        TaskSet(task="FixedTextRNNClassification_imdb")  # type: ignore[arg-type]
    problem = put(made_data, packed(content()))
    config = problem.space.sample(Random(0))
    del config["l1"]
    with pytest.raises(SpaceError, match="taskset: l1 missing in"):
        problem.curve(config, 0)
