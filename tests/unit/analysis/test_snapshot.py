"""Snapshots against plain loops over the events."""

from __future__ import annotations

import numpy as np
import pytest

from hpobench.analysis.core.curves import compute_curves
from hpobench.analysis.core.hits import compute_runs
from hpobench.analysis.settings import Settings
from hpobench.paper.published import snapshot
from tests.long.analysis.test_against_naive import AXES, FIDELITIES, naive_run, random_results
from tests.support.frames import tuples


@pytest.mark.parametrize("number", range(16))
def test_against_plain_loops(number: int) -> None:
    axis, fidelity = AXES[number % 4], FIDELITIES[number // 4 % 2]
    results = random_results(number)
    settings = Settings(axis=axis, fidelity=fidelity, points=3)
    curves, runs = compute_curves(results, settings), compute_runs(results, settings)
    expected = np.full(curves.present.shape, np.nan)
    names = [(a.searcher, a.scheduler) for a in curves.algorithms]
    at = 0.6 * float(curves.horizon.min())
    for cell in tuples(results.cells):
        eligible, _ = naive_run(results, cell, axis, fidelity)
        p = curves.problems.index(cell.problem)
        best, reported = np.inf, curves.clip[p]
        for when, visible, value in eligible:
            if when <= at and visible < best:
                best, reported = visible, value
        a = names.index((cell.searcher, cell.scheduler))
        expected[a, p, curves.seeds.index(cell.seed)] = reported
    found = snapshot(runs, curves, at)
    np.testing.assert_array_equal(found.loss[..., 0], expected)
    assert found.share.tolist() == [1.0]
    assert (found.horizon == at).all()
    assert found.algorithms == curves.algorithms
