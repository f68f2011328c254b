"""F3: average rank over the share of the budget."""

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
    """Draws the table of :func:`hpobench.analysis.exhibits.rank.rank`."""
    return draw_lines(
        table,
        styles,
        xlabel=share_label(settings),
        percent=True,
        ylabel="Average rank (lower is better)",
        log_y=False,
    )
