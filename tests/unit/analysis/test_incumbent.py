"""Incumbents and their alignment, against cases worked out by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hpobench.analysis.core.curves import compute_curves
from hpobench.analysis.core.incumbent import align, incumbents, look_up
from hpobench.analysis.settings import Settings
from tests.support.results_factory import MadeProblem, hand_made, make_results

HELDOUT = MadeProblem("p", steps=1, optimum=0.0, clip=1.0, heldout=True, budget=10.0)


def test_only_improvements_become_incumbent() -> None:
    results = hand_made({("a", 0): [(1, 0.9), (2, 0.5), (3, 0.7), (4, 0.5), (5, 0.2)]})
    at, loss = incumbents(results).steps(0)
    assert at.tolist() == [1, 2, 5]
    assert loss.tolist() == [0.9, 0.5, 0.2]


def test_runs_do_not_leak_into_each_other() -> None:
    results = hand_made({("a", 0): [(1, 0.1)], ("a", 1): [(1, 0.9), (2, 0.8)], ("b", 0): []})
    found = incumbents(results)
    assert found.offsets.tolist() == [0, 1, 3, 3]
    assert found.steps(1)[1].tolist() == [0.9, 0.8]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_results_that_are_not_finite_never_become_incumbent(bad: float) -> None:
    results = hand_made({("a", 0): [(1, 0.5), (2, bad), (3, 0.4)]})
    assert incumbents(results).steps(0)[1].tolist() == [0.5, 0.4]


def test_chosen_on_the_visible_loss_reported_on_the_held_out_one() -> None:
    runs = {("a", 0): [(1.0, 0.5), (2.0, 0.3), (3.0, 0.4)]}
    results = hand_made(runs, problem=HELDOUT, heldout={("a", 0): [0.6, 0.7, 0.1]})
    assert incumbents(results).steps(0)[1].tolist() == [0.6, 0.7]


def test_full_fidelity_ignores_early_steps() -> None:
    problem = MadeProblem("p", steps=3, optimum=0.0, clip=1.0, budget=10.0)
    results = hand_made({("a", 0): [(1, 0.1), (2, 0.5)]}, problem=problem)
    results.events["step"] = [2, 3]
    assert incumbents(results, fidelity="any").steps(0)[1].tolist() == [0.1]
    assert incumbents(results, fidelity="full").steps(0)[1].tolist() == [0.5]


def test_a_failed_run_is_imputed_as_a_whole() -> None:
    results = hand_made({("a", 0): [(1.0, 0.01)], ("a", 1): [(1.0, 0.2)]}, failed=[("a", 0)])
    curves = compute_curves(results, Settings(points=5))
    assert curves.failed[0, 0].tolist() == [True, False]
    assert (curves.loss[0, 0, 0] == 1.0).all()
    assert curves.loss[0, 0, 1, -1] == 0.2


def test_axes() -> None:
    problem = MadeProblem("p", steps=4, optimum=0.0, clip=1.0, budget=10.0)
    results = hand_made({("a", 0): [(1, 0.9), (2, 0.8), (4, 0.7)]}, problem=problem)
    results.events["resource"] = [3.0, 1.0, 4.0]
    assert incumbents(results, "time").at.tolist() == [1, 2, 4]
    assert incumbents(results, "resource").at.tolist() == [3, 4, 8]
    assert incumbents(results, "evaluations").at.tolist() == [0.75, 1, 2]
    # Trials start at 0, 1, 3 and end at 1, 2, 4; each takes 0.25 s to suggest, 0.5 s to observe.
    # At 1: two suggested, none observed yet. At 2: two, one. At 4: three, two.
    thinking = incumbents(results, "time+thinking")
    assert thinking.at.tolist() == [1.5, 3.0, 5.75]
    assert thinking.end.tolist() == [10 + 3 * 0.75]


def test_failed_results_are_still_paid_for() -> None:
    results = hand_made({("a", 0): [(1, np.nan), (2, 0.8)]})
    assert incumbents(results, "resource").at.tolist() == [2]


def test_a_step_that_failed_without_a_result_is_paid_for() -> None:
    problem = MadeProblem("p", steps=4, optimum=0.0, clip=1.0, budget=10.0)
    results = hand_made({("a", 0): [(1, 0.9), (2, 0.8), (4, 0.7)]}, problem=problem)
    gone = results.events.index != 1
    trials = results.trials.assign(status=["completed", "failed", "completed"])
    failed = dataclasses.replace(results, events=results.events[gone], trials=trials)
    assert incumbents(failed, "resource").at.tolist() == [1, 3]


def test_events_in_another_order_of_cells_give_the_same() -> None:
    results = make_results()
    flipped = results.events.sort_values("cell", ascending=False, kind="stable")
    moved = dataclasses.replace(results, events=flipped)
    a, b = incumbents(results, "time+thinking"), incumbents(moved, "time+thinking")
    np.testing.assert_array_equal(a.loss, b.loss)
    np.testing.assert_array_equal(a.at, b.at)


def test_events_of_unknown_cells_are_refused() -> None:
    results = hand_made({("a", 0): [(1, 0.5)], ("a", 1): [(1, 0.5)]})
    stray = dataclasses.replace(results, cells=results.cells.iloc[:1])
    with pytest.raises(ValueError, match="a-1"):
        incumbents(stray)


def test_look_up_never_shows_a_result_before_it_exists() -> None:
    rng = np.random.default_rng(0)
    at, values = np.sort(rng.uniform(0, 1, 200)), rng.normal(size=200)
    grid = np.concatenate([rng.uniform(0, 1, 500), at, np.nextafter(at, 0)])
    for t, value in zip(grid, look_up(at, values, grid, before=9.0), strict=True):
        until = values[at <= t]
        assert value == (until[-1] if len(until) else 9.0)


def test_simultaneous_results_show_the_last() -> None:
    shown = look_up(np.array([1.0, 1.0]), np.array([0.5, 0.2]), np.array([0.9, 1.0]), 7.0)
    assert shown.tolist() == [7.0, 0.2]


def test_a_run_that_ended_stays_at_its_final_incumbent() -> None:
    found = incumbents(hand_made({("a", 0): [(1, 0.5)], ("b", 0): []}))
    grids = np.array([[0.5, 1.0, 1e9]] * 2)
    assert align(found, grids, np.array([2.0, 3.0])).tolist() == [[2.0, 0.5, 0.5], [3.0] * 3]


def test_the_grid_ends_at_the_whole_budget() -> None:
    results = hand_made({("random", 0): [(0.5, 0.9), (1000.0, 0.5)]})
    grid = compute_curves(results, Settings(points=50)).share
    assert (grid[0], grid[-1]) == (1e-3, 1.0)
    np.testing.assert_allclose(np.diff(np.log(grid)), np.log(1e3) / 49)
