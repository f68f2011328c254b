"""Means over the number of workers: a panel for each measure, and with many algorithms such a row
for each scheduler."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from hpobench.analysis import figures
from hpobench.analysis.core.curves import Algorithm
from hpobench.analysis.drawing.lines import Rows, draw_legend, panels_beside, panels_of
from hpobench.analysis.drawing.style import drawable
from hpobench.analysis.looks import MUTED


def draw(scaling: figures.Scaling, table: pd.DataFrame) -> Figure:
    means, options = table[table["problem"].isna()], scaling.choice.options
    rows = {label: means[means["measure"] == measure] for label, measure in options}
    curves = {label: scaling.styles.rows(own) for label, own in rows.items()}
    last = list(curves.values())[-1]
    panels = panels_of(list(last), scaling.styles)
    figure, axes = panels_beside(panels, len(options), last)
    for row, (name, members) in zip(axes, panels.items(), strict=True):
        for ax, (label, own) in zip(row, curves.items(), strict=True):
            _panel(ax, own, members, scaling)
            ax.set_title(drawable(f"{name}: {label}" if name else label))
        row[0].set_ylabel(scaling.y.title)
    for ax in axes[-1]:
        ax.set_xlabel("Workers")
    draw_legend(figure, panels, last, scaling.styles)
    return figure


def _panel(ax: Axes, curves: Rows, members: list[Algorithm], scaling: figures.Scaling) -> None:
    ends = np.array([scaling.workers[0], scaling.workers[-1]])
    guide: Any = {"color": MUTED, "linewidth": 0.9, "zorder": 1}
    ax.axhline(1.0, linestyle=(0, (4, 2)), **guide)
    ax.plot(ends, ends[0] / ends, linestyle=(0, (1, 1.6)), **guide)
    for n, algorithm in enumerate(members):
        rows, look = curves[algorithm], scaling.styles.look(algorithm)
        offset = scaling.spread * ((n + 0.5) / len(members) - 0.5)
        at = rows["workers"].to_numpy(np.float64) * 2.0**offset
        ax.vlines(at, rows["low"], rows["high"], color=look.color, linewidth=1.6, alpha=0.4)
        line: Any = {"color": look.color, "zorder": 3}
        ax.plot(at, rows["estimate"], linestyle=look.dashes, linewidth=1.3, **line)
        for hollow, face in ((False, look.color), (True, "white")):
            value = rows["estimate"].where(rows["_bounded"] == hollow)
            edge: Any = {"markerfacecolor": face, "markersize": 4.4, "markeredgewidth": 0.9}
            ax.plot(at, value, look.marker, **edge, **line)
    ax.set(xscale="log", yscale="log")
    _doubling(ax.xaxis, *ends)
    _doubling(ax.yaxis, scaling.y.low, scaling.y.high)
    ax.set_xlim(ends[0] / 1.2, ends[1] * 1.2)
    ax.set_ylim(scaling.y.low / 1.3, scaling.y.high * 1.3)


def _doubling(axis: Axis, low: float, high: float) -> None:
    """Labels at the powers of two within."""
    powers = range(math.floor(math.log2(low)), math.ceil(math.log2(high)) + 1)
    axis.set_major_locator(FixedLocator([2.0**i for i in powers]))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:.3g}"))
