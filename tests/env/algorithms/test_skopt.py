"""The scikit-optimize searchers propose what its own functions try."""

from __future__ import annotations

import pytest

from hpobench.api import Categorical, Float, Int, Ordinal, Space
from tests.env.algorithms.own_loop import drive, objective, own_loop
from tests.support.night import night

pytestmark = night


SPACE = Space(
    [
        Float("x", -5, 10),
        Float("rate", 1e-5, 1, log=True),
        Int("n", 1, 8),
        Int("width", 1, 64, log=True),
        Ordinal("batch", (8, 16, 32)),
        Categorical("kind", ("a", "bb", "ccc")),
    ]
)
BEGINNING = """
import skopt
from skopt.space import Categorical, Integer, Real

space = [
    Real(-5, 10),
    Real(1e-5, 1, "log-uniform"),
    Integer(1, 8),
    Integer(1, 64, "log-uniform", transform="normalize"),
    Integer(0, 2),
    Categorical(["a", "bb", "ccc"]),
]

def build(point):
    x, rate, n, width, batch, kind = point
    return {
        "x": float(x), "rate": float(rate), "n": int(n), "width": int(width),
        "batch": (8, 16, 32)[batch], "kind": str(kind),
    }

def loss(point):
    result.append(build(point))
    return objective(result[-1])

result = []
common = {"random_state": given["seed"], "n_initial_points": 3}
calls = {**common, "n_calls": given.get("trials")}
"""
LOOPS = {
    "skopt-gp": "skopt.gp_minimize(loss, space, **calls)",
    "skopt-rf": "skopt.forest_minimize(loss, space, base_estimator='RF', **calls)",
    "skopt-et": "skopt.forest_minimize(loss, space, **calls)",
    "skopt-gbrt": """
optimizer = skopt.Optimizer(space, "GBRT", acq_func="LCB", **common)
for _ in range(given["trials"]):
    point = optimizer.ask()
    optimizer.tell(point, loss(point))
""",
}
FAILURES = """
optimizer = skopt.Optimizer(space, "GP", **common)
untold, losses = [], []
for trial in range(given["trials"]):
    if untold:
        # Of these it knows no loss, nor yet the worst: they count as being under way.
        liar = optimizer.copy(random_state=optimizer.rng.randint(2**31 - 1))
        liar.tell(untold, [0.0] * len(untold))
        point = liar.ask()
    else:
        point = optimizer.ask()
    found = loss(point)
    if trial in given["failing"]:
        untold.append(point)
    else:
        losses.append(found)
        optimizer.tell(point, found)
    if losses and untold:
        optimizer.tell(untold, [max(losses)] * len(untold))
        untold = []
"""
PENDING = """
optimizer = skopt.Optimizer(space, "ET", acq_func="EI", **common)
running, losses = [], []
for trial in range(given["trials"]):
    if len(running) == 3:
        point = running.pop(0)
        losses.append(objective(build(point)))
        optimizer.tell(point, losses[-1])
    if running:
        liar = optimizer.copy(random_state=optimizer.rng.randint(2**31 - 1))
        liar.tell(running, [min(losses, default=0.0)] * len(running))
        point = liar.ask()
    else:
        point = optimizer.ask()
    result.append(build(point))
    running.append(point)
"""
ALL = pytest.mark.parametrize("name", LOOPS)


@ALL
def test_proposes_what_its_own_function_tries(name: str) -> None:
    expected = own_loop(name, BEGINNING + LOOPS[name], seed=0, trials=7)
    assert drive(name, SPACE, 7, n_initial_points=3) == expected


def test_failed_trials_count_as_the_worst_loss_seen() -> None:
    failing = (0, 1, 4)
    expected = own_loop("skopt-gp", BEGINNING + FAILURES, seed=5, trials=7, failing=failing)
    assert drive("skopt-gp", SPACE, 7, seed=5, failed=failing, n_initial_points=3) == expected


def test_trials_under_way_are_lied_about_as_the_best() -> None:
    expected = own_loop("skopt-et", BEGINNING + PENDING, seed=2, trials=7)
    assert drive("skopt-et", SPACE, 7, seed=2, workers=3, n_initial_points=3) == expected


@ALL
def test_trials_under_way_are_not_proposed_again(name: str) -> None:
    space = Space([Categorical("a", ("x", "y", "z")), Ordinal("b", (1, 2, 3, 4)), Int("c", 1, 4)])
    proposed = drive(name, space, 9, workers=4, n_initial_points=3)
    assert len({tuple(config.values()) for config in proposed[-4:]}) == 4


@pytest.mark.parametrize("name", ["skopt-rf", "skopt-et", "skopt-gbrt"])
def test_trees_propose_more_than_the_highest_of_an_integer_with_a_log_scale(name: str) -> None:
    # With the library's default transformation they propose 1024 at every turn.
    space = Space([Int("n", 4, 1024, log=True), Float("x", 0, 1)])
    assert min(int(config["n"]) for config in drive(name, space, 8, n_initial_points=3)[3:]) < 100


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_both_bounds_are_reached(sign: float) -> None:
    space = Space([Float("rate", 1.0, 7.3, log=True), Int("n", 3, 7, log=True), Int("m", 1, 5)])
    corner = {p.name: p.from_unit(sign < 0) for p in space}
    found = drive(
        "skopt-gp", space, 12, loss=lambda config: sign * objective(config), n_initial_points=3
    )
    assert corner in found


@pytest.mark.parametrize("name", ["skopt-gp", "skopt-rf"])
def test_choices_that_are_equal_in_python_stay_apart(name: str) -> None:
    space = Space(
        [Categorical("kind", (True, 1, 1.0, "1")), Ordinal("only", (3,)), Float("x", 0, 1)]
    )
    proposed = drive(name, space, 30, n_initial_points=28)
    assert {repr(config["kind"]) for config in proposed} == {"True", "1", "1.0", "'1'"}
