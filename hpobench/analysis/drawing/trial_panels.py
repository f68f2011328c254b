"""Trials of runs: their learning curves, their bars on workers, and their configurations."""

from __future__ import annotations

from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from hpobench.analysis import figures
from hpobench.analysis.drawing.style import (
    colour_bar,
    drawable,
    head,
    label_decades,
    legend_row,
    scale,
)
from hpobench.analysis.figures import ENDS, GOLDEN, INACTIVE
from hpobench.analysis.looks import ACCENT, GHOST, GRID, INK, MUTED
from hpobench.analysis.settings import FloatArray

LINE = "#A9B1BA"
DONOR: Any = {"color": MUTED, "linewidth": 0.75, "linestyle": (0, (2, 1)), "markevery": [0]}
DONOR |= {"marker": "o", "markersize": 3.2, "markeredgecolor": "white", "markeredgewidth": 0.5}
CROSS: Any = {"color": MUTED, "linestyle": "none", "marker": "x", "markersize": 3.6}
NAMED = 24  # with more trials than this there is no room for their numbers
THICKNESS = 0.76  # of a bar, where workers are 1 apart
LABELLED = 8  # more workers than this and only every other one, say, has its number
LINK: dict[str, Any] = {"color": INK, "linewidth": 0.8, "linestyle": (0, (2.5, 1.2)), "zorder": 2.5}


def draw_descent(descent: figures.Descent, table: pd.DataFrame) -> Figure:
    """The line to the best result has the trial's number at each change."""
    figure = Figure(figsize=(6.6, 4.2), layout="constrained")
    ax = figure.subplots()
    scale(ax.xaxis, descent.x)
    scale(ax.yaxis, descent.y)
    _learning_curves(ax, table)
    line = table[table["ancestor"]]
    ax.plot(line["step"], line["value"], color=ACCENT, linewidth=2.2, zorder=4)
    badge = {"boxstyle": "circle,pad=0.25", "facecolor": "white", "edgecolor": ACCENT}
    text: Any = {"color": ACCENT, "fontsize": 6.5, "fontweight": "bold", "bbox": badge, "zorder": 6}
    changes = table[table["_begin"]]
    for (x, y), trial in zip(_matrix(changes, "step", "value"), changes["trial"], strict=True):
        ax.text(x, y, str(trial), ha="center", va="center", **text)
    best = table[table["_best"]]
    star: Any = {"markersize": 11, "markeredgecolor": "white", "markeredgewidth": 0.8}
    ax.plot(best["step"], best["value"], "*", color=ACCENT, **star, zorder=7, clip_on=False)
    _names(ax, table)
    ax.set_xlabel(drawable(descent.x.title))
    ax.set_ylabel(drawable(descent.y.title))
    head(figure, descent.title)
    looks: dict[str, dict[str, Any]] = {
        "a trial": {"color": LINE, "linewidth": 0.9},
        "from its donor's state": DONOR,
        "state given up": CROSS,
        "descent of the best result": {"color": ACCENT, "linewidth": 2.2},
    }
    legend_row(figure, [Line2D([], [], **look, label=name) for name, look in looks.items()])
    return figure


def _learning_curves(ax: Axes, table: pd.DataFrame) -> None:
    """A line for each stretch, dashed from the state of the donor that it went on from; a cross
    where a trial gave its state up, and an arrow to where it went on."""
    for _, rows in table.groupby("stretch"):
        ax.plot(rows["step"], rows["value"], color=LINE, linewidth=0.9)
    clones = table[table["parent"].notna()]
    steps, values = _matrix(clones, "parent_step", "step"), _matrix(clones, "parent_value", "value")
    ax.plot(steps.T, values.T, zorder=4.5, **DONOR)
    left = table[table["_next_step"].notna()]
    ends = _matrix(left, "step", "value")
    ax.plot(*ends.T, zorder=3, **CROSS)
    arrow = {"arrowstyle": "-|>,head_width=0.12,head_length=0.25", "shrinkA": 3, "shrinkB": 0}
    arrow |= {"color": LINE, "linewidth": 0.6, "linestyle": ":"}
    for end, (x, y) in zip(ends, _matrix(left, "_next_step", "_next_value"), strict=True):
        ax.annotate("", (x, y), end, arrowprops=arrow)


def _matrix(rows: pd.DataFrame, *columns: str) -> FloatArray:
    return rows[list(columns)].to_numpy(np.float64)


