"""F2: normalised regret over the share of the budget, log-log, averaged over problems."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hpobench.analysis.drawing.captions import share_label
from hpobench.analysis.drawing.lines import draw_lines
from hpobench.analysis.drawing.style import Styles
from hpobench.analysis.settings import Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(table: pd.DataFrame, styles: Styles, settings: Settings) -> Figure:
    """Draws the table of :func:`hpobench.analysis.exhibits.mean_regret.mean_regret`."""
    return draw_lines(
        table,
        styles,
        xlabel=share_label(settings),
        percent=True,
        ylabel="Mean normalised regret",
        log_y=True,
    )
