"""Suites that are drawn at random, of everything that runs on this machine."""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hpobench.contract.errors import UsageError
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite
from hpobench.verbs.planned import Planned
from tests.ray.faults.commands import finish
from tests.ray.faults.test_live import CHAIN

_SECONDS = 20
"""The most that a suite may take, as far as it is known."""
_PROBLEMS: Sequence[Any] = (
    "branin",
    "jenatton",
    "chain-table",
    {"branin": {"noise": 0.1}},
    {"hartmann": {"dimension": 6}},
    {"mixed": {"function": "levy"}},
    {"counting-ones": {"categorical": 3, "continuous": 3, "max_draws": 27}},
    {"learning-curves": {"function": "ackley"}},
    {"mf-hartmann": {"dimension": 3, "quality": "terrible", "steps": 9}},
    {"fcnet": {"dataset": "protein_structure"}},
    {"fcnet": {"dataset": "naval_propulsion", "observe": "repeats"}},
)
_TRAINED: Sequence[Any] = (
    ["chain"],
    [{"chain": {"saves": False}}],
    [{"chain": {"weight": 4000, "steps": 6}}],
    ["chain", {"mf-hartmann": {"dimension": 3, "quality": "good", "steps": 9}}],
)
_BUDGETS = ({"evaluations": 6}, {"evaluations": 12}, {"trials": 10}, {"time": 40})


def draw_suite(folder: Path, rng: random.Random, *, live: bool) -> Path:
    """A suite that has cells, and not too many of them."""
    path = folder / "soak.yaml"
    least, most = (1, 8) if live else (12, 150)
    while True:
        path.write_text(json.dumps(_drawn(rng, live)))
        try:
            suite = load_suite(path, plugins=[CHAIN])
            plan = Planned(suite, build_plan(suite))
        except UsageError:  # nothing of the suite goes together
            continue
        # Nobody has measured the trainings, which are short.
        seconds = 0.0 if live else plan.real_time()["seconds"]
        if least <= len(plan.plan.cells) <= most and seconds <= _SECONDS:
            return path


def _drawn(rng: random.Random, live: bool) -> dict[str, Any]:
    few = 1 if live else 3
    suite = {
        "name": "chains" if live else "soak",
        "searchers": rng.sample(_usable("searchers"), rng.randint(1, few + 1)),
        "schedulers": rng.sample(_usable("schedulers"), rng.randint(1, few)),
        "problems": rng.choice(_TRAINED) if live else rng.sample(_PROBLEMS, rng.randint(1, few)),
        "seeds": rng.randint(1, 3) if live else rng.randint(2, 12),
        "workers": rng.choice((1, 3) if live else (1, 3, [1, 4])),
        "budget": {"trials": rng.randint(8, 24)} if live else rng.choice(_BUDGETS),
    }
    return suite | ({"stage": "live"} if live else {})


@functools.cache
def _usable(what: str) -> Sequence[str]:
    """Those that run here and take no option that must be given."""
    listed = json.loads(finish("list", what, "--json"))
    return [
        one["name"]
        for one in listed
        if one["available"] == "yes" and all(o["default"] is not None for o in one["options"])
    ]
