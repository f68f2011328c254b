"""The recorded tables that ship: whole, honest about where they come from, and what training gives.

``problems/recorded/tables/make_tables.py`` made them.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any, get_args

import numpy as np
import pytest

from hpobench.api import Config, Ordinal, TrainedProblem
from hpobench.contract.errors import UnknownNameError
from hpobench.problems.cnn.cnn import CNN
from hpobench.problems.data._index import entries
from hpobench.problems.recorded import cnn_sample, xgboost_grid
from hpobench.problems.recorded._shipped import TABLES
from hpobench.problems.recorded.cnn_sample import CNNSample
from hpobench.problems.recorded.xgboost_grid import XGBoostGrid
from hpobench.problems.xgboost.small import XGBoostSmall
from hpobench.recording.table import read_table
from tests.support.present import present

GRIDS = get_args(xgboost_grid.Dataset)
SAMPLES = get_args(cnn_sample.Dataset)
FILES = [f"xgboost-small-{d}" for d in GRIDS] + [f"cnn-{d}" for d in SAMPLES]
MEGABYTE = 2**20


@pytest.fixture(scope="module", params=FILES)
def table(request: pytest.FixtureRequest) -> Any:
    return read_table(TABLES / f"{request.param}.parquet")


def test_all_files_are_those_of_the_families_and_small() -> None:
    found = {file.stem: file.stat().st_size for file in TABLES.glob("*.parquet")}
    assert sorted(found) == sorted(FILES)
    assert sum(found.values()) < 8 * MEGABYTE


def test_there_are_classes_and_numbers_to_predict_and_most_sets_are_large() -> None:
    described = [entries()[dataset] for dataset in GRIDS]
    assert sum(entry.classes is None for entry in described) >= 2
    assert len(GRIDS) >= 9


def test_tables_say_what_they_were_recorded_with_but_not_on_whose_machine(table: Any) -> None:
    about = table.about
    assert about["host"]["processor"]
    assert about["host"]["cpus"]
    assert "name" not in about["host"]
    assert {"python", "numpy", "scikit-learn"} <= about["versions"].keys()
    assert about["started"]
    assert not about["commit"].endswith("-dirty")
    if about["name"] == "xgboost-small":
        assert json.dumps(about["spec"]).count("xgboost-3") == 1


def test_tables_are_whole(table: Any) -> None:
    assert len(table.configs) >= (1000 if table.about["grid"] else 300)
    failed = np.array([error is not None for error in table.errors])
    assert failed.mean() < 0.02
    for curve in table.curves.values():
        assert curve.shape == (len(table.configs), table.about["fidelity"]["steps"])
        assert np.isfinite(curve[~failed]).all()
    assert (table.curves["cpu"][~failed] > 0).all()
    assert table.curves.keys() == {"loss", "heldout", "cpu"}


def check_training(
    problem: TrainedProblem, table: Any, rows: list[int], steps: int, **tolerance: Any
) -> None:
    """Losses and held-out losses are what training gives today."""
    for row in rows:
        training = problem.start(table.configs[row], table.about["seeds"]["problem"])
        reports = [training.step() for _ in range(steps)]
        training.close()
        for name in ("loss", "heldout"):
            again = [report[name] for report in reports]
            np.testing.assert_allclose(again, table.curves[name][row, :steps], **tolerance)


@pytest.mark.parametrize("dataset", GRIDS)
def test_xgboost_trains_as_recorded(dataset: Any) -> None:
    pytest.importorskip("xgboost")
    table = read_table(TABLES / f"xgboost-small-{dataset}.parquet")
    rows = Random(dataset).sample(range(len(table.configs)), 2)
    check_training(XGBoostSmall(dataset=dataset), table, rows, 8, rtol=1e-3)


@pytest.mark.parametrize("dataset", SAMPLES)
def test_networks_train_as_recorded(dataset: Any) -> None:
    """Within 0.05: another processor adds up in another order, and a few rows are told
    otherwise."""
    pytest.importorskip("torch")
    table = read_table(TABLES / f"cnn-{dataset}.parquet")
    rows = Random(dataset).sample(range(len(table.configs)), 2)
    check_training(CNN(dataset=dataset), table, rows, 2, atol=0.05)


# -- families ------------------------------------------------------------------------------


def test_a_grid_is_exact_and_its_original_space_is_answered_by_the_nearest() -> None:
    grid, ranges = XGBoostGrid(dataset="segment"), XGBoostGrid(dataset="segment", space="original")
    assert {type(p) for p in grid.space} == {Ordinal}
    assert ranges.space == XGBoostSmall.space
    assert len(present(grid.everything())) == 6**4
    assert ranges.everything() is None
    config: Config = {"eta": 0.0101, "max_depth": 2, "subsample": 0.56, "colsample_bytree": 0.99}
    choices = {p.name: p.choices for p in grid.space if isinstance(p, Ordinal)}
    near: Config = {name: values[0] for name, values in choices.items()}
    near |= {"subsample": choices["subsample"][1]}
    near |= {"colsample_bytree": choices["colsample_bytree"][-1]}
    assert grid.curve(near, 0) == ranges.curve(config, 0) == ranges.curve(near, 1)
    assert grid.optimum() == ranges.optimum()
    assert (grid.key, ranges.key) == ("segment", "segment-original")


def test_names_of_data_sets_are_checked() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown xgboost-grid dataset 'magik'; .*magic"):
        XGBoostGrid(dataset="magik")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="cnn-sample"):
        CNNSample(dataset="magic")  # type: ignore[arg-type]


def test_every_table_is_far_from_flat(table: Any) -> None:
    """Between the best and the median there is something to gain, and the first step says
    something, but not all, about the last one."""
    final = table.curves["heldout"][:, -1]
    final = final[np.isfinite(final)]
    assert final.min() < 0.97 * np.median(final)
    first = table.curves["loss"][:, 0]
    assert len(np.unique(first[np.isfinite(first)])) > 20


def test_the_readme_names_every_file() -> None:
    text = (Path(TABLES) / "README.md").read_text()
    assert all(f"`{name}.parquet`" in text for name in FILES)
