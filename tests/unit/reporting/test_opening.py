"""The first screen of a page."""

from __future__ import annotations

import numpy as np
import pytest

from hpobench.analysis.core.curves import Algorithm
from hpobench.analysis.study import Study
from hpobench.reporting.answer import Answer
from hpobench.reporting.answer_of_study import answer
from hpobench.reporting.opening import Opening, openings
from tests.support.results_factory import make_results
from tests.unit.reporting.pages import SETTINGS, of_regrets


@pytest.fixture(scope="module")
def study() -> Study:
    return Study(make_results(), SETTINGS)


@pytest.fixture(scope="module")
def said(study: Study) -> Answer:
    return answer(study)


@pytest.fixture(scope="module")
def opened(study: Study, said: Answer) -> list[Opening]:
    return openings(study, said)


def test_the_comparison_of_more_runs_comes_first(study: Study, opened: list[Opening]) -> None:
    runs = [int(study.comparisons[one.comparison].curves.present.sum()) for one in opened]
    assert runs == sorted(runs, reverse=True)
    assert len(runs) == 2
    assert "with more runs" in opened[0].why
    assert all(one.title == study.comparisons[one.comparison].title for one in opened)


def test_rows_lie_where_their_numbers_are(said: Answer, opened: list[Opening]) -> None:
    for one, compared in zip(opened, said.compared, strict=True):
        assert one.axis_end >= max(ranked.high or ranked.regret for ranked in compared.ranked)
        for row, ranked in zip(one.rows, compared.ranked, strict=True):
            assert row.algorithm == ranked.algorithm
            assert row.at == pytest.approx(100 * ranked.regret / one.axis_end, abs=0.01)
            assert row.low <= row.at <= row.high <= 100
        assert [at for at, _ in one.ticks] == [0, 25, 50, 75, 100]


def test_a_single_seed_has_no_interval() -> None:
    study = Study(make_results(seeds=1, failed=()), SETTINGS)
    rows = openings(study, answer(study))[0].rows
    assert all(row.interval == "" and row.low == row.at == row.high for row in rows)
    assert {row.standing for row in rows[1:]} <= {"unclear", "tied"}


def test_equal_algorithms_are_called_equal() -> None:
    regrets = np.array([0.0, 0.0, 0.5])[:, None, None] + np.zeros((3, 2, 2))
    algorithms = [Algorithm(name, name, "fifo") for name in ("tpe", "gp", "cmaes")]
    made = of_regrets(regrets, algorithms)
    (one,) = openings(made, answer(made))
    assert [row.words for row in one.rows] == ["equal", "equal", "unclear"]
    assert "tpe and gp share the lowest regret so far" in one.advice


def over_problems(*regrets: list[float]) -> Opening:
    """The opening of algorithms with these regrets by problem, over eight seeds that hardly
    differ."""
    noise = np.random.default_rng(0).normal(0, 0.002, (len(regrets), len(regrets[0]), 8))
    algorithms = [Algorithm(name, name, "fifo") for name in ("tpe", "gp", "cmaes")[: len(regrets)]]
    study = of_regrets(np.array(regrets)[:, :, None] + noise, algorithms)
    (found,) = openings(study, answer(study))
    return found


def test_the_test_over_problems_is_reconciled_with_the_answer() -> None:
    """One is far better on a single problem, and on the others each is better now and then: it is
    clearly ahead on these problems, which says nothing about the next one."""
    one = over_problems(
        [0.1, 0.42, 0.40, 0.42, 0.41], [0.9, 0.40, 0.42, 0.40, 0.42], [0.9, 0.41, 0.41, 0.41, 0.40]
    )
    assert [row.standing for row in one.rows] == ["leads", "behind", "behind"]
    assert one.reconciled.startswith("On these 5 problems 2 are clearly behind.")
    assert "Friedman, p = 0." in one.reconciled


def test_nothing_is_reconciled_that_agrees() -> None:
    better, worse = [[0.1 * i + shift for i in range(1, 7)] for shift in (0.0, 0.2)]
    assert over_problems(better, worse, [v + 0.1 for v in worse]).reconciled == ""


def test_many_algorithms_are_folded(study: Study) -> None:
    names = ["random", *(f"s{i}" for i in range(15))]
    made = make_results(names, ["fifo"], seeds=2, failed=())
    many = Study(made, SETTINGS)
    (one,) = openings(many, answer(many))
    assert sum(row.folded for row in one.rows) in (3, 4)
    baseline = next(row for row in one.rows if row.algorithm == "random")
    assert not baseline.folded
    assert np.isfinite(one.axis_end)
