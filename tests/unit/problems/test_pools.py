"""The pools of ICML 2020: what the files hold, and the nearest configuration."""

import csv
import io
import math
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from hpobench.api import Categorical, Config
from hpobench.contract.errors import NotAvailableError, SpaceError, UnknownNameError
from hpobench.problems.pools import _csv
from hpobench.problems.pools.icml2020_deepar import DeepAR
from hpobench.problems.pools.icml2020_nas import OPERATIONS, NASBench102
from hpobench.problems.pools.icml2020_xgboost import XGBoostPool
from hpobench.problems.tabular.nasbench201 import NASBench201
from tests.support.data_server import MadeData, require_refused
from tests.support.present import present

SAMPLES = [(DeepAR, "m4-Yearly", 248), (XGBoostPool, "heart", 5000)]


def rows_of(folder: Path, cls: Any, task: Any = None) -> list[dict[str, Any]]:
    with zipfile.ZipFile(folder / cls.file) as archive:
        text = archive.read(archive.infolist()[0]).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    return rows if task is None else [row for row in rows if row["task"] == task]


def config_of(problem: DeepAR | XGBoostPool, row: Any) -> Config:
    """By the words of the docstrings."""
    config: Config = {}
    for p in problem.space:
        column, base = problem.columns[p.name]
        value = float(row[column]) if base is None else base ** float(row[column])
        config[p.name] = round(value) if p.kind == "int" else value
    return config


# -- the real data -------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [DeepAR, XGBoostPool, NASBench102])
def test_tasks_are_those_of_the_file(data_set: Callable[[str], Path], cls: Any) -> None:
    assert {row["task"] for row in rows_of(data_set("icml2020"), cls)} == set(cls.tasks)


