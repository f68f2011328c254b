"""What every scheduler plugin must keep to: the conformance suite, on all that are shipped."""

from __future__ import annotations

import inspect
import pickle
from pathlib import Path
from typing import Any

import pytest
from ray import cloudpickle

from hpobench.api import Scheduler
from hpobench.contract.errors import UsageError
from hpobench.plugins.registry import Entry, Registry
from hpobench.testing.doubles import CurveProblem
from hpobench.testing.plugin_check import ref_of
from hpobench.testing.scheduler_rules import CHECKS, STEPS, SchedulerSubject
from tests.support.finished import finished

ENTRIES = {entry.name: entry for entry in Registry().entries("scheduler")}


@pytest.fixture(params=ENTRIES)
def entry(request: pytest.FixtureRequest) -> Entry:
    return ENTRIES[request.param]


@pytest.fixture
def subject(entry: Entry) -> SchedulerSubject:
    return SchedulerSubject(entry, ref_of(entry, {}, Path()))


def test_shipped_schedulers_are_found() -> None:
    assert {"fifo", "asha", "hyperband", "hyperband-bohb", "median", "pbt", "pb2"} <= set(ENTRIES)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_conforms(check: Any, subject: SchedulerSubject) -> None:
    check(subject)


def test_describes_itself(entry: Entry) -> None:
    cls: Any = entry.load()
    assert issubclass(cls, Scheduler)
    assert cls.lookahead >= 0
    assert all(note.endswith(".") for note in cls.notes)


def test_options_have_defaults(entry: Entry) -> None:
    options = list(inspect.signature(entry.load()).parameters.values())
    keywords = [option for option in options if option.kind is inspect.Parameter.KEYWORD_ONLY]
    assert all(option.default is not inspect.Parameter.empty for option in keywords)


@pytest.mark.parametrize("steps", STEPS)
def test_refuses_clearly_to_serve_too_few_steps(entry: Entry, steps: int) -> None:
    message = f"{entry.name}: {steps}"
    try:
        entry.load()().build(CurveProblem(steps))
    except UsageError as error:
        message = str(error)
    assert entry.name in message
    assert str(steps) in message


def test_builds_pickle_nothing(subject: SchedulerSubject, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("pickled")

    for module in (pickle, cloudpickle):
        monkeypatch.setattr(module, "dumps", refuse)
        monkeypatch.setattr(module, "loads", refuse)
    for problem in subject.problems():
        subject.build().build(problem)


def test_says_truly_that_it_clones(entry: Entry) -> None:
    cls: Any = entry.load()
    run = finished(cls(), problem=CurveProblem(3), trials=16, workers=3)
    assert any(event.config for event in run.events) == cls.clones
