"""Final normalised regret of every algorithm on every problem."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hpobench.analysis.charting import Spec
from hpobench.analysis.charting.matrix import matrix, written_short
from hpobench.analysis.charting.parts import number, text
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
from hpobench.analysis.exhibits._tab import Tab
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
SHOWS = (
    "The regret that is left on each problem: 0 is the optimum, 1 a typical random configuration. "
    "Framed: the best of a row."
)
TAB: Tab = "problems"

FLOOR = 1e-4
"""Lower values get the same colour."""

_FAILED = "#D55E00"
_CORNER = {"x": 0.88, "y": 0.2}
"""Where the dot for failed runs is, in shares of a field."""


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
    curves = study.curves
    return (
        f"Final normalised regret, mean over {phrases.seeds(curves)}. Regrets below {FLOOR:g} have "
        "the same colour. A dot marks pairs with failed runs; a field is empty where an algorithm "
        f"was not run on a problem.{phrases.failures(curves)}"
    )


def alt(_: Whole, __: pd.DataFrame) -> str:
    return "Heat map of final normalised regret. The numbers are in the CSV file."


def drawing(study: Study, _: Whole, table: pd.DataFrame) -> Drawing:
    return partial(draw, table, study.styles)


def chart(study: Study, _: Whole, table: pd.DataFrame) -> Spec:
    spec = matrix(
        ("problem", list(table["problem"].unique())),
        ("algorithm", [a.name for a in _columns(table, study.styles)]),
        value="nr",
        colour=f"max(datum.nr, {FLOOR:g})",
        scale={"type": "log", "domain": [FLOOR, 1], "range": "heatmap", "reverse": True},
        legend="Final regret",
        write=written_short("datum.nr"),
        strong="best",
        framed=True,
        tooltip=[
            text("problem", "Problem"),
            text("algorithm", "Algorithm"),
            number("nr", "Final regret"),
            number("seeds", "Seeds"),
            number("failures", "Failed runs"),
        ],
    )
    corner = {side: {**spec["encoding"][side], "bandPosition": at} for side, at in _CORNER.items()}
    dot = {
        "transform": [{"filter": "datum.failures > 0"}],
        "mark": {"type": "point", "filled": True, "size": 22, "color": _FAILED, "opacity": 1},
        "encoding": corner,
    }
    return {**spec, "layer": [*spec["layer"], dot]}


def draw(table: pd.DataFrame, styles: Styles) -> Figure:
    """Draws :func:`table`."""
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

    columns = _columns(table, styles)
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


def _columns(table: pd.DataFrame, styles: Styles) -> list[Algorithm]:
    """The algorithms of ``table``, grouped by scheduler."""
    drawn = set(table["algorithm"])
    columns = [a for a in styles.algorithms if a.name in drawn]
    return sorted(columns, key=lambda a: styles.schedulers.index(a.scheduler))


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
            ax.plot(column + 0.36, row - 0.3, "o", color=_FAILED, markersize=3)


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
