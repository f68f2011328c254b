"""F9: thinking time against the number of trials asked for before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hpobench.figures.lines import draw_lines
from hpobench.figures.style import Styles
from hpobench.stats.curves import Algorithm

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(table: pd.DataFrame, styles: Styles) -> Figure:
    """Draws the table of :func:`hpobench.stats.thinking.thinking`; searchers keep the hues of
    ``styles``."""
    searchers = Styles([Algorithm(name, name, "") for name in styles.searchers])
    return draw_lines(
        table,
        searchers,
        xlabel="Trials asked for before",
        ylabel="Thinking, seconds a trial",
        log_y=True,
    )
