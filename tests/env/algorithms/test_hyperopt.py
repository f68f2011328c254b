"""The Hyperopt searchers propose what ``hyperopt.fmin`` proposes."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from typing import Any

import pytest

from hpobench.api import Float, Int, Ordinal, Space, When
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
from tests.support.night import some

SPACES = {"mixed": MIXED, "conditional": CONDITIONAL}

LOOP = """
import functools, math
import numpy as np
from hyperopt import anneal, atpe, fmin, hp, tpe

rate = hp.loguniform("rate", math.log(1e-5), 0)
space = {
    "mixed": {
        "x": hp.uniform("x", -5, 10),
        "rate": rate,
        "n": hp.quniform("n", 0.5, 4.5, 1),
        "width": hp.qloguniform("width", math.log(0.5), math.log(64.5), 1),
        "batch": hp.quniform("batch", -0.5, 2.5, 1),
        "kind": hp.choice("kind", ["a", "bb", "ccc"]),
    },
    "conditional": {
        "kind": hp.choice(
            "kind",
            [
                {"": "a", "momentum": hp.uniform("momentum", 0, 1), "rate": rate},
                {"": "bb", "depth": hp.quniform("depth", 0.5, 9.5, 1)},
                {"": "ccc", "rate": rate},
            ],
        ),
    },
}[given["space"]]
order = given["order"]
result = []

def evaluate(found):
    if isinstance(found["kind"], dict):
        found = {**found["kind"], "kind": found["kind"][""]}
    config = {name: found[name] for name in order if name in found}
    for name in {"n", "width", "depth"} & config.keys():
        config[name] = int(config[name])
    if "batch" in config:
        config["batch"] = (8, 16, 32)[int(config["batch"])]
    result.append(config)
    if len(result) % 7 == 3:
        # Adaptive TPE needs the key.
        return {"status": "fail", "loss": None}
    return 1e30 if len(result) % 7 == 6 else objective(config)

suggest = {"tpe": tpe, "anneal": anneal, "atpe": atpe}[given["algorithm"]].suggest
fmin(
    evaluate,
    space,
    algo=functools.partial(suggest, **given["options"]),
    max_evals=given["trials"],
    rstate=np.random.default_rng(given["seed"]),
    show_progressbar=False,
)
"""


@pytest.mark.parametrize(
    ("algorithm", "space", "trials", "options"),
    some(
        [
            ("tpe", "mixed", 40, {}),
            ("tpe", "conditional", 40, {}),
            ("tpe", "mixed", 25, {"n_startup_jobs": 5, "gamma": 0.6, "n_EI_candidates": 8}),
            ("anneal", "mixed", 30, {"avg_best_idx": 4.0, "shrink_coef": 0.5}),
            ("anneal", "conditional", 30, {}),
            ("atpe", "mixed", 20, {}),
            ("atpe", "conditional", 20, {}),
        ],
        2,
    ),
)
def test_proposes_as_fmin(algorithm: str, space: str, trials: int, options: dict[str, Any]) -> None:
    name = f"hyperopt-{algorithm}"
    given = {"algorithm": algorithm, "trials": trials, "options": options, "space": space}
    theirs = own_loop(name, LOOP, seed=0, order=SPACES[space].names, **given)
    ours = drive(name, SPACES[space], trials, failed=THIRDS, diverged=SIXTHS, **options)
    assert json.dumps(ours) == json.dumps(theirs)


def test_integers_and_ordinals_reach_their_bounds_as_often_as_the_rest() -> None:
    space = Space([Int("n", 1, 4), Ordinal("batch", ("s", "m", "l"))])
    with contextlib.closing(build("hyperopt-tpe", space, 0, n_startup_jobs=600)) as searcher:
        drawn = [searcher.ask(trial) for trial in range(600)]
    # Four standard deviations on each side; half the share would be far outside.
    for name, choices in (("n", 4), ("batch", 3)):
        expected, counts = 600 / choices, Counter(config[name] for config in drawn)
        assert len(counts) == choices
        assert all(abs(n - expected) < 4 * expected**0.5 for n in counts.values())


@pytest.mark.parametrize("name", some(["hyperopt-tpe", "hyperopt-anneal", "hyperopt-atpe"], 1))
def test_conditions_on_numbers(name: str) -> None:
    space = Space(
        [
            Int("layers", 1, 3),
            Int("width_2", 4, 64, log=True, when=When("layers", (2, 3))),
            Int("width_3", 4, 64, log=True, when=When("layers", (3,))),
            Ordinal("size", ("s", "m", "l")),
            Float("rest", 0, 1, when=When("size", ("m", "l"))),
            Float("never", 0, 1, when=When("rest", (0.5,))),
        ]
    )
    sets = {frozenset(config) for config in drive(name, space, 25)}
    always, rest = {"layers", "size"}, {"rest"}
    for widths in (set(), {"width_2"}, {"width_2", "width_3"}):
        assert always | widths in sets or always | widths | rest in sets


@pytest.mark.parametrize(
    ("name", "spread"),
    some([("hyperopt-tpe", 1), ("hyperopt-anneal", 1), ("hyperopt-atpe", 0.5)], 1),
)
def test_suggestions_under_way_differ(name: str, spread: float) -> None:
    space = Space([Float("x", 0, 1), Float("y", 1e-4, 1, log=True)])
    with contextlib.closing(build(name, space, 0)) as searcher:
        for trial in range(25):
            searcher.tell(trial, 1, objective(searcher.ask(trial)), final=True)
        under_way = [json.dumps(searcher.ask(trial)) for trial in range(25, 33)]
    assert len(set(under_way)) >= spread * len(under_way)


def test_tpe_without_random_trials_at_first() -> None:
    assert len(drive("hyperopt-tpe", SPACES["mixed"], 10, n_startup_jobs=0)) == 10
