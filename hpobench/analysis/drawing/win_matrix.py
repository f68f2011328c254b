"""F8: the probability of improvement of every algorithm over every other one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.drawing.captions import count, failures, incumbent, interval, suite
from hpobench.analysis.drawing.matrix import HIGH_IS_BETTER, draw_matrix
from hpobench.analysis.settings import Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(table: pd.DataFrame) -> Figure:
    """Draws the table of :func:`hpobench.analysis.exhibits.win_matrix.win_matrix`."""
    names = list(table["algorithm"].unique())
    return draw_matrix(
        table,
        ("algorithm", names),
        ("other", names),
        colours=HIGH_IS_BETTER,
        limits=(0.0, 1.0),
        write=_short,
        label="P(row ends better\nthan column)",
    )


def caption(curves: Curves, settings: Settings) -> str:
    return (
        "Probability that a run of the row's algorithm ends at a lower normalised regret than a "
        "run of the column's on the same problem, ties counted half (Mann and Whitney's U over all "
        f"pairs of runs), mean over problems: {count(len(curves.algorithms), 'algorithm')} over "
        f"{suite(curves)}, the highest mean first. Bold with a dot: the interval excludes one "
        f"half, pair by pair, not adjusted for their number; {interval(settings)}, none where a "
        f"problem has a single seed. {incumbent(settings)}{failures(curves)}"
    )


def _short(value: float) -> str:
    """Two digits in the least space; 1 and 0 are no rounding."""
    if value in (0.0, 1.0):
        return f"{value:.0f}"
    return f"{min(max(value, 0.01), 0.99):.2f}".lstrip("0")
