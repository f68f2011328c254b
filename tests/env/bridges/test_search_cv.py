"""``SearchCV`` with searchers whose libraries have environments of their own."""

from __future__ import annotations

from typing import Any

import pytest
from scipy.stats import loguniform
from sklearn.datasets import make_classification
from sklearn.linear_model import RidgeClassifier
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import check_estimator

import hpobench
from tests.env.contract.driving import by_day

X, Y = make_classification(200, 6, random_state=0)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("searcher", by_day(["hebo", "smac-rf"]))
def test_scikit_learns_own_checks_pass(searcher: str) -> None:
    search = hpobench.SearchCV(
        RidgeClassifier(),
        {"alpha": loguniform(1e-2, 1e2)},
        searcher=searcher,
        n_trials=2,
        cv=2,
        random_state=0,
        error_score="raise",
    )
    found = check_estimator(search, on_fail=None)
    assert len(found) > 50
    assert [row["check_name"] for row in found if row["status"] == "failed"] == []


CHOSEN = {
    "hebo": ("asha", 8),
    "smac-rf": ("asha", 8),
    "hyperopt-tpe": ("hyperband", 10),
    "flaml-blendsearch": ("median", 10),
    "skopt-gp": ("fifo", 12),
    "bohb": ("hyperband-bohb", 12),
    "dehb": ("own", 10),
}


@pytest.mark.parametrize("searcher", by_day(CHOSEN))
def test_any_searcher_searches_any_space(searcher: str) -> None:
    scheduler, trials = CHOSEN[searcher]
    space: dict[str, Any] = {
        "C": loguniform(1e-2, 1e2),
        "kernel": ["rbf", "linear"],
        "class_weight": [None, "balanced"],
    }
    search = hpobench.SearchCV(
        SVC(), space, searcher=searcher, scheduler=scheduler, n_trials=trials, random_state=0
    ).fit(X, Y)
    assert len(search.cv_results_["params"]) == trials
    assert search.score(X, Y) > 0.8
    assert search.cv_results_["status"][search.best_index_] == "completed"
