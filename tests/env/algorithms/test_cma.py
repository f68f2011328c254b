"""The pycma searcher proposes what pycma's own ask-and-tell loop proposes."""

from __future__ import annotations

import contextlib
import json
from collections import Counter

import numpy as np
import pytest

from hpobench.api import Categorical, Config, Float, Int, Ordinal, Space, Value
from tests import ROOT
from tests.env.algorithms.own_loop import SIXTHS, THIRDS, build, drive, objective, own_loop

SPACES = {
    "mixed": Space(
        [
            Float("x", -5, 10),
            Float("rate", 1e-5, 1, log=True),
            Int("n", 3, 9),
            Ordinal("batch", (8, 16, 32)),
            Categorical("kind", ("a", "bb", "ccc")),
        ]
    ),
    # Solved so soon that pycma stops and starts again.
    "small": Space([Float("x", 0, 1), Float("y", 0, 1)]),
}

LOOP = """
import math
import cma
import numpy as np

def mixed(point):
    x, rate, n, batch, *kinds = map(float, point)
    low, high = math.log(1e-5), math.log(1)
    return {
        "x": -5 + x * 15,
        "rate": math.exp(low + rate * (high - low)),
        "n": int(n),
        "batch": (8, 16, 32)[int(batch)],
        "kind": ("a", "bb", "ccc")[int(np.argmax(kinds))],
    }

def small(point):
    return {"x": float(point[0]), "y": float(point[1])}

config_of, bounds, integer = {
    "mixed": (mixed, [(0, 1), (0, 1), (2.5, 9.5), (-0.5, 2.5), *[(0, 1)] * 3], [2, 3]),
    "small": (small, [(0, 1), (0, 1)], []),
}[given["space"]]

rng = np.random.RandomState(given["seed"])
x0, more, configs, starts = [(low + high) / 2 for low, high in bounds], {}, [], 0
while len(configs) < given["trials"]:
    starts += 1
    strategy = cma.CMAEvolutionStrategy(
        x0,
        given["sigma0"],
        {
            "bounds": [[low for low, _ in bounds], [high for _, high in bounds]],
            "CMA_stds": [high - low for low, high in bounds],
            "integer_variables": integer,
            "randn": rng.randn,
            "seed": np.nan,
            "verbose": -9,
            **more,
        },
    )
    while not strategy.stop():
        points, losses = [], []
        drawn = strategy.ask()
        while len(losses) < strategy.popsize:
            point = drawn.pop(0) if drawn else strategy.ask(1)[0]
            config = config_of(point)
            configs.append(config)
            if len(configs) % 7 == 3:
                continue  # failed
            points.append(point)
            losses.append(1e30 if len(configs) % 7 == 6 else objective(config))
        strategy.tell(points, losses)
        if len(configs) >= given["trials"]:
            break
    else:
        more = {"popsize": 2 * strategy.popsize}
        x0 = [rng.uniform(low, high) for low, high in bounds]
result = {"configs": configs[: given["trials"]], "starts": starts}
"""


@pytest.mark.parametrize(("label", "trials", "sigma0"), [("mixed", 150, 0.25), ("small", 600, 0.1)])
def test_proposes_what_pycmas_loop_proposes(label: str, trials: int, sigma0: float) -> None:
    space = SPACES[label]
    theirs = own_loop("cma", LOOP, seed=0, space=label, trials=trials, sigma0=sigma0)
    proposed = drive("cma", space, trials, failed=THIRDS, diverged=SIXTHS, sigma0=sigma0)
    assert json.dumps(proposed) == json.dumps(theirs["configs"])
    assert theirs["starts"] > 1 or label != "small"


INJECTED = """
import math
import cma
import numpy as np

rng = np.random.RandomState(given["seed"])
strategy = cma.CMAEvolutionStrategy(
    [0.5, 0.5],
    0.25,
    {
        "bounds": [[0, 0], [1, 1]],
        "CMA_stds": [1, 1],
        "randn": rng.randn,
        "seed": np.nan,
        "verbose": -9,
    },
)
drawn = strategy.ask()
chosen = []
for point in given["points"]:
    # A genotype, which pycma's bounds map to the point.
    strategy.inject([strategy.boundary_handler.inverse(point)], force=True)
    injected, more = strategy.ask(2)
    chosen.append(injected)
    drawn.append(more)
told = chosen + drawn[: strategy.popsize - len(chosen)]
strategy.tell(told, [(point[0] - 0.3) ** 2 + (point[1] - 0.3) ** 2 for point in told])
result = [[point.tolist() for point in part] for part in (told, strategy.ask())]
"""


