"""The SMAC searchers propose what ``facade.optimize`` tries."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Container
from typing import Any

import pytest

from hpobench.api import Categorical, Exhausted, Fidelity, Ordinal, Space
from tests.env.algorithms.own_loop import TUNED, build, own_loop, trials_of
from tests.support.night import night

pytestmark = night


FIDELITY = Fidelity("epoch", steps=10)

PRELUDE = """
import logging, tempfile
from pathlib import Path
from ConfigSpace import (
    Categorical, ConfigurationSpace, EqualsCondition, Float, Integer, OrdinalHyperparameter,
)
import smac
from smac.runhistory import StatusType, TrialValue

space = ConfigurationSpace(seed=given["seed"])
# Choices by their index, as in hpobench: SMAC visits sets of configurations in the order of their
# hashes, which are made of the choices' names.
kind, momentum = Categorical("kind", [0, 1, 2]), Float("momentum", (0, 1))
space.add(
    Float("x", (-5, 10)), Float("rate", (1e-5, 1), log=True), Integer("width", (1, 64), log=True),
    OrdinalHyperparameter("batch", [0, 1, 2]), kind, momentum,
)
space.add(EqualsCondition(momentum, kind, 0))
plain = {"kind": ("a", "bb", "ccc").__getitem__, "batch": (8, 16, 32).__getitem__}
result = []

def record(config, budget):
    found = {
        name: plain.get(name, lambda value: value)(config[name])
        for name in given["order"] if name in config
    }
    result.append([found, round(budget or 10)])
    return objective(found)

Facade = getattr(smac, given["facade"])
budgets = Facade is smac.MultiFidelityFacade

def scenario(folder):
    more = {"min_budget": 1, "max_budget": 10} if budgets else {}
    return smac.Scenario(
        space, deterministic=True, n_trials=given["trials"], seed=given["seed"],
        output_directory=Path(folder), **more,
    )
"""
OPTIMIZE = f"""{PRELUDE}
with tempfile.TemporaryDirectory() as folder:
    if budgets:
        evaluate = lambda config, seed, budget: record(config, budget)
    else:
        evaluate = lambda config, seed: record(config, None)
    Facade(scenario(folder), evaluate, overwrite=True, logging_level=logging.ERROR).optimize()
"""
FAIL = f"""{PRELUDE}
with tempfile.TemporaryDirectory() as folder:
    facade = Facade(scenario(folder), overwrite=True, logging_level=logging.ERROR)
    for trial in range(given["trials"]):
        info = facade.ask()
        loss = record(info.config, info.budget)
        if trial == 0:
            first = info
        elif trial % 5 == 4:
            facade.tell(info, TrialValue(worst, status=StatusType.CRASHED))
        else:
            facade.tell(info, TrialValue(loss))
            worst = loss if trial == 1 else max(worst, loss)
        if trial == 1:
            facade.tell(first, TrialValue(worst, status=StatusType.CRASHED))
"""
FACADES = {
    "smac-rf": "HyperparameterOptimizationFacade",
    "smac-gp": "BlackBoxFacade",
    "smac-hyperband": "MultiFidelityFacade",
}


def by_hpobench(
    name: str, seed: int, trials: int, *, failed: Container[int] = (), **options: Any
) -> list[list[Any]]:
    """Every configuration and its last step."""
    options = {"n_trials": trials, **options}
    with contextlib.closing(build(name, TUNED, seed, FIDELITY, **options)) as searcher:
        found = trials_of(searcher, TUNED, trials, failed=failed)
        return [[config, steps if searcher.schedules_itself else 10] for config, steps in found]


def by_smac(name: str, code: str, trials: int) -> Any:
    given = {"order": TUNED.names, "facade": FACADES[name], "trials": trials}
    return own_loop(name, code, seed=0, **given)


@pytest.mark.parametrize(
    ("name", "trials"), [("smac-rf", 14), ("smac-gp", 7), ("smac-hyperband", 20)]
)
def test_proposes_what_optimize_tries(name: str, trials: int) -> None:
    assert by_hpobench(name, 0, trials) == by_smac(name, OPTIMIZE, trials)


@pytest.mark.parametrize(("name", "trials"), [("smac-rf", 8), ("smac-hyperband", 20)])
def test_failures_are_crashes_at_the_largest_loss_so_far(name: str, trials: int) -> None:
    failed = (0, *range(4, trials, 5))
    assert by_hpobench(name, 0, trials, failed=failed) == by_smac(name, FAIL, trials)


def test_seed_0_is_a_seed() -> None:
    assert by_hpobench("smac-rf", 1, 8) != by_hpobench("smac-rf", 0, 8)


def test_rungs_are_whole_steps() -> None:
    # Of the rungs at 10 / 9, 10 / 3 and 10; and at 2.5, 5 and 10.
    assert {steps for _, steps in by_hpobench("smac-hyperband", 0, 20)} == {1, 3, 10}
    options: dict[str, Any] = {"min_fidelity": 2, "eta": 2}
    assert {steps for _, steps in by_hpobench("smac-hyperband", 0, 12, **options)} == {2, 5, 10}


@pytest.mark.parametrize("name", FACADES)
def test_a_finite_space_is_exhausted(name: str) -> None:
    space = Space([Categorical("flag", (True, 1, 0)), Ordinal("size", (1, 2))])
    proposed: list[str] = []
    with contextlib.closing(build(name, space, 0, Fidelity(), n_trials=8)) as searcher:
        with contextlib.suppress(Exhausted):
            while len(proposed) < 100:
                trial = len(proposed)
                proposed.append(json.dumps(searcher.ask(trial)))
                if trial % 2:  # the others stay under way
                    searcher.tell(trial, 1, trial, final=True)
        with pytest.raises(Exhausted):
            searcher.ask(100)
    assert len(set(proposed)) == len(proposed) == 6
