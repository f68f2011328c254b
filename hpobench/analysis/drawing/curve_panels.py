"""Curves of algorithms with bands, of one kind or several, and means over the number of workers.

Few algorithms share one panel; many get a panel for each scheduler.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from hpobench.analysis import figures
from hpobench.analysis.core.curves import Algorithm
from hpobench.analysis.drawing.style import drawable, head, legend_row, scale
from hpobench.analysis.looks import GHOST, INK, MUTED, Look, Styles
from hpobench.analysis.settings import REGRET_FLOOR

COLUMNS = 3  # panels beside each other

Panels = dict[str, list[Algorithm]]  # the algorithms of each panel by its title
Rows = dict[Algorithm, pd.DataFrame]


def draw_lines(lines: figures.Lines, table: pd.DataFrame) -> Figure:
    """Behind the curves of a panel those of the others are grey."""
    curves = _rows_of(lines, table)
    panels = _panels_of(list(curves), lines.styles)
    columns = min(len(panels), COLUMNS)
    height = -(-len(panels) // columns)
    size = (0.6 + 2.9 * columns, 0.6 + 2.5 * height)
    if len(panels) == 1:
        size = (6.6, max(3.5, 0.2 * len(curves)))  # its legend has a line for each
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(height, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for ax in axes[len(panels) :]:
        ax.set_visible(False)
    for i, (ax, (name, members)) in enumerate(zip(axes, panels.items(), strict=False)):
        _curves_panel(ax, curves, members, lines)
        ax.set_title(drawable(name))
        if i % columns == 0:
            ax.set_ylabel(lines.y.title)
        if i + columns >= len(panels):
            ax.set_xlabel(lines.x.title)
            ax.tick_params(labelbottom=True)
    _scale_both(axes[0], lines)
    head(figure, lines.title)
    _legend(figure, panels, curves, lines.styles)
    return figure


def draw_views(views: figures.Views, table: pd.DataFrame) -> Figure:
    """The kinds beside each other; with many algorithms such a row for each scheduler."""
    curves = [
        _rows_of(lines, table[table[views.choice.column] == kind])
        for (_, kind), lines in zip(views.choice.options, views.lines, strict=True)
    ]
    styles = views.lines[0].styles
    panels = _panels_of(list(curves[0]), styles)
    figure, axes = _panels_beside(panels, len(curves), curves[0])
    for row, (name, members) in zip(axes, panels.items(), strict=True):
        for ax, own, lines in zip(row, curves, views.lines, strict=True):
            _curves_panel(ax, own, members, lines)
            ax.set_title(drawable(name))
            ax.set_ylabel(lines.y.title)
            _scale_both(ax, lines)
    for ax, lines in zip(axes[-1], views.lines, strict=True):
        ax.set_xlabel(lines.x.title)
    _legend(figure, panels, curves[0], styles)
    return figure


def draw_scaling(scaling: figures.Scaling, table: pd.DataFrame) -> Figure:
    """A panel for each measure; with many algorithms such a row for each scheduler."""
    means = table[table["problem"].isna()]
    curves = {
        label: scaling.styles.rows(means[means["measure"] == measure])
        for label, measure in scaling.choice.options
    }
    last = list(curves.values())[-1]
    panels = _panels_of(list(last), scaling.styles)
    figure, axes = _panels_beside(panels, len(curves), last)
    for row, (name, members) in zip(axes, panels.items(), strict=True):
        for ax, (label, own) in zip(row, curves.items(), strict=True):
            _scaling_panel(ax, own, members, scaling)
            ax.set_title(drawable(f"{name}: {label}" if name else label))
        row[0].set_ylabel(scaling.y.title)
    for ax in axes[-1]:
        ax.set_xlabel("Workers")
    _legend(figure, panels, last, scaling.styles)
    return figure


def _rows_of(lines: figures.Lines, table: pd.DataFrame) -> Rows:
    """The curves that are drawn."""
    if lines.only is not None:
        table = table[table["algorithm"].isin(lines.only)]
    if lines.y.scale == "log":  # nothing else can be drawn
        parts = ["estimate", "low", "high"]
        table = table.assign(**table[parts].clip(lower=REGRET_FLOOR))
    at = table["at"].to_numpy(np.float64)
    # What lies before the axis' begin, 0 on a log axis say, is there.
    places = 1 / (1 - at) if lines.x.scale == "nines" else np.maximum(at, lines.x.low)
    return lines.styles.rows(table.assign(at=places))


def _scale_both(ax: Axes, lines: figures.Lines) -> None:
    x = lines.x
    if x.scale == "nines":
        x = x._replace(low=1 / (1 - x.low), high=1 / (1 - x.high))
    scale(ax.xaxis, x)
    scale(ax.yaxis, lines.y)


def _panels_of(algorithms: list[Algorithm], styles: Styles) -> Panels:
    """One without a title, or one for each scheduler."""
    panels: Panels = {}
    for algorithm in algorithms:
        panels.setdefault(algorithm.scheduler, []).append(algorithm)
    return panels if styles.faceted and len(panels) > 1 else {"": algorithms}


def _panels_beside(panels: Panels, views: int, curves: Rows) -> tuple[Figure, Any]:
    """A figure with a row of ``views`` for each of ``panels``, and its axes."""
    height = 0.6 + 2.2 * len(panels) if len(panels) > 1 else max(3.0, 0.2 * len(curves))
    figure = Figure(figsize=(8.6, height), layout="constrained")
    return figure, figure.subplots(len(panels), views, sharex="col", sharey="col", squeeze=False)


def _curves_panel(ax: Axes, curves: Rows, members: list[Algorithm], lines: figures.Lines) -> None:
    """The curves of ``members``, those of all others in grey behind."""
    for algorithm, rows in curves.items():
        if algorithm not in members:
            ghost = rows["at"], rows["estimate"]
            ax.step(*ghost, where="post", color=GHOST, linewidth=0.7, zorder=1)
    if lines.front:
        front = pd.concat(curves.values())
        front = front[front["front"]].sort_values("at", kind="stable")
        broad: Any = {"color": INK, "alpha": 0.22, "linewidth": 6.0, "solid_capstyle": "butt"}
        ax.step(front["at"], front["estimate"], where="post", zorder=2, **broad)
    for n, algorithm in enumerate(members):
        rows, look = curves[algorithm], lines.styles.look(algorithm)
        at = rows["at"].to_numpy()
        band: Any = {"color": look.color, "alpha": 0.13, "linewidth": 0}
        ax.fill_between(at, rows["low"], rows["high"], step="post", **band)
        # Markers of neighbouring curves at different places, so that both can be seen.
        every = max(len(at) // 6, 1)
        marks: Any = {"markersize": 4.6, "markevery": (int(n / len(members) * every), every)}
        line = _line(look) | marks
        ax.plot(at, rows["estimate"], drawstyle="steps-post", zorder=3, **line)


def _scaling_panel(
    ax: Axes, curves: Rows, members: list[Algorithm], scaling: figures.Scaling
) -> None:
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
    for axis, low, high in ((ax.xaxis, *ends), (ax.yaxis, scaling.y.low, scaling.y.high)):
        powers = range(math.floor(math.log2(low)), math.ceil(math.log2(high)) + 1)
        axis.set_major_locator(FixedLocator([2.0**i for i in powers]))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:.3g}"))
    ax.set_xlim(ends[0] / 1.2, ends[1] * 1.2)
    ax.set_ylim(scaling.y.low / 1.3, scaling.y.high * 1.3)


def _line(look: Look) -> dict[str, Any]:
    edge = {"markeredgecolor": "white", "markeredgewidth": 0.6}
    line = {"color": look.color, "linestyle": look.dashes, "linewidth": 1.5}
    return line | {"marker": look.marker} | edge


def _legend(figure: Figure, panels: Panels, curves: Rows, styles: Styles) -> None:
    """Beside a single panel in the order in which the curves end; below several panels."""

    def handle(algorithm: Algorithm, label: str) -> Line2D:
        look = _line(styles.look(algorithm))
        return Line2D([], [], markersize=4.8, label=drawable(label), **look)

    if len(panels) == 1:
        order = sorted(curves, key=lambda a: -float(curves[a]["estimate"].iloc[-1]))
        handles = [handle(a, a.name) for a in order]
        figure.legend(handles=handles, loc="outside right center", handlelength=2.6)
        return
    seen: dict[str, Algorithm] = {}
    for algorithm in curves:
        seen.setdefault(getattr(algorithm, styles.hue), algorithm)
    legend_row(figure, [handle(a, hue) for hue, a in seen.items()])
