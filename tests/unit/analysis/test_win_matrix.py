"""The probability of improvement, against SciPy and pair by pair."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hpobench.analysis.exhibits import win_matrix
from hpobench.analysis.inference.bootstrap import seed_draws
from hpobench.analysis.settings import Settings
from tests.support.curves_factory import curves_of, made_nr, table_of

SETTINGS = Settings(repetitions=60)


def with_ties(algorithms: int = 4, problems: int = 3, seeds: int = 5) -> np.ndarray:
    return np.round(made_nr(algorithms, problems, seeds)[..., -1] * 5) / 5


def by_pair(table: pd.DataFrame) -> Any:
    return table.set_index(["algorithm", "other"]).sort_index()


def pair_by_pair(a: np.ndarray, b: np.ndarray) -> float:
    """The share of pairs that ``a`` wins, ties half, for the runs of one problem."""
    return float(np.mean([1.0 if x < y else 0.5 if x == y else 0.0 for x, y in product(a, b)]))


def test_estimates_are_mann_and_whitneys() -> None:
    nr = with_ties()
    found = by_pair(table_of(win_matrix, curves_of(nr), SETTINGS))
    assert len(found) == 12
    for a, b in permutations(range(4), 2):
        # SciPy's U counts where the first sample is larger: scores, not regrets.
        us = [stats.mannwhitneyu(-nr[a, p], -nr[b, p]).statistic for p in range(3)]
        assert found.loc[(f"a{a}", f"a{b}"), "estimate"] == pytest.approx(np.mean(us) / 25)
    assert np.mean(nr[:, None] == nr[None]) > 0.3  # ties between algorithms there are


def test_intervals_pair_by_pair() -> None:
    """Both algorithms take the same seeds, problems are drawn apart, and some runs are missing."""
    nr = with_ties()
    nr[1, 0, 2] = nr[3, 0, 2] = nr[2, 2, 0] = nr[3, 2, 4] = np.nan
    found = by_pair(table_of(win_matrix, curves_of(nr), SETTINGS))
    for a, b in permutations(range(4), 2):
        repetitions = []
        for r in range(60):
            won = []
            for p in range(3):
                samples = []
                for runs in (nr[a, p], nr[b, p]):
                    runs = runs[~np.isnan(runs)]
                    samples.append(runs[seed_draws(SETTINGS, f"p{p}", len(runs))[r]])
                won.append(pair_by_pair(*samples))
            repetitions.append(np.mean(won))
        row = found.loc[(f"a{a}", f"a{b}")]
        here = [[x[~np.isnan(x)] for x in (nr[a, p], nr[b, p])] for p in range(3)]
        assert row["estimate"] == pytest.approx(np.mean([pair_by_pair(*x) for x in here]))
        ends = np.quantile(repetitions, [0.025, 0.975])
        assert row[["low", "high"]].tolist() == pytest.approx(ends.tolist())
        assert row["clear"] == (ends[0] > 0.5 or ends[1] < 0.5)
    assert 0 < found["clear"].mean() < 1


def test_one_side_is_the_other_turned_round() -> None:
    found = by_pair(table_of(win_matrix, curves_of(with_ties(5, 4, 6)), Settings(repetitions=200)))
    turned = found.swaplevel().sort_index()
    np.testing.assert_allclose(found["estimate"], 1 - turned["estimate"].to_numpy())
    np.testing.assert_allclose(found["low"], 1 - turned["high"].to_numpy())
    assert (found["clear"].to_numpy() == turned["clear"].to_numpy()).all()


def test_the_likeliest_winner_comes_first() -> None:
    table = table_of(win_matrix, curves_of(made_nr(6, 5, 4)), SETTINGS)
    names = table["algorithm"].unique().tolist()
    assert table.groupby("algorithm")["estimate"].mean()[names].is_monotonic_decreasing
    assert names[0] != "a0"


@pytest.mark.parametrize("problems", [1, 3, 7, 49])
def test_nothing_but_ties_is_not_clear(problems: int) -> None:
    table = table_of(win_matrix, curves_of(np.full((3, problems, 4), 0.25)), SETTINGS)
    assert table["estimate"].eq(0.5).all()
    assert not table["clear"].any()


def test_certain_wins() -> None:
    nr = np.full((2, 7, 3), 0.5)
    nr[1] = 0.25
    table = by_pair(table_of(win_matrix, curves_of(nr), SETTINGS))
    assert table.loc[("a1", "a0"), ["estimate", "clear"]].tolist() == [1.0, True]
    assert table.loc[("a0", "a1"), ["estimate", "clear"]].tolist() == [0.0, True]


def test_a_single_seed_has_no_interval() -> None:
    nr = made_nr(3, 2, 4)
    nr[0, 1, 1:] = np.nan
    table = by_pair(table_of(win_matrix, curves_of(nr), SETTINGS))
    alone = table.index.get_level_values(0).isin(["a0"]) | table.index.get_level_values(1).isin(
        ["a0"]
    )
    assert table.loc[alone, ["low", "high"]].isna().all(axis=None)
    assert not table.loc[alone, "clear"].any()
    assert table.loc[~alone, ["low", "high"]].notna().all(axis=None)
    assert table["estimate"].notna().all()


def test_resampled_problems_widen() -> None:
    nr = made_nr(2, 6, 5)
    nr[:, :3] = nr[::-1, :3]  # each wins half of the problems
    fixed, new = (
        table_of(win_matrix, curves_of(nr), Settings(resample_problems=new)).iloc[0]
        for new in (False, True)
    )
    assert new["estimate"] == fixed["estimate"]
    assert new["high"] - new["low"] > 2 * (fixed["high"] - fixed["low"])


def test_one_algorithm_has_nobody_to_beat() -> None:
    table = table_of(win_matrix, curves_of(made_nr(1, 2, 3)), SETTINGS)
    assert table.empty
    assert list(table) == ["algorithm", "other", "estimate", "low", "high", "clear"]