def test_what_others_chose_is_injected_into_the_generation() -> None:
    space = Space([Float("x", 0, 1), Float("y", 0, 1)])
    points = [[0.31, 0.29], [0.0, 1.0]]
    told, then = own_loop("cma", INJECTED, seed=0, points=points)
    found: list[list[float]] = []
    with contextlib.closing(build("cma", space, 0)) as searcher:
        for trial, (x, y) in enumerate(points):
            assert searcher.adopt(trial, {"x": x, "y": y})
            searcher.tell(trial, 1, objective({"x": x, "y": y}), final=True)
        for trial in range(len(points), len(told) + len(then)):
            config = searcher.ask(trial)
            found.append([float(config["x"]), float(config["y"])])
            searcher.tell(trial, 1, objective(config), final=True)
    np.testing.assert_allclose([*points, *found], [*told, *then], atol=1e-12)


@pytest.mark.parametrize("at", [0.0, 0.3, 1.0])
def test_injected_points_are_the_configurations(at: float) -> None:
    code = """
sys.path.insert(0, given["root"])
from hpobench.algorithms.searchers.cma import PyCma
from hpobench.api import Fidelity, Space

space = Space.from_json(given["space"])
searcher = PyCma(space, seed=0, fidelity=Fidelity())
searcher.adopt(0, given["config"])
point = searcher._running[0]
searcher._drawn = [point]
result = searcher.ask(1)
"""
    space = SPACES["mixed"]
    config = space.from_unit([at] * len(space))
    found = own_loop("cma", code, seed=0, root=str(ROOT), space=space.to_json(), config=config)
    assert found == pytest.approx(config)


def test_any_number_under_way_and_told_in_any_order() -> None:
    space = Space([Float("x", 0, 1), Float("y", 0, 1)])
    asked: dict[int, Config] = {}
    losses: list[float] = []
    with contextlib.closing(build("cma", space, 0)) as searcher:
        for batch in range(12):
            numbers = range(20 * batch, 20 * batch + 20)
            asked |= {trial: searcher.ask(trial) for trial in numbers}
            for trial in reversed(numbers):
                losses.append(objective(asked[trial]))
                searcher.tell(trial, 1, losses[-1], final=True)
    assert len({json.dumps(config) for config in asked.values()}) == len(asked)
    assert sorted(losses[-40:])[20] < 0.01 * sorted(losses[:40])[20]


def test_optima_on_the_bounds_are_reached() -> None:
    space = Space(
        [
            Float("x", 0.1, 0.7),
            Float("rate", 1e-5, 0.3, log=True),
            Int("n", 2, 30),
            Int("width", 1, 1000, log=True),
            Ordinal("o", ("low", "mid", "high")),
        ]
    )
    with contextlib.closing(build("cma", space, 0)) as searcher:
        best: dict[str, float] = {}
        for trial in range(400):
            config = searcher.ask(trial)
            space.check(config)
            units = {p.name: p.to_unit(config[p.name]) for p in space}
            searcher.tell(trial, 1, -sum(units.values()), final=True)
            best = {name: max(u, best.get(name, 0)) for name, u in units.items()}
    bounds: list[Value] = [30, 1000, "high"]
    assert best["x"] > 0.999
    assert best["rate"] > 0.999
    pairs = zip(list(space)[2:], bounds, strict=True)
    assert all(best[p.name] == p.to_unit(value) for p, value in pairs)


def test_choices_are_as_likely_at_first_and_learnt() -> None:
    space = Space([Categorical("c", ("a", True, 1)), Float("x", 0, 1)])
    with contextlib.closing(build("cma", space, 0)) as searcher:
        # Four standard deviations on each side.
        first = Counter(repr(searcher.ask(trial)["c"]) for trial in range(300))
        assert all(abs(first[value] - 100) < 40 for value in ("'a'", "True", "1"))
        then = 0
        for trial in range(300, 600):
            config = searcher.ask(trial)
            searcher.tell(trial, 1, float(config["x"]) + (config["c"] is not True), final=True)
            then += config["c"] is True
    assert then > 200
