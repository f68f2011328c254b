from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hpobench.analysis.core.curves import comparisons, compute_curves
from hpobench.analysis.drawing.style import save
from hpobench.analysis.exhibits import aggregates
from hpobench.analysis.settings import Settings
from tests.support.curves_factory import caption_of, curves_of, drawn, made_nr, study_of, table_of
from tests.support.results_factory import make_results

SETTINGS = Settings(repetitions=300)


def test_the_figure_shows_the_table() -> None:
    curves = comparisons(compute_curves(make_results(), SETTINGS))[1].curves
    table = table_of(aggregates, curves, SETTINGS)
    figure = drawn(aggregates, study_of(curves, SETTINGS), table)
    axes: list[Any] = figure.axes
    for ax, (_, rows) in zip(axes, table.groupby("aggregate", sort=False), strict=True):
        dots = [line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 1]
        ends = [tuple(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 2]
        assert dots == rows["estimate"].tolist()
        assert ends == list(zip(rows["low"], rows["high"], strict=True))
    labels = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert labels == table["algorithm"].unique().tolist()


def test_intervals_that_reach_the_optimum_and_none_at_all(tmp_path: Path) -> None:
    nr = np.full((2, 1, 4), 0.9)
    nr[0] = 0.1, 0.1, 0.0, 0.0  # one resample in 16 is all 0
    curves = curves_of(nr)
    table = table_of(aggregates, curves, SETTINGS)
    assert table["low"].min() <= 0 < table["estimate"].min()
    figure = drawn(aggregates, study_of(curves, SETTINGS), table)
    assert figure.axes[0].get_xscale() == "log"
    save(figure, tmp_path / "zero")
    nothing = curves_of(np.zeros((1, 1, 1)))
    table = table_of(aggregates, nothing, SETTINGS)
    save(drawn(aggregates, study_of(nothing, SETTINGS), table), tmp_path / "nothing")


def test_the_caption_says_what_was_resampled() -> None:
    curves = curves_of(made_nr(2, 3, 4))
    assert "resampled" not in caption_of(aggregates, curves, Settings())
    text = caption_of(aggregates, curves, Settings(resample_problems=True))
    assert "For the IQM and the median seeds alone are resampled." in text
    assert "1 failed run of 12 counted as the clip value" in caption_of(
        aggregates, compute_curves(make_results(["gp"], ["fifo"]), SETTINGS), SETTINGS
    )
