"""The DEHB searcher proposes what ``DEHB.run`` tries."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hpobench.api import Config, Fidelity, Int, Space, When
from tests import ROOT
from tests.env.algorithms.own_loop import TUNED, build, objective, own_loop
from tests.env.contract.driving import by_day

FIDELITY = Fidelity("epoch", steps=10)
FAILED = (3, 4, 17)
SPACE = Space([*TUNED, Int("depth", 1, 9, when=When("kind", ("bb", "ccc")))])

LOOP = """
import tempfile
from ConfigSpace import (
    Categorical, ConfigurationSpace, EqualsCondition, Float, InCondition, Integer,
    OrdinalHyperparameter,
)
from dehb import DEHB

space = ConfigurationSpace(seed=given["seed"])
kind = Categorical("kind", ["a", "bb", "ccc"])
momentum, depth = Float("momentum", (0, 1)), Integer("depth", (1, 9))
space.add(
    Float("x", (-5, 10)), Float("rate", (1e-5, 1), log=True), Integer("width", (1, 64), log=True),
    OrdinalHyperparameter("batch", [8, 16, 32]), kind, momentum, depth,
)
space.add(EqualsCondition(momentum, kind, "a"), InCondition(depth, kind, ["bb", "ccc"]))
plain = {"kind": str, "batch": int}
result = []

def evaluate(config, fidelity, **kwargs):
    found = {
        name: plain.get(name, lambda value: value)(config[name])
        for name in given["order"] if name in config
    }
    failed = len(result) in given["failed"]
    result.append([found, round(fidelity)])
    return {"fitness": sys.float_info.max if failed else objective(found), "cost": 1.0}

with tempfile.TemporaryDirectory() as folder:
    DEHB(
        cs=space, f=evaluate, seed=given["seed"], n_workers=1, output_path=folder,
        max_fidelity=10, **given["options"],
    ).run(fevals=given["trials"])
"""
LEAVES_NOTHING = """
import sys
from hpobench.api import Fidelity, Float, Space
from tests.env.algorithms.own_loop import build

searcher = build(sys.argv[1], Space([Float("x", 0, 1)]), 0, Fidelity("epoch", steps=9))
for trial in range(6):
    searcher.ask(trial)
    searcher.tell(trial, searcher.steps(trial), trial, final=True)
"""


def by_hpobench(seed: int, trials: int, **options: Any) -> list[tuple[Config, int]]:
    proposed = []
    with contextlib.closing(build("dehb", SPACE, seed, FIDELITY, **options)) as searcher:
        for trial in range(trials):
            config, steps = searcher.ask(trial), searcher.steps(trial)
            SPACE.check(config)
            proposed.append((config, steps))
            if trial in FAILED:
                searcher.failed(trial)
            else:
                for step in range(1, steps):
                    searcher.tell(trial, step, -1e6, final=False)
                searcher.tell(trial, steps, objective(config), final=True)
    return proposed


@pytest.mark.parametrize("options", [{"min_fidelity": 1, "eta": 3}, {"min_fidelity": 3, "eta": 2}])
def test_proposes_what_dehb_tries(options: dict[str, int]) -> None:
    given = {"order": SPACE.names, "failed": FAILED, "trials": 80, "options": options}
    theirs = own_loop("dehb", LOOP, seed=0, **given)
    assert [list(row) for row in by_hpobench(0, 80, **options)] == theirs


def test_rungs_are_whole_steps() -> None:
    # Of the rungs at 10 / 9, 10 / 3 and 10.
    assert {steps for _, steps in by_hpobench(1, 40)} == {1, 3, 10}


def test_seed_0_is_a_seed() -> None:
    first = by_hpobench(0, 20)
    assert by_hpobench(0, 20) == first
    assert by_hpobench(1, 20) != first


def test_outlives_a_rung_in_which_every_trial_fails() -> None:
    with contextlib.closing(build("dehb", SPACE, 0, FIDELITY)) as searcher:
        for trial in range(60):
            SPACE.check(searcher.ask(trial))
            searcher.failed(trial)


@pytest.mark.parametrize("name", by_day(["dehb", "smac-hyperband"]))
def test_leaves_no_files(name: str, tmp_path: Path) -> None:
    folders = tmp_path / "work", tmp_path / "temporary"
    for folder in folders:
        folder.mkdir()
    path = os.pathsep.join([str(ROOT), *sys.path])
    subprocess.run(
        [sys.executable, "-c", LEAVES_NOTHING, name],
        cwd=folders[0],
        env=os.environ | {"TMPDIR": str(folders[1]), "PYTHONPATH": path},
        check=True,
    )
    assert [list(folder.iterdir()) for folder in folders] == [[], []]
