"""Bars of trials on workers over time: a panel for each of a few runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PolyCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from hpobench.analysis import figures
from hpobench.analysis.drawing.style import colour_bar, drawable, legend_row
from hpobench.analysis.figures import ENDS
from hpobench.analysis.looks import GRID, INK

THICKNESS = 0.76  # of a bar, where workers are 1 apart
LABELLED = 8  # more workers than this and only every other one, say, has its number
LINK: dict[str, Any] = {"color": INK, "linewidth": 0.8, "linestyle": (0, (2.5, 1.2)), "zorder": 2.5}


def draw(gantt: figures.Gantt, table: pd.DataFrame) -> Figure:
    """All panels show the same time: until one of them is full."""
    shown = table[table["begin"] < gantt.x.high]
    colours = ScalarMappable(LogNorm(1, gantt.steps), "YlGnBu")  # logarithmic, as rungs are
    heights = [0.35 + 0.13 * max(workers, 4) for _, _, workers in gantt.runs]
    figure = Figure(figsize=(7.6, 1.0 + sum(heights)), layout="constrained")
    axes = figure.subplots(
        len(heights), 1, sharex=True, squeeze=False, height_ratios=heights
    ).ravel()
    for ax, (cell, name, workers) in zip(axes, gantt.runs, strict=True):
        _panel(ax, shown[shown["cell"] == cell], colours, gantt.x.high)
        ax.set_title(drawable(name))
        ax.set_ylim(workers - 0.4, -0.6)
        ax.set_yticks(range(0, workers, -(-workers // LABELLED)))
        ax.grid(False)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_color(GRID)
    axes[-1].set_xlim(gantt.x.low, gantt.x.high)
    axes[-1].set_xlabel(gantt.x.title)
    figure.supylabel("Worker", fontsize=8.5)
    bar = colour_bar(figure, colours, list(axes), gantt.label, fraction=0.03, aspect=30)
    bar.ax.yaxis.set_major_locator(FixedLocator(gantt.ladder))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    marks = [Line2D([], [], **_mark(ended), label=ended) for ended in gantt.ends]
    links = [Line2D([], [], **LINK, label="clone")] if shown["_linked"].any() else []
    if handles := [*marks, *links]:
        legend_row(figure, handles)
    return figure


def _panel(ax: Axes, bars: pd.DataFrame, colours: ScalarMappable, until: float) -> None:
    y, begin, end = (bars[c].to_numpy(np.float64) for c in ("worker", "begin", "end"))
    low, high = y - THICKNESS / 2, y + THICKNESS / 2
    corners = [(begin, low), (end, low), (end, high), (begin, high)]
    boxes = np.stack([np.stack(corner, axis=-1) for corner in corners], axis=1)
    faces = colours.to_rgba(bars["last_step"].to_numpy(np.float64))
    edge: Any = {"edgecolors": "white", "linewidths": 0.4}
    ax.add_collection(PolyCollection(list(boxes), facecolors=faces, **edge))
    for ended in ENDS:
        own = bars[(bars["ended"] == ended) & (bars["end"] <= until)]
        ax.plot(own["end"], own["worker"], **_mark(ended))
    clones = bars[bars["_linked"]]
    across, down = (
        clones[list(pair)].to_numpy(np.float64).T
        for pair in (("parent_clock", "begin"), ("parent_worker", "worker"))
    )
    ax.plot(across, down, color="white", linewidth=2.2, zorder=2.4)  # to be seen on dark bars
    ax.plot(across, down, **LINK)


def _mark(ended: str) -> dict[str, Any]:
    marker, colour = ENDS[ended]
    look: dict[str, Any] = {"marker": marker, "color": colour, "linestyle": "none", "zorder": 3}
    return look | {"markersize": 3.9, "markeredgecolor": "white", "markeredgewidth": 0.4}
