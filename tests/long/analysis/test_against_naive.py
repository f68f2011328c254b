"""The statistics against plain loops that follow their definitions word by word."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpobench.analysis.core.curves import Curves, compute_curves
from hpobench.analysis.core.normalise import normalised, regrets
from hpobench.analysis.inference.average_ranks import average_ranks, suite_ranks
from hpobench.analysis.inference.bootstrap import resampled_means, seed_draws, seed_means
from hpobench.analysis.settings import Axis, Fidelity, Settings
from hpobench.store.read.reader import Results
from tests.support.frames import tuples
from tests.support.night import count
from tests.support.results_factory import MadeProblem, make_results

PROBLEMS = (
    MadeProblem("one", steps=1, optimum=0.0, clip=1.0, budget=60.0, cost=10.0),
    MadeProblem("many", steps=9, optimum=-2.0, clip=3.0, budget=90.0, cost=3.0),
    MadeProblem("noisy", steps=3, optimum=-1.0, clip=0.5, heldout=True, budget=60.0, cost=5.0),
)
FIDELITIES: tuple[Fidelity, ...] = ("any", "full")
AXES: tuple[Axis, ...] = ("time", "evaluations", "resource", "time+thinking")


def random_results(number: int) -> Results:
    """Three searchers under two schedulers, with ties, gaps, failures and uneven seeds."""
    rng = np.random.default_rng(number)
    failed = (("gp", "timeout"), ("tpe", "failed"))
    results = make_results(problems=PROBLEMS, seeds=3, failed=failed)
    events = results.events.copy()
    events["loss"] = (events["loss"] * 4).round() / 4  # many ties
    events["clock"] = events["clock"].round()
    junk = rng.choice([1.0, np.nan, np.inf, -np.inf], len(events), p=[0.85, 0.05, 0.05, 0.05])
    events["loss"] = np.where(junk == 1.0, events["loss"], junk)
    trials = results.trials.copy()
    trials["start"], trials["end"] = trials["start"].round(), trials["end"].round()
    trials["suggest_s"] = rng.integers(0, 4, len(trials)) / 4
    trials["observe_s"] = rng.integers(0, 4, len(trials)) / 4
    cells = results.cells[rng.uniform(size=len(results.cells)) < 0.8].reset_index(drop=True)
    silent = set(cells["cell"][rng.uniform(size=len(cells)) < 0.1])
    ran = set(cells["cell"])
    return dataclasses.replace(
        results,
        cells=cells,
        events=events[events["cell"].isin(ran - silent)],
        trials=trials[trials["cell"].isin(ran)],
    )


def position(
    events: list[Any], n: int, trials: list[Any], axis: Axis, unit: float, steps: int
) -> float:
    """Where the ``n``-th of a run's events lies."""
    event = events[n]
    clock = float(event.clock)
    if axis == "time":
        return clock
    if axis == "time+thinking":
        for trial in trials:
            clock += trial.suggest_s if trial.start <= event.clock else 0.0
            clock += trial.observe_s if trial.end < event.clock else 0.0
        return clock
    paid = 0.0
    for earlier in events[: n + 1]:
        paid += earlier.resource
    for trial in trials:
        paid += unit if trial.status == "failed" and trial.end <= event.clock else 0.0
    return paid / (steps * unit) if axis == "evaluations" else paid


def naive_run(results: Results, cell: Any, axis: Axis, fidelity: Fidelity) -> tuple[Any, float]:
    """The run's (position, visible, reported) that may become incumbent, and where it ended."""
    problem = next(p for p in tuples(results.problems) if p.problem == cell.problem)
    found = []
    end = {
        "time": cell.clock,
        "time+thinking": cell.clock + cell.suggest_s + cell.observe_s,
        "resource": cell.resource,
        "evaluations": cell.resource / (problem.steps * problem.unit),
    }[axis]
    events = list(tuples(results.events[results.events["cell"] == cell.cell]))
    trials = list(tuples(results.trials[results.trials["cell"] == cell.cell]))
    for n, event in enumerate(events):
        at = position(events, n, trials, axis, problem.unit, problem.steps)
        end = max(end, at)
        reported = event.heldout if problem.heldout else event.loss
        if not (math.isfinite(event.loss) and math.isfinite(reported)) or cell.status != "done":
            continue
        if fidelity == "full" and event.step < problem.steps:
            continue
        found.append((at, event.loss, reported))
    return found, end


def incumbent_at(found: list[tuple[float, float, float]], t: float, clip: float) -> float:
    best, shown = math.inf, clip
    for at, visible, reported in found:
        if at <= t and visible < best:
            best, shown = visible, reported
    return shown


def first_time(found: list[tuple[float, float, float]], target: float) -> float:
    """When the incumbent of :func:`naive_run` is first as good as ``target``."""
    best = math.inf
    for at, visible, reported in found:
        if visible < best:
            best = visible
            if reported <= target:
                return at
    return math.inf


