"""The bound on the regret by which searches stop, against Optuna's own use of it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from random import Random

import pytest

from hpobench.api import Categorical, Config, Float, Int, Space, When
from hpobench.plugins.starting.stop import Regret
from hpobench.plugins.starting.stopping import RegretRule

optuna = pytest.importorskip("optuna")
pytest.importorskip("torch")

SPACE = Space(
    [Float("x", 0.0, 1.0), Int("n", 1, 100, log=True), Categorical("c", ("a", "b", True))]
)


def configs(n: int) -> list[Config]:
    rng = Random(1)
    return [SPACE.sample(rng) for _ in range(n)]


def quadratic(config: Config) -> float:
    return (float(config["x"]) - 0.3) ** 2 + (config["c"] != "a") + math.log(config["n"])  # type: ignore[arg-type]


def told(rule: RegretRule, trials: Sequence[Config]) -> RegretRule:
    for config in trials:
        rule.note(config, quadratic(config))
    return rule


def regret_rule() -> RegretRule:
    return RegretRule(Regret(below=0.1), SPACE, seed=3)


def test_the_bound_is_the_one_of_optuna() -> None:
    """In Optuna's own terms, where the space is the unit cube anyway."""
    study = optuna.create_study()
    rule, rng = RegretRule(Regret(below=0.1), Space([Float("x", 0, 1)]), seed=3), Random(0)
    for _ in range(25):
        x = rng.random()
        distribution = optuna.distributions.FloatDistribution(0, 1)
        study.add_trial(
            optuna.trial.create_trial(
                params={"x": x}, distributions={"x": distribution}, value=(x - 0.3) ** 2
            )
        )
        rule.note({"x": x}, (x - 0.3) ** 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from optuna.terminator import RegretBoundEvaluator

        evaluator = RegretBoundEvaluator(seed=3)
        assert rule.bound() == evaluator.evaluate(study.trials, study.direction)


def test_the_bound_falls_and_repeats() -> None:
    few, many = (told(regret_rule(), configs(n)) for n in (20, 60))
    assert many.bound() < few.bound()
    assert few.bound() == told(regret_rule(), configs(20)).bound()


def test_a_conditional_space_is_modelled_by_what_all_trials_have() -> None:
    space = Space(
        [
            Categorical("kind", ("a", "b")),
            Float("x", 0, 1),
            Float("y", 0, 1, when=When("kind", ("a",))),
        ]
    )
    rule, rng = RegretRule(Regret(below=0.1), space, seed=0), Random(0)
    for _ in range(20):
        config = space.sample(rng)
        rule.note(config, float(config["x"]))
    assert math.isfinite(rule.bound())
