"""F7: aggregates of final scores, a panel each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.drawing.captions import count, failures, incumbent, interval, suite
from hpobench.analysis.drawing.style import INK, Styles, drawable, house_style, label_decades
from hpobench.analysis.exhibits.aggregates import GAMMA
from hpobench.analysis.settings import Settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TITLES = {
    "IQM": "IQM",
    "mean": "Mean",
    "median": "Median",
    "optimality gap": f"Optimality gap, \u03b3 = {GAMMA:g}",
}


def draw(table: pd.DataFrame, styles: Styles) -> Figure:
    """Draws the table of :func:`hpobench.analysis.exhibits.aggregates.aggregates`, its order from the top."""
    from matplotlib.figure import Figure

    names = list(table["algorithm"].unique())
    longest = max(len(drawable(name)) for name in names)
    with house_style():
        size = (0.5 + 0.07 * longest + 1.75 * len(_TITLES), 0.85 + 0.19 * len(names))
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(1, len(_TITLES), sharex=True, sharey=True)
        for ax, (aggregate, title) in zip(axes, _TITLES.items(), strict=True):
            _intervals(ax, table[table["aggregate"] == aggregate], styles)
            ax.set_title(title)
        _scale(axes[0], table)
        axes[0].set_yticks(range(len(names)), list(map(drawable, names)), color=INK)
        axes[0].set_ylim(len(names) - 0.4, -0.6)
        figure.supxlabel("Final normalised regret (lower is better)", fontsize=8.5)
    return figure


def caption(curves: Curves, settings: Settings) -> str:
    fixed = " (IQM and median: seeds only)" if settings.resample_problems else ""
    return (
        f"Final normalised regret of {count(len(curves.algorithms), 'algorithm')} over "
        f"{suite(curves)}, lowest IQM first. IQM: mean of the middle half of all runs; mean and "
        "median: over problems, of the means over seeds; optimality gap: by how much runs miss, on "
        f"average, a score (1 less the regret) of {GAMMA:g}, where better ones earn nothing. Line: "
        f"{interval(settings)}{fixed}; none where a problem has a single seed. "
        f"{incumbent(settings)}{failures(curves)}"
    )


def _intervals(ax: Axes, rows: pd.DataFrame, styles: Styles) -> None:
    algorithms = {a.name: a for a in styles.algorithms}
    for y, (_, row) in enumerate(rows.iterrows()):
        look = styles.look(algorithms[row["algorithm"]])
        ax.plot(
            [row["low"], row["high"]],
            [y, y],
            color=look.color,
            linewidth=4.5,
            alpha=0.4,
            solid_capstyle="butt",
        )
        ax.plot(row["estimate"], y, look.marker, color=look.color, markersize=3.8)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _scale(ax: Axes, table: pd.DataFrame) -> None:
    """Logarithmic where the algorithms lie far apart, so that the best can be told apart; the
    estimates set its range, for an interval that reaches 0 has no end there."""
    from matplotlib.ticker import MaxNLocator

    low, high = table["estimate"].min(), table["estimate"].max()
    if 0 < 10 * low < high:
        ax.set_xscale("log")
        ax.set_xlim(low / 1.6, high * 1.4)
        label_decades(ax.xaxis, narrow=high < 30 * low)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(4))
