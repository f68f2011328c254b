"""F10's shares against overlaps reckoned interval by interval."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from hpobench.analysis.core.curves import comparisons, compute_curves
from hpobench.analysis.core.incumbent import run_of
from hpobench.analysis.core.trial_steps import occupancy
from hpobench.analysis.exhibits import utilisation
from hpobench.analysis.exhibits.utilisation import busy_shares
from hpobench.analysis.inference.bootstrap import suite_mean
from hpobench.analysis.settings import Settings
from hpobench.store.read.reader import Results
from tests.long.analysis.test_against_naive import random_results
from tests.support.curves_factory import table_of
from tests.support.frames import tuples
from tests.support.results_factory import hand_made, make_results

SETTINGS = Settings(points=8, repetitions=40)


def naive_shares(results: Results, parts: int) -> np.ndarray:
    run = run_of(results, results.events)
    begin, end = occupancy(results.events, run)
    rows = results.events.groupby(["cell", "trial"], observed=True).indices
    under_way = []
    for trial in tuples(results.trials[results.trials["status"] == "cut"]):
        own = rows.get((trial.cell, trial.trial))
        if own is None:
            under_way.append((trial.cell, trial.start))
        elif results.events["decision"].iloc[own[-1]] == "CONTINUE":
            under_way.append((trial.cell, end[own[-1]]))
    shares = np.full((len(results.cells), parts), np.nan)
    for r, cell in enumerate(tuples(results.cells)):
        for k in range(parts):
            low, high = (cell.clock * x / parts for x in (k, k + 1))
            own = np.flatnonzero(run == r).tolist()
            busy = sum(max(min(end[i], high) - max(begin[i], low), 0.0) for i in own)
            busy += sum(max(high - max(t, low), 0.0) for name, t in under_way if name == cell.cell)
            if cell.clock > 0:
                shares[r, k] = min(busy / (cell.workers * (high - low)), 1.0)
    return shares


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("parts", [1, 7])
def test_against_every_overlap(number: int, parts: int) -> None:
    results = random_results(number)
    results.cells.loc[3, "clock"] = 0.0  # it failed before anything happened
    shares = busy_shares(results, parts)
    assert np.isnan(shares[3]).all()
    assert np.nanmin(shares) < 0.5 < np.nanmax(shares)
    np.testing.assert_allclose(shares, naive_shares(results, parts), atol=1e-9)


def test_by_hand() -> None:
    """Ten seconds on two workers: steps of a second each, on the first, up to 2, 3 and 8."""
    results = hand_made({("a", 0): [(2.0, 0.5), (3.0, 0.4), (8.0, 0.3)]})
    results = dataclasses.replace(results, cells=results.cells.assign(workers=2))
    assert busy_shares(results, 5)[0].tolist() == pytest.approx([0.25, 0.25, 0, 0.25, 0])


def test_what_the_end_cuts_off_is_busy_until_then() -> None:
    """Of ten seconds on two workers: a trial that has its second step under way since 4, and one
    that was asked for at 7 and has no result. One that was to go on from a pause is unknown."""
    results = hand_made({("a", 0): [(3.0, 0.5), (4.0, 0.4)]})
    trials = pd.DataFrame({"cell": "a-0", "trial": range(3), "status": "cut", "start": [2, 3, 7.0]})
    results = dataclasses.replace(
        results,
        cells=results.cells.assign(workers=2),
        events=results.events.assign(decision=["PAUSE", "CONTINUE"]),
        trials=trials,
    )
    assert busy_shares(results, 10)[0].tolist() == [0, 0, 0.5, 0.5, 0.5, 0.5, 0.5, 1, 1, 1]


def test_fifo_keeps_workers_busy() -> None:
    shares = busy_shares(make_results(["random"], ["fifo"], failed=()), 50)
    # Of the made trials one leaves no result in its last step, early on; near the end some
    # workers run out of trials.
    assert (shares[:, :20].mean(axis=1) < 1 - 1e-4).all()
    np.testing.assert_allclose(shares[:, 20:45], 1.0)


def test_means_over_seeds_then_problems() -> None:
    results = make_results(seeds=3)
    settings, gaps = SETTINGS, 0
    for curves in (c.curves for c in comparisons(compute_curves(results, settings))):
        table = table_of(utilisation, curves, settings, results)
        shares = naive_shares(results, settings.points)
        values = np.full((*curves.present.shape, settings.points), np.nan)
        for r, cell in enumerate(tuples(results.cells)):
            for a, algorithm in enumerate(curves.algorithms):
                if (cell.searcher, cell.scheduler) == algorithm[1:] and (
                    cell.problem in curves.problems
                ):
                    values[a, curves.problems.index(cell.problem), cell.seed] = shares[r]
        gaps += int(np.isnan(values).any())
        expected = suite_mean(values, curves.problems, settings)
        assert table["algorithm"].drop_duplicates().tolist() == list(curves.names)
        for a, name in enumerate(curves.names):
            own = table[table["algorithm"] == name]
            assert own["at"].tolist() == (np.arange(9) / 8).tolist()
            due = [*expected.estimate[a], own["estimate"].iloc[-2]]
            np.testing.assert_allclose(own["estimate"], due)
            for column in ("low", "high"):
                np.testing.assert_allclose(own[column][:-1], getattr(expected, column)[a])
                assert own[column].iloc[-1] == own[column].iloc[-2]
        # Of each algorithm and problem some run is left.
        mean = np.mean([np.nanmean(values[0, p]) for p in range(len(curves.problems))])
        first = table[table["algorithm"] == curves.names[0]]
        assert first["estimate"][:-1].mean() == pytest.approx(mean)
    assert gaps == 1  # a run that failed at once, on a problem of the first comparison


def test_what_failed_at_once_tells_nothing() -> None:
    """Of two algorithms one failed on the only problem before its clock moved: no rows."""
    results = hand_made({("a", 0): [(3.0, 0.5)], ("b", 0): []}, failed=[("b", 0)])
    results.cells.loc[results.cells["searcher"] == "b", "clock"] = 0.0
    assert table_of(utilisation, compute_curves(results, SETTINGS), SETTINGS, results).empty
    alone = results.select(results.cells["searcher"] == "a")
    found = table_of(utilisation, compute_curves(alone, SETTINGS), SETTINGS, alone)
    assert found["estimate"].notna().all()
