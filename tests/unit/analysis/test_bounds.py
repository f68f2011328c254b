"""Reports of stored losses and times at the ends of what 64 bits hold."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from hpobench.analysis.core.reference_losses import MOST, bounded
from hpobench.analysis.exhibits import FIGURES, FILES, TABLES, shown
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import Study
from hpobench.reporting.explorer import explorer
from hpobench.store.read.reader import Results
from tests.support.results_factory import MadeProblem, make_results

SMALL = {"budget": 60.0, "cost": 10.0}
PROBLEMS = (
    MadeProblem("one", steps=1, **SMALL),  # type: ignore[arg-type]
    MadeProblem("several", steps=3, heldout=True, referenced=False, **SMALL),  # type: ignore[arg-type]
)


def made() -> Results:
    return make_results(("random", "tpe"), ("fifo",), PROBLEMS, seeds=2, failed=())


def with_losses(value: float) -> Results:
    results, rng = made(), np.random.default_rng(0)
    odd = rng.random(len(results.events)) < 0.3
    columns = {
        name: np.where(odd & results.events[name].notna(), value, results.events[name])
        for name in ("loss", "heldout")
    }
    return dataclasses.replace(results, events=results.events.assign(**columns))


def with_times(factor: float) -> Results:
    results = made()
    names = {"cells": ("clock", "evaluation_s"), "events": ("clock", "cost")}
    names["trials"] = ("start", "end")
    frames: dict[str, Any] = {}
    for frame, columns in names.items():
        own = getattr(results, frame)
        with np.errstate(over="ignore"):
            frames[frame] = own.assign(**{c: own[c].to_numpy() * factor for c in columns})
    return dataclasses.replace(results, **frames)


@pytest.mark.parametrize("value", [1e308, -1e308, 5e-324, np.nan, np.inf, -np.inf], ids=str)
def test_a_report_of_odd_losses(value: float) -> None:
    every_exhibit(with_losses(value))


@pytest.mark.parametrize("factor", [5e-324, 1e-310, 1e306, 1e308], ids=str)
def test_a_report_of_odd_times(factor: float) -> None:
    every_exhibit(with_times(factor))


@pytest.mark.parametrize(
    ("optimum", "clip"), [(-1e308, 1e308), (0.0, 5e-324), (1.0, 1.0 + 2e-16), (0.0, 1e308)]
)
def test_a_report_of_odd_references(optimum: float, clip: float) -> None:
    results = with_losses(1e308)
    problems = results.problems.assign(optimum=optimum, clip=clip)
    every_exhibit(dataclasses.replace(results, problems=problems))


def every_exhibit(results: Results) -> None:
    """Warnings of NumPy are errors in tests."""
    study = Study(results, Settings(repetitions=100))
    for exhibits in (*FIGURES.values(), *TABLES.values(), FILES):
        for exhibit, subject in shown(study, exhibits):
            study.computed(exhibit.table, subject)
    if study.any_done:
        explorer(study)


def test_results_within_bounds_stay_the_same_object() -> None:
    results = made()
    assert bounded(results) is results
    cut = bounded(with_losses(-1e308))
    assert cut.events["loss"].min() == -MOST
    assert cut.cells is not None


def test_missing_losses_stay_missing() -> None:
    results = with_losses(np.inf)
    assert bounded(results) is results
