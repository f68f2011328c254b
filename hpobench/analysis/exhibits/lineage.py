"""Which trial went on from whose state, in a run whose scheduler clones trials.

Population-based training replaces a poor trial's state by a better one's and changes the
configuration. A trial then consists of *stretches*, each trained without such a break, and its
best result may descend from stretches of other trials.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hpobench.analysis.charting import Spec
from hpobench.analysis.charting.descent import descent as chart_of_descent
from hpobench.analysis.core.lineage import descent
from hpobench.analysis.drawing.lines import legend_row
from hpobench.analysis.drawing.style import (
    GHOST,
    MUTED,
    PALETTE,
    Drawing,
    drawable,
    house_style,
    label_decades,
)
from hpobench.analysis.exhibits._tab import Tab
from hpobench.analysis.numbers import count, far_apart, number
from hpobench.analysis.settings import FloatArray, IntArray
from hpobench.analysis.study import SomeRuns, Study
from hpobench.analysis.text import phrases
from hpobench.contract.problem import Objective

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "Lineage"
STEM = "lineage"
SHOWS = (
    "Which trial went on from whose state. The blue line is the way to the best result, the star, "
    "with the trial's number wherever it changes."
)
TAB: Tab = "problems"

MOST = 6
"""Runs that are drawn at most."""
LINE, ACCENT = "#A9B1BA", PALETTE[0]
LINK: Any = {"color": MUTED, "linewidth": 0.75, "linestyle": (0, (2, 1))}
LINK |= {"marker": "o", "markersize": 3.2, "markeredgecolor": "white", "markeredgewidth": 0.5}
CROSS: Any = {"color": MUTED, "linestyle": "none", "marker": "x", "markersize": 3.6}
NAMED = 24
"""With more trials than this there is no room for their numbers."""


def subjects(study: Study) -> list[SomeRuns]:
    """Of the runs that cloned and did not fail the first one on each problem under each scheduler,
    :data:`MOST` at most."""
    events, cells = study.results.events, study.results.cells
    cloned = set(events.loc[events["parent"].notna(), "cell"])
    found = cells[cells["cell"].isin(cloned) & (cells["status"] == "done")]
    return [
        SomeRuns(
            found[found["cell"] == cell["cell"]],
            study.problems[cell["problem"]].row,
            f"{cell['scheduler']} on {cell['problem']}",
            f"{cell['scheduler']}-{cell['problem']}",
        )
        for _, cell in found.drop_duplicates(["scheduler", "problem"]).head(MOST).iterrows()
    ]


def table(study: Study, run: SomeRuns) -> pd.DataFrame:
    """The :func:`lineage` of the run."""
    events = study.results.events
    return lineage(events[events["cell"] == run.cells["cell"].iloc[0]], _objective(run))


def lineage(events: pd.DataFrame, objective: Objective) -> pd.DataFrame:
    """The descent of every result of one run; ``events`` are its rows, in order.

    One row per result: ``stretch`` (0, 1, 2, ... by first results), ``trial, step, clock``, and
    ``value``, the visible loss in the metric's own orientation, NaN where it is not finite. On a
    clone's first result also ``parent, parent_step, parent_stretch, parent_value``: the state it
    went on from. ``ancestor``: the best result (the first of equals) is this one or descends
    from it.
    """
    events = events.reset_index(drop=True)
    stretch, before = descent(events)
    cloned = events["parent"].notna().to_numpy(bool)
    origin = np.where(cloned, before, -1)
    loss = events["loss"].where(np.isfinite(events["loss"])).to_numpy(np.float64)
    value = pd.Series([objective.value(x) for x in loss], dtype=np.float64)
    return pd.DataFrame(
        {
            "stretch": stretch,
            **{column: events[column] for column in ("trial", "step", "clock")},
            "value": value,
            "parent": events["parent"].astype("Int64"),
            "parent_step": events["parent_step"].astype("Int64"),
            "parent_stretch": pd.Series(stretch, dtype="Int64").reindex(origin).array,
            "parent_value": value.reindex(origin).array,
            "ancestor": _ancestors(loss, before),
        }
    )


def stretches(table: pd.DataFrame) -> pd.DataFrame:
    """One row per stretch of the table of :func:`lineage`.

    Columns ``stretch, trial, parent, parent_step, parent_stretch``; ``first_`` and ``last_`` of
    ``step, clock, value``; ``ancestor``, whether any of its results is one.
    """
    first = table.drop_duplicates("stretch").set_index("stretch")
    last = table.drop_duplicates("stretch", keep="last").set_index("stretch")
    ends = {
        f"{end}_{column}": frame[column]
        for end, frame in (("first", first), ("last", last))
        for column in ("step", "clock", "value")
    }
    found = first[["trial", "parent", "parent_step", "parent_stretch"]].assign(**ends)
    return found.assign(ancestor=table.groupby("stretch")["ancestor"].any()).reset_index()


def _ancestors(loss: np.ndarray, before: IntArray) -> np.ndarray:
    found = np.zeros(len(loss), dtype=bool)
    row = int(np.argmin(np.where(np.isnan(loss), np.inf, loss))) if np.isfinite(loss).any() else -1
    while row >= 0:
        found[row] = True
        row = int(before[row])
    return found


def _objective(run: SomeRuns) -> Objective:
    return Objective(run.problem["metric"], run.problem["direction"])


def caption(_: Study, run: SomeRuns, table: pd.DataFrame) -> str:
    cell, problem = run.cells.iloc[0], run.problem
    trials, clones = table["trial"].nunique(), int(table["parent"].notna().sum())
    return (
        f"The run is that of {cell['searcher']} under {cell['scheduler']} on "
        f"{problem['problem']}, seed {cell['seed']}, with {count(trials, 'trial')}. A line is the "
        f"visible {problem['metric']} of a trial after each step. Where a trial took over "
        f"another's state, {count(clones, 'time')} in all, its line ends at a cross; a dotted line "
        "leads to where it went on, and a dashed one comes from its donor. Shown is the first run "
        f"with clones on each problem under each scheduler, {MOST} such runs at most."
    )


def alt(run: SomeRuns, table: pd.DataFrame) -> str:
    """With the trials along the blue line, for those who cannot see it."""
    drawn = f"Learning curves of the trials of a run of {run.name}."
    line = table[table["ancestor"]]
    if line.empty:
        return f"{drawn} No result is a finite number."
    trials = line.drop_duplicates("stretch")["trial"]
    return (
        f"{drawn} Best: {number(float(line['value'].iloc[-1]))} at step {line['step'].iloc[-1]}, "
        f"by way of trial {', '.join(map(str, trials))}."
    )


def drawing(_: Study, run: SomeRuns, table: pd.DataFrame) -> Drawing:
    return partial(
        draw,
        table,
        title=f"{run.name}, seed {run.cells['seed'].iloc[0]}",
        xlabel=phrases.step_label(run.problem),
        ylabel=phrases.metric_label(run.problem),
        maximize=_maximize(run),
    )


def chart(_: Study, run: SomeRuns, table: pd.DataFrame) -> Spec:
    log, ends = _range(table, _maximize(run))
    return chart_of_descent(
        x=phrases.step_label(run.problem),
        y=phrases.metric_label(run.problem),
        value=str(run.problem["metric"]),
        steps=int(table["step"].max()),
        ends=ends,
        log_y=log,
    )


def draw(table: pd.DataFrame, *, title: str, xlabel: str, ylabel: str, maximize: bool) -> Figure:
    """Draws :func:`table`."""
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


def _maximize(run: SomeRuns) -> bool:
    return bool(run.problem["direction"] == "maximize")


def _range(table: pd.DataFrame, maximize: bool) -> tuple[bool, tuple[float, float]]:
    """Whether the axis of the losses is logarithmic, and its ends, with some room beyond them."""
    low, high = float(table["value"].min()), float(table["value"].max())
    if not maximize and far_apart(low, high):
        return True, (low / 1.15, high * 1.15)
    if np.isnan(low):
        return False, (0.0, 1.0)
    margin = 0.05 * (high - low) or 0.5
    return False, (low - margin, high + margin)


def _scale(ax: Axes, table: pd.DataFrame, maximize: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    log, (low, high) = _range(table, maximize)
    ax.set_xlim(0, table["step"].max())
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if log:
        ax.set_yscale("log")
        label_decades(ax.yaxis, narrow=high < 40 * low)
    ax.set_ylim(low, high)


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
