"""``SearchCV`` is a search of scikit-learn's: the same checks, arguments and attributes."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.random import RandomState
from scipy import sparse
from scipy.stats import loguniform, randint, uniform
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, make_classification
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GroupKFold, RandomizedSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import check_estimator

import hpobench
from tests.support.night import night

X, Y = make_classification(120, 6, random_state=0)
SMOOTHING = {"var_smoothing": loguniform(1e-12, 1e-1)}
WITH = [
    pytest.param({"searcher": "random", "scheduler": "fifo"}, marks=night),
    {"searcher": "random", "scheduler": "asha"},
    pytest.param({"searcher": "optuna-tpe", "scheduler": "asha"}, marks=night),
]


def failed_checks(search: Any) -> set[str]:
    found = check_estimator(search, on_fail=None)
    assert len(found) > 50
    return {row["check_name"] for row in found if row["status"] == "failed"}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("chosen", WITH, ids=["random-fifo", "random-asha", "optuna-tpe-asha"])
@pytest.mark.parametrize(
    ("estimator", "space"),
    [
        (RidgeClassifier(), {"alpha": loguniform(1e-2, 1e2)}),
        (Ridge(), {"alpha": loguniform(1e-2, 1e2)}),
    ],
    ids=["classifier", "regressor"],
)
def test_its_own_checks_pass(estimator: Any, space: dict[str, Any], chosen: dict[str, Any]) -> None:
    """A search of Ridge fails one, of the targets' shape, as any search of scikit-learn's does."""
    given: dict[str, Any] = {"cv": 2, "random_state": 0, "error_score": "raise"}
    ours = hpobench.SearchCV(estimator, space, n_trials=2, **given, **chosen)
    theirs = {"check_supervised_y_2d"} if isinstance(estimator, Ridge) else set()
    assert failed_checks(ours) == theirs


@pytest.mark.filterwarnings("ignore")
def test_the_check_that_a_search_of_ridge_fails_is_scikit_learns() -> None:
    space = {"alpha": loguniform(1e-2, 1e2)}
    expected = {"check_supervised_y_2d"}
    assert failed_checks(RandomizedSearchCV(Ridge(), space, n_iter=2, cv=2)) == expected


SPACES: list[tuple[Any, Any]] = [
    (SVC(), {"C": loguniform(1e-2, 1e3), "kernel": ["rbf", "linear"]}),
    (
        DecisionTreeClassifier(random_state=0),
        {"max_depth": randint(1, 9), "min_samples_leaf": [1, 2, 5]},
    ),
    (SVC(), [{"kernel": ["linear"]}, {"kernel": ["rbf"], "gamma": uniform(0.01, 1)}]),
    (
        make_pipeline(StandardScaler(), LogisticRegression()),
        {
            "logisticregression__C": loguniform(1e-3, 1e3),
            "standardscaler": [None, StandardScaler()],
        },
    ),
]


@pytest.mark.parametrize(("estimator", "space"), SPACES)
@pytest.mark.parametrize("seed", [0, 1])
def test_random_search_tries_as_randomized_search(estimator: Any, space: Any, seed: int) -> None:
    given: dict[str, Any] = {"random_state": seed, "return_train_score": True}
    plain: dict[str, Any] = {"searcher": "random", "scheduler": "fifo", "n_trials": 5}
    ours = hpobench.SearchCV(estimator, space, **plain, **given).fit(X, Y)
    theirs = RandomizedSearchCV(estimator, space, n_iter=5, **given).fit(X, Y)
    assert str(ours.cv_results_["params"]) == str(theirs.cv_results_["params"])
    for key in ("mean_test_score", "split3_test_score", "std_train_score", "rank_test_score"):
        np.testing.assert_array_equal(ours.cv_results_[key], theirs.cv_results_[key])
    expected = {"status", "resource", "share", "clock"}
    assert set(ours.cv_results_) - set(theirs.cv_results_) == expected
    assert set(theirs.cv_results_) <= set(ours.cv_results_)
    assert str(ours.best_params_) == str(theirs.best_params_)
    assert ours.best_score_ == theirs.best_score_
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


def test_a_random_state_of_numpys_is_drawn_from_as_there() -> None:
    space = {"C": loguniform(1e-2, 1e3)}
    given: Any = {"searcher": "random", "scheduler": "fifo", "random_state": RandomState(3)}
    ours = hpobench.SearchCV(SVC(), space, n_trials=4, **given).fit(X, Y)
    theirs = RandomizedSearchCV(SVC(), space, n_iter=4, random_state=RandomState(3)).fit(X, Y)
    assert ours.cv_results_["params"] == theirs.cv_results_["params"]


def test_several_metrics() -> None:
    given: Any = {"scoring": {"acc": "accuracy", "auc": "roc_auc"}, "refit": "auc"}
    space = {"C": loguniform(1e-3, 1e2)}
    search = hpobench.SearchCV(LogisticRegression(), space, n_trials=5, random_state=0, **given)
    search.fit(X, Y)
    assert search.multimetric_
    assert search.best_score_ == search.cv_results_["mean_test_auc"][search.best_index_]
    assert {"rank_test_acc", "split0_test_auc"} <= set(search.cv_results_)
    assert search.score(X, Y) > 0.5
    with pytest.raises(ValueError, match="multi-metric"):
        clone(search).set_params(refit=True).fit(X, Y)
    unfitted = clone(search).set_params(refit=False).fit(X, Y)
    assert not hasattr(unfitted, "best_estimator_")
    assert not hasattr(unfitted, "predict")


def test_the_callables_of_scikit_learn() -> None:
    def both(estimator: Any, x: Any, y: Any) -> dict[str, float]:
        score = accuracy_score(y, estimator.predict(x))
        return {"one": score, "two": 1 - score}

    def made(**given: Any) -> Any:
        return hpobench.SearchCV(GaussianNB(), SMOOTHING, n_trials=4, random_state=0, **given)

    search = made(scoring=both, refit="two").fit(X, Y)
    assert search.best_score_ == search.cv_results_["mean_test_two"].max()
    last = made(scoring=["accuracy", "f1"], refit=lambda x: len(x["params"]) - 1).fit(X, Y)
    assert last.best_index_ == 3
    assert not hasattr(last, "best_score_")
    assert last.best_params_ == last.cv_results_["params"][3]


def test_groups_with_early_stopping() -> None:
    groups = np.arange(len(Y)) % 6
    search = hpobench.SearchCV(
        SVC(), {"C": loguniform(1e-2, 1e2)}, cv=GroupKFold(3), n_trials=6, random_state=0
    )
    assert search.fit(X, Y, groups=groups).n_splits_ == 3
    with pytest.raises(ValueError, match="groups"):
        search.fit(X, Y)


def test_weights_are_routed_to_fits_and_scores() -> None:
    """A row without weight counts nowhere: scores are those without the row."""
    weights = np.ones(len(Y))
    weights[::2] = 0
    with sklearn.config_context(enable_metadata_routing=True):
        model = LogisticRegression().set_fit_request(sample_weight=True)
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        given: dict[str, Any] = {"scoring": scorer, "random_state": 0, "cv": 3}
        space = {"C": loguniform(1e-2, 1e2)}
        ours = hpobench.SearchCV(
            model, space, searcher="random", scheduler="fifo", n_trials=3, **given
        ).fit(X, Y, sample_weight=weights)
        plain = RandomizedSearchCV(model, space, n_iter=3, **given).fit(X, Y, sample_weight=weights)
        stopped = hpobench.SearchCV(model, space, n_trials=4, **given)
        stopped.fit(X, Y, sample_weight=weights)
    scores = [search.cv_results_["mean_test_score"] for search in (ours, plain)]
    np.testing.assert_array_equal(*scores)
    unweighted = RandomizedSearchCV(LogisticRegression(), space, n_iter=3, cv=3, random_state=0)
    different = unweighted.fit(X, Y).cv_results_["mean_test_score"]
    assert (ours.cv_results_["mean_test_score"] != different).any()
    assert stopped.resource_ == "max_iter"


def test_sparse_rows_and_frames() -> None:
    space = {"C": loguniform(1e-2, 1e2)}
    given: dict[str, Any] = {"n_trials": 4, "random_state": 0}
    dense = hpobench.SearchCV(LogisticRegression(), space, **given).fit(X, Y)
    thin = hpobench.SearchCV(LogisticRegression(), space, **given).fit(sparse.csr_array(X), Y)
    assert thin.best_params_.keys() == dense.best_params_.keys()
    frame = load_breast_cancer(as_frame=True)
    search = hpobench.SearchCV(
        DecisionTreeClassifier(random_state=0), {"max_depth": randint(1, 9)}, **given
    ).fit(frame.data, frame.target)
    assert search.resource_ == "n_samples"
    assert list(search.feature_names_in_) == list(frame.data.columns)
    assert pd.DataFrame(search.cv_results_).shape[0] == 4


def test_without_targets() -> None:
    from sklearn.neighbors import KernelDensity

    search = hpobench.SearchCV(
        KernelDensity(), {"bandwidth": loguniform(0.1, 10)}, n_trials=4, random_state=0
    ).fit(X)
    assert search.best_params_["bandwidth"] > 0


def test_a_fitted_search_is_cloned_and_pickled() -> None:
    x, y = load_diabetes(return_X_y=True)
    space = {"alpha": loguniform(1e-3, 1e3)}
    search = hpobench.SearchCV(Ridge(), space, n_trials=4, random_state=0).fit(x, y)
    again = pickle.loads(pickle.dumps(search))  # noqa: S301 - our own
    np.testing.assert_array_equal(again.predict(x), search.predict(x))
    assert not hasattr(clone(search), "best_params_")
    assert clone(search).fit(x, y).best_params_ == search.best_params_


@pytest.mark.parametrize("searcher", ["optuna-tpe", "sobol", "grid"])
def test_the_same_seed_gives_the_same_search(searcher: str) -> None:
    space = {"C": loguniform(1e-2, 1e2), "kernel": ["rbf", "linear"]}
    given: dict[str, Any] = {"searcher": searcher, "n_trials": 5}
    again = {"random_state": 5, **given}
    one, two = (hpobench.SearchCV(SVC(), space, **again).fit(X, Y) for _ in range(2))
    assert one.cv_results_["params"] == two.cv_results_["params"]
    np.testing.assert_array_equal(one.cv_results_["status"], two.cv_results_["status"])


def test_global_generators_are_as_before() -> None:
    np.random.seed(0)  # noqa: NPY002
    before = str(np.random.get_state())  # noqa: NPY002
    hpobench.SearchCV(GaussianNB(), SMOOTHING, n_trials=3, random_state=0).fit(X, Y)
    assert str(np.random.get_state()) == before  # noqa: NPY002
