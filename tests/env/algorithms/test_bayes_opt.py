"""The bayes-opt searcher proposes what ``BayesianOptimization.maximize`` tries."""

from __future__ import annotations

from typing import Any

import pytest

from hpobench.api import Categorical, Config, Float, Int, Ordinal, Space
from tests.env.algorithms.own_loop import drive, own_loop
from tests.support.night import night

pytestmark = night


FEW: dict[str, Any] = {"init_points": 3}
FLOATS = Space([Float("x", -5, 10), Float("rate", 1e-5, 1, log=True)])
FLOATS_BY_BAYES_OPT = """
bounds = {"x": (-5.0, 10.0), "rate": (-5.0, 0.0)}
"""
MIXED = Space(
    [
        Float("x", -5, 10),
        Float("rate", 1e-5, 1, log=True),
        Int("n", 1, 8),
        Ordinal("batch", (8, 16, 32)),
        Categorical("kind", ("a", "bb", "ccc")),
    ]
)
MIXED_BY_BAYES_OPT = """
bounds = {
    "x": (-5.0, 10.0), "rate": (-5.0, 0.0), "n": (1, 8, int), "batch": (0, 2, int),
    "kind": ("a", "bb", "ccc"),
}
"""
BEGINNING = """
from bayes_opt import BayesianOptimization
from bayes_opt.acquisition import ConstantLiar, UpperConfidenceBound

def build(params):
    config = {name: getattr(value, "item", lambda: value)() for name, value in params.items()}
    config["rate"] = min(max(10 ** config["rate"], 1e-5), 1)
    if "batch" in config:
        config["batch"] = (8, 16, 32)[config["batch"]]
    return config

def target(**params):
    result.append(build(params))
    return -objective(result[-1])

result = []
"""
MAXIMIZE = """
optimizer = BayesianOptimization(
    target, bounds, random_state=given["seed"], verbose=0, allow_duplicate_points=True
)
optimizer.maximize(init_points=3, n_iter=given["trials"] - 3)
"""
FAILURES = """
optimizer = BayesianOptimization(None, bounds, random_state=given["seed"], verbose=0)
for trial in range(given["trials"]):
    params = optimizer.random_sample(1)[0] if trial < 3 else optimizer.suggest()
    found = target(**params)
    if trial not in given["failing"]:
        optimizer.register(params, found)
"""
LIAR = """
liar = ConstantLiar(UpperConfidenceBound(kappa=2.576))
optimizer = BayesianOptimization(
    None, bounds, acquisition_function=liar, random_state=given["seed"], verbose=0
)
running = []
for trial in range(given["trials"]):
    if len(running) == 3:
        optimizer.register(*running.pop(0))
    if trial < 3:
        params = optimizer.random_sample(1)[0]
        liar.dummies.append(optimizer.space.params_to_array(params))
    else:
        params = optimizer.suggest()
    running.append((params, target(**params)))
"""


@pytest.mark.parametrize(
    ("space", "bounds", "trials"),
    [(FLOATS, FLOATS_BY_BAYES_OPT, 12), (MIXED, MIXED_BY_BAYES_OPT, 7)],
    ids=["floats", "mixed"],
)
def test_proposes_what_maximize_tries(space: Space, bounds: str, trials: int) -> None:
    code = BEGINNING + bounds + MAXIMIZE
    theirs = own_loop("bayes-opt", code, seed=0, trials=trials)
    assert drive("bayes-opt", space, trials, **FEW) == theirs


def test_failed_trials_are_not_registered() -> None:
    given: dict[str, Any] = {"trials": 9, "failing": (0, 4, 5)}
    code = BEGINNING + FLOATS_BY_BAYES_OPT + FAILURES
    assert drive("bayes-opt", FLOATS, 9, seed=3, failed=given["failing"], **FEW) == own_loop(
        "bayes-opt", code, seed=3, **given
    )


def test_trials_under_way_are_the_librarys_lies() -> None:
    # Of floats, to which alone its own constant liar can lie.
    code = BEGINNING + FLOATS_BY_BAYES_OPT + LIAR
    theirs = own_loop("bayes-opt", code, seed=1, trials=9)
    assert drive("bayes-opt", FLOATS, 9, seed=1, workers=3, **FEW) == theirs


def test_trials_under_way_are_not_proposed_again() -> None:
    proposed = drive("bayes-opt", MIXED, 7, workers=4, **FEW)
    assert len({tuple(config.values()) for config in proposed[-4:]}) == 4


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_both_bounds_are_reached(sign: float) -> None:
    space = Space([Float("rate", 1e-3, 7.3, log=True), Int("n", 3, 700, log=True)])

    def slope(config: Config) -> float:
        return sign * sum(p.to_unit(config[p.name]) for p in space)

    corner = {p.name: p.from_unit(sign < 0) for p in space}
    assert corner in drive("bayes-opt", space, 8, loss=slope, **FEW)


def test_integers_take_all_their_values() -> None:
    space = Space([Int("n", -1, 2), Int("width", 1, 4, log=True), Ordinal("batch", (8, 16, 32))])
    proposed = drive("bayes-opt", space, 60, init_points=60)
    for p in space:
        assert {config[p.name] for config in proposed} == set(p.grid(4))


def test_choices_that_are_equal_in_python_stay_apart() -> None:
    space = Space(
        [Categorical("kind", (True, 1, 1.0, "1")), Ordinal("only", (3,)), Float("x", 0, 1)]
    )
    proposed = drive("bayes-opt", space, 30, init_points=30)
    assert {repr(config["kind"]) for config in proposed} == {"True", "1", "1.0", "'1'"}
