"""FLAML's searchers propose what ``flaml.tune.run`` tries."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Container
from random import Random
from typing import Any

import pytest

from hpobench.api import Categorical, Config, Exhausted, Float, Int, Ordinal, Space, When
from tests import ROOT
from tests.env.algorithms.own_loop import build, objective, own_loop
from tests.support.night import night

pytestmark = night


MIXED = Space(
    [
        Float("x", -5, 10),
        Float("rate", 1e-5, 1, log=True),
        Int("n", 1, 8, cheap=2),
        Int("width", 1, 1024, log=True, cheap=4),
        Ordinal("batch", (8, 16, 32), cheap=8),
        Categorical("kind", ("a", "bb", "ccc")),
    ]
)
MIXED_BY_FLAML = """
space = {
    "x": tune.uniform(-5, 10),
    "rate": tune.loguniform(1e-5, 1),
    "n": tune.randint(1, 9),
    "width": tune.lograndint(1, 1025),
    "batch": tune.choice([8, 16, 32]),
    "kind": tune.choice(["a", "bb", "ccc"]),
}
cheap = {"n": 2, "width": 4, "batch": 8}
"""
CONDITIONAL = Space(
    [
        Categorical("model", ("tree", "net"), cheap="net"),
        Int("depth", 1, 9, when=When("model", ("tree",)), cheap=1),
        Categorical("optimizer", ("sgd", "adam"), when=When("model", ("net",))),
        Float("momentum", 0.0, 0.99, when=When("optimizer", ("sgd",))),
        Int("width", 4, 64, log=True, when=When("model", ("net",)), cheap=4),
        Float("rate", 1e-5, 1.0, log=True),
    ]
)
CONDITIONAL_BY_FLAML = """
space = {
    "model": tune.choice([
        {"model": "tree", "depth": tune.randint(1, 10)},
        {
            "model": "net",
            "optimizer": tune.choice([
                {"optimizer": "sgd", "momentum": tune.uniform(0.0, 0.99)},
                {"optimizer": "adam"},
            ]),
            "width": tune.lograndint(4, 65),
        },
    ]),
    "rate": tune.loguniform(1e-5, 1.0),
}
cheap = {"model": [{"depth": 1}, {"width": 4}, 1]}
"""
BEGINNING = """
import flaml, numpy
from flaml import tune

def flatten(config, found):
    for name, value in config.items():
        if isinstance(value, dict):
            flatten(value, found)
        elif name in given["names"]:
            found[name] = value.item() if isinstance(value, numpy.generic) else value
    return found

result = []

def evaluate(suggested):
    found = flatten(suggested, {})
    config = {name: found[name] for name in given["names"] if name in found}
    result.append(config)
    return {"loss": objective(config), "time_total_s": float(config.get("width", 3))}
"""
END = """
search = getattr(flaml, given["cls"])(
    metric="loss", mode="min", space=space, low_cost_partial_config=cheap,
    cost_attr="time_total_s", seed=given["seed"],
)
"""
TUNE_RUN = """
class Enough(Exception):
    pass

def until(suggested):
    if len(result) == given["trials"]:
        raise Enough
    return evaluate(suggested)

try:
    tune.run(until, search_alg=search, metric="loss", mode="min", num_samples=-1, verbose=0)
except Enough:
    pass
"""
SUGGEST = """
asked = 0
while len(result) < given["trials"]:
    name = str(asked)
    asked += 1
    if (config := search.suggest(name)) is None:
        continue
    told = {"config": config, "training_iteration": 1, **evaluate(config)}
    if len(result) in given["failing"]:
        search.on_trial_complete(name, error=True)
    else:
        search.on_trial_result(name, told)
        search.on_trial_complete(name, told)
