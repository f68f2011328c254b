"""Searches that start from given candidates or from a portfolio."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import expon, loguniform, randint, uniform
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

import hpobench
from hpobench.bridges.search_cv.search_space import Distributions, SearchSpace, starting_points
from hpobench.contract.errors import SpaceError, UsageError

X, Y = load_iris(return_X_y=True)
SPACE = {"C": loguniform(1e-2, 1e3), "gamma": loguniform(1e-4, 1)}
TREE = {"max_depth": randint(1, 40), "min_samples_leaf": randint(1, 30), "ccp_alpha": uniform(0, 1)}


def search(space: Any = SPACE, estimator: Any = None, **options: Any) -> Any:
    options = {"n_trials": 8, "random_state": 0, "scheduler": "fifo", **options}
    return hpobench.SearchCV(SVC() if estimator is None else estimator, space, **options)


@pytest.mark.parametrize("searcher", ["optuna-tpe", "random", "sobol"])
@pytest.mark.parametrize("scheduler", ["fifo", "asha"])
def test_given_candidates_come_first(searcher: str, scheduler: str) -> None:
    start = [{"gamma": np.float64(0.01), "C": 2.0}, {"C": 100, "gamma": 0.001}]
    found = search(start=start, searcher=searcher, scheduler=scheduler).fit(X, Y)
    params = found.cv_results_["params"]
    assert params[:2] == start
    assert len(params) == 8
    assert params[2:4] != start


def test_a_searcher_learns_from_what_it_is_given() -> None:
    options = {"searcher": {"name": "optuna-tpe", "n_startup_trials": 2}, "n_trials": 12}
    best, worst = {"C": 10.0, "gamma": 0.1}, {"C": 0.01, "gamma": 1e-4}
    one = search(start=[best, worst], **options).fit(X, Y)
    other = search(start=[worst], **options).fit(X, Y)
    assert one.cv_results_["params"][2:] != other.cv_results_["params"][1:-1]
    assert one.best_score_ >= other.best_score_


def test_a_portfolio_is_moved_into_the_space() -> None:
    found = search(TREE, DecisionTreeClassifier(random_state=0), start="portfolio").fit(X, Y)
    stored = hpobench.portfolio("rpart", k=5)
    for one, config in zip(found.cv_results_["params"], stored, strict=False):
        assert one["max_depth"] == config["maxdepth"]
        assert one["min_samples_leaf"] == min(int(config["minbucket"]), 30)
        assert one["ccp_alpha"] == 0.5  # which no portfolio knows


def points(space: Any, estimator: Any = None, trials: int = 50) -> list[Mapping[str, Any]]:
    whole = SearchSpace(space) if isinstance(space, hpobench.Space) else Distributions(space)
    found = starting_points("portfolio", estimator or DecisionTreeClassifier(), whole, trials)
    return [whole.params(point) for point in found]


def test_every_kind_of_domain_takes_its_nearest_value() -> None:
    config = hpobench.portfolio("rpart", k=1)[0]
    depth, leaf = int(config["maxdepth"]), int(config["minbucket"])
    none = {"max_depth": [None], "min_samples_leaf": [leaf, 500]}
    assert points(none)[0] == {"max_depth": None, "min_samples_leaf": leaf}
    plain = hpobench.Space([hpobench.Int("max_depth", depth + 1, 99)])
    assert points(plain) == [{"max_depth": depth + 1}]  # five times the same is one
    drawn = points({"max_depth": expon(scale=depth), "min_samples_leaf": [leaf - 1, leaf + 50]})[0]
    assert drawn["max_depth"] == pytest.approx(depth)
    assert drawn["min_samples_leaf"] == leaf - 1


def test_a_portfolio_of_a_step_of_a_pipeline() -> None:
    pipe = make_pipeline(StandardScaler(), DecisionTreeClassifier())
    name = "decisiontreeclassifier__max_depth"
    found = points({name: randint(1, 40), "standardscaler__with_mean": [True, False]}, pipe)
    expected = [config["maxdepth"] for config in hpobench.portfolio("rpart")]
    assert [point[name] for point in found] == expected
    assert len(points({name: randint(1, 40)}, pipe, trials=2)) == 2


def test_the_portfolio_of_xgboost() -> None:
    xgboost = pytest.importorskip("xgboost")
    space = {
        "learning_rate": loguniform(0.01, 0.1),
        "n_estimators": randint(1, 10),
        "reg_lambda": loguniform(1e-3, 1e3),
        "tree_method": ["hist", "exact"],
    }
    found = points(space, xgboost.XGBClassifier())
    for point, config in zip(found, hpobench.portfolio("xgboost"), strict=False):
        assert point["learning_rate"] == min(max(float(config["eta"]), 0.01), 0.1)
        assert point["reg_lambda"] == config["lambda"]
    fitted = search(space, xgboost.XGBRegressor(nthread=1), start="portfolio", n_trials=2, cv=2)
    assert fitted.fit(X, Y).cv_results_["params"][0] == found[0]


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"start": "portfolio"}, UsageError, "no portfolio of SVC with the parameters C, gamma; "),
        (
            {"start": [{"C": 1e9, "gamma": 0.1}]},
            SpaceError,
            r"start\[0\]: C = 1000000000.0 is not in",
        ),
        ({"start": [{"C": 1.0}]}, SpaceError, r"start\[0\]: 'gamma' is missing"),
        ({"start": [{"D": 1.0}]}, SpaceError, r"start\[0\]: no such parameter: D"),
        ({"start": [3]}, SpaceError, r"start\[0\]: a dict of parameters is due, not 3"),
        ({"start": "default"}, ValueError, "'start' parameter of SearchCV"),
        ({"start": [{"C": 1, "gamma": 1}] * 9}, UsageError, "start has 9 candidates, and n_trials"),
        (
            {"start": [{"C": 1, "gamma": 1}], "searcher": "dehb", "scheduler": "own"},
            UsageError,
            "dehb: start: ",
        ),
        ({"start": [{"C": 1, "gamma": 1}], "space": [SPACE, SPACE]}, SpaceError, "without a start"),
    ],
)
def test_a_start_that_is_wrong(given: dict[str, Any], error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        search(**{"searcher": "random", **given}).fit(X, Y)


def test_another_start_is_another_search_in_a_folder(tmp_path: Path) -> None:
    search(start=[{"C": 1.0, "gamma": 0.1}], n_trials=2, resume=tmp_path).fit(X, Y)
    with pytest.raises(UsageError):
        search(start=[{"C": 2.0, "gamma": 0.1}], n_trials=2, resume=tmp_path).fit(X, Y)


def test_a_search_with_a_start_is_cloned() -> None:
    assert clone(search(start="portfolio")).start == "portfolio"
