"""Estimators under cross-validation, against scikit-learn's own."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from random import Random
from typing import Any, get_args

import pytest
from sklearn.metrics import get_scorer
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeRegressor

from hpobench.api import Config, TrainedProblem
from hpobench.contract.errors import UsageError
from hpobench.problems.general.sklearn_estimator import Dataset, SklearnEstimator, load_data
from hpobench.suites.suite import load_suite
from tests.support.present import present
from tests.support.tiny_plugins import suite_file

SVM: dict[str, Any] = {
    "estimator": "sklearn.svm.SVC",
    "dataset": "digits",
    "space": {
        "C": {"float": [1e-3, 1e3], "log": True},
        "kernel": {"choice": ["rbf", "linear"]},
        "gamma": {"float": [1e-5, 1e-1], "log": True, "when": {"kernel": "rbf"}},
    },
    "folds": 3,
}
TREE: dict[str, Any] = {
    "estimator": "sklearn.tree.DecisionTreeRegressor",
    "dataset": "diabetes",
    "space": {"max_depth": {"int": [1, 8]}},
}
FOREST: dict[str, Any] = {
    "estimator": "sklearn.ensemble.RandomForestClassifier",
    "dataset": "wine",
    "space": {"max_features": {"int": [1, 13]}},
    "fixed": {"n_estimators": 5},
}
CONFIG: Config = {"C": 2.0, "kernel": "rbf", "gamma": 1e-3}


def reports(problem: TrainedProblem, config: Config, seed: int = 0) -> list[dict[str, Any]]:
    trial = problem.start(config, seed)
    return [dict(trial.step()) for _ in range(problem.fidelity.steps)]


def running_means(scores: Any) -> list[Any]:
    return [-sum(scores[:k]) / k for k in range(1, len(scores) + 1)]


# -- against scikit-learn ------------------------------------------------------------------


@pytest.mark.parametrize("scale", [False, True])
def test_losses_are_the_means_of_cross_val_score(scale: bool) -> None:
    found = reports(SklearnEstimator(**SVM, scale=scale), CONFIG, seed=5)
    model = SVC(C=2.0, gamma=1e-3, random_state=5)
    model = make_pipeline(StandardScaler(), model) if scale else model
    data = load_data("digits")
    folds = StratifiedKFold(3, shuffle=True, random_state=5)
    given: Any = {"cv": folds, "scoring": "accuracy", "return_estimator": True}
    fitted = cross_validate(model, data.x, data.y, **given)
    assert [r["loss"] for r in found] == pytest.approx(running_means(fitted["test_score"]))
    test = [m.score(data.x_test, data.y_test) for m in fitted["estimator"]]
    assert [r["heldout"] for r in found] == pytest.approx(running_means(test))


@pytest.mark.parametrize("scoring", [None, "neg_mean_absolute_error"])
def test_regressors(scoring: str | None) -> None:
    problem = SklearnEstimator(**TREE, scoring=scoring)
    data = load_data("diabetes")
    scores = cross_val_score(
        DecisionTreeRegressor(max_depth=3, random_state=1),
        data.x,
        data.y,
        cv=KFold(5, shuffle=True, random_state=1),
        scoring=scoring or "r2",
    )
    found = reports(problem, {"max_depth": 3}, seed=1)
    assert [r["loss"] for r in found] == pytest.approx(running_means(scores))


def test_the_objective_is_the_metric_that_reports_show() -> None:
    accuracy, error = SklearnEstimator(**SVM), SklearnEstimator(**TREE, scoring="neg_max_error")
    assert (accuracy.objective.metric, accuracy.objective.direction) == ("accuracy", "maximize")
    assert (error.objective.metric, error.objective.direction) == ("max_error", "minimize")
    assert SklearnEstimator(**TREE).objective.metric == "r2"
    assert 0.9 < accuracy.objective.value(reports(accuracy, CONFIG)[-1]["loss"]) <= 1
    assert error.objective.value(reports(error, {"max_depth": 3})[-1]["loss"]) > 50


@pytest.mark.parametrize("dataset", get_args(Dataset))
def test_every_data_set_keeps_a_quarter_aside(dataset: Any) -> None:
    data = load_data(dataset)
    rows = len(data.x) + len(data.x_test)
    assert len(data.x_test) == pytest.approx(rows / 4, abs=1)
    assert rows == {
        "breast_cancer": 569, "diabetes": 442, "digits": 1797, "iris": 150, "wine": 178
    }[dataset]  # fmt: skip
    given = TREE if dataset == "diabetes" else FOREST | {"space": {"max_depth": {"int": [1, 3]}}}
    problem = SklearnEstimator(**{**given, "dataset": dataset, "folds": 30})
    assert set(problem.start({"max_depth": 3}, 0).step()) == {"loss", "heldout"}


# -- trials --------------------------------------------------------------------------------


def test_a_trial_goes_on_from_its_saved_folds() -> None:
    problem = SklearnEstimator(**FOREST)
    config: Config = {"max_features": 4}
    whole = reports(problem, config, seed=3)
    first, second = problem.start(config, 3), problem.start(config, 3)
    assert [first.step(), first.step()] == whole[:2]
    second.load(present(first.save()))
    assert second.save() == first.save()
    assert set(json.loads(present(first.save()))) == {"losses", "heldout"}
    assert [second.step() for _ in range(3)] == whole[2:]


def test_the_seed_makes_folds_and_estimators() -> None:
    problem = SklearnEstimator(**FOREST)
    config: Config = {"max_features": 4}
    assert reports(problem, config, 3) == reports(SklearnEstimator(**FOREST), config, 3)
    assert reports(problem, config, 3) != reports(problem, config, 4)
    assert problem.model(config, 3).random_state == 3
    fixed = FOREST["fixed"] | {"random_state": 0}
    assert SklearnEstimator(**FOREST | {"fixed": fixed}).model(config, 3).random_state == 0


def test_estimators_without_random_state_are_as_good() -> None:
    problem = SklearnEstimator(
        estimator="sklearn.neighbors.KNeighborsClassifier",
        dataset="iris",
        space={"n_neighbors": {"int": [1, 20]}},
    )
    assert reports(problem, {"n_neighbors": 5})[-1]["loss"] < -0.9


def test_any_configuration_of_the_space_trains() -> None:
    problem, rng = SklearnEstimator(**SVM), Random(0)
    configs = [problem.space.sample(rng) for _ in range(6)]
    assert {"gamma" in config for config in configs} == {True, False}
    for config in configs:
        assert -1 <= problem.start(config, 0).step()["loss"] <= 0


def test_nothing_may_change_between_folds() -> None:
    assert SklearnEstimator(**SVM).mutable_parameters == ()


def test_the_fingerprint_has_the_order_of_the_space() -> None:
    turned = SVM | {"space": dict(sorted(SVM["space"].items(), reverse=True))}
    del turned["space"]["gamma"], (plain := SVM | {"space": dict(SVM["space"])})["space"]["gamma"]
    prints = [SklearnEstimator(**given).fingerprint() for given in (plain, turned, plain)]
    assert prints[0] == prints[2] != prints[1]


def test_a_suite_sets_all(tmp_path: Path) -> None:
    given = {"estimator": "sklearn.svm.SVC", "dataset": ["digits", "wine"], "folds": 4}
    given |= {"space": {"C": {"float": [1e-3, 1e3], "log": True}}, "fixed": {"kernel": "linear"}}
    problems = [{"sklearn": given | {"scale": True, "scoring": "f1_macro"}}]
    file = suite_file(tmp_path, "mine", budget={"trials": 3}, problems=problems)
    digits, wine = (SklearnEstimator(**ref.options) for ref in load_suite(file).problems)
    assert (digits.dataset, wine.dataset) == ("digits", "wine")
    assert (wine.fidelity.steps, wine.fidelity.name, wine.scoring) == (4, "fold", "f1_macro")
    (_, scaler), (_, svm) = wine.model({"C": 7.0}, 0).steps
    assert isinstance(scaler, StandardScaler)
    assert (svm.C, svm.kernel) == (7.0, "linear")
    assert get_scorer(wine.scoring)


# -- what is refused -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            {"estimator": "sklearn.svm.SCV"},
            "unknown class of sklearn.svm 'SCV'; did you mean .*SVC",
        ),
        ({"estimator": "sklearn.smv.SVC"}, "'sklearn.smv.SVC' cannot be imported: No module named"),
        ({"estimator": "SVC"}, "estimator 'SVC' is of no installed package; install"),
        ({"estimator": "sklearn"}, "'sklearn' cannot be imported: Empty module name"),
        ({"estimator": "numpy.ndarray"}, "numpy.ndarray is not a class that derives from BaseEst"),
        ({"estimator": "sklearn.metrics.f1_score"}, "f1_score is not a class that derives"),
        (
            {
                "estimator": "sklearn.preprocessing.StandardScaler",
                "space": {"copy": {"int": [0, 1]}},
            },
            "StandardScaler is neither a classifier nor a regressor",
        ),
        ({"dataset": "diabetes"}, "SVC is a classifier, which diabetes is not for"),
        ({"estimator": "sklearn.svm.SVR"}, "SVR is a regressor, which digits is not for"),
        ({"dataset": "digit"}, "unknown dataset 'digit'; did you mean digits"),
        ({"space": {"c": {"int": [1, 2]}}}, "unknown parameter of sklearn.svm.SVC 'c'; "),
        ({"space": {"C": [1, 2]}}, r"space: 'C' is \[1, 2\], not a parameter"),
        ({"fixed": {"kernal": "rbf"}}, "takes other arguments than fixed: .*'kernal'"),
        ({"fixed": {"C": 1.0}}, "'C' is in the space and in fixed; leave one out"),
        ({"folds": 1}, "folds must be from 2 to 30, not 1"),
        ({"scoring": "acuracy"}, "unknown scoring 'acuracy'; did you mean accuracy"),
    ],
)
def test_bad_names_and_values(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        SklearnEstimator(**SVM | changed)


def test_modules_lying_about_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_estimators.py").write_text("raise AssertionError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match=r"'own_estimators\.Mine' is of no installed package"):
        SklearnEstimator(**SVM | {"estimator": "own_estimators.Mine"})
    assert "own_estimators" not in sys.modules


def test_values_that_the_estimator_refuses_fail_the_trial() -> None:
    problem = SklearnEstimator(**SVM | {"fixed": {"degree": -1}})
    with pytest.raises(ValueError, match="'degree' parameter of SVC must be"):
        problem.start(CONFIG, 0).step()
