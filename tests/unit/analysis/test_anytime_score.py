"""T3 against a case worked out by hand and against the exact area."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpobench.analysis.core.curves import compute_curves
from hpobench.analysis.exhibits import anytime_score
from hpobench.analysis.inference.bootstrap import suite_mean
from hpobench.analysis.settings import Settings
from tests.long.analysis.test_against_naive import incumbent_at, naive_run
from tests.support.curves_factory import caption_of, curves_of, made_nr, table_of
from tests.support.frames import tuples
from tests.support.results_factory import MadeProblem, hand_made, make_results


def test_by_hand() -> None:
    """The grid is 0.1, 0.316, 1 of ten seconds: half of log time at 0.4, half at 0.2."""
    runs = {("a", 0): [(1.0, 0.4), (10**0.5, 0.2), (10.0, 0.0)]}
    settings = Settings(points=3, repetitions=20)
    table: Any = table_of(anytime_score, compute_curves(hand_made(runs), settings), settings)
    assert table["problem"].isna().tolist() == [True, False]
    assert table["estimate"].tolist() == pytest.approx([0.3, 0.3])
    assert table[["low", "high"]].isna().all(axis=None)


def test_means_and_intervals() -> None:
    """The rows of problems and of their mean, algorithms in their order."""
    nr = made_nr(3, 4, 6)
    curves = curves_of(nr)
    settings = Settings(repetitions=200)
    table: Any = table_of(anytime_score, curves, settings)
    area = nr[..., :-1].mean(axis=-1)
    np.testing.assert_allclose(table[table["problem"].isna()]["estimate"], area.mean(axis=(1, 2)))
    for p, problem in enumerate(curves.problems):
        own = table[table["problem"] == problem]
        assert own["algorithm"].tolist() == list(curves.names)
        np.testing.assert_allclose(own["estimate"], area[:, p].mean(axis=1))
        expected = suite_mean(area[:, [p], :, None], (problem,), settings)
        np.testing.assert_allclose(own["low"], expected.low[:, 0])
        assert (own["low"] < own["estimate"]).all()
        assert (own["estimate"] < own["high"]).all()


def exact_area(knots: list[float], nr: list[float]) -> float:
    """Under the steps ``nr`` that begin at ``knots``, the last of which is the end."""
    area = sum(y * math.log(b / a) for y, (a, b) in zip(nr, pairwise(knots), strict=False))
    return area / math.log(knots[-1] / knots[0])


def test_close_to_the_exact_area() -> None:
    """Never below the area under the step functions themselves, and above by at most the drop
    over the number of steps."""
    shifted = MadeProblem("b", optimum=-4.0, clip=-1.0)
    problems = (MadeProblem("a", steps=1, cost=60.0), shifted, MadeProblem("c", steps=3))
    results = make_results(["random", "gp"], ["fifo"], problems, seeds=2, partial=False)
    settings = Settings(points=40, repetitions=20)
    curves = compute_curves(results, settings)
    table: Any = table_of(anytime_score, curves, settings).set_index(["problem", "algorithm"])
    for p, a in np.ndindex(len(curves.problems), len(curves.algorithms)):
        problem, name = curves.problems[p], curves.names[a]
        optimum, clip = float(curves.optimum[p]), float(curves.clip[p])
        last = float(curves.horizon[p])
        first = float(curves.share[0]) * last
        cells = results.cells
        areas, drops = [], []
        for cell in tuples(cells[(cells["searcher"] == name) & (cells["problem"] == problem)]):
            found, _ = naive_run(results, cell, "time", "any")
            knots = [first, *(at for at, _, _ in found if first < at < last), last]
            losses = [incumbent_at(found, at, clip) for at in knots]
            nr = [min(max((y - optimum) / (clip - optimum), 0.0), 1.0) for y in losses]
            areas.append(exact_area(knots, nr))
            drops.append(nr[0] - nr[-1])
        allowed = sum(drops) / len(drops) / 39
        exact = sum(areas) / len(areas)
        assert len(areas) == 2
        assert exact <= float(table.loc[(problem, name), "estimate"]) + 1e-12
        assert float(table.loc[(problem, name), "estimate"]) <= exact + allowed + 1e-12
        assert 0.0 < allowed < 0.03


def test_caption() -> None:
    curves = curves_of(made_nr(3, 4, 6))
    text = caption_of(anytime_score, curves, Settings(), pd.DataFrame({"problem": ["p"]}))
    assert "from 10.00% of the budget" in text
    assert "4 problems and 6 seeds" in text
