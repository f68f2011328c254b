"""Resampled families, ranks that the data leave open, and leaders of the rest."""

from __future__ import annotations

import numpy as np
import pytest

from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.exhibits import family_leaders
from hpobench.analysis.inference.families import (
    Families,
    family_draws,
    family_mean,
    leaders_without,
    rank_intervals,
)
from hpobench.analysis.settings import FloatArray, Settings
from tests.support.curves_factory import caption_of, curves_of, made_nr, study_of, table_of

SETTINGS = Settings(repetitions=4000)
MANY = 10**6
"""Families of which a t test is one of normal values."""


def nested(families: int, problems: int, seeds: int, rng: np.random.Generator) -> FloatArray:
    """One algorithm's scores with standard deviations 1, 0.5 and 0.2 of the three levels; shape
    (families x problems, seeds)."""
    means = rng.normal(size=(families, 1, 1)) + 0.5 * rng.normal(size=(families, problems, 1))
    scores: FloatArray = means + 0.2 * rng.normal(size=(families, problems, seeds))
    return scores.reshape(families * problems, seeds)


def made(families: int, problems: int) -> Families:
    names = [f"f{i}" for i in range(families) for _ in range(problems)]
    return Families([f"p{i}" for i in range(len(names))], names)


def test_families_count_alike() -> None:
    families = Families(["p", "q", "r", "s"], ["x", "y", "x", "x"])
    assert families.names == ("x", "y")
    values = np.array([[[1.0], [10.0], [2.0], [6.0]]])
    assert family_mean(values, families).tolist() == pytest.approx([(3.0 + 10.0) / 2])
    weights = families.drawn_weights(SETTINGS)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    np.testing.assert_allclose(weights.mean(axis=0), families.weights, atol=0.01)


def test_the_spread_is_that_of_a_mean_of_clusters() -> None:
    """The variance of a mean of drawn families: that of the families' means, and that of a
    family's problems over their number, both over the number of families; seeds beside them."""
    scores = nested(8, 5, 4, np.random.default_rng(0))
    draws = family_draws(scores[None], made(8, 5), SETTINGS)[:, 0]
    problems = scores.mean(axis=1).reshape(8, 5)
    between, within = problems.mean(axis=1).var(), problems.var(axis=1).mean()
    noise = scores.var(axis=1).mean() / 4
    assert draws.var() == pytest.approx((between + within / 5) / 8 + noise / 40, rel=0.06)
    assert draws.mean() == pytest.approx(scores.mean(), abs=0.02)


def test_families_alone_are_the_bootstrap_of_a_mean() -> None:
    """Of one problem and one seed each, a family is a number."""
    numbers = np.random.default_rng(1).exponential(size=12)
    draws = family_draws(numbers[None, :, None], made(12, 1), SETTINGS)
    assert draws.var() == pytest.approx(numbers.var() / 12, rel=0.06)


def test_many_alike_problems_do_not_narrow() -> None:
    scores = np.repeat(np.random.default_rng(2).normal(size=(6, 1)), 50, axis=0)
    few = family_draws(scores[None, ::50], made(6, 1), SETTINGS)
    many = family_draws(scores[None], made(6, 50), SETTINGS)
    assert many.std() == pytest.approx(few.std(), rel=0.05)


def test_ranks_are_those_of_clear_differences() -> None:
    """Independent draws with standard deviation 1: the largest of three differences, over their
    standard error, is the studentised range over the root of 2, here 3.31 / 1.41."""
    rng = np.random.default_rng(3)
    estimate = np.array([0.0, 2.0, 3.4])
    draws = estimate + rng.normal(size=(20_000, 3))
    low, high = rank_intervals(
        estimate, draws, MANY, 0.95
    )  # the differences that count exceed 3.31
    assert (low.tolist(), high.tolist()) == ([1, 1, 2], [2, 3, 3])
    low, high = rank_intervals(np.array([0.0, 2.0, 3.2]), draws - [0, 0, 0.2], MANY, 0.95)
    assert (low.tolist(), high.tolist()) == ([1, 1, 1], [3, 3, 3])


def test_algorithms_that_are_the_same_share_their_ranks() -> None:
    draws = np.random.default_rng(4).normal(size=(500, 1)) + np.array([0.0, 0.0, 1.0, 2.0])
    low, high = rank_intervals(np.array([0.0, 0.0, 1.0, 2.0]), draws, MANY, 0.95)
    assert low.tolist() == [1, 1, 3, 4]
    assert high.tolist() == [2, 2, 3, 4]


@pytest.mark.parametrize("count", [6, 30])
def test_all_ranks_hold_together(count: int) -> None:
    """Four equal algorithms: any rank that excludes a place is wrong."""
    rng = np.random.default_rng(5)
    settings = Settings(repetitions=400)
    wrong = 0
    for _ in range(200):
        scores = rng.normal(size=(4, count, 1))
        families = made(count, 1)
        draws = family_draws(scores, families, settings)
        low, high = rank_intervals(family_mean(scores, families), draws, count, 0.95)
        wrong += bool((low > 1).any() or (high < 4).any())
    assert 0.01 <= wrong / 200 <= 0.09  # nominally 0.05, with a standard error of 0.015


def test_leaders_of_the_rest() -> None:
    families = Families(["p", "q", "r", "s"], ["x", "y", "z", "z"])
    # Means by family 0.5, 0.4, 0.0 and 0.2, 0.2, 0.2: they tie without x.
    values = np.array([[0.5, 0.4, 0.0, 0.0], [0.2, 0.2, 0.1, 0.3]])[..., None]
    leaders = leaders_without(values, families)
    assert leaders.tolist() == [[True, False, False], [True, True, True]]


def test_the_table_by_hand() -> None:
    nr = np.repeat(np.array([[0.1] * 5, [0.0, 0.2, 0.2, 0.2, 0.2], [0.3] * 5])[..., None], 2, 2)
    table = table_of(family_leaders, curves_of(nr), SETTINGS)
    assert table["algorithm"].tolist() == ["a0", "a1", "a2"]
    assert table["nr"].tolist() == pytest.approx([0.1, 0.16, 0.3])
    assert table["leads_without"].tolist() == [5, 0, 0]
    assert table["which"].tolist() == ["p0, p1, p2, p3, p4", "", ""]
    assert table["rank_low"][0] == 1
    assert (table["rank_low"][2], table["rank_high"][2]) == (2, 3)  # a0 by 0.2 on each family
    grid = family_leaders.grid(table)
    assert [row[3].text for row in grid.rows] == ["any of all 5", "-", "-"]
    assert grid.rows[2][2].text == "2 to 3"


def test_the_caption_says_what_was_resampled() -> None:
    text = caption_of(family_leaders, curves_of(made_nr(3, 6, 4)), SETTINGS)
    assert "over 6 families of problems of the means over their problems, of 3 algorithms" in text
    assert "families, their problems and seeds resampled" in text
    assert "in about 87% of cases" in text
    assert "The families are p0, p1, p2, p3, p4, p5." in text


def test_there_is_nothing_to_show_of_few_families() -> None:
    for problems, shown in ((4, 0), (5, 1)):
        study = study_of(curves_of(made_nr(2, problems, 2)), SETTINGS)
        vars(study)["comparisons"] = [Comparison("Everything", study.curves)]
        assert len(family_leaders.subjects(study)) == shown
