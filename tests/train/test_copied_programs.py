"""The programs of a page's best configurations, run as a reader would run them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hpobench.contract.problem import Objective
from hpobench.plugins.registry import Registry
from hpobench.problems.general.sklearn_estimator import SklearnEstimator
from hpobench.reporting.calls import FindingRun, search_cv, tuner
from tests.support.night import night
from tests.support.present import present

ROOT = Path(__file__).parents[2]
SVC: dict[str, Any] = {
    "estimator": "sklearn.svm.SVC",
    "dataset": "wine",
    "space": {
        "C": {"float": [0.01, 100], "log": True},
        "kernel": {"choice": ["rbf", "poly"]},
        "degree": {"int": [2, 4], "when": {"kernel": "poly"}},
    },
    "fixed": {"gamma": "scale"},
    "folds": 3,
    "scale": True,
}


def _found(problem: dict[str, Any], **changes: Any) -> FindingRun:
    spec = {
        "problem": problem,
        "searcher": {"name": "optuna-tpe", "options": {"n_startup_trials": 3}},
        "scheduler": {"name": "asha", "options": {"grace_period": 1}},
    }
    known: dict[str, Any] = {"trials": 4, "workers": 1, "seed": 1, "live": True}
    known["registry"] = Registry
    return FindingRun(spec=spec, **{**known, **changes})


def _run(program: str, folder: Path) -> str:
    (folder / "program.py").write_text(program)
    ran = subprocess.run(
        [sys.executable, "program.py"],
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()[-1]


def test_a_search_of_an_estimator_runs(tmp_path: Path) -> None:
    problem = SklearnEstimator(**SVC)
    given = {"space": problem.space, "objective": problem.objective, "steps": 3}
    found = _found({"name": "sklearn", "options": SVC}, **given)
    said = _run(present(search_cv(found)), tmp_path)
    assert "'svc__kernel'" in said
    assert 0.8 < float(said.split()[-1]) <= 1


@night  # by day docs/tune/ray-tune.md runs a Tuner
def test_a_tuner_on_a_problem_runs(tmp_path: Path) -> None:
    pytest.importorskip("xgboost")
    from hpobench.problems.xgboost.small import XGBoostSmall

    found = _found(
        {"name": "xgboost-small", "options": {"dataset": "wine"}},
        space=XGBoostSmall.space,
        objective=Objective("val_logloss"),
        steps=34,
    )
    said = _run(present(tuner(found)), tmp_path)
    assert "'eta'" in said
    assert 0 < float(said.split()[-1]) < 2
