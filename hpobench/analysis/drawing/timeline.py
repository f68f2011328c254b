"""F10: the trials of a few runs on their workers, a panel for each run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hpobench.analysis.drawing.captions import count, step_label
from hpobench.analysis.drawing.lines import legend_row
from hpobench.analysis.drawing.style import GRID, INK, MUTED, PALETTE, drawable, house_style
from hpobench.analysis.exhibits.timeline import BARS, shown_until

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

ENDS = {
    "completed": ("o", INK),
    "stopped": ("X", PALETTE[1]),
    "paused": ("d", PALETTE[4]),
    "failed": ("P", PALETTE[3]),
}
"""Shape and colour by how a bar ended; one that was cut off has no mark."""
LINKS = 40
"""With more clones than this their links hide the bars."""
THICKNESS = 0.76
"""Of a bar, where workers are 1 apart."""
LABELLED = 8
"""More workers than this and only every other one, say, has its number."""


def draw(table: pd.DataFrame, cells: pd.DataFrame, problem: pd.Series) -> Figure:
    """Draws the table of :func:`hpobench.analysis.exhibits.timeline.timeline` of the runs ``cells`` on
    ``problem``, a row of the results' problems; in it is a bar.

    All panels show the same time: until one of them is full.
    """
    from matplotlib.figure import Figure

    cells = cells[cells["cell"].isin(table["cell"])]
    until = min(shown_until(table), float(table["end"].max()))
    shown = table[table["begin"] < until]
    colours = _colours(problem)
    rows = [0.35 + 0.13 * max(int(n), 4) for n in cells["workers"]]
    with house_style():
        figure = Figure(figsize=(7.6, 1.0 + sum(rows)), layout="constrained")
        axes = figure.subplots(
            len(cells), 1, sharex=True, squeeze=False, height_ratios=rows
        ).ravel()
        for ax, (_, cell) in zip(axes, cells.iterrows(), strict=True):
            _panel(ax, shown[shown["cell"] == cell["cell"]], colours, until)
            _workers(ax, int(cell["workers"]))
            ax.set_title(drawable(cell["scheduler"]))
        axes[-1].set_xlim(0.0, until)
        axes[-1].set_xlabel("Time in seconds of the run's clock")
        figure.supylabel("Worker", fontsize=8.5)
        bar = figure.colorbar(colours, ax=list(axes), pad=0.01, fraction=0.03, aspect=30)
        bar.set_label(drawable(f"{step_label(problem)} reached"), color=MUTED)
        bar.ax.spines["outline"].set_visible(False)
        _ticks(bar, int(problem["steps"]))
        _legend(figure, shown)
    return figure


def caption(table: pd.DataFrame, cells: pd.DataFrame, problem: pd.Series, most: int) -> str:
    cell, until = cells.iloc[0], shown_until(table)
    part = (
        f"Shown are the first {until:.3g} s, in which no run begins more than {BARS} bars. "
        if np.isfinite(until)
        else ""
    )
    dropped = [name for name, n in _clones(table[table["begin"] < until]).items() if n > LINKS]
    left_out = f"; more than {LINKS} of them are not drawn" if dropped else ""
    return (
        f"Where the trials of {count(len(cells), 'run')} trained: {cell['searcher']} under "
        f"{count(len(cells), 'scheduler')} on {problem['problem']}, all with seed {cell['seed']}. "
        "A bar is a stretch of steps of one trial on one worker without a break, its colour what "
        "the trial had reached by its end, the mark at its end how that came about (none: cut off "
        f"by the end of the budget). Dashed: a clone, from its donor's state{left_out}. {part}"
        "White: idle, or at a step that left no result. One run under each scheduler, "
        f"{most} at most."
    )


def _colours(problem: pd.Series) -> ScalarMappable:
    """Logarithmic, as rungs are."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm

    return ScalarMappable(LogNorm(1, int(problem["steps"])), "YlGnBu")


def _ticks(bar: Any, steps: int) -> None:
    """Steps that halve down from all of them: numbers of a ladder, without decimals."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    marks = sorted({round(steps / 2**i) for i in range(20)} - {0})
    bar.ax.yaxis.set_major_locator(FixedLocator(marks))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))


def _panel(ax: Axes, bars: pd.DataFrame, colours: ScalarMappable, until: float) -> None:
    from matplotlib.collections import PolyCollection

    y, begin, end = (bars[c].to_numpy(np.float64) for c in ("worker", "begin", "end"))
    low, high = y - THICKNESS / 2, y + THICKNESS / 2
    corners = np.stack(
        [
            np.stack(pair, axis=-1)
            for pair in ((begin, low), (end, low), (end, high), (begin, high))
        ],
        axis=1,
    )
    faces = colours.to_rgba(bars["last_step"].to_numpy(np.float64))
    ax.add_collection(
        PolyCollection(list(corners), facecolors=faces, edgecolors="white", linewidths=0.4)
    )
    for ended, (marker, colour) in ENDS.items():
        own = bars[(bars["ended"] == ended) & (bars["end"] <= until)]
        ax.plot(own["end"], own["worker"], **_mark(marker, colour))
    if _clones(bars).sum() <= LINKS:
        _links(ax, bars[bars["parent_worker"].notna()])


def _mark(marker: str, colour: str) -> dict[str, Any]:
    look: dict[str, Any] = {"marker": marker, "color": colour, "linestyle": "none", "zorder": 3}
    return look | {"markersize": 3.9, "markeredgecolor": "white", "markeredgewidth": 0.4}


def _clones(bars: pd.DataFrame) -> pd.Series:
    """The number of clones by cell."""
    return bars.groupby("cell", sort=False)["parent_worker"].count()


LINK: dict[str, Any] = {"color": INK, "linewidth": 0.8, "linestyle": (0, (2.5, 1.2)), "zorder": 2.5}


def _links(ax: Axes, clones: pd.DataFrame) -> None:
    x, y = (
        clones[list(pair)].to_numpy(np.float64).T
        for pair in (("parent_clock", "begin"), ("parent_worker", "worker"))
    )
    ax.plot(x, y, color="white", linewidth=2.2, zorder=2.4)  # to be seen on dark bars
    ax.plot(x, y, **LINK)


def _workers(ax: Axes, workers: int) -> None:
    ax.set_ylim(workers - 0.4, -0.6)
    ax.set_yticks(range(0, workers, -(-workers // LABELLED)))
    ax.grid(False)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_color(GRID)


def _legend(figure: Figure, shown: pd.DataFrame) -> None:
    from matplotlib.lines import Line2D

    present = set(shown["ended"])
    handles = [
        Line2D([], [], **_mark(*look), label=ended)
        for ended, look in ENDS.items()
        if ended in present
    ]
    if (_clones(shown) > 0).any():
        handles.append(Line2D([], [], **LINK, label="clone"))
    if handles:
        legend_row(figure, handles)
