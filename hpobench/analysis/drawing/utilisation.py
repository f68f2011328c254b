"""F10: the share of busy workers over the run's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.drawing.captions import band, count, suite
from hpobench.analysis.drawing.lines import draw_lines
from hpobench.analysis.drawing.style import Styles, label_shares
from hpobench.analysis.settings import Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(table: pd.DataFrame, styles: Styles) -> Figure:
    """Draws the table of :func:`hpobench.analysis.exhibits.utilisation.utilisation`."""
    figure = draw_lines(
        table,
        styles,
        xlabel="Share of the run's clock",
        percent=True,
        ylabel="Share of workers busy",
        log_x=False,
        log_y=False,
    )
    label_shares(figure.axes[0])
    return figure


def caption(curves: Curves, settings: Settings) -> str:
    return (
        f"Share of a run's workers that are busy, in {settings.points} equal parts of the run's "
        f"clock: mean of {count(len(curves.algorithms), 'algorithm')} over {suite(curves)}, "
        "problems weigh the same. Busy is a worker at a step that leaves a result, or that the "
        "end of the run cuts off; a step that fails, or that the scheduler undoes, leaves no trace "
        f"and counts as idle. {band(settings)} Failed runs count up to their failure; problems on "
        "which all runs of some algorithm failed at once are left out."
    )
