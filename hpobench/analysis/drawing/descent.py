"""Learning curves of trials that go on from each other's states."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hpobench.analysis import figures
from hpobench.analysis.drawing.style import drawable, head, legend_row, scale
from hpobench.analysis.looks import ACCENT, GHOST, MUTED
from hpobench.analysis.settings import FloatArray

LINE = "#A9B1BA"
LINK: Any = {"color": MUTED, "linewidth": 0.75, "linestyle": (0, (2, 1)), "markevery": [0]}
LINK |= {"marker": "o", "markersize": 3.2, "markeredgecolor": "white", "markeredgewidth": 0.5}
CROSS: Any = {"color": MUTED, "linestyle": "none", "marker": "x", "markersize": 3.6}
NAMED = 24  # with more trials than this there is no room for their numbers


def draw(descent: figures.Descent, table: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(6.6, 4.2), layout="constrained")
    ax = figure.subplots()
    scale(ax.xaxis, descent.x)
    scale(ax.yaxis, descent.y)
    _trials(ax, table)
    _best(ax, table)
    _names(ax, table)
    ax.set_xlabel(drawable(descent.x.title))
    ax.set_ylabel(drawable(descent.y.title))
    head(figure, descent.title)
    looks: dict[str, dict[str, Any]] = {
        "a trial": {"color": LINE, "linewidth": 0.9},
        "from its donor's state": LINK,
        "state given up": CROSS,
        "descent of the best result": {"color": ACCENT, "linewidth": 2.2},
    }
    legend_row(figure, [Line2D([], [], **look, label=name) for name, look in looks.items()])
    return figure


def _trials(ax: Axes, table: pd.DataFrame) -> None:
    """A line for each stretch, dashed from the state of the donor that it went on from; a cross
    where a trial gave its state up, and an arrow to where it went on."""
    for _, rows in table.groupby("stretch"):
        ax.plot(rows["step"], rows["value"], color=LINE, linewidth=0.9)
    clones = table[table["parent"].notna()]
    steps, values = _matrix(clones, "parent_step", "step"), _matrix(clones, "parent_value", "value")
    ax.plot(steps.T, values.T, zorder=4.5, **LINK)
    left = table[table["_next_step"].notna()]
    ends = _matrix(left, "step", "value")
    ax.plot(*ends.T, zorder=3, **CROSS)
    arrow = {"arrowstyle": "-|>,head_width=0.12,head_length=0.25", "shrinkA": 3, "shrinkB": 0}
    arrow |= {"color": LINE, "linewidth": 0.6, "linestyle": ":"}
    for end, (x, y) in zip(ends, _matrix(left, "_next_step", "_next_value"), strict=True):
        ax.annotate("", (x, y), end, arrowprops=arrow)


def _best(ax: Axes, table: pd.DataFrame) -> None:
    """The line from the first step to the best result, with the trial's number at each change."""
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
    places = _spread(ends[:, 1], 0.038)
    for trial, (x, y), place in zip(last["trial"], ends, places, strict=True):
        ax.plot([x + 0.005, 1.012, 1.03], [y, y, place], **thread)
        ax.text(1.035, place, str(trial), va="center", **text)
    ax.text(1.035, 1.03, "trial", ha="center", **text)


def _spread(wanted: FloatArray, gap: float) -> FloatArray:
    """The places nearest to the ascending ``wanted`` that lie ``gap`` apart, within 0 and 1."""
    from scipy.optimize import isotonic_regression  # 0.2 s that no other figure needs

    gaps = gap * np.arange(len(wanted))
    places: FloatArray = isotonic_regression(wanted - gaps).x.clip(0.0, 1.0 - gaps[-1]) + gaps
    return places
