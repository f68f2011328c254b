"""Trials that go wrong, and trials that the budget cuts off, on the live stage."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hpobench.store.read.reader import load_results
from tests.ray.faults.commands import finish
from tests.support.frames import tuples
from tests.support.night import some
from tests.support.tiny_plugins import suite_file

pytestmark = pytest.mark.usefixtures("log")
MISBEHAVING = Path(__file__).with_name("live_misbehaving.py")
CHAIN = Path(__file__).with_name("live_chain.py")

TOLD = {
    "raise": "ValueError: no such learning rate",
    "abort": "_Abort: unwound",
    "interrupt": "KeyboardInterrupt: ",
    "unspeakable": "_Unspeakable",
    "nan": "loss is nan at step 2",
    "inf": "loss is inf at step 2",
    "nothing": "step 2 returned None, without a loss",
    "words": "loss at step 2 is 'low', not a number",
    "sys-exit": "the training called exit('had enough')",
    "os-exit": "the worker process died in each of 4 attempts at step 2",
    "segfault": "the worker process died in each of 4 attempts at step 2",
    "sleep": "not finished after 2 s of training",
    "swallow": "not finished after 2 s of training",
    "regex": "not finished after 2 s of training",
    "native": "not finished after 2 s of training",
    "save": "save() returned 'text, not bytes', which is not bytes",
}
"""How the error of each trial that goes wrong begins."""
SLOW = ["os-exit", "segfault", "swallow", "sleep", "native", "regex"]
"""Those that cost their process, in pairs of one kind."""


def test_each_way_of_going_wrong_fails_its_trial_alone(tmp_path: Path) -> None:
    ways = [*(how for how in TOLD if how not in SLOW), *some(SLOW, 3)]
    searcher = {"name": "in-turn", "ways": ["fine", "print", *ways]}
    keys = {"stage": "live", "searchers": [searcher], "problems": ["misbehaving"], "workers": 2}
    suite = suite_file(tmp_path, "wrong", **keys, trial_timeout="2 s", budget={"trials": 99})
    options = ("--plugin", MISBEHAVING, "--results", tmp_path, "--cpus", 2, "--no-report")
    finish("run", suite, *options)
    results = load_results(tmp_path / "wrong")
    found = {}
    for trial in tuples(results.trials):
        how = json.loads(trial.config)["how"]
        if how in TOLD:
            found[how] = trial
            assert (trial.status, trial.steps) == ("failed", 1), how
            assert trial.error.startswith(TOLD[how]), trial.error
        else:
            assert (trial.status, trial.steps) == ("completed", 3), how
    assert set(found) == set(ways)
    # A cell's clock runs on while workers are started anew, but no hang holds it up.
    assert results.cells["clock"].item() < 90
    printed = list((tmp_path / "wrong" / "output").glob("*/trial-*.txt"))
    assert len(printed) == 1
    expected = ["to standard output", "to standard error", "past Python", "from a child"]
    assert printed[0].read_text().splitlines() == expected


def test_the_budgets_time_cuts_off_what_is_being_trained(tmp_path: Path) -> None:
    keys = {"stage": "live", "workers": 2, "problems": [{"chain": {"pause": 10.0}}]}
    suite = suite_file(tmp_path, "cut", **keys, budget={"time": "3 s"})
    finish("run", suite, *("--plugin", CHAIN, "--results", tmp_path, "--cpus", 2, "--no-report"))
    results = load_results(tmp_path / "cut")
    cell = results.cells.loc[0]
    assert (cell["status"], cell["clock"], cell["results"]) == ("done", 3.0, 0)
    assert (results.trials["status"] == "cut").all()
    told = [
        re.fullmatch(r"step 1 was cut off after (\S+) s, when the budget's time was over", error)
        for error in results.trials["error"]
    ]
    # The clock starts with the first worker; another may come later.
    assert 2 < max(float(match[1]) for match in told if match) < 5
