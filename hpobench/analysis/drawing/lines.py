"""Curves with bands: what the figures over time have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Algorithm
from hpobench.analysis.drawing.style import (
    GHOST,
    MUTED,
    Styles,
    drawable,
    house_style,
    label_decades,
    label_shares,
    power_of_ten,
)
from hpobench.analysis.settings import REGRET_FLOOR

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

COLUMNS = 3
"""Panels beside each other."""


def draw_lines(
    table: pd.DataFrame,
    styles: Styles,
    *,
    xlabel: str,
    ylabel: str,
    log_y: bool,
    log_x: bool = True,
    percent: bool = False,
    share_y: bool = False,
    title: str | None = None,
) -> Figure:
    """A figure of the curves in ``table``, which is a ``curve_frame`` of
    :mod:`hpobench.analysis.inference.bootstrap`.

    Few algorithms share one panel; many get a panel per scheduler, with the curves of the other
    panels in grey behind. ``percent``: the times are shares. ``share_y``: so are the values.
    """
    from matplotlib.figure import Figure

    if log_y:  # nothing else can be drawn
        parts = ["estimate", "low", "high"]
        table = table.assign(**table[parts].clip(lower=REGRET_FLOOR))
    curves = curves_of(table, styles)
    panels = panels_of(list(curves), styles)
    columns = min(len(panels), COLUMNS)
    height = -(-len(panels) // columns)
    single = len(panels) == 1
    with house_style():
        size = (0.6 + 2.9 * columns, 0.6 + 2.5 * height)
        if single:
            size = (6.6, max(3.5, 0.2 * len(curves)))  # its legend has a line for each
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(height, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for ax in axes[len(panels) :]:
            ax.set_visible(False)
        for i, (name, members) in enumerate(panels.items()):
            ax = axes[i]
            draw_panel(ax, curves, members, styles)
            if not single:
                ax.set_title(drawable(name))
            if i % columns == 0:
                ax.set_ylabel(ylabel)
            if i + columns >= len(panels):
                ax.set_xlabel(xlabel)
                ax.tick_params(labelbottom=True)
        _scale_x(axes[0], table, log_x, percent)
        _scale_y(axes[0], table, log_y)
        if title:
            figure.suptitle(drawable(title), x=0.01, ha="left", fontsize=10, fontweight="bold")
        draw_legend(figure, panels, curves, styles)
    if share_y:
        label_shares(axes[0])
    return figure


def curves_of(table: pd.DataFrame, styles: Styles) -> dict[Algorithm, pd.DataFrame]:
    """The rows of each algorithm that has any, in the order of ``styles``."""
    rows = dict(iter(table.groupby("algorithm", sort=False, observed=True)))
    return {
        algorithm: rows[algorithm.name] for algorithm in styles.algorithms if algorithm.name in rows
    }


def panels_of(algorithms: list[Algorithm], styles: Styles) -> dict[str, list[Algorithm]]:
    """The algorithms of each panel by its title."""
    if not styles.faceted:
        return {"": algorithms}
    panels: dict[str, list[Algorithm]] = {}
    for algorithm in algorithms:
        panels.setdefault(algorithm.scheduler, []).append(algorithm)
    return panels


def draw_panel(
    ax: Axes, curves: dict[Algorithm, pd.DataFrame], members: list[Algorithm], styles: Styles
) -> None:
    """The curves of ``members``, those of all others in grey behind."""
    for algorithm, rows in curves.items():
        if algorithm not in members:
            at, estimate = rows["at"], rows["estimate"]
            ax.step(at, estimate, where="post", color=GHOST, linewidth=0.7, zorder=1)
    for n, algorithm in enumerate(members):
        _curve(ax, curves[algorithm], algorithm, styles, n / len(members))


def _curve(
    ax: Axes, rows: pd.DataFrame, algorithm: Algorithm, styles: Styles, offset: float
) -> None:
    look = styles.look(algorithm)
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
        color=look.color,
        linestyle=look.dashes,
        linewidth=1.5,
        marker=look.marker,
        markersize=4.6,
        markeredgecolor="white",
        markeredgewidth=0.6,
        markevery=(int(offset * every), every),
        zorder=3,
    )


def _scale_x(ax: Axes, table: pd.DataFrame, log: bool, percent: bool) -> None:
    """A log axis starts where something happens; panels share it."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    ax.set_xscale("log" if log else "linear")
    ax.set_xlim(_first_change(table) if log else 0.0, table["at"].max())
    ax.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _: f"{100 * x:g} %" if percent else power_of_ten(x))
    )
    ax.xaxis.set_minor_formatter(NullFormatter())


def _scale_y(ax: Axes, table: pd.DataFrame, log: bool) -> None:
    """The curves set the range: a band that reaches towards zero has no end on a log axis.

    Curves that reach the optimum leave at the bottom, lest the floor squeeze all others.
    """
    from matplotlib.ticker import MaxNLocator

    low, high = table["estimate"].min(), table["estimate"].max()
    if not log:
        margin = 0.06 * max(high - low, 1.0)
        ax.set_ylim(low - margin, high + margin)
        ax.yaxis.set_major_locator(MaxNLocator(8, integer=True))
        return
    ax.set_yscale("log")
    above = table["estimate"][table["estimate"] > REGRET_FLOOR]
    low = above.min() if len(above) else REGRET_FLOOR
    ax.set_ylim(low / 1.6, high * 1.25)
    label_decades(ax.yaxis, narrow=high < 30 * low)


def _first_change(table: pd.DataFrame) -> float:
    """The last time before any curve has moved."""
    values = table.pivot(index="at", columns="algorithm", values="estimate")
    moved = np.flatnonzero((values != values.iloc[0]).any(axis=1))
    first = max(int(moved[0]) - 1, 0) if len(moved) else 0
    return float(values.index[min(first, len(values) - 2)])


def draw_legend(
    figure: Figure,
    panels: dict[str, list[Algorithm]],
    curves: dict[Algorithm, pd.DataFrame],
    styles: Styles,
) -> None:
    """Beside a single panel in the order in which the curves end; above several panels."""
    if len(panels) == 1:
        order = sorted(curves, key=lambda a: -float(curves[a]["estimate"].iloc[-1]))
        handles = [_handle(a, a.name, styles) for a in order]
        figure.legend(handles=handles, loc="outside right center", handlelength=2.6)
        return
    seen: dict[str, Algorithm] = {}
    for algorithm in curves:
        seen.setdefault(styles.hue_of(algorithm), algorithm)
    handles = [_handle(a, hue, styles) for hue, a in seen.items()]
    legend_row(figure, handles)


def legend_row(figure: Figure, handles: Sequence[Line2D]) -> None:
    """A legend below all panels, in as many columns as its longest label leaves room for."""
    longest = max(len(str(handle.get_label())) for handle in handles)
    room = int(figure.get_figwidth() / (0.55 + 0.065 * longest))
    figure.legend(
        handles=list(handles),
        loc="outside lower center",
        ncols=min(len(handles), max(room, 1), 6),
        handlelength=2.4,
        columnspacing=1.6,
        labelcolor=MUTED,
    )


def _handle(algorithm: Algorithm, label: str, styles: Styles) -> Line2D:
    from matplotlib.lines import Line2D

    look = styles.look(algorithm)
    return Line2D(
        [],
        [],
        color=look.color,
        linestyle=look.dashes,
        linewidth=1.5,
        marker=look.marker,
        markersize=4.8,
        markeredgecolor="white",
        markeredgewidth=0.6,
        label=drawable(label),
    )
