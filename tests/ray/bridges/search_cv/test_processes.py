"""Searches that are killed, and searches in several processes of Ray's."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import RandomizedSearchCV
from sklearn.svm import SVC

import hpobench
from tests.ray.bridges.search_cv.killed import search
from tests.support.command_line import python
from tests.support.night import night

SCRIPT = Path(__file__).with_name("killed.py")
X, Y = load_breast_cancer(return_X_y=True)


def test_killed_and_resumed_a_search_ends_as_if_undisturbed(tmp_path: Path) -> None:
    undisturbed = search(None)
    killed = 0
    for after in (0.3, 0.6, 0.9):
        process = subprocess.Popen([sys.executable, str(SCRIPT), str(tmp_path), "1"])
        journal = tmp_path / "journal"
        size = journal.stat().st_size if journal.exists() else 0
        while process.poll() is None and (not journal.exists() or journal.stat().st_size <= size):
            time.sleep(0.01)
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
    assert killed
    resumed = search(str(tmp_path))
    assert resumed.best_params_ == undisturbed.best_params_
    assert resumed.cv_results_["params"] == undisturbed.cv_results_["params"]
    for key in ("mean_test_score", "status", "share"):
        np.testing.assert_array_equal(resumed.cv_results_[key], undisturbed.cv_results_[key])


def test_one_job_starts_no_ray() -> None:
    code = (
        "import sys; sys.argv[1:] = []; import ray\n"
        "ray.init = None\n"
        f"sys.path.insert(0, {str(SCRIPT.parent)!r}); import killed; killed.search(None)"
    )
    python("-c", code)


@night  # by day two jobs stop candidates
def test_two_jobs_of_random_search_try_what_one_tries() -> None:
    space = {"C": loguniform(1e-2, 1e2), "kernel": ["rbf", "linear"]}
    given: dict[str, Any] = {"random_state": 0, "cv": 3}
    ours = hpobench.SearchCV(
        SVC(), space, searcher="random", scheduler="fifo", n_trials=6, n_jobs=2, **given
    ).fit(X, Y)
    theirs = RandomizedSearchCV(SVC(), space, n_iter=6, **given).fit(X, Y)
    assert ours.cv_results_["params"] == theirs.cv_results_["params"]
    scores = [search.cv_results_["mean_test_score"] for search in (ours, theirs)]
    np.testing.assert_array_equal(*scores)


def test_two_jobs_stop_candidates_and_the_folder_keeps_them(tmp_path: Path) -> None:
    given: dict[str, Any] = {"n_trials": 10, "random_state": 0, "cv": 2, "resume": tmp_path}
    model = RandomForestClassifier(45, random_state=0)
    space = {"max_depth": [1, 2, 3, 5, 8, 13], "max_features": loguniform(0.05, 1)}
    first = hpobench.SearchCV(model, space, n_jobs=2, **given).fit(X, Y)
    assert {"completed", "stopped"} == set(first.cv_results_["status"])
    begin = time.perf_counter()
    again = hpobench.SearchCV(model, space, n_jobs=2, **given).fit(X, Y)
    assert again.cv_results_["params"] == first.cv_results_["params"]
    scores = [search.cv_results_["mean_test_score"] for search in (again, first)]
    np.testing.assert_array_equal(*scores)
    assert time.perf_counter() - begin < 120


@night  # by day test_live_trials.py has workers that die
def test_a_worker_that_dies_costs_its_candidate() -> None:
    import os

    class Deadly(SVC):
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Deadly:
            if self.C > 5:
                os._exit(1)
            return super().fit(X, y, sample_weight)  # type: ignore[no-any-return]

    grid = {"name": "grid", "shuffle": False}
    given: Any = {"searcher": grid, "scheduler": "fifo", "n_trials": 3, "cv": 2}
    with (
        pytest.warns(FitFailedWarning, match="the worker process died in each of 4 attempts"),
        pytest.warns(UserWarning, match="non-finite"),
    ):
        search = hpobench.SearchCV(Deadly(), {"C": [1.0, 9.0, 2.0]}, n_jobs=2, **given).fit(X, Y)
    assert list(search.cv_results_["status"]) == ["completed", "failed", "completed"]
    assert np.isnan(search.cv_results_["mean_test_score"][1])
