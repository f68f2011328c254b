from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hpobench.analysis.core.curves import Comparison, Curves, comparisons, compute_curves
from hpobench.analysis.drawing.style import save
from hpobench.analysis.exhibits import utilisation
from hpobench.analysis.settings import Settings
from hpobench.store.read.reader import Results
from tests.support.curves_factory import caption_of, study_of
from tests.support.curves_factory import drawn as drawn_of
from tests.support.results_factory import make_results

SETTINGS = Settings(repetitions=30, points=20)


def drawn(results: Results, curves: Curves) -> tuple[pd.DataFrame, Figure]:
    study, comparison = study_of(curves, SETTINGS, results), Comparison("Everything", curves)
    table = utilisation.table(study, comparison)
    return table, drawn_of(utilisation, study, table)


def test_curves_are_steps_of_the_table_over_the_whole_clock(tmp_path: Path) -> None:
    results = make_results(["random", "tpe"], ["fifo"], seeds=2)
    table, figure = drawn(results, compute_curves(results, SETTINGS))
    (ax,) = figure.axes
    assert ax.get_xscale() == "linear"
    assert (ax.get_xlim(), ax.get_ylim()) == ((0.0, 1.0), (-0.02, 1.02))
    assert len(ax.lines) == 2
    for line, (_, rows) in zip(ax.lines, table.groupby("algorithm", sort=False), strict=True):
        assert line.get_drawstyle() == "steps-post"
        np.testing.assert_array_equal(line.get_xydata(), rows[["at", "estimate"]])
    save(figure, tmp_path / "f10")


def test_many_algorithms_get_panels() -> None:
    results = make_results(["a", "b", "c"], ["fifo", "asha", "median"], seeds=2, failed=())
    curves = comparisons(compute_curves(results, SETTINGS))[-1].curves
    assert len(drawn(results, curves)[1].axes) == 3


def test_caption() -> None:
    text = caption_of(utilisation, compute_curves(make_results(), SETTINGS), SETTINGS)
    assert "cut into 20 equal parts" in text
    assert "6 algorithms over 3 problems" in text
