"""Portfolios and defaults: what a search on a problem is given, and never its own data set."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import hpobench
from hpobench.api import Categorical, Float, Int, Ordinal, Parameter, Value
from hpobench.contract.errors import NotAvailableError, PluginError, UnknownNameError, UsageError
from hpobench.contract.problem import Problem
from hpobench.plugins.options import members_of
from hpobench.plugins.registry import Registry
from hpobench.plugins.starting.portfolios import (
    SHIPPED,
    data_set_of,
    default_of,
    fitted,
    models,
    portfolio_of,
    read_portfolio,
    related,
    same_data_set,
    shipped_portfolios,
)
from hpobench.problems.pools.icml2020_xgboost import XGBoostPool
from hpobench.problems.pools.lcbench_pool import LCBenchPool
from hpobench.problems.pools.taskset import TaskSet
from hpobench.problems.recorded.xgboost_grid import XGBoostGrid
from hpobench.problems.surrogate.yahpo_rpart import YahpoRpart
from hpobench.problems.surrogate.yahpo_xgboost import YahpoXGBoost
from hpobench.problems.tabular.fcnet import FCNet
from hpobench.problems.tabular.hpobench_mlp import HPOBenchMLP
from tests.support.command_line import invoke


def shipped_members() -> Iterator[Problem]:
    registry = Registry()
    for name in shipped_portfolios():
        cls = registry.find("problem", name).load()
        yield from (cls(**options) for options in members_of(cls))


def test_files_hold_their_members_data_sets_and_configurations_of_their_spaces() -> None:
    found = {name: read_portfolio(SHIPPED / f"{name}.json") for name in shipped_portfolios()}
    members = list(shipped_members())
    assert len(members) == 345
    for problem in members:
        stored = found[problem.name]
        assert problem.space == stored.space
        assert data_set_of(problem.name, problem.key) in stored.without
        assert stored.made["command"] == f"hpobench portfolio {problem.name} --make"
        assert stored.made["licence"] == "Apache-2.0"
        for config in portfolio_of(problem, 10):
            problem.space.check(config)
    for name, stored in found.items():
        groups = {data_set_of(name, p.key) for p in members if p.name == name}
        assert groups == set(stored.without)
        for chosen in (stored.whole, *stored.without.values()):
            assert len(set(chosen)) == len(chosen) == 25


def test_all_files_are_small() -> None:
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 200_000


def test_a_member_gets_the_portfolio_without_its_data_set() -> None:
    stored = read_portfolio(SHIPPED / "hpobench-mlp.json")
    problem = HPOBenchMLP(dataset="blood_transfusion")
    without = stored.first(5, "blood-transfusion-service-center")
    assert portfolio_of(problem, 5) == without != stored.first(5)
    # A member of another way to observe is the same data.
    assert portfolio_of(HPOBenchMLP(dataset="blood_transfusion", observe="draw"), 5) == without


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("lcbench", "189905"), ("lcbench-pool", "car")),
        (("lcbench", "167184"), ("hpobench-mlp", "blood_transfusion")),
        (("lcbench-pool", "Australian"), ("yahpo-rpart", "29")),
        (("yahpo-rpart", "40981"), ("yahpo-xgboost", "40981-dart")),
        (("yahpo-rpart", "14"), ("lcbench-pool", "mfeat-factors")),
        (("xgboost-grid", "penbased"), ("yahpo-xgboost", "32")),
        (("xgboost-grid", "splice-original"), ("yahpo-rpart", "40670")),
        (("nasbench201", "cifar10"), ("yahpo-rpart", "40927")),
        (("xgboost", "digits"), ("yahpo-rpart", "28")),
        (("icml2020-xgboost", "german.numer"), ("lcbench-pool", "credit-g")),
    ],
)
def test_one_data_set_in_several_problems(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert same_data_set(data_set_of(*one), data_set_of(*other))


def test_other_data_sets_are_not_the_same() -> None:
    assert data_set_of("yahpo-rpart", "41212") == "openml-data-set-41212"
    assert not same_data_set(data_set_of("yahpo-rpart", "3"), data_set_of("yahpo-rpart", "37"))
    # 3 is a task of OpenML in one list and a data set in the other.
    assert data_set_of("lcbench", "3") != data_set_of("yahpo-rpart", "3")
    assert not same_data_set("cifar10", "cifar100")


def test_relatives_of_one_class() -> None:
    assert related(YahpoRpart, "14", "22")
    assert not related(YahpoRpart, "14", "23")
    lstm, gru, irnn = (TaskSet.tasks[i] for i in (0, 3, 5))
    assert related(TaskSet, lstm, TaskSet.tasks[8])
    assert not related(TaskSet, gru, irnn)


def test_every_known_name_is_one_that_some_member_has() -> None:
    """A name that is misspelt would leave nothing out."""
    known = json.loads((SHIPPED / "_datasets.json").read_text())
    used = {number for p in shipped_members() for number in [p.key.partition("-")[0]]}
    for vocabulary in set(known["keys"].values()):
        assert set(known[vocabulary]) <= used
    # Relations are not chained.
    assert not set(known["relatives"]) & set(known["relatives"].values())


def test_a_trained_problem_takes_the_portfolio_of_its_recording() -> None:
    small = Registry().find("problem", "xgboost-small").load()
    for dataset in ("penbased", "ames"):
        points = portfolio_of(small(dataset=dataset), 5)
        stored = read_portfolio(SHIPPED / "xgboost-grid.json")
        assert points == stored.first(5, "pendigits" if dataset == "penbased" else None)
    problem = XGBoostGrid(dataset="penbased", space="original")
    assert portfolio_of(problem, 3) == stored.first(3, "pendigits")


def test_another_space_is_refused() -> None:
    told = r"yahpo-xgboost 3-dart: .* is for another space: 'rate_drop'"
    with pytest.raises(UsageError, match=told):
        portfolio_of(YahpoXGBoost(instance=3, booster="dart"), 1)


def test_more_than_there_are_is_refused() -> None:
    with pytest.raises(UsageError, match="has 25 configurations, not 26"):
        portfolio_of(LCBenchPool(task="car"), 26)


def test_a_class_without_a_portfolio_says_which_have_one() -> None:
    trained = Registry().find("problem", "xgboost").load()(dataset="ames")
    for problem in (XGBoostPool(task="a6a"), trained):
        with pytest.raises(NotAvailableError, match=r"xgboost has no portfolio; .* lcbench-pool"):
            portfolio_of(problem, 1)


def test_models_and_problem_classes_by_name() -> None:
    assert hpobench.portfolio("xgboost", k=3) == hpobench.portfolio("yahpo-xgboost", k=3)
    assert len(hpobench.portfolio("mlp")) == 5
    with pytest.raises(UnknownNameError, match="did you mean xgboost"):
        hpobench.portfolio("xgbost")
    for name in ("_models", "../references/lcbench", "branin", ""):
        with pytest.raises(UnknownNameError, match="unknown portfolio"):
            hpobench.portfolio(name)


def test_models_name_problems_and_their_parameters() -> None:
    names = {entry.name for entry in Registry().entries("problem")}
    for model in models().values():
        stored = read_portfolio(SHIPPED / f"{model.portfolio}.json")
        assert {*model.problems, *model.fits} <= names
        assert set(model.parameters) <= set(stored.space.names)
        assert bool(model.default) == bool(model.source)


def test_defaults_are_the_nearest_values_of_the_space() -> None:
    assert default_of(HPOBenchMLP(dataset="car")) == {
        "alpha": 2.7825593e-4,
        "batch_size": 161,
        "depth": 1,
        "learning_rate_init": 1.6681006e-3,
        "width": 101,
    }
    boosted = default_of(YahpoXGBoost(instance=3))
    assert (boosted["eta"], boosted["max_depth"], boosted["nrounds"]) == (0.3, 6, 100)
    assert boosted["alpha"] == pytest.approx(0.0009118819655545162)


def test_without_a_default_it_is_the_middle() -> None:
    problem = FCNet(dataset="protein_structure")
    assert default_of(problem) == problem.space.from_unit([0.5] * len(problem.space))


@pytest.mark.parametrize(
    ("parameter", "value", "near"),
    [
        (Float("x", 1.0, 2.0), 3, 2.0),
        (Int("x", 1, 9), 3.6, 4),
        (Int("x", 1, 9), 100, 9),
        (Ordinal("x", (1e-4, 1e-3, 1e-1)), 1e-2 * 1.1, 1e-1),
        (Ordinal("x", (0.0, 0.3, 0.6)), 0.4, 0.3),
        (Categorical("x", ("a", "b")), "b", "b"),
        (Categorical("x", ("a", "b")), "c", None),
        (Categorical("x", ("a", 4, 7)), 6, 7),
        (Float("x", 1.0, 2.0), True, None),
        (Float("x", 1.0, 2.0), "a", None),
    ],
)
def test_fitted(parameter: Parameter, value: Value, near: Value | None) -> None:
    assert fitted(parameter, value) == near


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("all", [99]),
        ("all", [True]),
        ("without", []),
        ("configs", [[1]]),
        ("configs", [[*itertools.repeat("x", 7)]]),
        ("space", [{"kind": "float"}]),
        ("version", "new"),
        ("made", None),
    ],
)
def test_a_damaged_file(part: str, value: object, tmp_path: Path) -> None:
    stored = json.loads((SHIPPED / "lcbench-pool.json").read_text())
    (file := tmp_path / "lcbench-pool.json").write_text(json.dumps(stored | {part: value}))
    with pytest.raises(PluginError, match=r"lcbench-pool.json: not a file of portfolios"):
        read_portfolio(file)
    file.write_text("[" * 100_000)
    with pytest.raises(PluginError, match="RecursionError"):
        read_portfolio(file)


def test_a_file_beside_the_plugin_is_found(tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    text = (Path(__file__).parents[4] / "problems/tabular/fcnet.py").read_text()
    plugin.write_text(text.replace('"fcnet"', '"mine"'))
    (tmp_path / "portfolios").mkdir()
    stored = (SHIPPED / "fcnet.json").read_text().replace('"fcnet"', '"mine"')
    (tmp_path / "portfolios" / "mine.json").write_text(stored)
    shown = json.loads(invoke("portfolio", "mine", "--plugin", plugin, "--json"))
    assert shown == hpobench.portfolio("fcnet")


def test_the_verb_prints_and_lists() -> None:
    listed = invoke("portfolio").splitlines()
    named = [line.split()[0] for line in listed[1:] if not line.startswith(" ")]
    assert named == shipped_portfolios()
    assert max(map(len, listed)) <= 80
    shown = invoke("portfolio", "glmnet", "--k", "2")
    assert "portfolio of yahpo-glmnet, version 1" in shown
    assert [line.split()[0] for line in shown.splitlines()[:3]] == ["1", "alpha", "s"]
    assert "not both" in invoke("portfolio", "glmnet", "--make", "--evaluate", code=2)
    for wrong in (["--make"], ["glmnet", "--k", "0"]):
        invoke("portfolio", *wrong, code=2)


def test_the_folder_holds_nothing_else(tmp_path: Path) -> None:
    names = {file.stem for file in shutil.copytree(SHIPPED, tmp_path / "copy").iterdir()}
    assert names == {*shipped_portfolios(), "_datasets", "_models"}