def _names(ax: Axes, table: pd.DataFrame) -> None:
    """The number of each trial beside its end, if there is room for all."""
    last = table.drop_duplicates("trial", keep="last").dropna(subset="value")
    if not 0 < len(last) <= NAMED:
        return
    last = last.sort_values("value", kind="stable")
    ends = ax.transData.transform(_matrix(last, "step", "value"))
    ends = ax.transAxes.inverted().transform(ends)
    free: Any = {"transform": ax.transAxes, "clip_on": False}
    text: Any = {"fontsize": 6.5, "color": MUTED} | free
    thread: Any = {"color": GHOST, "linewidth": 0.6, "linestyle": ":", "zorder": 1} | free
    from scipy.optimize import isotonic_regression  # 0.2 s that no other figure needs

    # The places nearest to the ends that lie far enough apart, within 0 and 1.
    gaps = 0.038 * np.arange(len(ends))
    places = isotonic_regression(ends[:, 1] - gaps).x.clip(0.0, 1.0 - gaps[-1]) + gaps
    for trial, (x, y), place in zip(last["trial"], ends, places, strict=True):
        ax.plot([x + 0.005, 1.012, 1.03], [y, y, place], **thread)
        ax.text(1.035, place, str(trial), va="center", **text)
    ax.text(1.035, 1.03, "trial", ha="center", **text)


def draw_gantt(gantt: figures.Gantt, table: pd.DataFrame) -> Figure:
    """All panels show the same time: until one of them is full."""
    shown = table[table["begin"] < gantt.x.high]
    colours = ScalarMappable(LogNorm(1, gantt.steps), "YlGnBu")  # logarithmic, as rungs are
    heights = [0.35 + 0.13 * max(workers, 4) for _, _, workers in gantt.runs]
    figure = Figure(figsize=(7.6, 1.0 + sum(heights)), layout="constrained")
    ratios: Any = {"height_ratios": heights, "sharex": True, "squeeze": False}
    axes = figure.subplots(len(heights), 1, **ratios).ravel()
    for ax, (cell, name, workers) in zip(axes, gantt.runs, strict=True):
        _bars(ax, shown[shown["cell"] == cell], colours, gantt.x.high)
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


def _bars(ax: Axes, bars: pd.DataFrame, colours: ScalarMappable, until: float) -> None:
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


def draw_parallel(parallel: figures.Parallel, table: pd.DataFrame) -> Figure:
    parameters = parallel.parameters
    size = (1.4 + 0.8 * max(len(parameters), 4), 3.7)
    figure = Figure(figsize=size, layout="constrained")
    ax = figure.subplots()
    ax.grid(False)
    _lines(figure, ax, parallel, table)
    box = {"boxstyle": "square,pad=0.1", "facecolor": "white", "linewidth": 0, "alpha": 0.75}
    sides: dict[str, tuple[float, float, dict[str, Any]]] = {
        "beside": (0.04, 0.0, {"ha": "left", "va": "center", "bbox": box}),
        "above": (0.0, 0.02, {"ha": "center", "va": "bottom"}),
        "below": (0.0, -0.02, {"ha": "center", "va": "top"}),
    }
    for x, parameter in enumerate(parameters):
        ax.plot([x, x], [0, 1], color=INK, linewidth=0.9, zorder=3)
        for label in parameter.labels:
            right, up, how = sides[label.side]
            place = x + right, label.position + up
            ax.text(*place, drawable(label.text), fontsize=6.5, color=INK, zorder=4, **how)
    ax.set_xlim(-0.15, len(parameters) - 0.45)
    ax.set_ylim(parallel.bottom, 1.09)
    ax.set_xticks(range(len(parameters)), [drawable(p.title) for p in parameters], color=INK)
    for tick in ax.get_xticklabels():
        tick.set(rotation=25, ha="right", rotation_mode="anchor")
    inactive = parallel.conditional
    ax.set_yticks([INACTIVE] if inactive else [], ["inactive"] if inactive else [])
    ax.tick_params(length=0)
    for spine in ("left", "bottom"):
        ax.spines[spine].set_visible(False)
    head(figure, parallel.title)
    return figure


def _lines(figure: Figure, ax: Axes, parallel: figures.Parallel, table: pd.DataFrame) -> None:
    """The rest in grey, the best coloured and over each other from the worst of them on."""
    lines = table.drop_duplicates("line")
    found = table.pivot(index="line", columns="parameter", values="position")
    heights = found[[p.name for p in parallel.parameters]].to_numpy(np.float64)
    shift = (np.arange(len(heights)) * GOLDEN % 1.0 - 0.5)[:, None]
    moved = heights + shift * np.array([p.room for p in parallel.parameters])
    heights = np.where(np.isnan(heights), INACTIVE + 0.05 * shift, moved)
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
