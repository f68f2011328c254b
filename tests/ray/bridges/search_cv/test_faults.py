"""What goes wrong in a search: an error of the kind that scikit-learn's users expect, or what was
found until then."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

import hpobench
from hpobench import Float, Space
from tests.support.command_line import python

X, Y = make_classification(120, 6, random_state=0)
SPACE = {"C": loguniform(1e-2, 1e2)}


class Odd(ClassifierMixin, BaseEstimator):
    """Fails, waits or is slow, as its parameter says."""

    def __init__(self, how: str = "well", seconds: float = 0.0) -> None:
        self.how, self.seconds = how, seconds

    def fit(self, x: Any, y: Any) -> Odd:
        if self.how == "raise":
            raise OSError("no such model")
        time.sleep(self.seconds)
        self.classes_ = np.unique(y)
        return self

    def predict(self, x: Any) -> Any:
        return np.zeros(len(x), dtype=int)


def odd(*hows: str, **given: Any) -> Any:
    in_order = {"name": "grid", "shuffle": False}
    given |= {"searcher": in_order, "n_trials": len(hows), "cv": 2}
    return hpobench.SearchCV(Odd(), {"how": list(hows)}, **given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"searcher": "optuna-tep"}, "did you mean optuna-tpe"),
        ({"scheduler": "ashe"}, "did you mean asha"),
        ({"searcher": {"name": "random", "population": 3}}, "population"),
        ({"searcher": {"population": 3}}, "unknown searcher"),
        ({"searcher": "dehb"}, "own"),
        ({"scheduler": "own"}, "own|schedul"),
        ({"space": {"gama": loguniform(1, 2)}}, "Invalid parameter 'gama'"),
        ({"space": {}}, "space is a dict"),
        ({"space": []}, "space is a dict"),
        ({"space": "C"}, "space is a dict"),
        ({"space": {"C": []}}, "C: give a distribution"),
        ({"space": {"C": 3}}, "C: give a distribution"),
        ({"space": {"C": "abc"}}, "C: give a distribution"),
        ({"space": [{"C": [1]}, {"C": [2]}]}, "list of dicts"),
        ({"space": Space([Float("D", 0, 1)])}, "Invalid parameter 'D'"),
        ({"n_trials": 0}, "n_trials"),
        ({"timeout": -1}, "timeout"),
        ({"scoring": "acuracy"}, "scoring"),
        ({"error_score": "ignore"}, "error_score"),
        ({"refit": "auc", "scoring": ["accuracy", "f1"]}, "auc"),
    ],
)
def test_arguments_that_are_wrong(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        hpobench.SearchCV(SVC(), **{"space": SPACE, "n_trials": 3, **given}).fit(X, Y)


def test_what_is_not_fitted_says_so() -> None:
    with pytest.raises(NotFittedError):
        hpobench.SearchCV(SVC(), SPACE).predict(X)


def test_an_estimator_that_cannot_be_cloned() -> None:
    class Forgetful(Odd):
        def __init__(self, how: str = "well", seconds: float = 0.0) -> None:
            super().__init__(how * 2, seconds)

    with pytest.raises(RuntimeError, match="clone"):
        hpobench.SearchCV(Forgetful(), {"how": ["a"]}).fit(X, Y)
    with pytest.raises(ValueError, match="fit"):
        hpobench.SearchCV(object(), {"how": ["a"]}).fit(X, Y)


def test_a_fit_that_fails_has_the_error_score() -> None:
    with pytest.warns(FitFailedWarning, match="no such model"):
        search = odd("raise", "well", error_score=-1.0).fit(X, Y)
    assert (search.best_params_, search.cv_results_["mean_test_score"][0]) == ({"how": "well"}, -1)


def test_a_fit_that_fails_is_nan_and_ranked_last() -> None:
    with (
        pytest.warns(FitFailedWarning, match="no such model"),
        pytest.warns(UserWarning, match="non-finite"),
    ):
        search = odd("raise", "well").fit(X, Y)
    assert np.isnan(search.cv_results_["mean_test_score"][0])
    assert list(search.cv_results_["status"]) == ["failed", "completed"]
    assert list(search.cv_results_["rank_test_score"]) == [2, 1]


def test_if_all_fits_fail_so_does_the_search() -> None:
    with pytest.raises(ValueError, match="All the 2 fits failed"):
        odd("raise").fit(X, Y)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_is_raised_if_asked_to(jobs: int) -> None:
    with pytest.raises(OSError, match="no such model"):
        odd("well", "raise", "well", error_score="raise", n_jobs=jobs).fit(X, Y)


def test_several_objectives() -> None:
    several: Any = ["accuracy", "f1"]
    search = hpobench.SearchCV(SVC(), SPACE, refit=several)
    with pytest.raises(ValueError, match="refit: hpobench compares one objective as of now"):
        search.fit(X, Y)


def test_a_scorer_that_raises() -> None:
    def scorer(estimator: Any, x: Any, y: Any) -> float:
        raise LookupError("no score")

    given: dict[str, Any] = {"searcher": "random", "n_trials": 2, "cv": 2, "scoring": scorer}
    with pytest.raises(LookupError, match="no score"):
        hpobench.SearchCV(SVC(), SPACE, error_score="raise", **given).fit(X, Y)
    with pytest.warns(UserWarning, match="no score"):
        search = hpobench.SearchCV(SVC(), SPACE, error_score=-2.0, **given).fit(X, Y)
    assert set(search.cv_results_["mean_test_score"]) == {-2}


@pytest.fixture
def interrupted() -> Iterator[None]:
    """Ctrl-C after a second. Ray's ``Tuner.fit`` leaves a handler of its own behind."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    (timer := threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT))).start()
    yield
    timer.cancel()
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupted")
def test_ctrl_c_returns_what_was_found_refitted() -> None:
    search = hpobench.SearchCV(
        Odd(), {"seconds": [0.05] * 400}, searcher="random", scheduler="fifo", n_trials=400, cv=2
    )
    with pytest.warns(UserWarning, match="interrupted: the search ends with"):
        search.fit(X, Y)
    assert 2 < len(search.cv_results_["params"]) < 100
    assert search.predict(X).shape == Y.shape


