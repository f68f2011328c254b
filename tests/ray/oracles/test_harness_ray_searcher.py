"""A searcher written for Ray Tune takes part from a plugin file, unchanged."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import optuna
import pytest
from optuna.samplers import TPESampler
from ray import tune

from benchmarks.cells import column, configs, plan, run
from hpobench.problems.synthetic.branin import Branin
from tests.support.present import present

TRIALS = 30

CLIMBER = '''
"""A searcher as one writes it for Ray Tune; it knows nothing of hpobench."""

from random import Random

from ray.tune.search import Searcher


class Climber(Searcher):
    """Steps from the best configuration so far, in smaller and smaller steps."""

    def __init__(self, metric=None, mode=None, seed=None, start=8):
        super().__init__(metric=metric, mode=mode)
        self.rng, self.start = Random(seed), start
        self.running, self.best, self.told = {}, None, 0

    def set_search_properties(self, metric, mode, config, **spec):
        self._metric, self._mode, self.space = metric, mode, config
        return True

    def suggest(self, trial_id):
        reach = 1 if self.told < self.start else self.start / self.told / 2
        config = {}
        for name, domain in self.space.items():
            draw = self.rng.uniform(domain.lower, domain.upper)
            near = draw if self.best is None else self.best[1][name]
            config[name] = near + reach * (draw - near)
        self.running[trial_id] = config
        return config

    def on_trial_complete(self, trial_id, result=None, error=False):
        config, self.told = self.running.pop(trial_id), self.told + 1
        if self.best is None or result[self.metric] < self.best[0]:
            self.best = (result[self.metric], config)
'''
OPTUNA = """from ray.tune.search.optuna import OptunaSearch
class RaysOptuna(OptunaSearch):
    name = "rays-optuna"
"""


def suite(searcher: str, **changes: object) -> dict[str, object]:
    own = {"searchers": [searcher], "problems": ["branin"], "budget": {"trials": TRIALS}}
    return {**own, "seeds": 2, "workers": 1, **changes}


def load(file: Path) -> ModuleType:
    spec = present(importlib.util.spec_from_file_location("apart_from_the_harness", file))
    module = importlib.util.module_from_spec(spec)
    present(spec.loader).exec_module(module)
    return module


def test_a_ray_searcher_is_driven_as_by_hand(tmp_path: Path) -> None:
    (cell, _) = plan(tmp_path, suite("Climber"), {"climber.py": CLIMBER})
    outcome = run(cell)
    climber = load(tmp_path / "climber.py").Climber(seed=cell.role_seed("searcher"))
    space = {"x1": tune.uniform(-5, 10), "x2": tune.uniform(0, 15)}
    climber.set_search_properties("loss", "min", space)
    proposed, losses = [], []
    for trial_id in map(str, range(TRIALS)):
        proposed.append(climber.suggest(trial_id))
        losses.append(Branin().curve(proposed[-1], 0).losses[-1])
        climber.on_trial_complete(trial_id, {"loss": losses[-1]})
    assert configs(outcome) == proposed
    assert column(outcome, "loss") == losses


@pytest.mark.parametrize("scheduler", ["fifo", "asha", "hyperband"])
@pytest.mark.parametrize(
    ("searcher", "text"), [("Climber", CLIMBER), ("rays-optuna", OPTUNA)], ids=["plain", "optuna"]
)
def test_its_history_repeats(searcher: str, text: str, scheduler: str, tmp_path: Path) -> None:
    curves = {"mf-hartmann": {"dimension": 3, "quality": "bad"}}
    multi = suite(searcher, schedulers=[scheduler], problems=[curves], workers=4)
    cells = plan(tmp_path, multi, {"plugin.py": text})
    first, again = ([run(cell) for cell in cells] for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert one.events.equals(other.events)
        assert configs(one) == configs(other)
    assert configs(first[0]) != configs(first[1])


def test_rays_optuna_in_three_lines_is_optuna(tmp_path: Path) -> None:
    (cell, _) = plan(tmp_path, suite("rays-optuna"), {"plugin.py": OPTUNA})
    outcome = run(cell)

    def objective(trial: optuna.Trial) -> float:
        x1, x2 = trial.suggest_float("x1", -5, 10), trial.suggest_float("x2", 0, 15)
        return Branin().curve({"x1": x1, "x2": x2}, 0).losses[-1]

    study = optuna.create_study(sampler=TPESampler(seed=cell.role_seed("searcher")))
    study.optimize(objective, n_trials=TRIALS)
    assert configs(outcome) == [trial.params for trial in study.trials]
    assert column(outcome, "loss") == [trial.value for trial in study.trials]
