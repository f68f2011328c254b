"""The pools from BOCoDe's wheel: what the files hold, and the nearest configuration."""

import io
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from hpobench.api import Categorical, Config, Float, Int
from hpobench.contract.errors import SpaceError, UnknownNameError
from hpobench.problems.pools._hpo_b import COLUMNS
from hpobench.problems.pools.hpo_b import HPOB
from hpobench.problems.pools.lcbench_pool import LCBenchPool
from tests.support.data_server import MadeData, require_refused
from tests.support.present import present

SPACES = {task.partition("_")[0]: task for task in HPOB.tasks}
"""A task of each search space."""
SVM: Any = "5891_3492"
LCBENCH = ["batch_size", "learning_rate", "max_dropout", "max_units", "momentum", "num_layers"]
LCBENCH.append("weight_decay")


def stored(folder: Path, cls: Any) -> Mapping[str, Any]:
    with np.load(folder / cls.file, allow_pickle=False) as file:
        return {name: file[name].astype(float) for name in file.files}


@pytest.fixture(scope="module")
def hpo_b() -> dict[str, Any]:
    return {}


@pytest.fixture
def pools(data_set: Callable[[str], Path], hpo_b: dict[str, Any]) -> Mapping[str, Any]:
    """HPO-B's arrays."""
    hpo_b.update(hpo_b or stored(data_set("hpo-b"), HPOB))
    return hpo_b


@pytest.fixture
def networks(data_set: Callable[[str], Path]) -> Mapping[str, Any]:
    """LCBench's arrays."""
    return stored(data_set("lcbench-pool"), LCBenchPool)


# -- HPO-B ---------------------------------------------------------------------------------


def columns(task: str, pools: Mapping[str, Any]) -> dict[str, Any]:
    return dict(zip(COLUMNS[task.partition("_")[0]], pools[task].T, strict=False))


def svm_config(row: Any) -> Config:
    """By the words of the docstrings, from one row of search space 5891."""
    cost, gamma, _, degree, _, radial, linear, polynomial = row[:8].tolist()
    assert radial + linear + polynomial == 1
    if radial:
        return {"kernel": "radial", "cost": cost, "gamma": gamma}
    return {"kernel": "linear", "cost": cost} | (
        {"kernel": "polynomial", "degree": degree} if polynomial else {}
    )


def test_tasks_are_those_of_the_file(pools: Mapping[str, Any]) -> None:
    assert set(HPOB.tasks) == set(pools)
    for task in HPOB.tasks:
        assert pools[task].shape[1] == len(COLUMNS[task.partition("_")[0]]) + 1


def test_columns_are_what_they_are_called(pools: Mapping[str, Any]) -> None:
    """A number that was not set is 0, and what a category turns off was not set."""
    for task in HPOB.tasks:
        check_columns(task, pools)


def check_columns(task: Any, pools: Mapping[str, Any]) -> None:
    values, space = columns(task, pools), HPOB(task=task).space
    for name, column in values.items():
        if "=" in name or name.endswith(".na"):
            assert set(np.unique(column)) <= {0.0, 1.0}
            continue
        unset = values.get(f"{name}.na", np.zeros(len(column))) == 1
        assert not column[unset].any()
        if name == "nthread":
            continue
        p = space[name]
        assert isinstance(p, Float)
        assert column[~unset].min(initial=1.0) >= p.low
        if p.when is not None:
            (value,) = p.when.values
            assert unset[values[f"{p.when.parent}={value}"] == 0].all()


def test_no_bound_leaves_room_below_the_lowest_number(pools: Mapping[str, Any]) -> None:
    """Of numbers that may be unset; below a depth of 1 there is room for the unset ones alone."""
    for search_space, some_task in SPACES.items():
        tasks = [task for task in HPOB.tasks if task.startswith(search_space)]
        for p in HPOB(task=some_task).space:
            if isinstance(p, Float) and f"{p.name}.na" in COLUMNS[search_space]:
                given = np.concatenate([columns(task, pools)[p.name] for task in tasks])
                set_to = np.unique(given[given > 0])
                assert set_to[0] - p.low < 0.04 or len(set_to) < 20, p.name


def test_configurations_of_the_pool_get_their_own_accuracy(pools: Mapping[str, Any]) -> None:
    for task in SPACES.values():
        check_accuracies(task, pools)


