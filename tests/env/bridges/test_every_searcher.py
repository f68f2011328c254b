"""Every searcher proposes in a plain Tuner what it proposes inside hpobench."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ray import tune

import hpobench
from hpobench.bridges.tune_searcher import TuneSearcher
from hpobench.contract.cell import Budget, Cell, PluginRef
from hpobench.plugins.building import build_problem, plugin_ref
from hpobench.plugins.registry import Registry
from hpobench.running.cells.run_cell import run_cell
from hpobench.testing import doubles
from tests.env.contract.driving import OPTIONS, TRIALS, by_day

STEPS = 3
NAMES = [
    entry.name
    for entry in Registry().entries("searcher")
    if entry.name != "command" and not getattr(entry.load(), "schedules_itself", False)
]


def proposals_inside(name: str, trials: int) -> tuple[Cell, list[dict[str, Any]], Any]:
    """Those of a cell of one worker, under no scheduler."""
    registry = Registry()
    problem = PluginRef(
        "problem", "curves", "curves", {"steps": STEPS}, doubles.__file__, "CurveProblem"
    )
    multi = registry.find("searcher", name).load().multi_fidelity  # type: ignore[attr-defined]
    cell = Cell(
        "inside",
        plugin_ref(registry, "searcher", name, OPTIONS.get(name, {})),
        plugin_ref(registry, "scheduler", "fifo", {}),
        problem,
        seed=1,
        budget=Budget(trials=trials),
        workers=1,
        tell="every" if multi else "last",
    )
    outcome = run_cell(cell, None)
    assert outcome.cell["status"] == "done", outcome.cell["error"]
    configs = [json.loads(text) for text in outcome.trials["config"].to_pylist()]
    return cell, configs, outcome.events.to_pylist()


@pytest.mark.parametrize("name", by_day(NAMES))
def test_the_same_proposals(name: str) -> None:
    trials = TRIALS.get(name, 12)
    cell, expected, events = proposals_inside(name, trials)
    space = build_problem(cell.problem).space
    seed, options = cell.role_seed("searcher"), OPTIONS.get(name, {})
    search: Any = hpobench.searcher(
        name, seed=seed, space=space, metric="loss", mode="min", max_t=STEPS, **options
    )
    found = []
    for trial in range(trials):
        found.append(search.suggest(str(trial)))
        results = [
            {
                "loss": event["loss"],
                "training_iteration": event["step"],
                "time_total_s": sum(
                    e["cost"] for e in events if e["trial"] == trial and e["step"] <= event["step"]
                ),
            }
            for event in events
            if event["trial"] == trial
        ]
        for result in results:
            search.on_trial_result(str(trial), result)
        search.on_trial_complete(str(trial), results[-1])
    assert found == expected
    assert isinstance(search, TuneSearcher)


PARAM_SPACE = {
    "lr": tune.loguniform(1e-4, 1.0),
    "model": {"n layers": tune.randint(1, 5), "drop-out": tune.quniform(0, 0.5, 0.1)},
    "optimizer": tune.choice([{"name": "sgd"}, None]),
}


@pytest.mark.parametrize("name", by_day(NAMES))
def test_a_nested_space_with_odd_keys(name: str) -> None:
    search: Any = hpobench.searcher(name, max_t=1, **OPTIONS.get(name, {}))
    search.set_search_properties("loss", "max", PARAM_SPACE)
    for trial in ("a", "b"):
        config = search.suggest(trial)
        assert list(config) == ["lr", "model", "optimizer"]
        search.on_trial_complete(trial, {"loss": config["lr"], "training_iteration": 1})


def test_an_isolated_searcher_goes_on_where_it_was(tmp_path: Path) -> None:
    def make() -> Any:
        return hpobench.searcher("hyperopt-tpe", space=doubles.SPACE, metric="loss", mode="max")

    def ask(search: Any, names: str) -> list[Any]:
        found = []
        for name in names:
            found.append(search.suggest(name))
            search.on_trial_complete(name, {"loss": found[-1]["lr"], "training_iteration": 1})
        return found

    calm = ask(make(), "abcdefgh")
    search = make()
    assert ask(search, "abcde") == calm[:5]
    search.save(str(tmp_path / "state"))
    (restored := make()).restore(str(tmp_path / "state"))
    assert ask(restored, "fgh") == calm[5:]