@pytest.mark.parametrize(("cls", "task", "size"), SAMPLES)
def test_pool_losses(data_set: Callable[[str], Path], cls: Any, task: str, size: int) -> None:
    rows = rows_of(data_set("icml2020"), cls, task)
    problem = cls(task=task)
    assert len(rows) == len(problem.rows.losses) == size
    for row in rows[:: max(1, size // 200)]:
        config = config_of(problem, row)
        problem.space.check(config)
        curve = problem.curve(config, 0)
        assert curve.losses == [float(row[f"metric_{problem.objective.metric}"])]
        assert curve.costs == [float(row["metric_time"]) if cls is DeepAR else 1.0]
    assert problem.optimum()[0] == min(problem.rows.losses)


@pytest.mark.parametrize(("cls", "task", "size"), SAMPLES)
def test_counts_are_whole(data_set: Callable[[str], Path], cls: Any, task: str, size: int) -> None:
    problem = cls(task=task)
    counts = [p.name for p in problem.space if p.kind == "int"]
    assert counts
    for row in rows_of(data_set("icml2020"), cls, task)[:200]:
        for name in counts:
            column, base = problem.columns[name]
            value = float(row[column]) if base is None else base ** float(row[column])
            assert value == pytest.approx(round(value), rel=1e-9)


@pytest.mark.parametrize(("cls", "task", "size"), SAMPLES)
def test_random_search(data_set: Callable[[str], Path], cls: Any, task: str, size: int) -> None:
    """The mean best of ten, each draw answered by a search for the nearest written anew."""
    problem = cls(task=task)
    rows = rows_of(data_set("icml2020"), cls, task)
    losses = np.array([float(row[f"metric_{problem.objective.metric}"]) for row in rows])
    places = np.array(
        [[_unit(p, float(config_of(problem, r)[p.name])) for p in problem.space] for r in rows]
    )
    rng, n = np.random.default_rng(3), 3000
    drawn = rng.random((n, len(problem.space)))
    for k, p in enumerate(problem.space):
        if p.kind == "int":
            low, high = (
                (math.log(p.low - 0.5), math.log(p.high + 0.5))
                if p.log
                else (p.low - 0.5, p.high + 0.5)
            )
            value = low + drawn[:, k] * (high - low)
            value = np.rint(np.exp(value) if p.log else value)
            drawn[:, k] = [_unit(p, v) for v in value]
    nearest = [int(((places - unit) ** 2).sum(axis=1).argmin()) for unit in drawn]
    own = Random(4)
    ours = np.array([problem.curve(problem.space.sample(own), 0).losses[0] for _ in range(n)])
    best = [sample.reshape(-1, 10).min(axis=1) for sample in (ours, losses[nearest])]
    error = math.sqrt(sum(b.var(ddof=1) / len(b) for b in best))
    assert 0 < error < 0.05 * best[1].mean()
    assert abs(best[0].mean() - best[1].mean()) < 4 * error


def _unit(p: Any, value: float) -> float:
    half = 0.5 if p.kind == "int" else 0
    low, high = p.low - half, p.high + half
    if p.log:
        return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
    return float((value - low) / (high - low))


@pytest.mark.parametrize("task", NASBench102.tasks)
def test_cells_of_nas_bench_102_get_theirs(data_set: Callable[[str], Path], task: Any) -> None:
    problem = NASBench102(task=task)
    for row in rows_of(data_set("icml2020"), NASBench102, task)[::97]:
        config: Config = {f"Op{i}": OPERATIONS[int(row[f"hp_x{i}"])] for i in range(6)}
        names = [part.split("~")[0] for part in row["arch_str"].replace("+", "").split("|") if part]
        assert list(config.values()) == names
        curve = problem.curve(config, 0)
        assert (curve.losses, curve.costs) == ([float(row["metric_error"])], [1.0])
        assert float(row["metric_error"]) == pytest.approx(100 - float(row["metric_test_accuracy"]))


def test_nas_bench_102_has_the_cells_of_201(data_set: Callable[[str], Path]) -> None:
    data_set("icml2020")
    ours, theirs = NASBench102(task="cifar10"), NASBench201(dataset="cifar10")
    assert ours.space == theirs.space
    test, validation = (np.array(p.everything())[:, 0] for p in (ours, theirs))
    assert np.corrcoef(test, validation)[0, 1] > 0.99


def test_random_search_on_nas_bench_102_has_a_closed_form(data_set: Callable[[str], Path]) -> None:
    data_set("icml2020")
    problem, rng = NASBench102(task="cifar100"), Random(5)
    s = np.sort([loss for loss, _ in problem.everything()])
    assert len(s) == 5**6
    sample = np.array(
        [problem.curve(problem.space.sample(rng), 0).losses[0] for _ in range(20_000)]
    )
    for n in (1, 10, 100):
        best = sample.reshape(-1, n).min(axis=1)
        weights = -np.diff((np.arange(len(s), -1, -1) / len(s)) ** n)
        error = math.sqrt((s - s @ weights) ** 2 @ weights / len(best))
        assert abs(best.mean() - s @ weights) < 4 * error


# -- made-up and bad data ------------------------------------------------------------------

COLUMNS = [*(column for column, _ in XGBoostPool.columns.values()), "metric_error", "task"]
ROW = [1.0, 0.8, 0.5, -3.0, 0.0, 1.0, 0.3, 4, 0.25, "heart"]


def table(rows: Sequence[Any] = (ROW,), columns: list[Any] = COLUMNS) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([columns, *rows])
    return text.getvalue().encode()


def archive(*members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for number, member in enumerate(members):
            made.writestr(f"../{number}/etc/passwd", member)
    return stream.getvalue()


def put(made_data: Any, body: bytes) -> XGBoostPool:
    made_data("icml2020", {XGBoostPool.file: body})
    return XGBoostPool(task="heart")


def test_a_made_up_pool_is_read(made_data: MadeData, tmp_path: Path) -> None:
    other = [*ROW[:7], 11, 0.125, "heart"]
    problem = put(made_data, archive(table([ROW, [*ROW[:8], 0.0, "a6a"], other])))
    config = problem.space.sample(Random(0))
    assert problem.curve(config | {"max_depth_index": 12}, 0).losses == [0.125]
    assert problem.curve(config | {"max_depth_index": 0}, 0).losses == [0.25]
    assert problem.optimum()[0] == 0.125
    assert not (tmp_path / "etc").exists()


def damaged(position: int) -> bytes:
    body = bytearray(archive(table([ROW] * 500)))
    body[position] ^= 0xFF
    return bytes(body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (table(), "not a zip file"),
        (archive(table())[:-30], "not a zip file"),
        (damaged(120), "."),
        (archive(), "0 files in the archive"),
        (archive(table(), table()), "2 files in the archive"),
        (archive(b""), "Empty CSV file"),
        (archive(table(columns=["x", *COLUMNS[1:]])), "hp_log2_min_child_weight"),
        (archive(table([["nan", *ROW[1:]]])), "hp_log2_min_child_weight holds"),
        (archive(table([[*ROW[:8], "", "heart"]])), "metric_error holds"),
        (archive(table([[*ROW[:8], "inf", "heart"]])), "metric_error holds"),
        (archive(table([[*ROW[:8], "low", "heart"]])), "invalid value 'low'"),
        (archive(table([[*ROW[:9], "a6a"]])), "no rows of task heart"),
        (archive(table()[:-40]), "."),
        (archive(b"\xff\xfe" + table()), "."),
    ],
)
def test_a_file_that_is_not_what_it_should_be(made_data: MadeData, body: Any, message: str) -> None:
    require_refused(put(made_data, body), message, "XGBoost.csv.zip")


def test_a_truncated_file_is_named_before_it_is_read(made_data: MadeData) -> None:
    body = archive(table())
    problem = put(made_data, body)
    problem.path.write_bytes(body[:-30])
    reason = f"{problem.file} has {len(body) - 30} bytes, not {len(body)}"
    assert reason in present(XGBoostPool.missing())
    with pytest.raises(NotAvailableError, match=reason):
        problem.optimum()


def test_too_large_an_archive(made_data: MadeData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_csv, "LARGEST", 10_000)
    problem = put(made_data, archive(table([ROW] * 1000)))
    with pytest.raises(NotAvailableError, match="more than 10,000 bytes"):
        problem.optimum()


def test_costs_that_are_not_positive_are_refused(made_data: MadeData) -> None:
    columns = [*(c for c, _ in DeepAR.columns.values()), "metric_CRPS", "metric_time", "task"]
    row = [1.0986, 4.6, -2.0, -6.0, 6.0, 0.0, 0.1, 0, "solar"]
    made_data("icml2020", {DeepAR.file: archive(table([row], columns))})
    with pytest.raises(NotAvailableError, match="metric_time holds a cost that is not positive"):
        DeepAR(task="solar").optimum()


@pytest.mark.parametrize("rows", ["missing", "twice"])
def test_a_grid_with_a_cell_missing_or_twice_is_refused(made_data: MadeData, rows: str) -> None:
    columns = [*(f"hp_x{i}" for i in range(6)), "metric_error", "task"]
    cells = [[*np.unravel_index(i, [5] * 6), 50.0, "cifar10"] for i in range(5**6)]
    cells[7:8] = [] if rows == "missing" else [cells[8]]
    made_data("icml2020", {NASBench102.file: archive(table(cells, columns))})
    with pytest.raises(NotAvailableError, match="rows are not every cell once"):
        NASBench102(task="cifar10").optimum()


def test_bad_options_and_configurations(made_data: MadeData) -> None:
    with pytest.raises(UnknownNameError, match="did you mean"):
        DeepAR(task="m4-Hour")  # type: ignore[arg-type]
    problem = put(made_data, archive(table()))
    config = problem.space.sample(Random(0))
    del config["eta"]
    with pytest.raises(SpaceError, match="icml2020-xgboost: eta missing in"):
        problem.curve(config, 0)
    assert all(isinstance(p, Categorical) for p in NASBench102.space)
