"""A row for each algorithm: dots with their intervals, and average ranks."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hpobench.analysis import figures
from hpobench.analysis.drawing.style import drawable, name_rows, scale
from hpobench.analysis.looks import INK, MUTED, Styles

COLUMNS = 2  # panels beside each other
ROW, LANE, GAP = 0.165, 0.085, 0.35
"""Inches: the height of an algorithm, the width of a bar, and what is between panels."""
DOT: Any = {"markersize": 2.7, "markeredgewidth": 0.6}


def draw_dots(dots: figures.Dots, table: pd.DataFrame) -> Figure:
    """A panel for each kind of rows."""
    names, options = dots.names, dots.choice.options
    algorithms = {a.name: a for a in dots.styles.algorithms}
    longest = max(len(drawable(name)) for name in names)
    size = (0.5 + 0.07 * longest + 1.75 * len(options), 0.85 + 0.19 * len(names))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(1, len(options), sharex=True, sharey=True, squeeze=False)[0]
    for ax, (label, value) in zip(axes, options, strict=True):
        rows = table[table[dots.choice.column] == value]
        parts = (rows[name] for name in ("algorithm", "estimate", "low", "high"))
        for name, estimate, low, high in zip(*parts, strict=True):
            y, look = names.index(name), dots.styles.look(algorithms[name])
            broad = {"linewidth": 4.5, "alpha": 0.4, "solid_capstyle": "butt"}
            ax.plot([low, high], [y, y], color=look.color, **broad)
            ax.plot(estimate, y, look.marker, color=look.color, markersize=3.8)
        ax.set_title(label)
        name_rows(ax, names)
    scale(axes[0].xaxis, dots.x)
    axes[0].set_ylim(len(names) - 0.4, -0.6)
    figure.supxlabel(dots.x.title, fontsize=8.5)
    return figure


def draw_ranks(ranks: figures.Ranks, table: pd.DataFrame) -> Figure:
    """An algorithm a row, the best on top, unlike the customary diagram, whose labels do not fit
    tens of algorithms. Bars are on the right, with a dot for each member."""
    panels = list(zip(ranks.choice.options, ranks.rankings, strict=True))[::-1]
    algorithms, nemenyi = len(ranks.names), ranks.rankings[0].critical_difference is not None
    width = LANE * max(2, *(len(one.lanes) for one in ranks.rankings)) + GAP
    lines = algorithms + (1.2 if nemenyi else 0.3)
    longest = max(len(drawable(name)) for name in ranks.names)
    height = -(-len(panels) // COLUMNS)
    size = (COLUMNS * (2.4 + 0.07 * longest + width), height * (0.75 + ROW * lines))
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.add_gridspec(height, 2 * COLUMNS, width_ratios=[2.0, width] * COLUMNS)
    for i, ((label, share), ranking) in enumerate(panels):
        row, column = divmod(i, COLUMNS)
        left = figure.add_subplot(grid[row, 2 * column])
        right = figure.add_subplot(grid[row, 2 * column + 1], sharey=left)
        left.set_title(f"{label} of the budget")
        left.set_ylim(algorithms - 0.5, algorithms - 0.5 - lines)
        _ranks(left, table[table["share"] == share], ranking, ranks.styles)
        right.set_axis_off()
        right.set_xlim(-0.5, width / LANE - 0.5)
        for x, lane in enumerate(ranking.lanes):
            for bar in lane:
                right.plot([x, x], [bar[0], bar[-1]], color=INK, linewidth=0.9)
                right.plot([x] * len(bar), bar, "o", color=INK, **DOT)
        if not ranks.by_group:
            own = range(algorithms)
            right.plot(own, own, "o", color=INK, markerfacecolor="white", **DOT)
    return figure


def _ranks(ax: Axes, rows: pd.DataFrame, ranking: figures.Ranking, styles: Styles) -> None:
    algorithms = {a.name: a for a in styles.algorithms}
    places = list(zip(rows["algorithm"], rows["rank"], strict=True))
    for y, (name, rank) in enumerate(places):
        look = styles.look(algorithms[name])
        ax.plot([1, rank], [y, y], color=look.color, linewidth=0.8, alpha=0.45)
        ax.plot(rank, y, look.marker, color=look.color, markersize=4.6, clip_on=False)
    name_rows(ax, [f"{drawable(name)}  {rank:.2f}" for name, rank in places])
    ax.tick_params(axis="y", pad=6)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.grid(axis="y", visible=False)
    ax.set_xlim(1, max(len(rows), float(rows["rank"].max())))  # rows may be the best of many
    ax.set_xlabel(f"Average rank; {ranking.test}")
    if (cd := ranking.critical_difference) is not None:
        above = -0.9
        ax.plot([1, 1 + cd], [above, above], "|-", color=INK, linewidth=1.2, clip_on=False)
        ax.text(1 + cd, above, f"  CD = {cd:.2f}", va="center", fontsize=7, color=MUTED)
