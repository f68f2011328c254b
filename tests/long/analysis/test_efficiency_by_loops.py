"""Parallel efficiency, computed again by plain loops."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from hpobench.analysis.core.budgets import with_most_workers
from hpobench.analysis.core.curves import comparisons, compute_curves
from hpobench.analysis.exhibits import efficiency
from hpobench.analysis.exhibits.efficiency import EVALUATIONS, MEASURES
from hpobench.analysis.settings import Settings
from tests.support.curves_factory import table_of
from tests.unit.analysis.test_efficiency import many, naive_spending, one_problem


@pytest.mark.parametrize("number", range(2))
def test_against_plain_loops(number: int) -> None:
    """The axis of the settings does not matter."""
    results = many(number)
    settings = Settings(axis="evaluations", points=3, repetitions=20, seed=number)
    every = {measure: naive_spending(results, measure) for measure in MEASURES}
    bands = 0
    everything = compute_curves(with_most_workers(results), settings)
    for curves in (c.curves for c in comparisons(everything)):
        table = table_of(efficiency, curves, settings, results)
        assert len(table) == 3 * 3 * len(curves.algorithms) * (1 + len(curves.problems))
        ends = {
            (n, p): max(
                end
                for (m, name, q), own in every[EVALUATIONS].items()
                for end, _ in own.values()
                if (m, q) == (n, p) and name in curves.names
            )
            for n, p in product((1, 3, 4), curves.problems)
        }
        for measure, n, name in product(MEASURES, (1, 3, 4), curves.names):
            own = table[table["algorithm"] == name]
            own = own[(own["measure"] == measure) & (own["workers"] == n)]
            assert own["problem"].tolist()[1:] == list(curves.problems)
            columns = [
                one_problem(
                    [every[measure].get((m, name, p), {}) for m in (1, n)],
                    [ends[m, p] for m in (1, n)],
                    n,
                    p,
                    settings,
                )
                for p in curves.problems
            ]
            values = np.array([draws for draws, _ in columns])
            known_of = ([x for x in column if not np.isnan(x)] for column in values.T)
            means = [stats.gmean(column) if column else math.nan for column in known_of]
            several = [s for _, s in columns]
            all_several = all(s or np.isnan(v) for s, v in zip(several, values[:, 0], strict=True))
            valids = [all_several, *several]
            rows = own.iterrows()
            for draws, valid, (_, row) in zip([means, *values], valids, rows, strict=True):
                assert row["estimate"] == pytest.approx(draws[0], nan_ok=True)
                expected = [math.nan, math.nan]
                if valid and not math.isnan(draws[0]):
                    known = np.log([x for x in draws[1:] if not math.isnan(x)])
                    expected = np.exp(np.quantile(known, [0.025, 0.975])).tolist()
                    bands += 1
                assert [row["low"], row["high"]] == pytest.approx(expected, nan_ok=True)
    assert bands > 100
