"""Searches that leave the searcher to the evidence."""

from __future__ import annotations

from typing import Any

import pytest
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.svm import SVC

import hpobench
from hpobench.evidence.archive import read_archive, shipped
from tests.support.night import some

X, Y = load_iris(return_X_y=True)
SPACE = {"C": loguniform(1e-2, 1e3), "gamma": loguniform(1e-4, 1)}


def search(**options: Any) -> Any:
    return hpobench.SearchCV(SVC(), SPACE, **{"n_trials": 12, "random_state": 0, **options})


@pytest.mark.parametrize(
    ("scheduler", "trials"), some([("fifo", 12), ("asha", 12), ("asha", 50), ("hyperband", 12)], 2)
)
def test_auto_takes_a_searcher_of_the_evidence(scheduler: str, trials: int) -> None:
    found = search(searcher="auto", scheduler=scheduler, n_trials=trials).fit(X, Y)
    names = {facts.name for facts in read_archive(shipped()).searchers.values()}
    assert found.searcher_.partition("[")[0] in names
    assert found.best_score_ > 0.9


def test_a_recommendation_brings_its_searcher_and_scheduler() -> None:
    space = hpobench.Space([hpobench.Float("C", 1e-2, 1e3, log=True)])
    advice = hpobench.recommend(space, evaluations=12)
    found = search(searcher=advice, n_trials=5).fit(X, Y)
    named = advice.searcher if isinstance(advice.searcher, str) else advice.searcher["name"]
    assert found.searcher_.partition("[")[0] == named
    assert clone(found).get_params()["searcher"].advice.choice == advice.advice.choice
    given: Any = {"searcher": advice.searcher, "scheduler": advice.scheduler}
    by_hand = search(**given, n_trials=5).fit(X, Y)
    assert found.cv_results_["params"] == by_hand.cv_results_["params"]