@pytest.mark.usefixtures("interrupted")
def test_ctrl_c_before_anything_was_found_is_raised() -> None:
    with pytest.raises(KeyboardInterrupt):
        hpobench.SearchCV(
            Odd(), {"seconds": [30.0]}, searcher="grid", scheduler="fifo", n_trials=1, cv=2
        ).fit(X, Y)


def test_after_the_timeout_nothing_begins_but_one_candidate_is_always_there() -> None:
    space = {"seconds": list(np.linspace(0.1, 0.11, 50))}
    given: dict[str, Any] = {"searcher": "random", "scheduler": "fifo", "n_trials": 50, "cv": 2}
    none = hpobench.SearchCV(Odd(), space, timeout=1e-6, **given).fit(X, Y)
    assert list(none.cv_results_["status"]) == ["completed"]
    some = hpobench.SearchCV(Odd(), space, timeout=0.9, **given).fit(X, Y)
    assert 2 <= len(some.cv_results_["params"]) <= 6
    assert np.isfinite(some.cv_results_["mean_test_score"]).all()


# -- resuming --------------------------------------------------------------------------------


def resumable(folder: Path, **given: Any) -> Any:
    given = {"n_trials": 8, "random_state": 0, "cv": 3, **given}
    return hpobench.SearchCV(SVC(), SPACE, resume=folder, **given)


def test_a_finished_search_is_not_run_again(tmp_path: Path) -> None:
    first = resumable(tmp_path).fit(X, Y)
    again = resumable(tmp_path).fit(X, Y)
    for key in ("clock", "mean_fit_time", "mean_test_score", "status"):
        np.testing.assert_array_equal(first.cv_results_[key], again.cv_results_[key])
    assert (
        again.best_params_ == first.best_params_ == resumable(tmp_path / "b").fit(X, Y).best_params_
    )


