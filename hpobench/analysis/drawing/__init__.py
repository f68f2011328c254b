"""Figures as files, by matplotlib."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from hpobench.analysis import figures

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(figure: figures.Figure, table: pd.DataFrame) -> Figure:
    """Draw ``table`` as ``figure`` describes it."""
    # Importing matplotlib takes most of a second, and most reports draw no files.
    from hpobench.analysis.drawing import curve_panels, field_panels, row_panels, trial_panels
    from hpobench.analysis.drawing.style import house_style

    kinds: dict[type[figures.Figure], Callable[[Any, pd.DataFrame], Figure]] = {
        figures.Lines: curve_panels.draw_lines,
        figures.Views: curve_panels.draw_views,
        figures.Scaling: curve_panels.draw_scaling,
        figures.Dots: row_panels.draw_dots,
        figures.Ranks: row_panels.draw_ranks,
        figures.Matrix: field_panels.draw_matrix,
        figures.Strips: field_panels.draw_strips,
        figures.Descent: trial_panels.draw_descent,
        figures.Gantt: trial_panels.draw_gantt,
        figures.Parallel: trial_panels.draw_parallel,
    }
    with house_style():
        return kinds[type(figure)](figure, figure.rows(table))
