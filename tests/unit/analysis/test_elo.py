"""Elo ratings, against closed forms and against the package bencheval."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from bencheval.elo_utils import EloHelper
from scipy.stats import mannwhitneyu

from hpobench.analysis.exhibits import elo as exhibit
from hpobench.analysis.inference.families import Families
from hpobench.analysis.inference.ratings import elo, ratings, win_totals
from hpobench.analysis.settings import FloatArray, Settings
from tests.support.curves_factory import caption_of, curves_of, made_nr, table_of

SETTINGS = Settings(repetitions=2000)


def alone(problems: int) -> Families:
    """Every problem is a family of its own."""
    names = [f"p{i}" for i in range(problems)]
    return Families(names, names)


def test_two_algorithms() -> None:
    """The log odds of the wins, 7 and half of the tie that is added, of 8 games."""
    values = np.array([[0.1] * 5 + [0.2, 0.2, 0.3, 0.3], [0.2] * 5 + [0.2, 0.2, 0.1, 0.1]])
    found = elo(values[..., None], alone(9), SETTINGS)
    share = (5 + 2 / 2 + 0.5) / 10
    difference = 400 * np.log10(share / (1 - share))
    assert found.estimate[0] - found.estimate[1] == pytest.approx(difference)
    assert found.estimate.mean() == pytest.approx(1000)


def test_equals_are_equal_and_a_perfect_one_is_finite() -> None:
    assert ratings(np.full(4, 3.0), 2).tolist() == [1000.0] * 4
    first, second = ratings(np.array([5.0, 0.0]), 5)
    assert first - second == pytest.approx(400 * np.log10(5.5 / 0.5))


def test_resamples_do_not_touch_each_other() -> None:
    wins = np.array([[3.0, 3.0, 3.0], [5.0, 3.0, 1.0], [6.0, 3.0, 0.0]])
    assert ratings(wins, 3).tolist() == [ratings(row, 3).tolist() for row in wins]


def ratings_of_bencheval(values: FloatArray) -> FloatArray:
    """Of ``values``, shape (algorithms, problems), and a problem more on which all are alike."""
    values = np.column_stack([values, np.zeros(len(values))])
    a, p = np.indices(values.shape)
    frame = pd.DataFrame({"method": a.ravel(), "task": p.ravel(), "metric_error": values.ravel()})
    found = EloHelper().compute_mle_elo_from_ranks(frame)
    return np.asarray(found.sort_index(), dtype=np.float64)


@pytest.mark.parametrize(("algorithms", "problems"), [(3, 5), (8, 12), (30, 40)])
def test_the_same_as_bencheval(algorithms: int, problems: int) -> None:
    rng = np.random.default_rng(algorithms)
    values = rng.normal(size=(algorithms, problems)) + np.linspace(0, 2, algorithms)[:, None]
    values = values.round(1)  # with ties
    ours = elo(values[..., None], alone(problems), Settings(repetitions=2)).estimate
    np.testing.assert_allclose(ours, ratings_of_bencheval(values), atol=2e-3)


def test_an_algorithm_that_wins_all_is_rated_as_bencheval_does() -> None:
    values = np.arange(5.0)[:, None] + np.zeros((5, 7))
    ours = elo(values[..., None], alone(7), Settings(repetitions=2)).estimate
    np.testing.assert_allclose(ours, ratings_of_bencheval(values), atol=2e-3)


def test_intervals_are_those_of_bencheval_on_the_same_draws() -> None:
    values = np.random.default_rng(1).normal(size=(4, 9)) + np.arange(4)[:, None] / 2
    settings, families = Settings(repetitions=30), alone(9)
    found = elo(values[..., None], families, settings)
    times = (9 * families.drawn_weights(settings)).round().astype(int)
    drawn = [ratings_of_bencheval(np.repeat(values, row, axis=1)) for row in times]
    np.testing.assert_allclose(found.low, np.quantile(drawn, 0.025, axis=0), atol=2e-3)
    np.testing.assert_allclose(found.high, np.quantile(drawn, 0.975, axis=0), atol=2e-3)


def test_wins_are_mann_and_whitneys() -> None:
    values = np.random.default_rng(2).integers(0, 5, size=(3, 1, 6)).astype(float)
    values[1, 0, 4:] = np.nan
    runs = [row[~np.isnan(row)] for row in values[:, 0]]
    for a, own in enumerate(runs):
        others = [other for b, other in enumerate(runs) if b != a]
        shares = [1 - mannwhitneyu(own, x).statistic / (len(own) * len(x)) for x in others]
        assert win_totals(values)[a, 0] == pytest.approx(sum(shares))


def test_a_family_of_many_problems_is_one_game() -> None:
    few = np.array([[0.1, 0.3, 0.2], [0.2, 0.1, 0.1]])
    many = np.repeat(few, [1, 1, 40], axis=1)
    repeated = Families([f"p{i}" for i in range(42)], ["x", "y", *["z"] * 40])
    pairs = ((few, alone(3)), (many, repeated))
    one, other = (elo(values[..., None], families, SETTINGS) for values, families in pairs)
    np.testing.assert_allclose(one.estimate, other.estimate)


def test_the_table() -> None:
    curves = curves_of(made_nr(3, 6, 4))
    table = table_of(exhibit, curves, SETTINGS)
    assert table["algorithm"].tolist() == ["a2", "a1", "a0"]
    assert (table["low"] <= table["estimate"]).all()
    assert (table["estimate"] <= table["high"]).all()
    assert table["wins"].mean() == pytest.approx(0.5)
    assert table["estimate"].mean() == pytest.approx(1000)
    assert exhibit.grid(table).rows[0][1].text == f"{table['estimate'][0]:.0f}"
    text = caption_of(exhibit, curves, SETTINGS)
    assert "3 algorithms by final normalised regret over 6 families" in text
    assert "their mean is 1000" in text
