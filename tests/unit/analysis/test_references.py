"""References that are measured in the results because nobody knows any."""

from __future__ import annotations

import dataclasses
import math
import statistics
from typing import Any

import numpy as np
import pytest

from hpobench.analysis.core.reference_losses import (
    MEASURED,
    completed,
    measured,
    referenced,
    unreferenced,
)
from tests.support.frames import tuples
from tests.support.results_factory import MadeProblem, hand_made, make_results

OWN = MadeProblem("own", steps=9, budget=600.0, cost=3.0, referenced=False)
NOISY = dataclasses.replace(OWN, name="noisy", heldout=True)
KNOWN = dataclasses.replace(OWN, name="known", referenced=True)


def test_against_plain_loops() -> None:
    """Under early stopping, with failed runs and junk: what the docstring says, word by word."""
    results = make_results(problems=(OWN, NOISY, KNOWN), seeds=2)
    p = [0.85, 0.05, 0.05, 0.05]
    junk = np.random.default_rng(1).choice([1.0, np.nan, np.inf, -np.inf], len(results.events), p=p)
    events = results.events.assign(loss=results.events["loss"] * junk)
    results = dataclasses.replace(results, events=events)
    found = completed(results)
    assert measured(found) == ["own", "noisy"]
    problem_of = dict(zip(results.cells["cell"], results.cells["problem"], strict=True))
    for problem in tuples(found.problems.iloc[:2]):
        last: dict[Any, float] = {}
        best = math.inf
        for event in tuples(results.events):
            loss = event.heldout if problem.heldout else event.loss
            if problem_of[event.cell] != problem.problem or not math.isfinite(event.loss):
                continue
            best = min(best, loss) if event.step == 9 else best
            last[event.cell, event.trial] = loss
        assert problem.optimum == best
        assert problem.clip == pytest.approx(statistics.median(last.values()), rel=1e-12)
        assert (problem.known, problem.source) == (False, MEASURED)


def test_references_that_are_there_stay() -> None:
    results = make_results(problems=(OWN, KNOWN), seeds=1)
    before = results.problems.copy()
    found = completed(results).problems
    assert found.iloc[1].tolist() == before.iloc[1].tolist()
    assert results.problems.equals(before)
    assert found.dtypes.tolist() == before.dtypes.tolist()
    assert completed(completed(results)).problems.equals(found)


@pytest.mark.parametrize(
    ("losses", "step"), [([0.5, 0.5, 0.5], 9), ([0.2, 0.5, 0.9], 8), ([np.nan, np.inf], 9), ([], 9)]
)
def test_nothing_to_measure_from(losses: list[float], step: int) -> None:
    """No spread; no loss at full fidelity; none that is finite; none at all."""
    results = completed(
        hand_made({("a", 0): [(1.0 + i, x) for i, x in enumerate(losses)]}, problem=OWN, step=step)
    )
    assert results.problems["optimum"].isna().all()
    assert measured(results) == []
    assert unreferenced(results) == {"own": 1}
    assert referenced(results).problems.empty


def test_more_results_move_them() -> None:
    runs = {("a", 0): [(1.0, 0.2), (2.0, 0.4), (3.0, 0.9)]}
    more = runs | {("b", 0): [(1.0, 0.1), (2.0, 0.1)]}
    found = [completed(hand_made(r, problem=OWN, step=9)).problems.iloc[0] for r in (runs, more)]
    assert [(row["optimum"], row["clip"]) for row in found] == [(0.2, 0.4), (0.1, 0.2)]