def test_without_a_random_state_the_first_seed_is_kept(tmp_path: Path) -> None:
    first = resumable(tmp_path, random_state=None).fit(X, Y)
    again = resumable(tmp_path, random_state=None).fit(X, Y)
    assert first.cv_results_["params"] == again.cv_results_["params"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_trials": 9}, "n_trials was 8"),
        ({"random_state": 1}, "seed was"),
        ({"searcher": "sobol"}, "searcher was"),
        ({"scoring": "f1"}, "scoring was None"),
        ({"cv": 2}, "data was"),
        ({"return_train_score": True}, "return_train_score was False"),
        ({"error_score": 0.0}, "error_score was nan"),
    ],
    ids=str,
)
def test_another_search_in_its_folder(tmp_path: Path, given: dict[str, Any], message: str) -> None:
    resumable(tmp_path).fit(X, Y)
    with pytest.raises(ValueError, match=message):
        resumable(tmp_path, **given).fit(X, Y)


def test_functions_are_known_again_in_another_process(tmp_path: Path) -> None:
    """Their texts hold addresses, which another process does not repeat."""

    def scorer() -> Any:
        return lambda estimator, x, y: float(estimator.score(x, y))

    first = resumable(tmp_path, scoring=scorer()).fit(X, Y)
    again = resumable(tmp_path, scoring=scorer()).fit(X, Y)
    np.testing.assert_array_equal(first.cv_results_["clock"], again.cv_results_["clock"])


def test_a_search_that_does_not_repeat_itself_says_so(tmp_path: Path) -> None:
    resumable(tmp_path, random_state=None).fit(X, Y)
    file = tmp_path / "search.json"
    identity = json.loads(file.read_text())
    file.write_text(json.dumps(identity | {"seed": identity["seed"] + 1}))
    with pytest.raises(hpobench.HpobenchError, match="a search that is to be resumed needs"):
        resumable(tmp_path, random_state=None).fit(X, Y)


def test_without_scikit_learn_it_is_said_what_to_install() -> None:
    code = "import sys; sys.modules['sklearn'] = None; import hpobench; hpobench.SearchCV"
    told = python("-c", code, code=1).stderr
    assert "NotAvailableError: SearchCV needs scikit-learn: pip install" in told


def test_two_searches_at_once_in_one_folder(tmp_path: Path) -> None:
    refused: list[str] = []

    class Second(GaussianNB):
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Second:
            if not refused:
                with pytest.raises(ValueError, match="another search") as caught:
                    resumable(tmp_path).fit(X, y)
                refused.append(str(caught.value))
            return super().fit(X, y, sample_weight)  # type: ignore[no-any-return]

    hpobench.SearchCV(
        Second(), {"var_smoothing": [1e-9]}, searcher="grid", resume=tmp_path, error_score="raise"
    ).fit(X, Y)
    assert "is under way" in refused[0]


def test_a_folder_that_is_damaged(tmp_path: Path) -> None:
    resumable(tmp_path).fit(X, Y)
    (tmp_path / "search.json").write_text("{")
    with pytest.raises(ValueError, match="is damaged"):
        resumable(tmp_path).fit(X, Y)
    (tmp_path / "file").write_text("")
    with pytest.raises(hpobench.StoreError, match="file"):
        resumable(tmp_path / "file").fit(X, Y)


def test_an_estimator_that_does_not_repeat_itself_is_replayed_all_the_same(tmp_path: Path) -> None:
    """What was stored counts; it is not computed again."""
    given: dict[str, Any] = {"n_trials": 6, "random_state": 0, "resume": tmp_path, "cv": 2}
    space = {"max_features": [1, 2, 3, 4, 5, 6]}
    first = hpobench.SearchCV(DecisionTreeClassifier(), space, **given).fit(X, Y)
    again = hpobench.SearchCV(DecisionTreeClassifier(), space, **given).fit(X, Y)
    scores = [search.cv_results_["mean_test_score"] for search in (first, again)]
    np.testing.assert_array_equal(*scores)
