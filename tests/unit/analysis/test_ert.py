"""Hitting times and expected running times against plain loops and cases worked out by hand."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from hpobench.analysis.core.curves import Curves, compute_curves
from hpobench.analysis.core.hits import Hits, compute_runs, first_hits, hitting_times
from hpobench.analysis.inference.bootstrap import seed_draws
from hpobench.analysis.inference.ert import ert, resampled_spending, time_per_hit
from hpobench.analysis.settings import Axis, Fidelity, Settings
from hpobench.store.read.reader import Results
from tests.long.analysis.test_against_naive import (
    AXES,
    FIDELITIES,
    first_time,
    naive_run,
    random_results,
)
from tests.support.frames import tuples
from tests.support.results_factory import MadeProblem, hand_made

HELDOUT = MadeProblem("p", steps=1, optimum=0.0, clip=1.0, heldout=True, budget=10.0)
TARGETS = np.array([[2.0, 0.5, 0.0, -0.5], [3.0, 0.0, -2.0, np.nan], [0.5, np.nan, np.nan, np.nan]])


def hits_of(results: Results, targets: object, settings: Settings) -> tuple[Curves, Hits]:
    curves = compute_curves(results, settings)
    return curves, hitting_times(compute_runs(results, settings), curves, np.array(targets))


def naive_hits(
    results: Results, axis: Axis, fidelity: Fidelity
) -> dict[tuple[str, str, str, int], tuple[list[float], float]]:
    """For each run its first times on the targets, in order, and its end."""
    found = {}
    names = list(results.problems["problem"])
    for cell in tuples(results.cells):
        eligible, end = naive_run(results, cell, axis, fidelity)
        goals = [t for t in TARGETS[names.index(cell.problem)] if not math.isnan(t)]
        times = [first_time(eligible, goal) for goal in goals]
        found[cell.searcher, cell.scheduler, cell.problem, cell.seed] = times, end
    return found


def auger_hansen(times: list[float], ends: list[float]) -> float:
    """Their formula: mean time of a success, and of the failures before it at the odds that the
    data suggest."""
    successes = [t for t in times if t < math.inf]
    failures = [end for t, end in zip(times, ends, strict=True) if t == math.inf]
    if not successes:
        return math.inf
    p = Fraction(len(successes), len(times))
    mean = sum(successes) / len(successes)
    return mean + float((1 - p) / p) * (sum(failures) / len(failures) if failures else 0.0)


@pytest.mark.parametrize("number", range(16))
def test_against_plain_loops(number: int) -> None:
    axis, fidelity = AXES[number % 4], FIDELITIES[number // 4 % 2]
    results = random_results(number)
    curves, hits = hits_of(results, TARGETS, Settings(axis=axis, fidelity=fidelity, points=3))
    expected = naive_hits(results, axis, fidelity)
    running = ert(hits)
    assert hits.at.shape == (*curves.present.shape, 4)
    assert np.isnan(hits.at[~curves.present]).all()
    for a, algorithm in enumerate(curves.algorithms):
        for p, problem in enumerate(curves.problems):
            own = [
                (s, *expected[algorithm.searcher, algorithm.scheduler, problem, seed])
                for s, seed in enumerate(curves.seeds)
                if curves.present[a, p, s]
            ]
            for s, times, end in own:
                assert hits.at[a, p, s, : len(times)].tolist() == times
                assert np.isnan(hits.at[a, p, s, len(times) :]).all()
                assert hits.end[a, p, s] == end
            for t in range(4):
                if not own or np.isnan(TARGETS[p, t]):
                    assert np.isnan(running[a, p, t])
                    continue
                formula = auger_hansen([times[t] for _, times, _ in own], [x[2] for x in own])
                assert running[a, p, t] == pytest.approx(formula, rel=1e-12)


def test_the_random_results_hold_what_they_should() -> None:
    """Else the test above would agree about nothing."""
    numbers = range(4)
    found = [hits_of(random_results(n), TARGETS, Settings(axis=AXES[n], points=3)) for n in numbers]
    for _, hits in found:
        assert 0.05 < np.isinf(hits.at[~np.isnan(hits.at)]).mean() < 0.95
    running = np.concatenate([ert(hits).ravel() for _, hits in found])
    assert np.isinf(running).sum() > 3
    assert np.isfinite(running).sum() > 100


def test_first_hits() -> None:
    at, loss = np.array([1.0, 4.0, 6.0, 9.0]), np.array([0.5, 0.2, 0.7, 0.1])
    targets = np.array([0.8, 0.5, 0.3, 0.1, 0.05, np.nan])
    found = first_hits(at, loss, targets)
    assert found.tolist() == pytest.approx([1, 1, 4, 9, np.inf, np.nan], nan_ok=True)
    assert first_hits(at[:0], loss[:0], targets[:1]).tolist() == [np.inf]


def test_a_worked_example() -> None:
    """Three runs of ten seconds: hits after 2 s and 6 s, and none: (2 + 6 + 10) / 2."""
    runs = {("a", 0): [(2.0, 0.1)], ("a", 1): [(1.0, 0.9), (6.0, 0.2)], ("a", 2): [(3.0, 0.4)]}
    _, hits = hits_of(hand_made(runs), [[0.2, 0.1, 0.05]], Settings(points=3))
    assert ert(hits)[0, 0].tolist() == [9.0, 22.0, np.inf]


def test_a_failed_run_never_hits_and_has_spent_its_time() -> None:
    results = hand_made({("a", 0): [(2.0, 0.1)], ("a", 1): [(4.0, 0.0)]}, failed=[("a", 1)])
    _, hits = hits_of(results, [[0.1]], Settings(points=3))
    assert hits.at.ravel().tolist() == [2.0, np.inf]
    assert ert(hits).ravel().tolist() == [6.0]


def test_the_clip_is_no_result() -> None:
    """A target that the clip meets is hit by the first result that does."""
    runs = {("a", 0): [(3.0, 1.5), (4.0, 0.9)], ("a", 1): []}
    _, hits = hits_of(hand_made(runs), [[1.0, 9.0]], Settings(points=3))
    assert hits.at.reshape(2, 2).tolist() == [[4.0, 3.0], [np.inf, np.inf]]


def test_a_held_out_loss_that_rises_again_leaves_the_hit() -> None:
    runs = {("a", 0): [(1.0, 0.9), (2.0, 0.5), (3.0, 0.3)]}
    results = hand_made(runs, problem=HELDOUT, heldout={("a", 0): [0.8, 0.2, 0.6]})
    _, hits = hits_of(results, [[0.7, 0.3, 0.1]], Settings(points=3))
    assert hits.at.ravel().tolist() == [2.0, 2.0, np.inf]


@pytest.mark.parametrize("number", range(4))
def test_resampled_against_plain_loops(number: int) -> None:
    """Algorithms with different seeds resample their own."""
    rng = np.random.default_rng(number)
    at = rng.integers(1, 9, (2, 2, 4, 1)) / 4
    at[rng.uniform(size=at.shape) < 0.5] = np.inf
    end = np.full((2, 2, 4), 2.5)
    at[1, 1, 2:], end[1, 1, 2:] = np.nan, np.nan
    settings = Settings(repetitions=30, seed=number)
    spent, hit = resampled_spending(Hits(at, end), ("p", "q"), settings)
    running = time_per_hit(spent, hit)
    assert running.shape == (30, 2, 2, 1)
    for a, p in np.ndindex(2, 2):
        own = [float(x) for x in at[a, p, :, 0] if not math.isnan(x)]
        draws = seed_draws(settings, ("p", "q")[p], len(own))
        for r in range(30):
            times = [own[i] for i in draws[r]]
            assert running[r, a, p, 0] == pytest.approx(auger_hansen(times, [2.5] * len(times)))
