"""F1: simple regret over time on one problem, log-log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hpobench.analysis.drawing.captions import axis_label
from hpobench.analysis.drawing.lines import draw_lines
from hpobench.analysis.drawing.style import Styles
from hpobench.analysis.settings import Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(table: pd.DataFrame, problem: str, styles: Styles, settings: Settings) -> Figure:
    """Draws the table of :func:`hpobench.analysis.exhibits.anytime_regret.anytime_regret`."""
    return draw_lines(
        table,
        styles,
        xlabel=axis_label(settings),
        ylabel="Simple regret",
        log_y=True,
        title=problem,
    )
