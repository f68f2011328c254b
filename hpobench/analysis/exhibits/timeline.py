"""Which worker a run's trials were on, and when: a panel for each of a few runs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hpobench.analysis.charting import Spec
from hpobench.analysis.charting.gantt import gantt
from hpobench.analysis.core.lineage import descent
from hpobench.analysis.core.occupancy import occupancy
from hpobench.analysis.drawing.lines import legend_row
from hpobench.analysis.drawing.style import (
    GRID,
    INK,
    MUTED,
    PALETTE,
    Drawing,
    drawable,
    house_style,
)
from hpobench.analysis.exhibits._tab import Tab
from hpobench.analysis.numbers import count
from hpobench.analysis.study import SomeRuns, Study
from hpobench.analysis.text import phrases

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

TITLE = "Trial timeline"
STEM = "timeline"
SHOWS = (
    "What each worker did at each time, under each scheduler. A bar is one trial in training; the "
    "mark at its end says what became of it."
)
TAB: Tab = "setup"

MOST = 6
"""Runs of one searcher that are drawn side by side at most."""
BARS = 120
"""More bars of one run side by side cannot be told apart."""

COLUMNS = ["cell", "worker", "trial", "begin", "end", "first_step", "last_step", "ended"]

COLUMNS += ["parent", "parent_step", "parent_worker", "parent_clock"]

ENDS = {
    "completed": ("o", PALETTE[6]),
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


def subjects(study: Study) -> list[SomeRuns]:
    """The runs of one searcher under each scheduler, :data:`MOST` at most, with the same seed on
    the first problem that has several steps; none where there is no such problem.

    Of searchers and seeds it is the first with runs, not failed, under the most schedulers.
    """
    cells = study.results.cells
    done = cells[(cells["status"] == "done") & (cells["results"] > 0)]
    for problem in study.problems.values():
        own = done[done["problem"] == problem.name]
        if problem.row["steps"] > 1 and len(own):
            break
    else:
        return []
    sizes = own.groupby(["searcher", "seed"], sort=False)["cell"].transform("size")
    first = own.iloc[int(sizes.to_numpy().argmax())]
    beside = (own["searcher"] == first["searcher"]) & (own["seed"] == first["seed"])
    return [SomeRuns(own[beside].head(MOST), problem.row)]


def table(study: Study, runs: SomeRuns) -> pd.DataFrame:
    """The bars of the runs: a row for each stretch of steps that a trial spent on one worker
    without a break.

    Columns as :data:`COLUMNS`, by cell, then ``begin``; times in seconds of the run's clock (see
    :func:`hpobench.analysis.core.occupancy.occupancy`). ``ended``: ``paused`` where the trial went
    on later, else as it stood at the end of the run: completed, stopped, paused, cut (by the end of
    the budget) or failed. On a clone's bar ``parent`` and ``parent_step`` are the state it went
    on from, and ``parent_worker`` and ``parent_clock`` where and when the donor had reached it.
    """
    results = study.results
    frames = [pd.DataFrame(columns=COLUMNS)]
    for cell in runs.cells["cell"]:
        events, trials = (x[x["cell"] == cell] for x in (results.events, results.trials))
        if len(events):
            frames.append(_bars(events.reset_index(drop=True), trials).assign(cell=cell)[COLUMNS])
    return pd.concat(frames[1:] or frames, ignore_index=True)


def shown_until(table: pd.DataFrame) -> float:
    """The moment up to which the bars of :func:`table` can be told apart: no run has begun
    more than :data:`BARS` by then. Infinite where none has more at all."""
    later = table["begin"][table.groupby("cell", sort=False).cumcount() == BARS]
    return float(later.to_numpy(np.float64).min(initial=np.inf))


def _bars(events: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """The bars of one run, without ``cell``."""
    begin, end = occupancy(events, np.zeros(len(events), dtype=np.int64))
    _, before = descent(events)
    events = events.assign(begin=begin, end=end)
    trial = events.groupby("trial")
    follows = trial["worker"].shift() == events["worker"]
    follows &= (trial["decision"].shift() != "PAUSE") & events["parent"].isna()
    number = (~follows).groupby(events["trial"]).cumsum()
    bars = events.groupby([events["trial"], number.rename("number")], sort=False)
    found = pd.DataFrame(
        {
            "worker": bars["worker"].first(),
            "begin": bars["begin"].first(),
            "end": bars["end"].last(),
            "first_step": bars["step"].first(),
            "last_step": bars["step"].last(),
            "parent": bars["parent"].first().astype("Int64"),
            "parent_step": bars["parent_step"].first().astype("Int64"),
        }
    )
    first = np.flatnonzero(~follows)
    donor = np.where(events["parent"].notna(), before, -1)[first]
    found["parent_worker"] = events["worker"].astype("Int64").reindex(donor).array
    found["parent_clock"] = events["end"].reindex(donor).array
    found = found.reset_index().drop(columns="number")
    status = found["trial"].map(trials.set_index("trial")["status"].astype(object))
    last = ~found.duplicated("trial", keep="last")
    return found.assign(ended=status.where(last, "paused")).sort_values(
        ["begin", "worker"], kind="stable"
    )


def caption(_: Study, runs: SomeRuns, table: pd.DataFrame) -> str:
    cells, problem = runs.cells, runs.problem
    cell, until = cells.iloc[0], shown_until(table)
    part = (
        f" The axis covers the first {until:.3g} s, in which no run begins more than {BARS} bars."
        if np.isfinite(until)
        else ""
    )
    dropped = [name for name, n in _clones(table[table["begin"] < until]).items() if n > LINKS]
    left_out = f" Runs with more than {LINKS} clones have no such lines." if dropped else ""
    return (
        f"The runs are those of {cell['searcher']} under {count(len(cells), 'scheduler')} on "
        f"{problem['problem']}, all with seed {cell['seed']}; at most {MOST} are shown. A bar is a "
        "stretch of steps of one trial on one worker without a break, and its colour is the step "
        "that the trial had reached by its end. A bar without a mark was cut off by the end of the "
        "budget. A dashed line leads to a clone from the state of its donor."
        f"{left_out} A worker without a bar is idle, or at a step that left no result.{part}"
    )


def alt(runs: SomeRuns, _: pd.DataFrame) -> str:
    schedulers = ", ".join(runs.cells["scheduler"])
    return f"Bars of trials on workers, under {schedulers}. The numbers are in the CSV file."


def drawing(_: Study, runs: SomeRuns, table: pd.DataFrame) -> Drawing:
    return partial(draw, table, runs.cells, runs.problem)


def chart(_: Study, runs: SomeRuns, table: pd.DataFrame) -> Spec:
    cells, steps = runs.cells, int(runs.problem["steps"])
    cells = cells[cells["cell"].isin(table["cell"])]
    return gantt(
        dict(zip(cells["cell"], cells["scheduler"], strict=True)),
        int(cells["workers"].max()),
        step=phrases.step_label(runs.problem),
        steps=steps,
        ladder=_ladder(steps),
        ends={ended: look for ended, look in ENDS.items() if (table["ended"] == ended).any()},
        until=_until(table),
        links=LINKS,
    )


def _until(table: pd.DataFrame) -> float:
    """Where the axis ends at first."""
    return min(shown_until(table), float(table["end"].max()))


def draw(table: pd.DataFrame, cells: pd.DataFrame, problem: pd.Series) -> Figure:
    """Draws :func:`table` of the runs ``cells`` on
    ``problem``, a row of the results' problems; in it is a bar.

    All panels show the same time: until one of them is full.
    """
    from matplotlib.figure import Figure

    cells = cells[cells["cell"].isin(table["cell"])]
    until = _until(table)
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
        bar.set_label(drawable(f"{phrases.step_label(problem)} reached"), color=MUTED)
        bar.ax.spines["outline"].set_visible(False)
        _ticks(bar, int(problem["steps"]))
        _legend(figure, shown)
    return figure


def _colours(problem: pd.Series) -> ScalarMappable:
    """Logarithmic, as rungs are."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm

    return ScalarMappable(LogNorm(1, int(problem["steps"])), "YlGnBu")


def _ladder(steps: int) -> list[int]:
    """``steps``, ``steps/2``, ``steps/4``, ... rounded to whole steps."""
    return sorted({round(steps / 2**i) for i in range(20)} - {0})


def _ticks(bar: Any, steps: int) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    bar.ax.yaxis.set_major_locator(FixedLocator(_ladder(steps)))
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
