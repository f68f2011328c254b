"""Optuna through the harness is Optuna: what ``study.optimize`` would propose and see."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna import Trial
from optuna.samplers import BaseSampler, CmaEsSampler, GPSampler, TPESampler

from benchmarks.cells import column, configs, plan, run
from hpobench.api import Config, TabulatedProblem
from hpobench.problems.synthetic.branin import Branin
from hpobench.problems.synthetic.hartmann import Hartmann
from hpobench.problems.tabular.fcnet import FCNet
from tests.support.night import some

TRIALS = 30

SEARCHERS: dict[str, tuple[Any, Callable[[int], BaseSampler]]] = {
    "tpe": ("optuna-tpe", lambda seed: TPESampler(seed=seed, multivariate=False)),
    # Optuna's own default.
    "tpe-multivariate": (
        {"name": "optuna-tpe", "multivariate": True},
        lambda seed: TPESampler(seed=seed),
    ),
    "cmaes": (
        "optuna-cmaes",
        lambda seed: CmaEsSampler(seed=seed, warn_independent_sampling=False),
    ),
    # The model takes 0.2 s to a second for each proposal: seven of them.
    "gp": (
        {"name": "optuna-gp", "n_startup_trials": TRIALS - 7},
        lambda seed: GPSampler(seed=seed, n_startup_trials=TRIALS - 7),
    ),
    "gp-from-10": ("optuna-gp", lambda seed: GPSampler(seed=seed)),
}
SLOW = {"gp-from-10"}


def suggest_branin(trial: Trial) -> Config:
    return {"x1": trial.suggest_float("x1", -5, 10), "x2": trial.suggest_float("x2", 0, 15)}


def suggest_hartmann(trial: Trial) -> Config:
    return {f"x{i}": trial.suggest_float(f"x{i}", 0, 1) for i in range(6)}


def suggest_fcnet(trial: Trial) -> Config:
    def ordinal(name: str, *choices: float) -> float:
        return choices[int(trial.suggest_int(name, 0, len(choices) - 1))]

    return {
        "activation_fn_1": trial.suggest_categorical("activation_fn_1", ["relu", "tanh"]),
        "activation_fn_2": trial.suggest_categorical("activation_fn_2", ["relu", "tanh"]),
        "batch_size": ordinal("batch_size", 8, 16, 32, 64),
        "dropout_1": ordinal("dropout_1", 0.0, 0.3, 0.6),
        "dropout_2": ordinal("dropout_2", 0.0, 0.3, 0.6),
        "init_lr": ordinal("init_lr", 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1),
        "lr_schedule": trial.suggest_categorical("lr_schedule", ["cosine", "const"]),
        "n_units_1": ordinal("n_units_1", 16, 32, 64, 128, 256, 512),
        "n_units_2": ordinal("n_units_2", 16, 32, 64, 128, 256, 512),
    }


PROBLEMS: dict[str, tuple[Any, TabulatedProblem, Callable[[Trial], Config]]] = {
    "branin": ("branin", Branin(), suggest_branin),
    "hartmann-6": ({"hartmann": {"dimension": 6}}, Hartmann(dimension=6), suggest_hartmann),
    "fcnet": (
        {"fcnet": {"dataset": "protein_structure", "observe": "mean"}},
        FCNet(dataset="protein_structure"),
        suggest_fcnet,
    ),
}


@pytest.mark.parametrize("problem", some(PROBLEMS, 2))
@pytest.mark.parametrize(
    "searcher",
    [pytest.param(name, marks=pytest.mark.night if name in SLOW else ()) for name in SEARCHERS],
)
def test_proposes_and_sees_as_study_optimize(searcher: str, problem: str, tmp_path: Path) -> None:
    search, make_sampler = SEARCHERS[searcher]
    entry, tabulated, suggest = PROBLEMS[problem]
    suite = {"searchers": [search], "problems": [entry], "seeds": [0], "workers": 1}
    (cell,) = plan(tmp_path, suite | {"tell": "last", "budget": {"trials": TRIALS}})
    outcome = run(cell)
    proposed: list[Config] = []

    def objective(trial: Trial) -> float:
        proposed.append(suggest(trial))
        return tabulated.curve(proposed[-1], 0).losses[-1]

    study = optuna.create_study(sampler=make_sampler(cell.role_seed("searcher")))
    study.optimize(objective, n_trials=TRIALS)
    assert configs(outcome) == proposed
    assert column(outcome, "loss") == [trial.value for trial in study.trials]
