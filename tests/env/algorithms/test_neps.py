"""NePS proposes here what it proposes in its own ask-and-tell loop."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from hpobench.api import Categorical, Fidelity, Float, Int, Ordinal, Space
from tests.env.algorithms.own_loop import build, own_loop, trials_of
from tests.support.night import night

pytestmark = night


FIDELITY = Fidelity("epoch", steps=9)
SPACE = Space(
    [
        Float("x", -1, 2),
        Float("rate", 1e-5, 1, log=True),
        Int("width", 16, 64, log=True),
        Ordinal("batch", (8, 16, 32)),
        Categorical("kind", ("a", "bbb", "cc")),
        Categorical("one", ("single",)),
    ]
)
OWN_LOOP = """
from neps.optimizers import algorithms
from neps.optimizers.ask_and_tell import AskAndTell
from neps.space import HPOCategorical, HPOConstant, HPOFloat, HPOInteger, SearchSpace

BATCHES, KINDS = [8, 16, 32], ["a", "bbb", "cc"]

space = {
    "x": HPOFloat(-1, 2),
    "rate": HPOFloat(1e-5, 1, log=True),
    "width": HPOInteger(16, 64, log=True),
    "batch": HPOInteger(0, 2),
    "kind": HPOCategorical([0, 1, 2]),
    "one": HPOConstant("single"),
}
if given["name"] == "neps-bo":
    optimizer = algorithms.bayesian_optimization(SearchSpace(space), initial_design_size=4)
else:
    space["epochs"] = HPOInteger(1, 9, is_fidelity=True)
    optimizer = algorithms.priorband(SearchSpace(space), eta=3)
loop, running, result = AskAndTell(optimizer), [], []
for number in range(given["trials"]):
    trial = loop.ask()
    values = dict(trial.config)
    steps = values.pop("epochs", 9)
    config = {name: values[name] for name in ("x", "rate", "width", "batch", "kind", "one")}
    config["rate"] = max(config["rate"], 1e-5)  # NePS rounds to just below
    config |= {"batch": BATCHES[config["batch"]], "kind": KINDS[config["kind"]]}
    result.append([config, steps])
    running.append((trial, config))
    if len(running) == 2:
        trial, config = running.pop(0)
        loop.tell(trial, ValueError() if number % 5 == 4 else objective(config))
"""


@pytest.mark.parametrize(
    ("name", "options", "trials"),
    [("neps-bo", {"initial_design_size": 4}, 9), ("neps-priorband", {}, 50)],
    ids=["neps-bo", "neps-priorband"],
)
def test_proposes_what_neps_proposes(name: str, options: dict[str, int], trials: int) -> None:
    with closing(build(name, SPACE, 0, FIDELITY, **options)) as searcher:
        found = trials_of(searcher, SPACE, trials, workers=2, failed=range(3, trials, 5))
        whole = None if searcher.schedules_itself else FIDELITY.steps
        proposed = [[config, whole or steps] for config, steps in found]
    assert proposed == own_loop(name, OWN_LOOP, seed=0, trials=trials, name=name)


def test_priorband_promotes_the_best_of_a_rung() -> None:
    space = Space([Float("x", 0, 1)])
    trained: dict[int, list[tuple[float, int]]] = {}
    with closing(build("neps-priorband", space, 1, FIDELITY)) as searcher:
        for trial in range(9 + 3):
            x = float(searcher.ask(trial)["x"])
            trained.setdefault(searcher.steps(trial), []).append((x, trial))
            searcher.tell(trial, searcher.steps(trial), x, final=True)
    assert {steps: len(trials) for steps, trials in trained.items()} == {1: 9, 3: 3}
    assert [x for x, _ in trained[3]] == sorted(x for x, _ in trained[1])[:3]


@pytest.mark.parametrize("name", ["neps-bo", "neps-priorband"])
def test_stands_a_start_without_losses(name: str) -> None:
    space = Space([Float("x", 0, 1), Int("n", 1, 9)])
    ends: dict[str, Any] = {"failed": range(18), "diverged": range(19, 24, 2)}
    with closing(build(name, space, 2, FIDELITY)) as searcher:
        assert len(list(trials_of(searcher, space, 25, loss=lambda _: 1.0, **ends))) == 25
