"""The mixed model, on data whose effects are known."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from hpobench.analysis.core.curves import Algorithm, Comparison
from hpobench.analysis.exhibits import mixed_model as exhibit
from hpobench.analysis.inference.mixed_effects import GROUPS, MixedModel, design, mixed_model
from hpobench.analysis.notes import _unmodelled
from hpobench.analysis.settings import FloatArray, Settings
from hpobench.contract.errors import NotAvailableError
from tests.support.curves_factory import caption_of, curves_of, study_of, table_of

SETTINGS = Settings(repetitions=50)
FAMILIES, PROBLEMS, SEEDS = 12, 3, 4


def cross(searchers: int, schedulers: int) -> list[Algorithm]:
    pairs = [(f"s{i}", f"c{j}") for i in range(searchers) for j in range(schedulers)]
    return [Algorithm(f"{s} + {c}", s, c) for s, c in pairs]


def simulated(algorithms: int, repeats: int) -> tuple[FloatArray, FloatArray, pd.DataFrame]:
    """Scores with standard deviations 0.4, 0.2, 0.1 and 0.05 of families, problems, seeds and the
    rest; with them the algorithm of each row and its groups."""
    rng = np.random.default_rng(0)
    shape = FAMILIES, PROBLEMS, SEEDS
    f, p, s, a, _ = (x.ravel() for x in np.indices((*shape, algorithms, repeats)))
    score = 0.4 * rng.normal(size=shape[:1])[f] + 0.2 * rng.normal(size=shape[:2])[f, p]
    score += 0.1 * rng.normal(size=shape)[f, p, s] + 0.05 * rng.normal(size=len(f))
    return score, a, pd.DataFrame({"family": f, "problem": p, "seed": s})


def fitted(effects: FloatArray) -> tuple[FloatArray, FloatArray, MixedModel]:
    """The model of two searchers under two schedulers with these ``effects``."""
    score, a, groups = simulated(4, 2)
    _, columns = design(cross(2, 2))
    score += columns[a.astype(int)] @ effects
    return score, a, mixed_model(score, columns[a.astype(int)], groups)


def test_in_a_balanced_cross_effects_are_differences_of_means() -> None:
    """And their errors are those of means of as many rows, for each group has all algorithms."""
    truth = np.array([-0.3, -0.1, 0.2])
    score, a, found = fitted(truth)
    means = np.array([score[a == i].mean() for i in range(4)])
    effects = found.effects["estimate"].to_numpy()
    assert effects[0] == pytest.approx(means[0])
    expected = [means[2] - means[0], means[1] - means[0], means[3] - means[2] - means[1] + means[0]]
    assert effects[1:] == pytest.approx(expected)
    assert effects[1:] == pytest.approx(truth, abs=0.02)
    errors = found.spread["rest"] * np.sqrt(np.array([2, 2, 4]) / (len(score) / 4))
    assert found.effects["error"][1:].tolist() == pytest.approx(errors, rel=1e-4)


def test_spreads_are_those_of_the_analysis_of_variance() -> None:
    """In a balanced design the restricted likelihood has its closed form: mean squares."""
    score, a, found = fitted(np.zeros(3))
    cells = score.reshape(FAMILIES, PROBLEMS, SEEDS, 4, 2)
    own = cells - cells.mean(axis=(0, 1, 2, 4), keepdims=True)
    seeds = own.mean(axis=(3, 4))
    problems, families = seeds.mean(axis=2), seeds.mean(axis=(1, 2))
    rows, groups = own.size, seeds.size
    rest = ((own - seeds[..., None, None]) ** 2).sum() / (rows - groups - 3)
    per = rows / groups
    seed = ((seeds - problems[..., None]) ** 2).sum() / (FAMILIES * PROBLEMS * (SEEDS - 1))
    problem = ((problems - families[:, None]) ** 2).sum() / (FAMILIES * (PROBLEMS - 1))
    squares = {
        "rest": rest,
        "seed": seed - rest / per,
        "problem": problem - seed / SEEDS,
        "family": families.var(ddof=1) - problem / PROBLEMS,
    }
    for name in (*GROUPS, "rest"):
        assert found.spread[name] == pytest.approx(np.sqrt(squares[name]), rel=1e-3), name
    assert a.size == rows


def test_a_cross_with_gaps_has_fewer_effects() -> None:
    labels, columns = design(cross(3, 2)[:-1])
    assert labels.values.tolist() == [["s1", None], ["s2", None], [None, "c1"], ["s1", "c1"]]
    assert np.linalg.matrix_rank(np.column_stack([np.ones(5), columns])) == 5
    labels, columns = design(cross(1, 1))
    assert (len(labels), columns.shape) == (0, (1, 0))


def made() -> FloatArray:
    """The regrets of four algorithms at four shares on six problems, each a family."""
    rng = np.random.default_rng(3)
    levels = 0.5 + np.array([0.0, -0.05, -0.1, -0.2])[:, None, None, None]
    shares = -0.1 * np.log10([0.1, 0.25, 0.5, 1.0])
    shifts = 0.1 * rng.normal(size=(1, 6, 1, 1)) + 0.03 * rng.normal(size=(1, 6, 3, 1))
    scores: FloatArray = levels + shares + shifts + 0.01 * rng.normal(size=(4, 6, 3, 4))
    return scores


def test_the_table() -> None:
    algorithms = [
        a._replace(searcher=s, scheduler=c)
        for a, (s, c) in zip(
            cross(2, 2),
            [("tpe", "asha"), ("tpe", "fifo"), ("random", "asha"), ("random", "fifo")],
            strict=True,
        )
    ]
    curves = curves_of(made(), algorithms)
    table = table_of(exhibit, curves, SETTINGS)
    assert table["effect"].tolist() == [
        *("baseline", "searcher", "scheduler", "both", "budget"),
        *("family", "problem", "seed", "rest"),
    ]
    # random + fifo is last and 0.2 lower; asha adds 0.1, tpe 0.15, and both 0.05 less.
    assert table["estimate"][1:5].tolist() == pytest.approx([0.15, 0.1, -0.05, -0.1], abs=0.01)
    assert table["p"][:5].max() < 0.001
    assert table["low"].isna().tolist() == [False] * 5 + [True] * 4
    assert table["estimate"].isna().tolist() == [False] * 6 + [True] + [False] * 2
    assert table["estimate"][7] == pytest.approx(0.03, abs=0.01)
    rows = exhibit.grid(table).rows
    assert [row[0].text for row in rows[:5]] == [
        "random + fifo, all of the budget",
        "tpe",
        "asha",
        "Both: tpe + asha",
        "Ten times the budget",
    ]
    assert [row[0].text for row in rows[5:7]] == ["Spread: family", "Spread: problem"]
    assert rows[6][1].text == "-"
    text = caption_of(exhibit, curves, SETTINGS)
    assert "at 10%, 25%, 50%, 100% of the budget, over 6 families of problems" in text


def test_without_statsmodels_a_report_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    study = study_of(curves_of(made(), cross(2, 2)), SETTINGS)
    (comparison,) = vars(study)["comparisons"] = [Comparison("Everything", study.curves)]
    monkeypatch.setitem(sys.modules, "statsmodels.regression.mixed_linear_model", None)
    assert exhibit.subjects(study) == []
    (note,) = _unmodelled(study)
    assert note == (
        "Everything: there is no table T9, for the mixed model needs statsmodels: pip install "
        "'hpobench[stats]'."
    )
    with pytest.raises(NotAvailableError):
        exhibit.table(study, comparison)


def test_what_takes_minutes_is_left_out_of_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    study = study_of(curves_of(made(), cross(2, 2)), SETTINGS)
    vars(study)["comparisons"] = [Comparison("Everything", study.curves)]
    monkeypatch.setattr(exhibit, "MOST_ROWS", 287)
    assert exhibit.subjects(study) == []
    assert "288 regrets would take minutes" in next(iter(_unmodelled(study)))


def test_regrets_without_any_spread_have_no_model() -> None:
    study = study_of(curves_of(np.full((4, 6, 3), 0.5), cross(2, 2)), SETTINGS)
    vars(study)["comparisons"] = [Comparison("Everything", study.curves)]
    assert exhibit.subjects(study) == []
