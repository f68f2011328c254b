"""The Optuna searchers propose what Optuna itself proposes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import optuna
import pytest
from optuna import Trial, TrialPruned
from optuna.samplers import (
    BaseSampler,
    CmaEsSampler,
    GPSampler,
    NSGAIISampler,
    QMCSampler,
    TPESampler,
)
from optuna.trial import TrialState

from hpobench.algorithms.searchers._optuna import OptunaSearcher
from hpobench.algorithms.searchers.optuna_cmaes import OptunaCmaEs
from hpobench.algorithms.searchers.optuna_gp import OptunaGP
from hpobench.algorithms.searchers.optuna_nsga2 import OptunaNSGA2
from hpobench.algorithms.searchers.optuna_qmc import OptunaQMC
from hpobench.algorithms.searchers.optuna_tpe import OptunaTPE
from hpobench.api import Categorical, Config, Fidelity, Float, Int, Ordinal, Space, When
from hpobench.contract.errors import UsageError
from tests.support.night import some

FIDELITY = Fidelity("epoch", steps=9)

MIXED = Space(
    [
        Float("x", -5, 10),
        Float("rate", 1e-5, 1, log=True),
        Int("n", 1, 64, log=True),
        Ordinal("batch", (8, 16, 32)),
        Categorical("kind", ("a", "b", "c")),
    ]
)
CONDITIONAL = Space(
    [
        Float("x", -5, 10),
        Int("n", 1, 8),
        Categorical("kind", ("a", "b")),
        Float("momentum", 0, 1, when=When("kind", ("a",))),
        Int("depth", 1, 9, when=When("kind", ("b",))),
    ]
)


def suggest_mixed(trial: Trial) -> Config:
    return {
        "x": trial.suggest_float("x", -5, 10),
        "rate": trial.suggest_float("rate", 1e-5, 1, log=True),
        "n": trial.suggest_int("n", 1, 64, log=True),
        "batch": (8, 16, 32)[trial.suggest_int("batch", 0, 2)],
        "kind": trial.suggest_categorical("kind", ["a", "b", "c"]),
    }


def suggest_conditional(trial: Trial) -> Config:
    config = {
        "x": trial.suggest_float("x", -5, 10),
        "n": trial.suggest_int("n", 1, 8),
        "kind": trial.suggest_categorical("kind", ["a", "b"]),
    }
    if config["kind"] == "a":
        config["momentum"] = trial.suggest_float("momentum", 0, 1)
    else:
        config["depth"] = trial.suggest_int("depth", 1, 9)
    return config


def loss(config: Config) -> float:
    rate, momentum, depth = (float(config.get(name, 0)) for name in ("rate", "momentum", "depth"))
    extra = rate + momentum + depth / 9
    return (float(config["x"]) - 3) ** 2 + math.sin(float(config["n"])) + extra


FATES = {2: "failed", 4: "pruned", 12: "failed", 14: "pruned", 25: "pruned"}
"""What becomes of trials other than completion, so that every ending reaches the samplers."""


@dataclass(frozen=True)
class Case:
    label: str
    cls: Any
    options: dict[str, Any]
    sampler: Callable[[int], BaseSampler]
    trials: int = field(default=40)


def group_sampler(seed: int) -> BaseSampler:
    with pytest.warns(optuna.exceptions.ExperimentalWarning):
        return TPESampler(seed=seed, multivariate=True, group=True)


def qmc_sampler(seed: int, qmc_type: str) -> BaseSampler:
    with pytest.warns(optuna.exceptions.ExperimentalWarning):
        return QMCSampler(
            qmc_type=qmc_type, scramble=True, seed=seed, warn_independent_sampling=False
        )


CASES = [
    Case("tpe", OptunaTPE, {}, lambda seed: TPESampler(seed=seed, multivariate=False)),
    # Optuna's own default.
    Case("tpe-multivariate", OptunaTPE, {"multivariate": True}, lambda seed: TPESampler(seed=seed)),
    Case("tpe-group", OptunaTPE, {"multivariate": True, "group": True}, group_sampler),
    Case(
        "tpe-no-liar",
        OptunaTPE,
        {"constant_liar": False, "n_startup_trials": 5},
        lambda seed: TPESampler(
            seed=seed, multivariate=False, constant_liar=False, n_startup_trials=5
        ),
    ),
    Case(
        "cmaes",
        OptunaCmaEs,
        {},
        lambda seed: CmaEsSampler(seed=seed, warn_independent_sampling=False),
    ),
    Case(
        "gp",
        OptunaGP,
        {"n_startup_trials": 5},
        lambda seed: GPSampler(seed=seed, n_startup_trials=5, warn_independent_sampling=False),
        trials=16,
    ),
    Case("qmc", OptunaQMC, {}, lambda seed: qmc_sampler(seed, "sobol")),
    Case("qmc-halton", OptunaQMC, {"qmc_type": "halton"}, lambda seed: qmc_sampler(seed, "halton")),
    Case(
        "nsga2",
        OptunaNSGA2,
        {"population_size": 6},
        lambda seed: NSGAIISampler(population_size=6, seed=seed),
    ),
]
SLOW = Case(
    "gp-40", OptunaGP, {}, lambda seed: GPSampler(seed=seed, warn_independent_sampling=False)
)
FOR_EACH_CASE = pytest.mark.parametrize(
    "case", [*CASES, pytest.param(SLOW, marks=pytest.mark.night)], ids=lambda case: case.label
)


def by_optuna(case: Case, seed: int, suggest: Callable[[Trial], Config]) -> list[Config]:
    proposed = []

    def objective(trial: Trial) -> float:
        config = suggest(trial)
        proposed.append(config)
        match FATES.get(trial.number):
            case "failed":
                raise ArithmeticError
            case "pruned":
                trial.report(loss(config), 3)
                raise TrialPruned
        return loss(config)

    study = optuna.create_study(sampler=case.sampler(seed))
    study.optimize(objective, n_trials=case.trials, catch=ArithmeticError)
    return proposed


def by_hpobench(case: Case, seed: int, space: Space) -> list[Config]:
    searcher = case.cls(space, seed=seed, fidelity=FIDELITY, **case.options)
    proposed = []
    for trial in range(case.trials):
        config = searcher.ask(trial)
        proposed.append(config)
        match FATES.get(trial):
            case "failed":
                searcher.failed(trial)
            case "pruned":
                searcher.tell(trial, 3, loss(config), final=False)
                searcher.dropped(trial)
            case _:
                searcher.tell(trial, FIDELITY.steps, loss(config), final=True)
    return proposed


@FOR_EACH_CASE
@pytest.mark.parametrize(
    ("space", "suggest"),
    [(MIXED, suggest_mixed), (CONDITIONAL, suggest_conditional)],
    ids=["mixed", "conditional"],
)
def test_proposes_as_optimize(case: Case, space: Space, suggest: Callable[[Trial], Config]) -> None:
    assert by_hpobench(case, 0, space) == by_optuna(case, 0, suggest)


@pytest.mark.parametrize("case", some(CASES, 3), ids=lambda case: case.label)
def test_seed_0_is_a_seed(case: Case) -> None:
    first = by_hpobench(case, 0, CONDITIONAL)
    assert by_hpobench(case, 0, CONDITIONAL) == first
    assert by_hpobench(case, 1, CONDITIONAL) != first


def states(searcher: OptunaSearcher) -> list[TrialState]:
    return [trial.state for trial in searcher._study.trials]


def test_endings_become_optunas_states() -> None:
    searcher = OptunaTPE(MIXED, seed=0, fidelity=FIDELITY)
    for trial in range(5):
        searcher.ask(trial)
    searcher.tell(4, 2, 0.5, final=False)
    searcher.dropped(4)
    searcher.dropped(3)
    searcher.failed(2)
    searcher.tell(1, 9, 1e30, final=True)
    expected = [TrialState[name] for name in ("RUNNING", "COMPLETE", "FAIL", "FAIL", "PRUNED")]
    assert states(searcher) == expected
    assert searcher._study.trials[4].intermediate_values == {2: 0.5}


def test_a_repeated_step_keeps_its_first_report() -> None:
    searcher = OptunaTPE(MIXED, seed=0, fidelity=FIDELITY)
    searcher.ask(0)
    for step, value in [(1, 0.9), (2, 0.8), (1, 0.7), (2, 0.6), (3, 0.5)]:
        searcher.tell(0, step, value, final=False)
    assert searcher._study.trials[0].intermediate_values == {1: 0.9, 2: 0.8, 3: 0.5}


def test_optuna_says_nothing_and_keeps_its_verbosity(capfd: pytest.CaptureFixture[str]) -> None:
    optuna.logging.set_verbosity(optuna.logging.INFO)
    for case in CASES:
        by_hpobench(case, 2, CONDITIONAL)
        under_way = case.cls(CONDITIONAL, seed=0, fidelity=FIDELITY, **case.options)
        for trial in range(6):
            under_way.ask(trial)
    assert optuna.logging.get_verbosity() == optuna.logging.INFO
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("cls", "options", "message"),
    [
        (OptunaTPE, {"group": True}, "group needs multivariate"),
        (OptunaTPE, {"n_startup_trials": -1}, "n_startup_trials must not be negative"),
        (OptunaGP, {"n_startup_trials": 0}, "n_startup_trials must be at least 1"),
        (OptunaNSGA2, {"population_size": 1}, "population_size must be at least 2"),
    ],
)
def test_options_that_make_no_sense(cls: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        cls(MIXED, seed=0, fidelity=FIDELITY, **options)