def check_accuracies(task: Any, pools: Mapping[str, Any]) -> None:
    problem, values, table = HPOB(task=task), columns(task, pools), pools[task]
    for row in range(0, len(table), max(1, len(table) // 100)):
        config = problem.space.build(
            {
                p.name: next(c for c in p.choices if values[f"{p.name}={c}"][row])
                if isinstance(p, Categorical)
                else max(p.low, float(values[p.name][row]))
                for p in problem.space
                if isinstance(p, Categorical | Float)
            }
        )
        problem.space.check(config)
        curve = problem.curve(config, row)
        assert curve.costs == [1.0]
        if problem.row(config) == row:
            assert curve.losses == [-table[row, -1]]
        else:  # the first of equal ones
            assert np.array_equal(table[problem.row(config), :-1], table[row, :-1])


def test_the_nearest_by_a_search_written_anew(pools: Mapping[str, Any]) -> None:
    problem, table, rng = HPOB(task=SVM), pools[SVM], Random(1)
    known = [svm_config(row) for row in table]
    low = {"cost": 0.0, "gamma": 0.048, "degree": 0.0}

    def distance(a: Config, b: Config) -> float:
        total = float(a["kernel"] != b["kernel"])
        for name, least in low.items():
            if (name in a) != (name in b):
                total += 1
            elif name in a:
                total += ((float(a[name]) - float(b[name])) / (1 - least)) ** 2
        return total

    for _ in range(20):
        config = problem.space.sample(rng)
        row = min(range(len(known)), key=lambda i: distance(config, known[i]))
        assert distance(config, known[problem.row(config)]) == pytest.approx(
            distance(config, known[row])
        )


def test_the_optimum_is_the_best_accuracy_of_the_pool(pools: Mapping[str, Any]) -> None:
    for task in HPOB.tasks:
        reference = present(HPOB(task=task).reference())
        assert reference.known
        assert reference.optimum == -pools[task][:, -1].max()


# -- LCBench -------------------------------------------------------------------------------


def test_the_sets_are_those_of_the_file(networks: Mapping[str, Any]) -> None:
    arrays = [task.replace("-", "_").replace(".", "_") for task in LCBenchPool.tasks]
    assert sorted(arrays) == sorted(networks)


@pytest.mark.parametrize("task", ["Fashion-MNIST", "numerai28.6"])
def test_networks_of_pools_get_their_own_accuracy(task: Any, networks: Mapping[str, Any]) -> None:
    problem = LCBenchPool(task=task)
    table = networks[task.replace("-", "_").replace(".", "_")]
    for row in table[::7]:
        given = dict(zip(LCBENCH, row.tolist(), strict=False))
        config: Config = {
            p.name: int(given[p.name]) if isinstance(p, Int) else given[p.name]
            for p in problem.space
        }
        problem.space.check(config)
        assert problem.curve(config, 0).losses == [-row[-1]]
        assert problem.curve(config, 1).costs == [1.0]
    assert problem.optimum()[0] == -table[:, -1].max()


def test_networks_were_drawn_on_the_scales_of_the_space(networks: Mapping[str, Any]) -> None:
    """Quartiles of the pool lie near those of the space."""
    table = dict(zip(LCBENCH, networks["adult"].T, strict=False))
    for p in LCBenchPool.space:
        quartiles = [p.to_unit(q) for q in np.quantile(table[p.name], (0.25, 0.5, 0.75)).tolist()]
        near = 0.13 if p.name == "num_layers" else 0.06  # of four values, one is a quarter
        assert np.abs(np.array(quartiles) - (0.25, 0.5, 0.75)).max() < near, p.name


# -- made-up and bad data ------------------------------------------------------------------


def packed(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


ROWS = np.array(
    [
        # cost, gamma, unset, degree, unset, radial, linear, polynomial, accuracy
        [0.2, 0.5, 0, 0.0, 1, 1, 0, 0, 0.75],
        [0.2, 0.0, 1, 0.0, 1, 0, 1, 0, 0.5],
        [0.2, 0.0, 1, 0.4, 0, 0, 0, 1, 0.25],
        [0.9, 0.0, 1, 0.4, 0, 0, 0, 1, 0.125],
    ],
    np.float32,
)


def put(made_data: Any, body: bytes) -> HPOB:
    made_data("hpo-b", {HPOB.file: body})
    return HPOB(task=SVM)


def changed(row: int, column: int, value: float) -> bytes:
    rows = ROWS.copy()
    rows[row, column] = value
    return packed(**{SVM: rows})


def test_a_made_up_pool_is_read(made_data: MadeData) -> None:
    problem = put(made_data, packed(**{SVM: ROWS, "other": ROWS[:1]}))
    assert problem.curve({"kernel": "linear", "cost": 0.9}, 0).losses == [-0.5]
    assert problem.curve({"kernel": "radial", "cost": 0.9, "gamma": 1.0}, 0).losses == [-0.75]
    assert problem.curve({"kernel": "polynomial", "cost": 0.8, "degree": 1.0}, 0).losses == [-0.125]
    assert problem.optimum() == (-0.75, "exact: the least of the pool's 4 losses")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"PK no archive", "not the pool it should be"),
        (packed(**{SVM: ROWS})[:-60], "not the pool it should be"),
        (packed(other=ROWS), f"{SVM} is not a file in the archive"),
        (packed(**{SVM: ROWS[:, 1:]}), r"has the shape \(4, 8\), not 9 columns"),
        (packed(**{SVM: ROWS[:0]}), r"has the shape \(0, 9\)"),
        (packed(**{SVM: ROWS[0]}), r"has the shape \(9,\)"),
        (packed(**{SVM: ROWS.astype(str)[:, :1]}), r"has the shape \(4, 1\)"),
        (packed(**{SVM: np.full((4, 9), "text")}), "could not convert"),
        (packed(**{SVM: np.full((4, 9), print)}), "Object arrays"),
        (changed(0, 8, math.nan), "no finite number"),
        (changed(1, 0, 1.5), "column cost holds a number outside of 0 to 1"),
        (changed(1, 0, -0.5), "column cost holds a number outside of 0 to 1"),
        (changed(1, 5, 1), "a row has not one kernel"),
        (changed(1, 6, 0), "a row has not one kernel"),
    ],
)
def test_a_file_that_is_not_as_it_should(made_data: MadeData, body: bytes, message: str) -> None:
    require_refused(put(made_data, body), message, "hpob_data.npz")


def test_bad_options_and_configurations(made_data: MadeData) -> None:
    with pytest.raises(UnknownNameError, match="did you mean"):
        HPOB(task="5891")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="did you mean bank-marketing"):
        LCBenchPool(task="bank_marketing")  # type: ignore[arg-type]
    problem = put(made_data, packed(**{SVM: ROWS}))
    with pytest.raises(SpaceError, match="hpo-b: gamma missing in"):
        problem.curve({"kernel": "radial", "cost": 0.5}, 0)
    assert problem.curve({"kernel": "linear", "cost": 0.5, "gamma": 0.5}, 0).losses == [-0.5]
