"""What a start means on a problem: old trials of other data sets and of one's own table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpobench.api import Budget, Config
from hpobench.contract.cell import PluginRef
from hpobench.contract.errors import NotAvailableError, UsageError
from hpobench.plugins.building import build_problem
from hpobench.plugins.starting.prepare import check_room, content, prepare
from hpobench.plugins.starting.suite_keys import parse_start
from hpobench.plugins.starting.wrapped import Prepared
from hpobench.recording.table import Table, write_table

SETS = '''
from typing import Literal

from hpobench.api import Curve, Fidelity, Float, Objective, Space, TabulatedProblem


class Sets(TabulatedProblem):
    """Three data sets of one space, one of another, one that fails half of the time."""

    name = "sets"
    fidelity = Fidelity("epoch", 2)

    def __init__(self, *, dataset: Literal["a", "b", "c", "wide", "frail"]) -> None:
        self.dataset = dataset
        self.space = Space([Float("x", 0, 2 if dataset == "wide" else 1)])

    @property
    def key(self) -> str:
        return self.dataset

    def curve(self, config, seed):
        x = config["x"]
        if self.dataset == "frail" and x < 0.5:
            raise ValueError("x is small")
        last = {"a": x, "b": 10 + x, "c": 25 - x}.get(self.dataset, 30 + x)
        return Curve([last + 1, last], [1.0, 1.0])
'''


def ref(folder: Path, dataset: str = "a") -> PluginRef:
    (file := folder / "sets.py").write_text(SETS)
    label = f"sets[dataset={dataset}]"
    options = {"dataset": dataset}
    return PluginRef("problem", "sets", label, options, str(file), "Sets", str(folder))


def prepared(folder: Path, start: Any, dataset: str = "a", seed: int = 0) -> Prepared:
    parsed: Mapping[str, Any] = parse_start(start) or {}
    problem = ref(folder, dataset)
    return prepare(parsed, problem, build_problem(problem), seed)


def test_the_default_is_the_middle_where_the_library_has_none(tmp_path: Path) -> None:
    assert prepared(tmp_path, "default").points == ({"x": 0.5},)


def test_equal_points_are_given_once(tmp_path: Path) -> None:
    start = {"default": True, "points": [{"x": 0.5}, {"x": 0.25}, {"x": 0.25}]}
    assert prepared(tmp_path, start).points == ({"x": 0.5}, {"x": 0.25})


def test_history_is_of_other_data_sets_with_the_same_space_without_failures(tmp_path: Path) -> None:
    found = prepared(tmp_path, {"history": 30})
    assert found.matched
    assert [len(source) for source in found.told] == [10, 10, 10]
    assert len({int(loss // 10) for source in found.told for _, loss in source}) == 3
    for source in found.told:
        assert len({int(loss // 10) for _, loss in source}) == 1
        assert all(0 <= float(config["x"]) <= 1 for config, _ in source)
        assert all(math.isfinite(loss) and loss > 10 for _, loss in source)


def test_history_is_drawn_by_the_seed(tmp_path: Path) -> None:
    one, same, other = (prepared(tmp_path, "history", seed=seed) for seed in (0, 0, 1))
    assert one == same
    assert one != other
    assert sum(len(source) for source in one.told) == 20


def test_few_trials_are_spread_evenly(tmp_path: Path) -> None:
    assert [len(s) for s in prepared(tmp_path, {"history": 7}).told] == [7]
    assert [len(s) for s in prepared(tmp_path, {"history": 15}).told] == [8, 7]
    assert [len(s) for s in prepared(tmp_path, {"history": 100}).told] == [34, 33, 33]


def test_no_other_data_set(tmp_path: Path) -> None:
    with pytest.raises(NotAvailableError, match="no other data sets with the same space"):
        prepared(tmp_path, "history", "wide")


def own(folder: Path, losses: list[float], **about: Any) -> None:
    space = [{"kind": "float", "name": about.pop("parameter", "x"), "low": 0, "high": 1}]
    space[0]["log"] = False
    whole = {
        "version": 1,
        "problem": "mine",
        "space": space,
        "trained": space,
        "fidelity": {"name": "epoch", "steps": 1, "unit": 1.0},
        "objective": {"metric": "loss", "direction": "minimize"},
        "mutable": None,
        "heldout": False,
        "trials": len(losses),
        "failed": 0,
        "seed": "unknown",
        **about,
    }
    curves = {"loss": np.array(losses)[:, None], "wall": np.ones((len(losses), 1))}
    configs: list[Config] = [{space[0]["name"]: i / 10} for i in range(len(losses))]
    errors = [None if math.isfinite(loss) else "no" for loss in losses]
    write_table(folder / "mine.parquet", Table(whole, configs, curves, errors))


def test_a_table_of_ones_own_is_told_as_it_is(tmp_path: Path) -> None:
    own(tmp_path, [3.0, math.nan, 1.0, 2.0])
    found = prepared(tmp_path, {"history": {"from": "mine.parquet", "trials": 2}})
    assert not found.matched
    assert list(found.told) == [(({"x": 0.0}, 3.0), ({"x": 0.2}, 1.0))]


@pytest.mark.parametrize(
    ("about", "trials", "message"),
    [
        ({}, 4, "has 3 trials that ended well, not 4"),
        ({"parameter": "y"}, 2, r"trial 0 is no configuration of sets: no such parameter: y"),
        (
            {"objective": {"metric": "loss", "direction": "maximize"}},
            2,
            r"is about loss \(maximize\), the problem about loss \(minimize\)",
        ),
    ],
)
def test_unfit_tables(tmp_path: Path, about: dict[str, Any], trials: int, message: str) -> None:
    own(tmp_path, [3.0, math.nan, 1.0, 2.0], **about)
    with pytest.raises(UsageError, match=message):
        prepared(tmp_path, {"history": {"from": "mine.parquet", "trials": trials}})


def test_a_table_elsewhere_is_not_read(tmp_path: Path) -> None:
    (folder := tmp_path / "suite").mkdir()
    own(tmp_path, [3.0, 1.0])
    with pytest.raises(UsageError, match="leaves the suite's folder"):
        prepared(folder, {"history": {"from": "../mine.parquet", "trials": 2}})


def test_the_content_follows_the_trials_of_the_table(tmp_path: Path) -> None:
    problem = ref(tmp_path)
    start = parse_start({"history": {"from": "mine.parquet", "trials": 2}}) or {}
    hashes = []
    for losses in ([3.0, 1.0], [3.0, 1.5]):
        own(tmp_path, losses)
        hashes.append(content(start, problem, build_problem(problem)))
    assert hashes[0] != hashes[1]


def test_points_need_room_in_the_budget(tmp_path: Path) -> None:
    start = parse_start({"points": [{"x": 0.1}, {"x": 0.2}, {"x": 0.3}]}) or {}
    problem = build_problem(ref(tmp_path))
    for budget in (Budget(trials=3), Budget(evaluations=1.5), Budget(time=0.1)):
        check_room(start, problem, budget)
    for budget in (Budget(trials=2), Budget(evaluations=1.0), Budget(resource=2.0)):
        with pytest.raises(UsageError, match="3 given configurations, and the budget is"):
            check_room(start, problem, budget)
