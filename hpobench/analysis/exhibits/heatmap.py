"""Final normalised regret of every algorithm on every problem."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Algorithm, algorithm_columns
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.drawing.matrix import bare, contrasting, short
from hpobench.analysis.drawing.style import (
    INK,
    MUTED,
    Drawing,
    Styles,
    drawable,
    house_style,
    power_of_ten,
)
from hpobench.analysis.inference.bootstrap import seed_means
from hpobench.analysis.settings import BoolArray, FloatArray, IntArray
from hpobench.analysis.study import Study, Whole
from hpobench.analysis.text import phrases

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

TITLE = "Final normalised regret, problem by algorithm"
STEM = "heatmap"

FLOOR = 1e-4
"""Lower values get the same colour."""


def subjects(study: Study) -> list[Whole]:
    return [study.whole] if study.any_done else []


def table(study: Study, _: Whole) -> pd.DataFrame:
    """Mean final ``nr`` over seeds.

    Columns ``problem, algorithm, searcher, scheduler, nr, seeds, failures, best``, one row per
    pair; ``nr`` is NaN where the algorithm was not run. ``best``: no algorithm is lower.
    """
    curves = study.curves
    nr = seed_means(normalised(curves)[..., -1:])[..., 0]
    problems, algorithms = len(curves.problems), len(curves.algorithms)
    frame = pd.concat([algorithm_columns(curves.algorithms)] * problems, ignore_index=True)
    frame.insert(0, "problem", np.repeat(np.array(curves.problems, dtype=object), algorithms))
    lowest = np.min(nr, axis=0, initial=np.inf, where=np.isfinite(nr))
    return frame.assign(
        nr=nr.T.ravel(),
        seeds=curves.present.sum(axis=2).T.ravel(),
        failures=curves.failed.sum(axis=2).T.ravel(),
        best=(nr == lowest).T.ravel(),
    )


def caption(study: Study, _: Whole, _table: pd.DataFrame) -> str:
    curves, settings = study.curves, study.settings
    return (
        f"Final normalised regret, mean over {phrases.seeds(curves)}: 0 is the optimum, 1 the "
        "median loss of a random configuration. The best of a row is framed and in bold; a dot "
        f"marks pairs with failed runs; empty: not run. {phrases.incumbent(settings)}"
        f"{phrases.failures(curves)}"
    )


def alt(_: Whole, __: pd.DataFrame) -> str:
    return "Heat map of final normalised regret. The numbers are in the CSV file."


def drawing(study: Study, _: Whole, table: pd.DataFrame) -> Drawing:
    return partial(draw, table, study.styles)


def draw(table: pd.DataFrame, styles: Styles) -> Figure:
    """Draws :func:`table`, columns grouped by scheduler."""
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

    drawn = set(table["algorithm"])
    columns = [a for a in styles.algorithms if a.name in drawn]
    columns.sort(key=lambda a: styles.schedulers.index(a.scheduler))
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
        if not width:
            continue
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
