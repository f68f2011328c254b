"""F16: learning curves of a run that clones trials, and the descent of its best result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hpobench.analysis.drawing.lines import legend_row
from hpobench.analysis.drawing.style import (
    GHOST,
    MUTED,
    PALETTE,
    drawable,
    house_style,
    label_decades,
)
from hpobench.analysis.exhibits.lineage import stretches
from hpobench.analysis.settings import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINE, ACCENT = "#A9B1BA", PALETTE[0]
LINK: Any = {"color": MUTED, "linewidth": 0.75, "linestyle": (0, (2, 1))}
LINK |= {"marker": "o", "markersize": 3.2, "markeredgecolor": "white", "markeredgewidth": 0.5}
CROSS: Any = {"color": MUTED, "linestyle": "none", "marker": "x", "markersize": 3.6}
NAMED = 24
"""With more trials than this there is no room for their numbers."""


def draw(table: pd.DataFrame, *, title: str, xlabel: str, ylabel: str, maximize: bool) -> Figure:
    """Draws the table of :func:`hpobench.analysis.exhibits.lineage.lineage`."""
    from matplotlib.figure import Figure

    parts = stretches(table)
    with house_style():
        figure = Figure(figsize=(6.6, 4.2), layout="constrained")
        ax = figure.subplots()
        _scale(ax, table, maximize)
        _stretches(ax, table)
        _moves(ax, parts)
        _descent(ax, table)
        _names(ax, parts)
        ax.set_xlabel(drawable(xlabel))
        ax.set_ylabel(drawable(ylabel))
        figure.suptitle(drawable(title), x=0.01, ha="left", fontsize=10, fontweight="bold")
        _legend(figure)
    return figure


def _scale(ax: Axes, table: pd.DataFrame, maximize: bool) -> None:
    """Logarithmic for losses that fall far, so that their ends can be told apart."""
    from matplotlib.ticker import MaxNLocator

    low, high = table["value"].min(), table["value"].max()
    ax.set_xlim(0, table["step"].max())
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if not maximize and 0 < 5 * low < high:
        ax.set_yscale("log")
        ax.set_ylim(low / 1.15, high * 1.15)
        label_decades(ax.yaxis, narrow=high < 30 * low)
    elif low < high:
        margin = 0.05 * (high - low)
        ax.set_ylim(low - margin, high + margin)


def _stretches(ax: Axes, table: pd.DataFrame) -> None:
    """A line each, dashed from the state of the donor that it went on from."""
    for _, rows in table.groupby("stretch"):
        ax.plot(rows["step"], rows["value"], color=LINE, linewidth=0.9)
    clones = table[table["parent"].notna()]
    steps, values = _matrix(clones, "parent_step", "step"), _matrix(clones, "parent_value", "value")
    ax.plot(steps.T, values.T, markevery=[0], zorder=4.5, **LINK)


def _moves(ax: Axes, parts: pd.DataFrame) -> None:
    """A cross where a trial gave its state up, and an arrow to where it went on."""
    nexts = parts.groupby("trial")[["first_step", "first_value"]].shift(-1)
    left = parts.duplicated("trial", keep="last")
    ends = _matrix(parts[left], "last_step", "last_value")
    ax.plot(*ends.T, zorder=3, **CROSS)
    arrow = {"arrowstyle": "-|>,head_width=0.12,head_length=0.25", "shrinkA": 3, "shrinkB": 0}
    arrow |= {"color": LINE, "linewidth": 0.6, "linestyle": ":"}
    for end, (x, y) in zip(ends, _matrix(nexts[left], "first_step", "first_value"), strict=True):
        ax.annotate("", (x, y), end, arrowprops=arrow)


def _descent(ax: Axes, table: pd.DataFrame) -> None:
    """The line from the first step to the best result, with the trial's number at each change."""
    line = table[table["ancestor"]]
    ax.plot(line["step"], line["value"], color=ACCENT, linewidth=2.2, zorder=4)
    badge = {"boxstyle": "circle,pad=0.25", "facecolor": "white", "edgecolor": ACCENT}
    text: Any = {"color": ACCENT, "fontsize": 6.5, "fontweight": "bold", "bbox": badge, "zorder": 6}
    changes = line.drop_duplicates("stretch")
    for (x, y), trial in zip(_matrix(changes, "step", "value"), changes["trial"], strict=True):
        ax.text(x, y, str(trial), ha="center", va="center", **text)
    best = line.tail(1)
    star: Any = {"markersize": 11, "markeredgecolor": "white", "markeredgewidth": 0.8}
    ax.plot(best["step"], best["value"], "*", color=ACCENT, **star, zorder=7, clip_on=False)


def _matrix(rows: pd.DataFrame, *columns: str) -> FloatArray:
    return rows[list(columns)].to_numpy(np.float64)


def _names(ax: Axes, parts: pd.DataFrame) -> None:
    """The number of each trial beside the end of its last stretch, if there is room for all."""
    last = parts.drop_duplicates("trial", keep="last").dropna(subset="last_value")
    if not 0 < len(last) <= NAMED:
        return
    last = last.sort_values("last_value", kind="stable")
    ends = ax.transData.transform(_matrix(last, "last_step", "last_value"))
    ends = ax.transAxes.inverted().transform(ends)
    free: Any = {"transform": ax.transAxes, "clip_on": False}
    text: Any = {"fontsize": 6.5, "color": MUTED} | free
    thread: Any = {"color": GHOST, "linewidth": 0.6, "linestyle": ":", "zorder": 1} | free
    places = _spread(ends[:, 1], 0.038)
    for trial, (x, y), place in zip(last["trial"], ends, places, strict=True):
        ax.plot([x + 0.005, 1.012, 1.03], [y, y, place], **thread)
        ax.text(1.035, place, str(trial), va="center", **text)
    ax.text(1.035, 1.03, "trial", ha="center", **text)


def _spread(wanted: FloatArray, gap: float) -> FloatArray:
    """The places nearest to the ascending ``wanted`` that lie ``gap`` apart, within 0 and 1."""
    from scipy.optimize import isotonic_regression

    gaps = gap * np.arange(len(wanted))
    places: FloatArray = isotonic_regression(wanted - gaps).x.clip(0.0, 1.0 - gaps[-1]) + gaps
    return places


def _legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D

    looks: dict[str, dict[str, Any]] = {
        "a trial": {"color": LINE, "linewidth": 0.9},
        "from its donor's state": LINK | {"markevery": [0]},
        "state given up": CROSS,
        "descent of the best result": {"color": ACCENT, "linewidth": 2.2},
    }
    legend_row(figure, [Line2D([], [], **look, label=name) for name, look in looks.items()])