"""
BOTH = pytest.mark.parametrize(
    ("name", "cls"), [("flaml-blendsearch", "BlendSearch"), ("flaml-cfo", "CFO")]
)


SPACES = pytest.mark.parametrize(
    ("space", "by_flaml"),
    [(MIXED, MIXED_BY_FLAML), (CONDITIONAL, CONDITIONAL_BY_FLAML)],
    ids=["mixed", "conditional"],
)


def width(config: Config) -> float:
    return float(config.get("width", 3))


def by_hpobench(
    name: str,
    space: Space,
    seed: int,
    *,
    trials: int = 60,
    cost: Callable[[Config], float] = width,
    failing: Container[int] = (),
) -> list[Config]:
    """``failing``: which trials fail, counted from one."""
    proposed = []
    with contextlib.closing(build(name, space, seed)) as searcher:
        for trial in range(trials):
            config = searcher.ask(trial)
            proposed.append(config)
            if len(proposed) in failing:
                searcher.failed(trial)
            else:
                searcher.charged(trial, cost(config))
                searcher.tell(trial, 1, objective(config), final=True)
    return proposed


@BOTH
@SPACES
@pytest.mark.parametrize("seed", [0, 7])
def test_proposes_as_tune_run(name: str, cls: str, space: Space, by_flaml: str, seed: int) -> None:
    code = BEGINNING + by_flaml + END + TUNE_RUN
    expected = own_loop(name, code, seed=seed, cls=cls, names=space.names, trials=60)
    assert by_hpobench(name, space, seed) == expected


@BOTH
@SPACES
def test_failures_are_flamls_errors(name: str, cls: str, space: Space, by_flaml: str) -> None:
    # Not by tune.run, which ends at the first trial that fails before it reports.
    given: dict[str, Any] = {"cls": cls, "names": space.names, "trials": 40}
    failing = (1, 3, 4, 17, 18)
    code = BEGINNING + by_flaml + END + SUGGEST
    expected = own_loop(name, code, seed=3, failing=failing, **given)
    found = by_hpobench(name, space, 3, trials=40, failing=failing)
    assert found == expected
    assert found != by_hpobench(name, space, 3, trials=40)


POINTS = """
search = getattr(flaml, given["cls"])(
    metric="loss", mode="min", space=space, low_cost_partial_config=cheap, seed=given["seed"],
    cost_attr="time_total_s", points_to_evaluate=[*given["points"]],
)
asked = 0
for config in given["points"]:
    search.suggest(str(asked))
    asked += 1
for name, config in enumerate(given["points"]):
    told = {"config": config, "training_iteration": 1, **evaluate(config)}
    told |= {f"config/{key}": value for key, value in config.items()}
    search.on_trial_result(str(name), told)
    search.on_trial_complete(str(name), told)
while len(result) < given["trials"]:
    name = str(asked)
    asked += 1
    if (config := search.suggest(name)) is None:
        continue
    told = {"config": config, "training_iteration": 1, **evaluate(config)}
    search.on_trial_result(name, told)
    search.on_trial_complete(name, told)
