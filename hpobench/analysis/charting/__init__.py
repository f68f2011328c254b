"""Figures on pages, as Vega-Lite specifications.

A chart's data is always named :data:`TABLE`, and is the exhibit's table as its description draws
it. A script of the page adds the sizes and the colours of the page's theme, and draws a chart when
a reader comes to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hpobench.analysis import figures
from hpobench.analysis.charting import (
    configuration_charts,
    curve_charts,
    field_charts,
    row_charts,
    trial_charts,
)
from hpobench.analysis.charting.parts import TABLE, Spec

__all__ = ["TABLE", "Spec", "chart"]

_KINDS: dict[type[figures.Figure], Callable[[Any], Spec]] = {
    figures.Lines: curve_charts.lines_chart,
    figures.Views: curve_charts.views_chart,
    figures.Scaling: curve_charts.scaling_chart,
    figures.Dots: row_charts.dots_chart,
    figures.Ranks: row_charts.ranks_chart,
    figures.Matrix: field_charts.matrix_chart,
    figures.Strips: field_charts.strips_chart,
    figures.Descent: trial_charts.descent_chart,
    figures.Gantt: trial_charts.gantt_chart,
    figures.Parallel: configuration_charts.parallel_chart,
}


def chart(figure: figures.Figure) -> Spec:
    """How a page draws ``figure``."""
    return _KINDS[type(figure)](figure)
