"""F14: final normalised regret, problem x algorithm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Algorithm
from hpobench.analysis.drawing.matrix import bare, contrasting, short
from hpobench.analysis.drawing.style import INK, MUTED, Styles, drawable, house_style, power_of_ten
from hpobench.analysis.settings import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

FLOOR = 1e-4
"""Lower values get the same colour."""


def draw(table: pd.DataFrame, styles: Styles) -> Figure:
    """Draws the table of :func:`hpobench.analysis.exhibits.heatmap.heatmap`, columns grouped by scheduler."""
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

    columns = sorted(styles.algorithms, key=lambda a: styles.schedulers.index(a.scheduler))
    names = [a.name for a in columns]
    problems = list(dict.fromkeys(table["problem"]))
    grid = {
        value: table.pivot(index="problem", columns="algorithm", values=value).loc[problems, names]
        for value in ("nr", "best", "failures")
    }
    nr = grid["nr"].to_numpy(float)
    with house_style():
        longest = max(len(drawable(p)) for p in problems)
        size = (1.2 + 0.075 * longest + 0.47 * len(names), 1.4 + 0.32 * len(problems))
        figure = Figure(figsize=size, layout="constrained")
        ax = figure.subplots()
        image = ax.imshow(
            np.ma.masked_invalid(np.maximum(nr, FLOOR)),
            cmap="YlGnBu",
            norm=LogNorm(FLOOR, 1.0),
            aspect="auto",
        )
        _write(ax, image, nr, grid["best"].to_numpy(), grid["failures"].to_numpy())
        _label(ax, columns, problems, styles)
        bar = figure.colorbar(image, ax=ax, pad=0.01, fraction=0.05, aspect=12, extend="min")
        bar.set_label("Final nr", color=MUTED)
        bar.ax.spines["outline"].set_visible(False)
        bar.ax.yaxis.set_major_formatter(lambda value, _: power_of_ten(value))
    return figure


def _write(ax: Axes, image: AxesImage, nr: FloatArray, best: BoolArray, failures: IntArray) -> None:
    """The number in each field; the best of a row framed and in bold."""
    from matplotlib.patches import Rectangle

    for (row, column), value in np.ndenumerate(nr):
        if not np.isfinite(value):
            continue
        lead = bool(best[row, column])
        ax.text(
            column,
            row,
            short(value),
            ha="center",
            va="center",
            fontsize=7,
            fontweight="bold" if lead else "normal",
            color=contrasting(image, max(value, FLOOR)),
        )
        if lead:
            frame = Rectangle((column - 0.43, row - 0.43), 0.86, 0.86, fill=False, zorder=3)
            frame.set(edgecolor=INK, linewidth=1.1)
            ax.add_patch(frame)
        if failures[row, column]:
            ax.plot(column + 0.36, row - 0.3, "o", color="#D55E00", markersize=3)


def _label(ax: Axes, columns: list[Algorithm], problems: list[str], styles: Styles) -> None:
    bare(ax)
    ax.set_yticks(range(len(problems)), list(map(drawable, problems)), color=INK)
    grouped = len(styles.schedulers) > 1
    labels = [drawable(a.searcher if grouped else a.name) for a in columns]
    ax.set_xticks(range(len(columns)), labels, rotation=40, ha="right", rotation_mode="anchor")
    if not grouped:
        return
    start = 0
    for scheduler in styles.schedulers:
        width = sum(a.scheduler == scheduler for a in columns)
        ax.text(
            start + (width - 1) / 2,
            -0.62,
            drawable(scheduler),
            ha="center",
            va="bottom",
            fontweight="bold",
        )
        if start:
            ax.axvline(start - 0.5, color="white", linewidth=5)
        start += width