"""


@BOTH
def test_what_others_chose_is_among_flamls_points_to_evaluate(name: str, cls: str) -> None:
    points: list[Config] = [MIXED.sample(Random(i)) for i in range(3)]
    code = BEGINNING + MIXED_BY_FLAML + POINTS
    given: dict[str, Any] = {"cls": cls, "names": MIXED.names, "trials": 23, "points": points}
    expected = own_loop(name, code, seed=3, **given)
    found: list[Config] = []
    with contextlib.closing(build(name, MIXED, 3)) as searcher:
        for trial in range(len(points) + 20):
            if trial < len(points):
                config = points[trial]
                assert searcher.adopt(trial, config)
            else:
                config = searcher.ask(trial)
                found.append(config)
            searcher.charged(trial, width(config))
            searcher.tell(trial, 1, objective(config), final=True)
        assert not searcher.adopt(99, points[0])  # FLAML takes them at its beginning only
    assert found == expected[-20:]
    assert found != by_hpobench(name, MIXED, 3, trials=20)


@BOTH
def test_starts_where_trials_are_cheap(name: str, cls: str) -> None:
    for seed in range(3):
        (first,) = by_hpobench(name, MIXED, seed, trials=1)
        assert first.items() >= MIXED.cheap.items()
        (first,) = by_hpobench(name, CONDITIONAL, seed, trials=1)
        assert first.items() >= {"model": "net", "width": 4}.items()


def test_blendsearch_heeds_what_trials_cost() -> None:
    found = [
        by_hpobench("flaml-blendsearch", MIXED, 0, cost=cost)
        for cost in (width, lambda _: 1.0, lambda _: 1.0)
    ]
    assert found[0] != found[1]
    assert found[1] == found[2]


def test_cfo_does_not_heed_what_trials_cost() -> None:
    # Or it should say that it is cost-aware.
    found = by_hpobench("flaml-cfo", MIXED, 0, cost=lambda _: 1.0)
    assert by_hpobench("flaml-cfo", MIXED, 0) == found


@BOTH
def test_both_bounds_are_reached_and_never_exceeded(name: str, cls: str) -> None:
    space = Space([Float("rate", 1e-3, 1e-1, log=True), Int("n", 3, 7, log=True), Int("m", 0, 1)])
    for sign in (-1, 1):
        with contextlib.closing(build(name, space, 0)) as searcher:
            for trial in range(60):
                config = searcher.ask(trial)
                space.check(config)
                # The best of all are the lowest values, or the highest.
                searcher.tell(trial, 1, sign * sum(map(float, config.values())), final=True)
                if config == {p.name: p.from_unit(sign < 0) for p in space}:
                    break
            else:
                pytest.fail("never at the bounds")


@BOTH
def test_choices_that_are_equal_in_python_stay_apart(name: str, cls: str) -> None:
    space = Space([Float("x", 0, 1), Categorical("kind", (True, 1, 1.0, "1"))])
    kinds = {repr(config["kind"]) for config in by_hpobench(name, space, 0, trials=40)}
    assert kinds == {"True", "1", "1.0", "'1'"}


def test_conditions_tell_true_from_one() -> None:
    code = """
sys.path.insert(0, given["root"])
from hpobench.algorithms.searchers.flaml import domains
from hpobench.api import Categorical, Float, Space, When

space = Space([Categorical("kind", (True, 1)), Float("x", 0, 1, when=When("kind", (1,)))])
result = [sorted(branch) for branch in domains(space)["kind"].categories]
"""
    assert own_loop("flaml-cfo", code, seed=0, root=str(ROOT)) == [["kind"], ["kind", "x"]]


@BOTH
def test_what_depends_on_a_number_is_active_with_its_numbers_only(name: str, cls: str) -> None:
    space = Space(
        [
            Int("layers", 1, 3),
            Int("width_2", 4, 64, log=True, when=When("layers", (2, 3))),
            Categorical("kind", ("a", "b"), when=When("layers", (3,))),
            Float("slope", 0, 1, when=When("kind", ("b",))),
        ]
    )
    proposed = [
        config for seed in range(12) for config in by_hpobench(name, space, seed, trials=12)
    ]
    for config in proposed:
        space.check(config)
    assert {tuple(config) for config in proposed} == {
        ("layers",),
        ("layers", "width_2"),
        ("layers", "width_2", "kind"),
        ("layers", "width_2", "kind", "slope"),
    }


@BOTH
def test_trials_under_way_are_not_proposed_again(name: str, cls: str) -> None:
    space = Space([Ordinal("a", (1, 2, 3)), Categorical("b", ("x", "y", "z")), Int("c", 1, 3)])
    with contextlib.closing(build(name, space, 0)) as searcher:
        proposed = [tuple(searcher.ask(trial).items()) for trial in range(12)]
    assert len(set(proposed)) == 12


def test_ends_when_a_finite_space_is_through() -> None:
    space = Space([Categorical("a", ("p", "q", "r")), Ordinal("b", (1, 2))])
    with contextlib.closing(build("flaml-blendsearch", space, 0)) as searcher:
        proposed = set()
        for trial in range(6):
            proposed.add(tuple(searcher.ask(trial).items()))
            searcher.tell(trial, 1, float(trial), final=True)
        assert len(proposed) == 6
        with pytest.raises(Exhausted):
            searcher.ask(6)
