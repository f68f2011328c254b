"""What every scheduler plugin must keep to."""

from __future__ import annotations

import inspect
import json
import pickle
import re
from typing import Any

import pytest
from ray import cloudpickle
from ray.tune.schedulers import TrialScheduler

from hpobench.api import Scheduler
from hpobench.errors import UsageError
from hpobench.registry import Entry, Registry
from hpobench.tune import controller
from tests.tune.doubles import Curves, Listed, make_run, random_configs

ENTRIES = {entry.name: entry for entry in Registry().entries("scheduler")}
STEPS = (1, 3, 27, 52, 81)


@pytest.fixture(params=ENTRIES)
def entry(request: pytest.FixtureRequest) -> Entry:
    return ENTRIES[request.param]


@pytest.fixture(params=STEPS)
def problem(request: pytest.FixtureRequest) -> Curves:
    return Curves(request.param)


class LoneController:
    """As much of a controller as schedulers look at when they are given a trial."""

    search_alg = None


def build(entry: Entry, problem: Curves) -> TrialScheduler:
    """A scheduler, or a skip where it says clearly that it cannot serve so few steps."""
    try:
        return entry.load()().build(problem)
    except UsageError as error:
        message = str(error)
    assert entry.name in message
    assert str(problem.fidelity.steps) in message
    pytest.skip(message)


def test_shipped_schedulers_are_found() -> None:
    assert {"fifo", "asha", "hyperband", "hyperband-bohb", "median", "pbt", "pb2"} <= set(ENTRIES)


def test_describes_itself(entry: Entry) -> None:
    cls = entry.load()
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.name)
    assert re.fullmatch(r"\S.*\.", entry.summary)
    assert issubclass(cls, Scheduler)
    assert cls.lookahead >= 0
    assert all(note.endswith(".") for note in cls.notes)


def test_options_are_annotated_keywords_with_defaults(entry: Entry) -> None:
    for option in list(inspect.signature(entry.load().__init__).parameters.values())[1:]:
        if option.kind is inspect.Parameter.KEYWORD_ONLY:
            assert option.annotation is not inspect.Parameter.empty
            assert option.default is not inspect.Parameter.empty
        else:  # object's own __init__
            assert option.kind in (option.VAR_POSITIONAL, option.VAR_KEYWORD)


def test_builds_a_fresh_scheduler_each_time(
    entry: Entry, problem: Curves, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("building a scheduler pickles nothing")

    for module in (pickle, cloudpickle):
        monkeypatch.setattr(module, "dumps", refuse)
        monkeypatch.setattr(module, "loads", refuse)
    plugin = entry.load()()
    first, second = build(entry, problem), plugin.build(problem)
    assert isinstance(first, TrialScheduler)
    assert first is not second
    # Each takes metric and mode, which the controller sets once.
    assert first.set_search_properties("loss", "min")
    assert second.set_search_properties("loss", "min")
    first.on_trial_add(LoneController(), controller.Trial(0, random_configs(1)[0], None))
    mutable = (dict, list, set)
    shared = [
        key
        for key, value in vars(first).items()
        if isinstance(value, mutable) and value is vars(second)[key]
    ]
    assert shared == []


def test_says_truly_whether_it_ends_trials(entry: Entry, problem: Curves) -> None:
    build(entry, problem)
    plugin: Any = type("Unstopped", (entry.load(),), {"ends_trials": True})()
    run = make_run(plugin, problem=problem, trials=1, workers=1)
    run.finish()
    (trial,) = run.source.trials
    # A trial that nobody ends runs past its last step, which fails it.
    ended = run.trial_status(trial) in ("completed", "stopped")
    assert ended == entry.load().ends_trials
    assert ended or "past its last step" in str(trial.error)


def test_says_truly_what_it_does_to_running_trials(entry: Entry) -> None:
    cls, searcher = entry.load(), Listed(random_configs(16))
    run = make_run(cls(), problem=Curves(3), searcher=searcher, trials=16, workers=3)
    run.finish()
    paused = any(call[0] == "paused" for call in searcher.calls)
    clones = [json.loads(config) for config in run.log.config if config]
    assert bool(clones) == cls.clones
    assert cls.pauses or not (paused or clones)
    for config in clones:
        Curves.space.check(config)
