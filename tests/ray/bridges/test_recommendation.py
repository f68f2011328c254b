"""The lines that a recommendation gives to paste."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ray import tune

import hpobench
from hpobench.evidence.archive import PluginFacts
from hpobench.evidence.recommendation import Recommendation
from hpobench.evidence.scores import Algorithm
from hpobench.plugins.building import build_problem, build_scheduler, plugin_ref
from hpobench.plugins.registry import Registry

SPACE = hpobench.Space([hpobench.Float("lr", 1e-4, 1, log=True)])


def recommended(searcher: PluginFacts, scheduler: PluginFacts) -> Recommendation:
    """A recommendation of the two, for trials of 27 steps."""
    found = hpobench.recommend(SPACE, evaluations=20, steps=27)
    choice = replace(found.advice.choice, algorithm=Algorithm("mine", "its"))
    return Recommendation(
        replace(found.advice, ranked=(choice,)),
        replace(found.archive, searchers={"mine": searcher}, schedulers={"its": scheduler}),
    )


@pytest.mark.parametrize("name", ["fifo", "asha", "hyperband", "hyperband-bohb", "median"])
def test_the_tuner_gets_the_scheduler_of_the_evidence(name: str) -> None:
    ref = plugin_ref(Registry(), "scheduler", name, {})
    facts = PluginFacts("optuna-tpe", {"multivariate": True}, "")
    _, line = recommended(facts, PluginFacts(name, dict(ref.options), "")).to_paste()
    config: Any = eval(line.replace(", ...", ""), {"tune": tune, "hpobench": hpobench})
    options = {"dimension": 3, "quality": "good", "steps": 27}
    problem = build_problem(plugin_ref(Registry(), "problem", "mf-hartmann", options))
    own = build_scheduler(ref).build(problem)
    assert type(config.scheduler) is type(own)
    known = {key: value for key, value in vars(own).items() if _plain(value)}
    assert known == {key: vars(config.scheduler)[key] for key in known}


def _plain(value: object) -> bool:
    return isinstance(value, int | float | str | bool)


def test_bohb_is_told_how_long_trials_are() -> None:
    ref = plugin_ref(Registry(), "scheduler", "hyperband-bohb", {})
    found = recommended(PluginFacts("bohb", {}, ""), PluginFacts(ref.name, dict(ref.options), ""))
    assert "hpobench.searcher('bohb', max_t=27)" in found.to_paste()[1]


def test_a_searcher_that_schedules_itself_is_for_no_tuner() -> None:
    assert recommended(PluginFacts("dehb", {}, ""), PluginFacts("own", {}, "")).to_paste() == [
        "hpobench.SearchCV(estimator, space, searcher='dehb', scheduler='own')"
    ]


@pytest.mark.parametrize(
    ("names", "model"),
    [
        (("learning_rate", "max_depth", "subsample"), "xgboost"),
        (("clf__reg_alpha", "clf__max_depth", "clf__gamma", "clf__mine"), "xgboost"),
        (("alpha", "batch_size", "learning_rate_init"), "mlp"),
        (("max_depth", "subsample"), None),
        (("max_depth", "subsample", "gamma", "a", "b", "c", "d"), None),
    ],
)
def test_a_model_with_a_portfolio_is_recognised(names: tuple[str, ...], model: str | None) -> None:
    space = hpobench.Space([hpobench.Float(name, 0.1, 0.9) for name in names])
    found = hpobench.recommend(space, evaluations=20)
    assert found.portfolio == model
    assert ("start='portfolio'" in found.to_paste()[0]) is (model is not None)
    assert (f"hpobench portfolio {model}" in str(found)) is (model is not None)
