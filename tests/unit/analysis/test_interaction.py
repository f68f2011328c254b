"""What schedulers do to searchers, run by run."""

from __future__ import annotations

import numpy as np
import pytest

from hpobench.analysis.core.curves import Algorithm, compute_curves
from hpobench.analysis.exhibits import interaction
from hpobench.analysis.exhibits.interaction import COLUMNS
from hpobench.analysis.inference.bootstrap import seed_draws
from hpobench.analysis.settings import Settings
from tests.support.curves_factory import curves_of, made_nr, table_of
from tests.support.results_factory import make_results

SETTINGS = Settings(repetitions=80)


def crossed(searchers: int, *schedulers: str) -> list[Algorithm]:
    return [Algorithm(f"s{i} + {s}", f"s{i}", s) for i in range(searchers) for s in schedulers]


def test_differences_run_by_run() -> None:
    """The second problem was run under fifo alone, and some runs have no partner."""
    nr = made_nr(4, 3, 5)
    nr[[1, 3], 1] = np.nan
    nr[0, 0, 4] = nr[1, 2, 1] = np.nan
    table = table_of(interaction, curves_of(nr, crossed(2, "fifo", "asha")), SETTINGS)
    assert table[["searcher", "scheduler"]].to_numpy().tolist() == [["s0", "asha"], ["s1", "asha"]]
    for (base, other), (_, row) in zip(((0, 1), (2, 3)), table.iterrows(), strict=True):
        means, repetitions = [], np.zeros(80)
        for p in (0, 2):
            pairs = [
                nr[other, p, s, -1] - nr[base, p, s, -1]
                for s in range(5)
                if not np.isnan(nr[other, p, s, -1] + nr[base, p, s, -1])
            ]
            means.append(np.mean(pairs))
            draws = seed_draws(SETTINGS, f"p{p}", len(pairs))
            repetitions += np.array([np.mean([pairs[s] for s in draw]) for draw in draws]) / 2
        assert row["estimate"] == pytest.approx(np.mean(means))
        ends = np.quantile(repetitions, [0.025, 0.975])
        assert [row["low"], row["high"]] == pytest.approx(ends.tolist())
        assert row["clear"] == (ends[0] > 0 or ends[1] < 0)
    assert table["problems"].tolist() == [2, 2]
    assert table["pairs"].tolist() == [8, 10]


def test_pairing_takes_out_what_seeds_share() -> None:
    """Seeds differ by far more than what the scheduler does, which is the same in each."""
    base = np.random.default_rng(0).uniform(0.2, 0.9, (1, 2, 6))
    nr = np.concatenate([base, base - 0.01, base, base])
    algorithms = crossed(1, "fifo", "good", "same", "too")
    table = table_of(interaction, curves_of(nr, algorithms), SETTINGS)
    good, same, _ = (row for _, row in table.iterrows())
    assert [good["low"], good["estimate"], good["high"]] == pytest.approx([-0.01] * 3)
    assert good["clear"]
    assert [same["low"], same["estimate"], same["high"]] == [0.0, 0.0, 0.0]
    assert not same["clear"]


def test_schedulers_that_skip_problems_and_failed_runs() -> None:
    """asha skips the problem of a single step; the failed runs count as the clip value."""
    curves = compute_curves(make_results(), SETTINGS)
    assert curves.failed.sum() == 2
    table = table_of(interaction, curves, SETTINGS).set_index("searcher")
    assert table.index.tolist() == ["random", "tpe", "gp"]
    assert (table["problems"] == 2).all()
    assert (table["pairs"] == 8).all()
    assert table[["estimate", "low", "high"]].notna().all(axis=None)


@pytest.mark.parametrize("schedulers", [("fifo",), ("asha",), ("asha", "hyperband")])
def test_nothing_without_the_baseline_or_with_it_alone(schedulers: tuple[str, ...]) -> None:
    algorithms = crossed(2, *schedulers)
    table = table_of(interaction, curves_of(made_nr(len(algorithms), 3, 3), algorithms), SETTINGS)
    assert table.empty
    assert list(table) == COLUMNS


def test_searchers_without_the_baseline_or_without_a_pair_have_no_row() -> None:
    """Searchers that schedule themselves, say; and two that never met on a problem and seed."""
    algorithms = [*crossed(2, "fifo", "asha"), Algorithm("dehb + own", "dehb", "own")]
    nr = made_nr(5, 2, 4)
    nr[2, :, :2] = nr[3, :, 2:] = np.nan
    table = table_of(interaction, curves_of(nr, algorithms), SETTINGS)
    assert table["searcher"].tolist() == ["s0"]


def test_a_single_seed_has_no_interval() -> None:
    table = table_of(interaction, curves_of(made_nr(2, 3, 1), crossed(1, "fifo", "asha")), SETTINGS)
    assert table[["low", "high"]].isna().all(axis=None)
    assert table["estimate"].notna().all()
    assert not table["clear"].any()
