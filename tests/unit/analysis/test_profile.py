"""F5 against a case worked out by hand and against enumeration."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from hpobench.analysis.core.curves import Curves, comparisons, compute_curves
from hpobench.analysis.core.hits import Hits, compute_runs, hitting_times
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.core.targets import tolerance_targets
from hpobench.analysis.exhibits import profile
from hpobench.analysis.exhibits.profile import TOLERANCE, share_within
from hpobench.analysis.inference.bootstrap import seed_draws
from hpobench.analysis.settings import FloatArray, Settings
from hpobench.store.read.reader import Results
from tests.long.analysis.test_against_naive import AXES, random_results
from tests.support.curves_factory import table_of
from tests.support.results_factory import hand_made

INF = math.inf
NUMBERS = (2, 4, 5, 6, 7, 18)
"""Of random results with several seeds everywhere, and with a single one here and there."""


def shares(times: list[list[float]], factors: list[float]) -> FloatArray:
    """By algorithm and factor, from times by algorithm and problem."""
    equal = np.full((1, len(times[0])), 1 / len(times[0]))
    found: FloatArray = share_within(np.array([times]), equal, np.array(factors))[0]
    return found


def profile_of(results: Results, settings: Settings) -> pd.DataFrame:
    return table_of(profile, compute_curves(results, settings), settings, results)


def test_dolan_and_more_by_hand() -> None:
    """Ratios of the first: 1, 1, 4, 1; of the second: 2, 3, 1, never. Nobody solves the fifth."""
    times = [[10.0, 5.0, 80.0, 7.0, INF], [20.0, 15.0, 20.0, INF, INF]]
    found = shares(times, [1.0, 1.9, 2.0, 3.0, 4.0, 1e9])
    assert found[0].tolist() == pytest.approx([0.6, 0.6, 0.6, 0.6, 0.8, 0.8])
    assert found[1].tolist() == pytest.approx([0.2, 0.2, 0.4, 0.6, 0.6, 0.6])


def test_ties_are_fastest_together_also_at_no_time_at_all() -> None:
    found = shares([[3.0, 0.0], [3.0, 0.0], [3.1, 1.0]], [1.0, 5.0])
    assert found.tolist() == [[1, 1], [1, 1], [0, 0.5]]


def test_from_runs_by_hand() -> None:
    """The target is 0.1. a: (1 + 10) / 1, b: (2 + 2) / 2, so that a takes 5.5 times as long."""
    runs = {("a", 0): [(1.0, 0.1)], ("a", 1): [(1.0, 0.5)]}
    runs |= {("b", 0): [(2.0, 0.0)], ("b", 1): [(2.0, 0.1)]}
    table = profile_of(hand_made(runs), Settings(points=50, repetitions=20))
    own = table[table["view"] == "performance"].groupby("algorithm")
    assert own["at"].max().tolist() == [10.0, 10.0]
    a, b = own.get_group("a"), own.get_group("b")
    assert a["estimate"].tolist() == (a["at"] >= 5.5).astype(float).tolist()
    assert (b["estimate"] == 1.0).all()
    final = table[table["view"] == "scores"].groupby("algorithm")
    a, b = final.get_group("a"), final.get_group("b")
    assert a["estimate"].tolist() == ((a["at"] < 0.9) * 0.5 + (a["at"] < 0.5) * 0.5).tolist()
    assert b["estimate"].tolist() == (0.5 + (b["at"] < 0.9) * 0.5).tolist()


def test_one_algorithm_and_one_seed() -> None:
    table = profile_of(hand_made({("a", 0): [(1.0, 0.1)]}), Settings(points=5, repetitions=20))
    assert (table.loc[table["view"] == "performance", "estimate"] == 1.0).all()
    assert table[["low", "high"]].isna().all(axis=None)


def test_nobody_gets_there() -> None:
    runs = {(a, s): [(1.0, 0.2)] for a in "ab" for s in range(2)}
    table = profile_of(hand_made(runs), Settings(points=5, repetitions=20))
    own = table[table["view"] == "performance"]
    assert (own[["estimate", "low", "high"]] == 0.0).all(axis=None)
    assert own["at"].max() == 10.0


def test_failed_runs_score_nothing() -> None:
    runs = {("a", 0): [(1.0, 0.0)], ("a", 1): [(1.0, 0.0)]}
    table = profile_of(hand_made(runs, failed=[("a", 1)]), Settings(points=5, repetitions=20))
    assert (table.loc[table["view"] == "scores", "estimate"] == 0.5).all()


def expected_time(hits: Hits, a: int, p: int, seeds: list[int]) -> float:
    times = [(float(hits.at[a, p, s, 0]), float(hits.end[a, p, s])) for s in seeds]
    successes = sum(at < INF for at, _ in times)
    return sum(min(at, end) for at, end in times) / successes if successes else INF


def solved(times: list[list[float]], a: int, factor: float) -> float:
    """``times`` by problem and algorithm."""
    count = sum(own[a] < INF and own[a] <= factor * min(own) * (1 + 1e-12) for own in times)
    return count / len(times)


def all_times(
    curves: Curves, hits: Hits, draw: int | None, settings: Settings
) -> list[list[float]]:
    """ERT by problem and algorithm, of the runs or of one resample."""
    times = []
    for p, problem in enumerate(curves.problems):
        row = []
        for a in range(len(curves.algorithms)):
            seeds = np.flatnonzero(curves.present[a, p]).tolist()
            if draw is not None:
                seeds = [seeds[i] for i in seed_draws(settings, problem, len(seeds))[draw]]
            row.append(expected_time(hits, a, p, seeds))
        times.append(row)
    return times


def rows_of(table: pd.DataFrame, curves: Curves, view: str) -> Iterator[tuple[int, pd.Series]]:
    for a, algorithm in enumerate(curves.algorithms):
        own = table[(table["view"] == view) & (table["algorithm"] == algorithm.name)]
        assert len(own) == 8
        for _, row in own.iterrows():
            yield a, row


@pytest.mark.parametrize("number", NUMBERS)
def test_against_enumeration(number: int) -> None:
    results = random_results(number)
    settings = Settings(axis=AXES[number % 4], points=8, repetitions=25, seed=number)
    runs = compute_runs(results, settings)
    for curves in (c.curves for c in comparisons(compute_curves(results, settings))):
        table = table_of(profile, curves, settings, results)
        hits = hitting_times(runs, curves, tolerance_targets(curves, [TOLERANCE]))
        estimate = all_times(curves, hits, None, settings)
        draws = [all_times(curves, hits, r, settings) for r in range(settings.repetitions)]
        single = bool((curves.present.sum(axis=2) < 2).any())
        for a, row in rows_of(table, curves, "performance"):
            assert row["estimate"] == pytest.approx(solved(estimate, a, row["at"]))
            band = np.quantile([solved(d, a, row["at"]) for d in draws], [0.025, 0.975]).tolist()
            expected = [np.nan, np.nan] if single else band
            assert [row["low"], row["high"]] == pytest.approx(expected, nan_ok=True)
        nr = normalised(curves)[..., -1]
        for a, row in rows_of(table, curves, "scores"):
            runs_of = [[1.0 - x for x in own if not math.isnan(x)] for own in nr[a]]
            above = [sum(score > row["at"] for score in own) / len(own) for own in runs_of]
            assert row["estimate"] == pytest.approx(sum(above) / len(above))
