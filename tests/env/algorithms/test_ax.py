"""Ax proposes here what it proposes in its own loop."""

from __future__ import annotations

import itertools
from contextlib import closing

import pytest

from hpobench.api import Categorical, Exhausted, Float, Int, Ordinal, Space, When
from tests.env.algorithms.own_loop import build, drive, own_loop
from tests.support.night import night

pytestmark = night


SPACE = Space(
    [
        Float("x", -1, 2),
        Float("rate", 1e-5, 1, log=True),
        Int("width", 16, 64, log=True),
        Ordinal("batch", (8, 16, 32)),
        Categorical("kind", ("a", "bbb", "cc")),
        Float("momentum", 0, 1, when=When("kind", ("bbb",))),
    ]
)
OWN_LOOP = """
from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

BATCHES, KINDS = [8, 16, 32], ["a", "bbb", "cc"]

client = Client(random_seed=given["seed"])
client.configure_experiment([
    RangeParameterConfig("x", (-1, 2), "float"),
    RangeParameterConfig("rate", (1e-5, 1), "float", scaling="log"),
    RangeParameterConfig("width", (16, 64), "int", scaling="log"),
    ChoiceParameterConfig("batch", [0, 1, 2], "int", is_ordered=True),
    ChoiceParameterConfig(
        "kind", [0, 1, 2], "int", is_ordered=False, dependent_parameters={1: ["momentum"]}
    ),
    RangeParameterConfig("momentum", (0, 1), "float"),
])
client.configure_optimization("-loss")
client.configure_generation_strategy(
    initialization_random_seed=given["seed"], allow_exceeding_initialization_budget=True
)
result = []
running = []
for number in range(given["trials"]):
    ((index, values),) = client.get_next_trials(max_trials=1).items()
    values = dict(values, batch=BATCHES[values["batch"]], kind=KINDS[values["kind"]])
    result.append(values)
    running.append((index, values))
    if len(running) == 2:
        index, values = running.pop(0)
        match number:
            case 3:
                client.mark_trial_failed(index)
            case 7:
                client.mark_trial_abandoned(index)
            case _:
                client.complete_trial(index, {"loss": objective(values)})
"""
TRIALS = 9


def test_proposes_what_ax_proposes() -> None:
    proposed = drive("ax", SPACE, TRIALS, workers=2, failed=(2,), dropped=(6,))
    assert proposed == own_loop("ax", OWN_LOOP, seed=0, trials=TRIALS)
    assert len({str(config) for config in proposed}) == TRIALS


def test_more_trials_under_way_than_the_initial_ones_are_different() -> None:
    with closing(build("ax", Space([Float("x", 0, 1)]), 1, initialization_budget=2)) as searcher:
        assert len({searcher.ask(trial)["x"] for trial in range(6)}) == 6


def test_a_dependency_on_several_choices_or_a_number() -> None:
    space = Space(
        [
            Categorical("kind", ("a", "b", "c")),
            Int("n", 1, 2),
            Float("x", 0, 1, when=When("kind", ("b", "c"))),
            Float("y", 0, 1, when=When("n", (2,))),
            Float("z", 0, 1, when=When("kind", ("c",))),
        ]
    )
    losses = itertools.count(0.0)
    assert len(drive("ax", space, 8, loss=lambda _: next(losses))) == 8


def test_a_space_comes_to_its_end() -> None:
    space = Space([Categorical("a", (True, False)), Ordinal("b", (1,))])
    with closing(build("ax", space, 0)) as searcher:
        assert {searcher.ask(trial)["a"] for trial in range(2)} == {True, False}
        with pytest.raises(Exhausted, match="has not proposed before"):
            searcher.ask(2)
