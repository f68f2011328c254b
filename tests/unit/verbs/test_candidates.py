"""Which searchers run where a suite names none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpobench.contract.errors import SuiteError, UsageError
from hpobench.evidence.archive import BUDGETS, Archive, PluginFacts, joined, quantised
from hpobench.plugins.isolation.environments import Environment
from hpobench.suites.suite import Suite, load_suite
from hpobench.verbs.within import MOST, Candidates
from tests.unit.evidence.archives import made

SUITE = {"name": "tiny", "problems": ["branin"], "seeds": 2, "budget": {"evaluations": 30}}


def flat(searcher: str, regret: float, scheduler: str = "fifo") -> Archive:
    """Runs that end at about ``regret``."""
    noise = np.random.default_rng(0).normal(0, 0.001, (6, 1))
    regrets = np.clip(np.full((6, len(BUDGETS)), regret) + noise, 0, 1)
    ids = [f"{n}{scheduler}{searcher}"[:6].ljust(6).encode() for n in range(6)]
    found = made(searcher=searcher, regret=quantised(regrets), scheduler=[scheduler] * 6, cell=ids)
    return replace(found, schedulers={scheduler: PluginFacts(scheduler, {}, "")})


@pytest.fixture
def ship(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def ship(*archives: Archive) -> None:
        joined(archives).write(tmp_path / "evidence.parquet")

    monkeypatch.setattr("hpobench.evidence.archive.shipped", lambda: tmp_path / "evidence.parquet")
    monkeypatch.setattr(Environment, "built", lambda _: None)
    return ship


def algorithms(suite: Suite) -> Sequence[str]:
    return [glob.removesuffix("/*") for glob in suite.only]


def test_the_best_algorithms_run_and_the_baseline(ship: Any) -> None:
    ship(flat("random", 0.8), flat("sobol", 0.2), flat("grid", 0.2), flat("optuna-qmc", 0.7))
    candidates = Candidates()
    suite = load_suite(SUITE, choose=candidates)
    assert set(algorithms(suite)) == {"grid/fifo", "sobol/fifo", "random/fifo"}
    assert "by 24 runs on 2 problems the best of those ready to run here: " in candidates.why
    assert candidates.why.endswith("and random + fifo as the baseline")
    assert candidates.thinking_s["grid"] == pytest.approx(0.001)


def test_those_without_an_environment_are_left_out(ship: Any) -> None:
    ship(flat("random", 0.8), flat("hebo", 0.1), flat("sobol", 0.5))
    assert algorithms(load_suite(SUITE, choose=Candidates())) == ["sobol/fifo", "random/fifo"]


def test_those_that_no_registry_knows_are_left_out(ship: Any) -> None:
    ship(flat("random", 0.8), flat("rm -rf", 0.1), flat("sobol", 0.5, "*"), flat("grid", 0.5))
    assert algorithms(load_suite(SUITE, choose=Candidates())) == ["grid/fifo", "random/fifo"]


def test_there_are_not_too_many(ship: Any) -> None:
    names = ["sobol", "grid", "optuna-tpe", "optuna-cmaes", "optuna-nsga2", "optuna-qmc"]
    ship(flat("random", 0.8), *(flat(name, 0.2) for name in names))
    assert len(algorithms(load_suite(SUITE, choose=Candidates()))) == MOST + 1


def test_where_the_baseline_is_the_best_another_algorithm_is_beside_it(ship: Any) -> None:
    ship(flat("random", 0.1), flat("sobol", 0.5), flat("grid", 0.9))
    assert algorithms(load_suite(SUITE, choose=Candidates())) == ["random/fifo", "sobol/fifo"]


def test_named_schedulers_limit_the_choice(ship: Any) -> None:
    ship(flat("random", 0.8), flat("sobol", 0.1, "asha"), flat("grid", 0.5))
    suite = load_suite(SUITE | {"schedulers": ["fifo"]}, choose=Candidates())
    assert algorithms(suite) == ["grid/fifo", "random/fifo"]
    free = load_suite(SUITE, choose=Candidates())
    assert algorithms(free) == ["sobol/asha", "grid/fifo", "random/fifo"]


def test_the_suite_loads_again_as_it_is_stored(ship: Any) -> None:
    ship(flat("random", 0.8), flat("sobol", 0.2))
    chosen = load_suite(SUITE, choose=Candidates())
    assert load_suite(chosen.resolved()).resolved() == chosen.resolved()


def test_what_leaves_no_choice_is_told(ship: Any) -> None:
    ship(flat("random", 0.8), flat("sobol", 0.2))
    with pytest.raises(SuiteError, match="only: picks among searchers that a suite names"):
        load_suite(SUITE | {"only": "sobol/*"}, choose=Candidates())
    steps = SUITE | {"problems": [{"mf-hartmann": {"dimension": 3, "quality": "good"}}]}
    with pytest.raises(UsageError, match="larger than any of the evidence"):
        load_suite(steps, choose=Candidates())
