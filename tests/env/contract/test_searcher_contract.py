"""What every searcher plugin must keep to: the conformance suite, on all that are shipped."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from hpobench.plugins.discovery import GIVEN
from hpobench.plugins.registry import Entry, Registry
from hpobench.testing.driving import SearcherSubject
from hpobench.testing.plugin_check import ref_of
from hpobench.testing.searcher_rules import CHECKS
from tests.env.contract.driving import OPTIONS, TRIALS, by_day
from tests.support.night import count

ENTRIES = {entry.name: entry for entry in Registry().entries("searcher")}
ENTRIES.pop("command", None)  # nothing without a program of the user's
PATIENCE = 1.0
"""Seconds for which thinking time and memory are looked at."""


@pytest.fixture(params=by_day(ENTRIES), scope="module")
def entry(request: pytest.FixtureRequest) -> Entry:
    return ENTRIES[request.param]


@pytest.fixture(scope="module")
def subject(entry: Entry) -> SearcherSubject:
    if entry.script is None and (reason := entry.missing()) is not None:
        pytest.skip(reason)  # an environment that cannot be built is a fault, however
    ref = ref_of(entry, OPTIONS.get(entry.name, {}), Path())
    return SearcherSubject(entry, ref, PATIENCE, TRIALS.get(entry.name, count(30, 60)))


def test_shipped_searchers_are_found() -> None:
    assert {"random", "grid", "sobol", "optuna-tpe", "optuna-gp", "optuna-cmaes"} <= set(ENTRIES)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_conforms(check: Any, subject: SearcherSubject) -> None:
    check(subject)


def test_options_have_defaults(entry: Entry) -> None:
    parameters = inspect.signature(entry.load()).parameters
    named = [option for option in parameters.values() if option.name not in GIVEN]
    assert all(option.default is not inspect.Parameter.empty for option in named)
