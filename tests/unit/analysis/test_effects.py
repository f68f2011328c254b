"""Paired differences, against loops over runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from hpobench.analysis.inference.bootstrap import seed_draws
from hpobench.analysis.inference.effects import effects, scopes
from hpobench.analysis.settings import Settings
from tests.support.curves_factory import curves_of, made_nr

SETTINGS = Settings(repetitions=40)


def two_sides(algorithms: int = 3, problems: int = 2, seeds: int = 5) -> np.ndarray:
    """Runs of BASE at even places and of NEW at odd ones."""
    return made_nr(algorithms, problems, 2 * seeds)


def with_gaps() -> np.ndarray:
    """No pair of the last algorithm on the first problem, others with fewer seeds."""
    nr = two_sides()
    nr[2, 0] = np.nan
    nr[0, 1, 4:6] = nr[1, 0, :4] = np.nan
    return nr


def test_rows() -> None:
    over = scopes(curves_of(with_gaps()))
    # The last algorithm ran on one problem: its mean over problems is no row of its own.
    assert list(over.labels.fillna("all").itertuples(index=False, name=None)) == [
        ("all", "all"),
        ("a0", "all"),
        ("a1", "all"),
        ("a0", "p0"),
        ("a0", "p1"),
        ("a1", "p0"),
        ("a1", "p1"),
        ("a2", "p1"),
    ]
    assert over.pairs.tolist() == [5, 4, 3, 5, 5]
    np.testing.assert_allclose(over.weights.sum(axis=1), 1.0)


@pytest.mark.parametrize("score", ["final", "anytime"])
def test_means_and_intervals_by_loops(score: Any) -> None:
    nr = with_gaps()
    curves = curves_of(nr)
    over = scopes(curves)
    found: Any = effects(curves, over, score, SETTINGS)
    frame, shares = found
    runs = nr[..., -1] if score == "final" else nr[..., :-1].mean(axis=-1)
    base, new = runs[..., ::2], runs[..., 1::2]
    for i, row in frame.iterrows():
        cells = [
            (a, p)
            for a in range(3)
            for p in range(2)
            if row["algorithm"] in (None, f"a{a}")
            and row["problem"] in (None, f"p{p}")
            and not np.isnan(base[a, p]).all()
        ]
        differences = [new[c][~np.isnan(new[c])] - base[c][~np.isnan(base[c])] for c in cells]
        assert row["estimate"] == pytest.approx(np.mean([d.mean() for d in differences]))
        assert row["base"] == pytest.approx(np.mean([np.nanmean(base[c]) for c in cells]))
        assert row["new"] == pytest.approx(np.mean([np.nanmean(new[c]) for c in cells]))
        assert row["pairs"] == sum(map(len, differences))
        repetitions = [
            np.mean(
                [
                    d[seed_draws(SETTINGS, f"p{p}", len(d))[r]].mean()
                    for d, (_, p) in zip(differences, cells, strict=True)
                ]
            )
            for r in range(SETTINGS.repetitions)
        ]
        ends = np.quantile(repetitions, [0.025, 0.975])
        assert row[["low", "high"]].tolist() == pytest.approx(ends.tolist())
        assert shares[:, i].sum() == pytest.approx(row["estimate"])
        if len(cells) == 1:
            assert row["standard_error"] == pytest.approx(stats.sem(differences[0]))
    alone = frame[frame["problem"].notna()]
    assert alone["seeds"].tolist() == alone["pairs"].tolist() == over.pairs.tolist()


def test_the_standard_error_of_means_over_problems() -> None:
    nr = two_sides()
    curves = curves_of(nr)
    frame, _ = effects(curves, scopes(curves), "final", SETTINGS)
    each = (nr[..., 1::2, -1] - nr[..., ::2, -1]).mean(axis=(0, 1))
    assert frame.loc[0, "standard_error"] == pytest.approx(stats.sem(each))


def test_rounding_is_no_difference() -> None:
    nr = two_sides()
    nr[..., 1::2, :] = nr[..., ::2, :] * (1 + 1e-12)
    curves = curves_of(nr)
    frame, shares = effects(curves, scopes(curves), "final", SETTINGS)
    assert not shares.any()
    assert (frame[["estimate", "low", "high", "standard_error"]] == 0).all(axis=None)


def test_a_single_seed_has_no_interval() -> None:
    curves = curves_of(two_sides(seeds=1))
    frame, _ = effects(curves, scopes(curves), "final", SETTINGS)
    assert frame["estimate"].notna().all()
    assert frame[["low", "high", "standard_error"]].isna().all(axis=None)
