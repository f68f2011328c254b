"""The resource of an estimator, and what its parts are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from scipy.stats import loguniform, randint
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_diabetes, make_classification
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier

import hpobench
from tests.support.night import some

X, Y = make_classification(270, 8, n_informative=5, random_state=0)


def scaled(estimator: Any) -> Any:
    return make_pipeline(StandardScaler(), estimator)


KINDS: list[tuple[Any, str, Any, str]] = [
    (RandomForestClassifier(27, random_state=0), "max_depth", randint(1, 9), "n_estimators"),
    (
        RandomForestClassifier(27, class_weight="balanced", random_state=0),
        "max_depth",
        randint(1, 9),
        "n_estimators",
    ),
    (ExtraTreesClassifier(27, random_state=0), "max_depth", randint(1, 9), "n_estimators"),
    (
        BaggingClassifier(n_estimators=9, random_state=0),
        "max_samples",
        [0.3, 0.5, 0.7, 0.9],
        "n_estimators",
    ),
    (
        GradientBoostingClassifier(n_estimators=18, subsample=0.7, random_state=0),
        "learning_rate",
        loguniform(1e-3, 1),
        "n_estimators",
    ),
    (
        HistGradientBoostingClassifier(max_iter=18, random_state=0),
        "learning_rate",
        loguniform(1e-3, 1),
        "max_iter",
    ),
    (
        AdaBoostClassifier(n_estimators=9, random_state=0),
        "learning_rate",
        loguniform(0.1, 1),
        "n_estimators",
    ),
    (
        XGBClassifier(n_estimators=18, subsample=0.7, random_state=0, n_jobs=1),
        "learning_rate",
        loguniform(1e-3, 1),
        "n_estimators",
    ),
    (
        LGBMClassifier(n_estimators=18, random_state=0, n_jobs=1, verbose=-1),
        "learning_rate",
        loguniform(1e-3, 1),
        "n_estimators",
    ),
    (SGDClassifier(random_state=0), "alpha", loguniform(1e-6, 1e-1), "passes"),
    (
        MLPClassifier((4,), max_iter=90, random_state=0, tol=1e-2),
        "alpha",
        loguniform(1e-6, 1e-1),
        "passes",
    ),
    (
        SGDClassifier(early_stopping=True, random_state=0),
        "alpha",
        loguniform(1e-4, 1e-2),
        "n_samples",
    ),
    (LogisticRegression(), "C", loguniform(1e-3, 1e2), "max_iter"),
    (SVC(), "C", loguniform(1e-2, 1e2), "n_samples"),
    (DecisionTreeClassifier(random_state=0), "max_depth", randint(1, 9), "n_samples"),
    (GaussianNB(), "var_smoothing", loguniform(1e-9, 1), "n_samples"),
    (
        CalibratedClassifierCV(GaussianNB(), cv=2),
        "estimator__var_smoothing",
        loguniform(1e-9, 1),
        "n_samples",
    ),
    (
        scaled(RandomForestClassifier(18, random_state=0)),
        "randomforestclassifier__max_depth",
        randint(1, 9),
        "n_estimators",
    ),
    (
        scaled(SGDClassifier(random_state=0)),
        "sgdclassifier__alpha",
        loguniform(1e-6, 1e-1),
        "passes",
    ),
    (make_pipeline(SelectKBest(k=4), SVC()), "selectkbest__k", [1, 2, 4, 8], "n_samples"),
]


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer:UserWarning")
@pytest.mark.parametrize(
    ("estimator", "name", "domain", "resource"),
    some(KINDS, 6),
    ids=lambda value: type(value).__name__ if hasattr(value, "fit") else None,
)
def test_a_candidate_that_is_completed_has_the_score_of_cross_validation(
    estimator: Any, name: str, domain: Any, resource: str
) -> None:
    search = hpobench.SearchCV(
        estimator, {name: domain}, searcher="random", n_trials=4, cv=3, random_state=0
    ).fit(X, Y)
    assert search.resource_ == resource
    results = search.cv_results_
    whole = np.flatnonzero(results["status"] == "completed")
    assert len(whole)
    assert set(results["share"][whole]) == {1.0}
    for i in whole:
        alone = estimator.set_params(**results["params"][i])
        score = cross_val_score(alone, X, Y, cv=3).mean()
        assert results["mean_test_score"][i] == pytest.approx(score, abs=1e-12)


def test_a_part_of_a_forest_has_that_many_trees() -> None:
    forest = RandomForestClassifier(90, random_state=0)
    given: Any = {"searcher": "random", "n_trials": 6, "cv": 3, "random_state": 0}
    space = {"max_depth": [1, 6, 1, 1, 1, 1]}
    results = hpobench.SearchCV(forest, space, **given).fit(X, Y).cv_results_
    stopped = np.flatnonzero(results["status"] == "stopped")
    assert len(stopped)
    assert set(results["resource"][stopped]) <= {10, 30}
    for i in stopped:
        part = RandomForestClassifier(int(results["resource"][i]), random_state=0)
        part.set_params(**results["params"][i])
        assert results["mean_test_score"][i] == cross_val_score(part, X, Y, cv=3).mean()


def test_the_whole_is_the_candidates_own() -> None:
    search = hpobench.SearchCV(
        RandomForestRegressor(random_state=0),
        {"n_estimators": [9, 90]},
        searcher="grid",
        n_trials=2,
        cv=2,
        random_state=0,
    ).fit(*load_diabetes(return_X_y=True))
    for params, resource, share in zip(
        search.cv_results_["params"],
        search.cv_results_["resource"],
        search.cv_results_["share"],
        strict=True,
    ):
        assert resource == round(params["n_estimators"] * share)


def test_few_rows_are_used_as_a_whole() -> None:
    search = hpobench.SearchCV(SVC(), {"C": [1, 2]}, searcher="grid", n_trials=2)
    search.fit(X[:40], Y[:40])
    assert search.resource_ is None
    assert set(search.cv_results_["status"]) == {"completed"}


def test_a_part_of_the_rows_has_all_classes() -> None:
    """Every class of a part would be missing in some split if rows were taken as they come."""

    class Counting(GaussianNB):
        seen: list[int] = []

        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Counting:
            self.seen.append(len(np.unique(y)))
            return super().fit(X, y, sample_weight)  # type: ignore[no-any-return]

    y = np.sort(np.arange(len(Y)) % 5)
    hpobench.SearchCV(Counting(), {"var_smoothing": [1e-9, 1e-3]}, searcher="grid").fit(X, y)
    assert len(Counting.seen) > 10
    assert set(Counting.seen) == {5}


@pytest.mark.parametrize("scheduler", ["asha", "hyperband", "median", "fifo"])
def test_every_scheduler_that_leaves_parameters_alone(scheduler: str) -> None:
    search = hpobench.SearchCV(
        GradientBoostingClassifier(n_estimators=18, random_state=0),
        {"learning_rate": loguniform(1e-3, 1), "max_depth": randint(1, 5)},
        scheduler=scheduler,
        n_trials=12,
        random_state=0,
        cv=2,
    ).fit(X, Y)
    assert len(search.cv_results_["params"]) == 12
    assert search.cv_results_["status"][search.best_index_] == "completed"


@pytest.mark.parametrize("scheduler", ["pbt", "pb2"])
def test_a_scheduler_that_changes_parameters_is_refused(scheduler: str) -> None:
    with pytest.raises(ValueError, match="changes parameters while a model trains"):
        hpobench.SearchCV(SVC(), {"C": loguniform(1, 2)}, scheduler=scheduler).fit(X, Y)


def test_options_of_searcher_and_scheduler() -> None:
    search = hpobench.SearchCV(
        SVC(),
        {"C": loguniform(1e-2, 1e2)},
        searcher={"name": "optuna-tpe", "n_startup_trials": 3},
        scheduler={"name": "asha", "reduction_factor": 9},
        n_trials=5,
        random_state=0,
    ).fit(X, Y)
    assert set(search.cv_results_["share"]) <= {1 / 9, 1.0}