def naive_losses(
    results: Results, curves: Curves, axis: Axis, fidelity: Fidelity
) -> dict[tuple[int, int, int], list[float]]:
    runs = {c.cell: naive_run(results, c, axis, fidelity) for c in tuples(results.cells)}
    losses = {}
    for cell in tuples(results.cells):
        ends = [runs[c.cell][1] for c in tuples(results.cells) if c.problem == cell.problem]
        a = [tuple(x[1:]) for x in curves.algorithms].index((cell.searcher, cell.scheduler))
        p = curves.problems.index(cell.problem)
        assert curves.horizon[p] == pytest.approx(max(ends), rel=1e-12)
        references: Any = results.problems.set_index("problem")
        clip = float(references.loc[cell.problem, "clip"])
        losses[a, p, curves.seeds.index(cell.seed)] = [
            incumbent_at(runs[cell.cell][0], share * curves.horizon[p], clip)
            for share in curves.share
        ]
    return losses


@pytest.mark.parametrize("number", range(count(16, 48)))
def test_curves_against_plain_loops(number: int) -> None:
    axis, fidelity = AXES[number % 4], FIDELITIES[number // 4 % 2]
    results = random_results(number)
    curves = compute_curves(results, Settings(axis=axis, fidelity=fidelity, points=7))
    losses = naive_losses(results, curves, axis, fidelity)
    nr, regret = normalised(curves), regrets(curves)
    assert {tuple(map(int, i)) for i in np.argwhere(curves.present)} == set(losses)
    assert np.isnan(curves.loss[~curves.present]).all()
    for run, expected in losses.items():
        assert curves.loss[run].tolist() == expected
        optimum, clip = curves.optimum[run[1]], curves.clip[run[1]]
        for k, loss in enumerate(expected):
            share = (loss - optimum) / (clip - optimum)
            assert nr[run][k] == min(max(share, 0.0), 1.0)
            assert regret[run][k] == max(loss - optimum, 1e-8)


def plain_mean(values: list[float]) -> float:
    return sum(values) / len(values)


def plain_ranks(values: list[float]) -> list[float]:
    """The mean of the places that each value may take in a sorted list."""
    ordered = sorted(values)
    places = [[i + 1 for i, v in enumerate(ordered) if v == value] for value in values]
    return [plain_mean([float(i) for i in place]) for place in places]


@pytest.mark.parametrize("number", range(12))
def test_bootstrap_and_ranks_against_plain_loops(number: int) -> None:
    """Scores are eighths and seeds two or four, so that means are exact and ties are ties."""
    rng = np.random.default_rng(number)
    algorithms, problems, times = 4, ("p", "q", "r"), 2
    seeds = 4 if number % 2 else 2
    values = rng.integers(0, 3, (algorithms, len(problems), 4, times)) / 8
    values[:, :, seeds:] = np.nan
    values[1] = values[0]
    if number % 3 == 0:  # an algorithm with half the seeds
        values[2, :, seeds // 2 :] = np.nan
    settings = Settings(repetitions=40, seed=number)
    draws = np.zeros((settings.repetitions, algorithms, times))
    for p, problem in enumerate(problems):
        means = resampled_means(values[:, p], problem, settings)
        for r in range(settings.repetitions):
            for t in range(times):
                expected = []
                for a in range(algorithms):
                    own = [v for v in values[a, p, :, t] if not math.isnan(v)]
                    drawn = seed_draws(settings, problem, len(own))[r]
                    expected.append(plain_mean([own[i] for i in drawn]))
                assert means[r, :, t].tolist() == expected
                ranks = plain_ranks(expected)
                assert average_ranks(means)[r, :, t].tolist() == ranks
                draws[r, :, t] += np.array(ranks) / len(problems)
    found = suite_ranks(values, problems, settings)
    for t in range(times):
        by_problem = [
            plain_ranks([plain_mean([v for v in row[:, t] if not math.isnan(v)]) for row in column])
            for column in np.moveaxis(values, 1, 0)
        ]
        expected = [plain_mean([ranks[a] for ranks in by_problem]) for a in range(algorithms)]
        assert found.estimate[:, t].tolist() == pytest.approx(expected)
        if not np.isnan(found.low).any():
            band = pd.DataFrame(draws[:, :, t]).quantile([0.025, 0.975])
            assert found.low[:, t].tolist() == pytest.approx(band.iloc[0].tolist())
            assert found.high[:, t].tolist() == pytest.approx(band.iloc[1].tolist())
    assert seed_means(values).shape == (algorithms, len(problems), times)


def test_equal_algorithms_share_a_rank_in_every_resample() -> None:
    """With any numbers: the same seeds must give the same mean to the last bit."""
    values = np.random.default_rng(1).uniform(size=(9, 2, 10, 50))
    values[5] = values[8] = values[0]
    for p in range(2):
        ranks = average_ranks(resampled_means(values[:, p], "p", Settings(repetitions=200)))
        np.testing.assert_array_equal(ranks[:, 0], ranks[:, 5])
        np.testing.assert_array_equal(ranks[:, 0], ranks[:, 8])
