"""F9: thinking time against the number of trials asked for before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hpobench.analysis.core.curves import Algorithm
from hpobench.analysis.drawing.lines import draw_lines
from hpobench.analysis.drawing.style import Styles

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(table: pd.DataFrame, styles: Styles) -> Figure:
    """Draws the table of :func:`hpobench.analysis.exhibits.thinking.thinking`; searchers keep the hues of
    ``styles``."""
    searchers = Styles([Algorithm(name, name, "") for name in styles.searchers])
    return draw_lines(
        table,
        searchers,
        xlabel="Trials asked for before",
        ylabel="Thinking, seconds a trial",
        log_y=True,
    )
