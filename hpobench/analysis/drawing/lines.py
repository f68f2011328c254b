"""Curves with bands: one panel, or with many algorithms one for each scheduler."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hpobench.analysis import figures
from hpobench.analysis.core.curves import Algorithm
from hpobench.analysis.drawing.style import drawable, head, legend_row, scale
from hpobench.analysis.looks import GHOST, INK, Look, Styles
from hpobench.analysis.settings import REGRET_FLOOR, FloatArray

COLUMNS = 3  # panels beside each other

Panels = dict[str, list[Algorithm]]  # the algorithms of each panel by its title
Rows = dict[Algorithm, pd.DataFrame]


def draw(lines: figures.Lines, table: pd.DataFrame) -> Figure:
    """Few algorithms share one panel; many get a panel per scheduler, with the curves of the other
    panels in grey behind."""
    curves = rows_of(lines, table)
    panels = panels_of(list(curves), lines.styles)
    single = len(panels) == 1
    columns = min(len(panels), COLUMNS)
    height = -(-len(panels) // columns)
    size = (0.6 + 2.9 * columns, 0.6 + 2.5 * height)
    if single:
        size = (6.6, max(3.5, 0.2 * len(curves)))  # its legend has a line for each
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(height, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for ax in axes[len(panels) :]:
        ax.set_visible(False)
    for i, (ax, (name, members)) in enumerate(zip(axes, panels.items(), strict=False)):
        draw_panel(ax, curves, members, lines)
        ax.set_title(drawable(name))
        if i % columns == 0:
            ax.set_ylabel(lines.y.title)
        if i + columns >= len(panels):
            ax.set_xlabel(lines.x.title)
            ax.tick_params(labelbottom=True)
    scale_both(axes[0], lines)
    head(figure, lines.title)
    draw_legend(figure, panels, curves, lines.styles)
    return figure


def rows_of(lines: figures.Lines, table: pd.DataFrame) -> Rows:
    """The curves that are drawn."""
    if lines.only is not None:
        table = table[table["algorithm"].isin(lines.only)]
    if lines.y.scale == "log":  # nothing else can be drawn
        parts = ["estimate", "low", "high"]
        table = table.assign(**table[parts].clip(lower=REGRET_FLOOR))
    return lines.styles.rows(table.assign(at=places(lines.x, table["at"].to_numpy(np.float64))))


def places(axis: figures.Axis, at: FloatArray) -> FloatArray:
    """Where ``at`` is on ``axis``: what lies before its begin, 0 on a log axis say, is there."""
    if axis.scale == "nines":
        return 1 / (1 - at)
    return np.maximum(at, axis.low)


def scale_both(ax: Axes, lines: figures.Lines) -> None:
    x = lines.x
    if x.scale == "nines":
        x = x._replace(low=1 / (1 - x.low), high=1 / (1 - x.high))
    scale(ax.xaxis, x)
    scale(ax.yaxis, lines.y)


def panels_of(algorithms: list[Algorithm], styles: Styles) -> Panels:
    """One without a title, or one for each scheduler."""
    panels: Panels = {}
    for algorithm in algorithms:
        panels.setdefault(algorithm.scheduler, []).append(algorithm)
    return panels if styles.faceted and len(panels) > 1 else {"": algorithms}


def panels_beside(panels: Panels, views: int, curves: Rows) -> tuple[Figure, Any]:
    """A figure with a row of ``views`` for each of ``panels``, and its axes."""
    height = 0.6 + 2.2 * len(panels) if len(panels) > 1 else max(3.0, 0.2 * len(curves))
    figure = Figure(figsize=(8.6, height), layout="constrained")
    return figure, figure.subplots(len(panels), views, sharex="col", sharey="col", squeeze=False)


def draw_panel(ax: Axes, curves: Rows, members: list[Algorithm], lines: figures.Lines) -> None:
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
        ax.fill_between(
            at, rows["low"], rows["high"], step="post", color=look.color, alpha=0.13, linewidth=0
        )
        # Markers of neighbouring curves at different places, so that both can be seen.
        every = max(len(at) // 6, 1)
        ax.plot(
            at,
            rows["estimate"],
            drawstyle="steps-post",
            markersize=4.6,
            markevery=(int(n / len(members) * every), every),
            zorder=3,
            **_line(look),
        )


def _line(look: Look) -> dict[str, Any]:
    edge = {"markeredgecolor": "white", "markeredgewidth": 0.6}
    line = {"color": look.color, "linestyle": look.dashes, "linewidth": 1.5}
    return line | {"marker": look.marker} | edge


def draw_legend(figure: Figure, panels: Panels, curves: Rows, styles: Styles) -> None:
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
