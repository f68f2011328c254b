"""One cell in this process: whatever its plugins do, it has an outcome that can be stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hpobench.contract.errors import PluginError
from hpobench.running.cells.outcome import unfinished_cell
from hpobench.running.cells.run_cell import run_cell
from hpobench.store.read.reader import load_results
from hpobench.store.write.batch import Batch
from hpobench.store.write.problem_rows import problem_rows
from hpobench.store.write.writer import open_writer
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite

PLUGIN = r'''
import random, sys, time
from hpobench.api import *

class Line(TabulatedProblem):
    """The parameter itself, as the loss."""
    name = "line"
    heldout = True
    def __init__(self, *, how: str = "fine"):
        self.how, self.space = how, Space([Float("x", 0.0, 1.0)])
    def reference(self):
        optimum = {"flat": 1.0, "nan": float("nan")}.get(self.how, 0.0)
        return Reference(optimum, 1.0, "known")
    def curve(self, config, seed):
        if self.how == "fails":
            raise OSError("\udc80 gone")
        return Curve([config["x"]], [1.0], [config["x"]])

class Listed(TabulatedProblem):
    """Its parameters are its option's keys, in their order."""
    name = "listed"
    def __init__(self, *, space: dict[str, float]):
        self.space = Space([Float(name, 0.0, high) for name, high in space.items()])
    def reference(self):
        return Reference(0.0, 1.0, "known")
    def curve(self, config, seed):
        return Curve([0.5], [1.0])

class Odd(Searcher):
    """Does what it is told not to."""
    name = "odd"
    def __init__(self, space, *, seed, fidelity, how: str = "fine"):
        self.how = how
    def ask(self, trial):
        if trial == 2:
            if self.how == "sleeps":
                time.sleep(60)
            if self.how == "exits":
                sys.exit("enough")
            if self.how == "raises":
                raise ValueError("\ud800" + "x" * 10**6)
            if self.how == "none":
                return None
        return {"x": 0.5}
    def tell(self, trial, step, loss, *, final):
        pass

from ray.tune.search import Searcher as RaySearcher

class Global(RaySearcher):
    name = "global"
    def __init__(self):
        super().__init__()
        self.first = random.random()
    def set_search_properties(self, metric, mode, config, **spec):
        return True
    def suggest(self, trial_id):
        return {"x": (self.first + random.random()) / 2}
    def on_trial_complete(self, trial_id, result=None, error=False):
        pass
'''


def cell(folder: Path, searcher: str = "odd", problem: str = "line") -> Any:
    (folder / "plugin.py").write_text(PLUGIN)
    (folder / "suite.yaml").write_text(
        f"name: one\nsearchers: [{searcher}]\nproblems: [{problem}]\nseeds: 1\nworkers: 1\n"
        "budget: {evaluations: 5}\nplugins: [plugin.py]\n"
    )
    (found,) = build_plan(load_suite(folder / "suite.yaml")).cells
    return found


def store(folder: Path, outcome: Any) -> None:
    """The outcome goes into a store and comes out again."""
    name, label = outcome.cell["cell"], outcome.cell["problem"]
    (row,) = problem_rows([cell(folder).problem]).values()
    plan = {"name": "one", "suite": {}, "cells": [name], "skipped": []}
    plan |= {f"{k}s": [outcome.cell[k]] for k in ("searcher", "scheduler", "problem")}
    with open_writer(folder / "store") as writer:
        writer.begin(
            "name: one\n",
            plan,
            {name: (outcome.cell["searcher"], outcome.cell["scheduler"])},
            {label: {**row, "problem": label}},
        )
        writer.add([Batch.of([outcome])])
        writer.compact()
    assert len(load_results(folder / "store").events) == len(outcome.events)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("exits", "SystemExit: enough"),
        ("raises", r"ValueError: \ud800xxx"),
        ("none", "odd.ask(2) returned None, not a configuration"),
    ],
)
def test_a_failed_cell_keeps_what_it_had(how: str, message: str, tmp_path: Path) -> None:
    outcome = run_cell(cell(tmp_path, f"{{name: odd, how: {how}}}"), None)
    assert outcome.cell["status"] == "failed"
    assert outcome.cell["error"].startswith(message)
    assert len(outcome.cell["error"]) <= 20_000
    assert len(outcome.events) == 2
    store(tmp_path, outcome)


def test_a_cell_that_hangs_times_out(tmp_path: Path) -> None:
    outcome = run_cell(cell(tmp_path, "{name: odd, how: sleeps}"), None, timeout=0.5)
    assert outcome.cell["status"] == "timeout"
    assert outcome.cell["error"] == "not finished after 0.5 s of wall time"
    assert len(outcome.events) == 2
    store(tmp_path, outcome)


def test_trials_that_all_fail_spend_the_budget(tmp_path: Path) -> None:
    outcome = run_cell(cell(tmp_path, problem="{name: line, how: fails}"), None)
    assert outcome.cell["status"] == "done"
    assert (outcome.cell["trials"], outcome.cell["resource"], outcome.cell["clock"]) == (5, 5, 5)
    assert set(outcome.trials["error"].to_pylist()) == {r"OSError: \udc80 gone"}
    store(tmp_path, outcome)


@pytest.mark.parametrize("how", ["flat", "nan"])
def test_a_reference_that_cannot_scale_a_regret_is_refused(how: str, tmp_path: Path) -> None:
    ref = cell(tmp_path, problem=f"{{name: line, how: {how}}}").problem
    with pytest.raises(PluginError, match="a reference needs finite optimum < clip"):
        problem_rows([ref])


def test_a_space_among_the_options_keeps_its_order(tmp_path: Path) -> None:
    outcome = run_cell(cell(tmp_path, "random", "{listed: {space: {z: 1.0, a: 2.0}}}"), None)
    assert list(json.loads(outcome.trials["config"][0].as_py())) == ["z", "a"]


def test_a_lost_cell_can_be_stored(tmp_path: Path) -> None:
    outcome = unfinished_cell(cell(tmp_path), None, "failed", "the process died")
    assert outcome.cell["status"] == "failed"
    store(tmp_path, outcome)


def test_searchers_of_ray_that_draw_from_the_globals_are_repeatable(tmp_path: Path) -> None:
    one = cell(tmp_path, "global")
    first, second = run_cell(one, None), run_cell(one, None)
    assert first.cell["status"] == "done", first.cell["error"]
    assert first.events == second.events
    assert len(set(first.events["loss"].to_pylist())) == 5


def test_provenance(tmp_path: Path) -> None:
    outcome = run_cell(cell(tmp_path), "abc")
    told = json.loads(outcome.cell["provenance"])
    assert told["commit"] == "abc"
    assert {"hpobench", "ray", "numpy", "python"} <= set(told["versions"])
    assert set(told["seeds"]) == {"searcher", "scheduler", "problem"}
    assert {"name", "system", "cpus"} <= set(told["host"])
    row = outcome.cell
    assert row["evaluation_s"] == row["clock"] == 5
    assert row["harness_s"] > 0
    assert row["suggest_s"] > 0
    assert row["peak_memory"] > 10**7
