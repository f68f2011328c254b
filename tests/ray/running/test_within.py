"""Runs with a limit of wall time: they end in time, lose nothing that finished, and go on."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

import hpobench
from hpobench.running.local.worker_processes import ForkServers
from hpobench.running.plan.experiment import Summary, run_plan
from hpobench.store.format.index import DECISION
from hpobench.store.read.reader import load_plan, load_results
from hpobench.suites.grid import build_plan
from hpobench.suites.run_options import RunOptions
from hpobench.suites.suite import load_suite
from hpobench.verbs.tally import Tally
from tests.ray.faults.commands import finish
from tests.support.night import night
from tests.unit.verbs.test_candidates import (
    flat,
    ship,  # noqa: F401 - a fixture
)

PLUGINS = '''
import time
from random import Random

from hpobench.api import (
    Curve, Fidelity, Float, FunctionProblem, Reference, Searcher, Space, TabulatedProblem
)

SPACE = Space([Float("x", 0.0, 1.0)])


class Slow(TabulatedProblem):
    """Each look-up takes some wall time."""

    name = "slow"
    space = SPACE

    def __init__(self, *, seconds: float = 0.05):
        self.seconds = seconds

    def reference(self):
        return Reference(0.0, 1.0, "known")

    def curve(self, config, seed):
        time.sleep(self.seconds)
        return Curve([config["x"]], [1.0])


class Trained(FunctionProblem):
    """Each trial takes 0.2 s, which nobody knows beforehand."""

    name = "trained"
    space = SPACE
    fidelity = Fidelity("epoch", steps=2)

    def train(self, config, seed):
        for _ in range(2):
            time.sleep(0.1)
            yield config["x"]


class Bad(Searcher):
    """Draws in the upper half."""

    name = "bad"
    low = 0.5

    def __init__(self, space, *, seed, fidelity):
        self.space, self.rng = space, Random(seed)

    def ask(self, trial):
        return {"x": self.low + 0.3 * self.rng.random()}

    def tell(self, trial, step, loss, *, final):
        pass


class Good(Bad):
    """Draws in the lower half."""

    name = "good"
    low = 0.0
'''
SUITE: dict[str, Any] = {
    "name": "tiny",
    "searchers": ["good", "bad"],
    "problems": ["slow"],
    "seeds": 4,
    "budget": {"evaluations": 5},
}
EXTRA_S = 60.0
"""What starting Python and a busy machine may add."""


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    (file := tmp_path / "plugins.py").write_text(PLUGINS)
    return file


def write(folder: Path, **keys: Any) -> Path:
    (file := folder / "tiny.json.yaml").write_text(json.dumps(SUITE | keys))  # JSON is YAML
    return file


def test_it_stops_early_once_decided(plugin: Path, tmp_path: Path) -> None:
    begin = time.monotonic()
    given: Any = {"plugins": [plugin], "results": tmp_path, "cpus": 2, "report": False}
    results = hpobench.run(SUITE, **given, within="10 min")
    assert time.monotonic() - begin < 300
    content = json.loads((tmp_path / "tiny" / DECISION).read_text())
    assert content["decided"]
    assert "good has the lowest" in content["sentence"]
    assert len(results.cells) == 2 * content["looks"][-1]["seeds"]
    again = hpobench.run(SUITE, plugins=[plugin], results=tmp_path, within=60, cpus=2, report=False)
    assert again.cells["cell"].tolist() == results.cells["cell"].tolist()


def test_it_ends_in_time_and_goes_on(plugin: Path, tmp_path: Path) -> None:
    slow = {"searchers": ["random", "sobol"], "problems": [{"slow": {"seconds": 0.4}}]}
    options = ("--plugin", plugin, "--results", tmp_path, "--within", "12s", "--no-report")
    begin = time.monotonic()
    output = finish("run", write(tmp_path, **slow), *options, "--cpus", 1)
    assert time.monotonic() - begin < 12 + EXTRA_S
    assert "candidates, named by the suite: random + fifo, sobol + fifo" in output
    before = load_results(tmp_path / "tiny").cells
    assert set(before["status"]) == {"done"}
    assert len(before) < 200
    finish("run", write(tmp_path, **slow), *options, "--cpus", 1)
    after = load_results(tmp_path / "tiny").cells
    kept = after.set_index("cell").loc[before["cell"]]
    assert kept["harness_s"].tolist() == before["harness_s"].tolist()  # they did not run again
    assert len(after) > len(before)


def run_until(folder: Path, plugin: Path, seconds: float) -> Summary:
    content = SUITE | {"problems": [{"slow": {"seconds": 0.1}}], "seeds": 20}
    suite = load_suite(content, plugins=[plugin])
    given: Any = {"options": RunOptions(cpus=2), "until": time.monotonic() + seconds}
    with ForkServers(soon=False) as servers:
        return run_plan(suite, build_plan(suite), folder, Tally(), start=servers.start, **given)


@night  # by day one ends a run above
def test_a_deadline_in_the_middle_loses_nothing_finished(plugin: Path, tmp_path: Path) -> None:
    begin = time.monotonic()
    first = run_until(tmp_path, plugin, 8)
    assert time.monotonic() - begin < 8 + EXTRA_S
    assert first.late
    assert first.counts.keys() <= {"done", "missing"}
    assert first.ran == first.counts["done"]
    none = run_until(tmp_path, plugin, 0)
    assert (none.late, none.ran, none.counts) == (True, 0, first.counts)
    last = run_until(tmp_path, plugin, 600)
    assert not last.late
    assert (last.counts, last.ran) == ({"done": 40}, 40 - first.counts["done"])


@night  # more than a minute
def test_live_budgets_are_shortened_by_what_a_trial_takes(plugin: Path, tmp_path: Path) -> None:
    live = {"problems": ["trained"], "stage": "live", "workers": 1, "budget": {"evaluations": 1000}}
    options = ("--plugin", plugin, "--results", tmp_path, "--within", "80s", "--cpus", 1)
    begin = time.monotonic()
    output = finish("run", write(tmp_path, **live), *options)
    assert time.monotonic() - begin < 80 + 2 * EXTRA_S  # and a report
    assert "measuring what a trial of each problem takes" in output
    assert "shortened from evaluations 1000 to fit two seeds" in output
    plan = load_plan(tmp_path / "tiny")
    shorter = plan["suite"]["problems"][0]["budget"]["evaluations"]
    assert plan["whole_budgets"] == {"trained": {"evaluations": 1000}}
    # Trials of 0.2 s, four cells, and less than 80 s for all of them.
    assert 1 <= shorter < 80 / 0.2 / 4
    again = finish("run", write(tmp_path, **live), *options, "--dry-run", "--within", "1h")
    assert f"trained evaluations {shorter:g}, shortened from evaluations 1000" in again


def test_a_suite_without_searchers_gets_candidates(
    ship: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    ship(flat("random", 0.8), flat("sobol", 0.2))
    suite = {key: value for key, value in SUITE.items() if key != "searchers"}
    suite |= {"problems": ["branin"]}
    results = hpobench.run(suite, results=tmp_path, within=30, max_seeds=6, report=False)
    pairs = results.cells[["searcher", "scheduler"]].drop_duplicates().to_numpy().tolist()
    assert sorted(pairs) == [["random", "fifo"], ["sobol", "fifo"]]
    with pytest.raises(hpobench.SuiteError, match="only `hpobench run --within 1h` chooses"):
        hpobench.run(suite, results=tmp_path)
