"""Configurations as lines across an axis for each parameter."""

from __future__ import annotations

from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.figure import Figure

from hpobench.analysis import figures
from hpobench.analysis.drawing.style import colour_bar, drawable, head, label_decades
from hpobench.analysis.figures import GOLDEN, INACTIVE
from hpobench.analysis.looks import GHOST, INK
from hpobench.analysis.settings import FloatArray


def draw(parallel: figures.Parallel, table: pd.DataFrame) -> Figure:
    parameters = parallel.parameters
    size = (1.4 + 0.8 * max(len(parameters), 4), 3.7)
    figure = Figure(figsize=size, layout="constrained")
    ax = figure.subplots()
    ax.grid(False)
    _lines(figure, ax, parallel, table)
    for x, parameter in enumerate(parameters):
        _axis(ax, x, parameter)
    ax.set_xlim(-0.15, len(parameters) - 0.45)
    ax.set_ylim(parallel.bottom, 1.09)
    ax.set_xticks(range(len(parameters)), [drawable(p.title) for p in parameters], color=INK)
    for tick in ax.get_xticklabels():
        tick.set(rotation=25, ha="right", rotation_mode="anchor")
    inactive = parallel.conditional
    ax.set_yticks([INACTIVE] if inactive else [], ["inactive"] if inactive else [])
    ax.tick_params(length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    head(figure, parallel.title)
    return figure


def _heights(parallel: figures.Parallel, table: pd.DataFrame) -> FloatArray:
    """Where each line crosses each axis; shape (lines, parameters)."""
    found = table.pivot(index="line", columns="parameter", values="position")
    heights = found[[p.name for p in parallel.parameters]].to_numpy(np.float64)
    shift = (np.arange(len(heights)) * GOLDEN % 1.0 - 0.5)[:, None]
    moved = heights + shift * np.array([p.room for p in parallel.parameters])
    return np.where(np.isnan(heights), INACTIVE + 0.05 * shift, moved)


def _lines(figure: Figure, ax: Axes, parallel: figures.Parallel, table: pd.DataFrame) -> None:
    """The rest in grey, the best coloured and over each other from the worst of them on."""
    heights, lines = _heights(parallel, table), table.drop_duplicates("line")
    x = np.arange(heights.shape[1])
    points = [np.column_stack([x, y]) for y in heights]
    best = np.flatnonzero(lines["best"])[::-1]
    rest = [points[i] for i in np.flatnonzero(~lines["best"])]
    ax.add_collection(LineCollection(rest, colors=GHOST, linewidths=0.5, alpha=0.7, zorder=1))
    # Dark is better; without the bright end, which is lost on white.
    shades = matplotlib.colormaps["viridis"](np.linspace(0.0, 0.88, 256))
    colours = parallel.colours
    log = colours.scale == "log"
    coloured = LineCollection(
        [points[i] for i in best],
        array=lines["value"].to_numpy(np.float64)[best],
        cmap=ListedColormap(shades[::-1] if parallel.maximize else shades),
        norm=(LogNorm if log else Normalize)(colours.low, colours.high),
        linewidths=0.8,
        alpha=0.85,
        zorder=2,
    )
    ax.add_collection(coloured)
    bar = colour_bar(figure, coloured, ax, colours.title, fraction=0.04, aspect=22)
    if log:
        # The formatter of logarithmic bars writes formulas, which the house style prints as text.
        label_decades(bar.ax.yaxis, narrow=colours.high < 30 * colours.low)


def _axis(ax: Axes, x: int, parameter: figures.Parameter) -> None:
    """A line with the ends of the range, or the names of the choices."""
    ax.plot([x, x], [0, 1], color=INK, linewidth=0.9, zorder=3)
    box = {"boxstyle": "square,pad=0.1", "facecolor": "white", "linewidth": 0, "alpha": 0.75}
    sides: dict[str, tuple[float, float, dict[str, Any]]] = {
        "beside": (0.04, 0.0, {"ha": "left", "va": "center", "bbox": box}),
        "above": (0.0, 0.02, {"ha": "center", "va": "bottom"}),
        "below": (0.0, -0.02, {"ha": "center", "va": "top"}),
    }
    for y, text, side in parameter.labels:
        right, up, how = sides[side]
        ax.text(x + right, y + up, drawable(text), fontsize=6.5, color=INK, zorder=4, **how)
