"""The Nevergrad searchers propose what Nevergrad's own ask-and-tell loop proposes."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest

from hpobench.api import Categorical, Config, Float, Int, Ordinal, Space, When
from hpobench.contract.errors import CellError
from tests.env.algorithms.own_loop import (
    CONDITIONAL,
    MIXED,
    SIXTHS,
    THIRDS,
    build,
    drive,
    objective,
    own_loop,
)
from tests.support.night import night

pytestmark = night


NAMES = ["nevergrad-ngopt", "nevergrad-de", "nevergrad-pso", "nevergrad-oneplusone"]
SPACES = {
    "continuous": Space([Float("x", -5, 10), Float("rate", 1e-5, 1, log=True)]),
    "mixed": MIXED,
    "conditional": CONDITIONAL,
}

LOOP = """
import numpy as np
import nevergrad as ng

def rate():
    return ng.p.Log(lower=1e-5, upper=1)

space = {
    "continuous": lambda: ng.p.Instrumentation(x=ng.p.Scalar(lower=-5, upper=10), rate=rate()),
    "mixed": lambda: ng.p.Instrumentation(
        x=ng.p.Scalar(lower=-5, upper=10),
        rate=rate(),
        n=ng.p.Scalar(lower=0.5, upper=4.5).set_integer_casting(),
        width=ng.p.Log(lower=0.5, upper=64.5).set_integer_casting(),
        batch=ng.p.TransitionChoice([8, 16, 32]),
        kind=ng.p.Choice(["a", "bb", "ccc"]),
    ),
    "conditional": lambda: ng.p.Instrumentation(
        kind=ng.p.Choice(
            [
                ng.p.Tuple("a", ng.p.Dict(momentum=ng.p.Scalar(lower=0, upper=1), rate=rate())),
                ng.p.Tuple(
                    "bb", ng.p.Dict(depth=ng.p.Scalar(lower=0.5, upper=9.5).set_integer_casting())
                ),
                ng.p.Tuple("ccc", ng.p.Dict(rate=rate())),
            ]
        )
    ),
}

result = {}
for label, order in given["orders"].items():
    parametrization = space[label]()
    parametrization.random_state = np.random.RandomState(given["seed"])
    optimizer = ng.optimizers.registry[given["optimizer"]](parametrization, **given["options"])
    proposed, running = [], []
    for trial in range(given["trials"]):
        candidate = optimizer.ask()
        config = candidate.kwargs
        if isinstance(config.get("kind"), tuple):
            kind, below = config["kind"]
            config = {"kind": kind, **below}
        config = {name: config[name] for name in order if name in config}
        proposed.append(config)
        running.append(candidate)
        if len(running) == 4:
            told = running.pop(0)
            number = trial - 3
            if number % 7 == 2:
                loss = float("inf")
            elif number % 7 == 5:
                loss = 1e30
            else:
                loss = objective(proposed[number])
            optimizer.tell(told, loss)
    result[label] = proposed
"""


@pytest.mark.parametrize(
    ("name", "optimizer", "trials", "options"),
    [
        ("nevergrad-ngopt", "NGOpt", 25, {"budget": 100, "num_workers": 4}),
        ("nevergrad-de", "DE", 60, {}),
        ("nevergrad-pso", "PSO", 60, {}),
        ("nevergrad-oneplusone", "OnePlusOne", 40, {}),
    ],
)
def test_proposes_what_nevergrads_loop_proposes(
    name: str, optimizer: str, trials: int, options: dict[str, Any]
) -> None:
    given = {"optimizer": optimizer, "trials": trials, "options": options}
    orders = {label: space.names for label, space in SPACES.items()}
    theirs = own_loop(name, LOOP, seed=0, orders=orders, **given)
    for label, space in SPACES.items():
        ours = drive(name, space, trials, workers=4, failed=THIRDS, diverged=SIXTHS, **options)
        assert json.dumps(ours) == json.dumps(theirs[label])


def test_every_integer_and_choice_is_reached() -> None:
    space = Space([Int("n", 1, 4), Ordinal("o", (1, 2, 3)), Categorical("c", (True, 1))])
    with contextlib.closing(build("nevergrad-pso", space, 0)) as searcher:
        drawn = [searcher.ask(trial) for trial in range(40)]
    assert {config["n"] for config in drawn} == {1, 2, 3, 4}
    assert {config["o"] for config in drawn} == {1, 2, 3}
    assert {type(config["c"]) for config in drawn} == {bool, int}


@pytest.mark.parametrize("name", NAMES)
def test_conditions_on_numbers(name: str) -> None:
    space = Space(
        [
            Int("layers", 1, 3),
            Int("width_2", 4, 64, log=True, when=When("layers", (2, 3))),
            Int("width_3", 4, 64, log=True, when=When("layers", (3,))),
            Ordinal("size", ("s", "m", "l")),
            Float("rest", 0, 1, when=When("size", ("m", "l"))),
            Float("never", 0, 1, when=When("rest", (0.25,))),
        ]
    )
    sets = {frozenset(config) for config in drive(name, space, 40, seed=1, workers=4)}
    assert {len(names & {"width_2", "width_3"}) for names in sets} == {0, 1, 2}
    assert {"rest" in names for names in sets} == {True, False}


@pytest.mark.parametrize("name", NAMES)
def test_choices_of_one(name: str) -> None:
    x, n = Float("x", 0, 1, when=When("o", (3,))), Int("n", 1, 9)
    space = Space([Categorical("c", ("only",)), Ordinal("o", (3,)), x, n])
    assert all(len(config) == 4 for config in drive(name, space, 40, workers=4))


@pytest.mark.parametrize("name", NAMES)
def test_bounds_are_approached_and_never_exceeded(name: str) -> None:
    space = Space([Float("x", 0.1, 0.7), Float("rate", 1e-5, 0.3, log=True)])
    with contextlib.closing(build(name, space, 0)) as searcher:
        proposed = []
        for trial in range(60):
            config = searcher.ask(trial)
            space.check(config)
            proposed.append({p.name: p.to_unit(config[p.name]) for p in space})
            searcher.tell(trial, 1, -sum(proposed[-1].values()), final=True)
    for name in space.names:
        assert max(config[name] for config in proposed) > 0.9


def test_ngopt_says_so_if_it_planned_for_one_worker_and_there_are_more() -> None:
    space = SPACES["continuous"]
    with contextlib.closing(build("nevergrad-ngopt", space, 0, num_workers=1)) as searcher:
        for trial in range(3):
            searcher.tell(trial, 1, objective(searcher.ask(trial)), final=True)
        searcher.ask(3)
        with pytest.raises(CellError, match="num_workers is 1 but two trials are under way"):
            searcher.ask(4)


def test_ngopt_plans_by_its_budget_and_goes_on_after_it() -> None:
    def proposed(budget: int) -> list[Config]:
        space = Space([Float(f"x{i}", 0, 1) for i in range(6)])
        return drive("nevergrad-ngopt", space, 20, workers=4, budget=budget)

    assert len(proposed(10)) == 20
    assert proposed(10) != proposed(1000)
