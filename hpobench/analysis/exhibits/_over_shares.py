"""Drawing curves over the share of the budget, which several exhibits do alike."""

from __future__ import annotations

from functools import partial

import pandas as pd

from hpobench.analysis.charting import Spec
from hpobench.analysis.charting.curves import curves
from hpobench.analysis.drawing.lines import draw_lines
from hpobench.analysis.drawing.style import Drawing
from hpobench.analysis.study import Study
from hpobench.analysis.text import phrases


def drawing_over_shares(
    study: Study, table: pd.DataFrame, ylabel: str, *, log_y: bool = False, share_y: bool = False
) -> Drawing:
    """The call that draws ``table``; the other arguments are those of
    :func:`hpobench.analysis.drawing.lines.draw_lines`."""
    return partial(
        draw_lines,
        table,
        study.styles,
        xlabel=phrases.share_label(study.settings),
        percent=True,
        ylabel=ylabel,
        log_y=log_y,
        share_y=share_y,
    )


def chart_over_shares(
    study: Study, ylabel: str, *, log_y: bool = False, share_y: bool = False
) -> Spec:
    """The same on a page."""
    return curves(
        study.styles,
        x=phrases.share_label(study.settings),
        y=ylabel,
        log_y=log_y,
        percent_y=share_y,
    )
