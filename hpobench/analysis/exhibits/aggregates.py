"""Final scores of all runs as one number, in four ways.

Agarwal et al., Deep reinforcement learning at the edge of the statistical precipice, NeurIPS 2021.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hpobench.analysis.charting import Spec
from hpobench.analysis.charting.dots import dots
from hpobench.analysis.charting.parts import choice
from hpobench.analysis.core.curves import Comparison, algorithm_columns
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.drawing.style import (
    INK,
    Drawing,
    Styles,
    drawable,
    house_style,
    label_decades,
)
from hpobench.analysis.exhibits._tab import Tab
from hpobench.analysis.inference.bootstrap import (
    Interval,
    interval_valid,
    percentile_interval,
    resampled_means,
    seed_means,
    suite_iqm,
    suite_mean,
)
from hpobench.analysis.numbers import first_and_last
from hpobench.analysis.settings import FloatArray, Settings
from hpobench.analysis.study import Study, each_comparison
from hpobench.analysis.text import phrases

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "Aggregates"
STEM = "aggregates"
SHOWS = "The regret that is left at the end, averaged in four ways. Further left is better."
TAB: Tab = "answer"

GAMMA = 0.99
"""The score, ``1 - nr``, that is good enough for the optimality gap: with 1, the best there is,
the gap would be the mean."""
_TITLES = {
    "IQM": "IQM",
    "mean": "Mean",
    "median": "Median",
    "optimality gap": f"Optimality gap, \u03b3 = {GAMMA:g}",
}

subjects = each_comparison


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """Aggregates of final ``nr``, lower is better, with stratified bootstrap intervals.

    Columns ``aggregate, algorithm, searcher, scheduler, estimate, low, high``; algorithms come in
    the order of their IQM, the best first. ``IQM``: interquartile mean over all runs. ``mean``:
    over problems, of means over seeds. ``median``: likewise. ``optimality gap``:
    ``gamma - E[min(score, gamma)]`` with score ``1 - nr`` and gamma :data:`GAMMA`: by how much runs
    fall short of a score that is good enough; better ones earn nothing.

    For the IQM and the median problems are fixed, also under ``resample_problems``.
    """
    curves, settings = comparison.curves, study.settings
    nr = normalised(curves)[..., -1:]
    lacking = np.maximum(nr - (1 - GAMMA), 0.0)
    found = {
        "IQM": suite_iqm(nr[..., 0], curves.problems, settings),
        "mean": suite_mean(nr, curves.problems, settings),
        "median": _suite_median(nr, curves.problems, settings),
        "optimality gap": suite_mean(lacking, curves.problems, settings),
    }
    order = np.argsort(found["IQM"].estimate, kind="stable")
    frames = []
    for name, interval in found.items():
        estimate, low, high = (part.ravel() for part in interval)
        frame = algorithm_columns(curves.algorithms).assign(estimate=estimate, low=low, high=high)
        frame.insert(0, "aggregate", name)
        frames.append(frame.iloc[order])
    return pd.concat(frames, ignore_index=True)


def _suite_median(values: FloatArray, problems: tuple[str, ...], settings: Settings) -> Interval:
    """Median over problems of the means over seeds; shapes as :func:`suite_mean`."""
    draws = [resampled_means(values[:, p], name, settings) for p, name in enumerate(problems)]
    return percentile_interval(
        np.median(seed_means(values), axis=1),
        np.median(np.stack(draws), axis=0),
        settings.level,
        interval_valid(values)[:, None],
    )


def caption(study: Study, comparison: Comparison, _table: pd.DataFrame) -> str:
    curves = comparison.curves
    fixed = phrases.seeds_alone(study.settings, "For the IQM and the median")
    return (
        f"Final normalised regret of {phrases.algorithms(curves)} over {phrases.suite(curves)}, "
        "lowest IQM first. IQM: mean of the middle half of all runs. Mean and median: over "
        "problems, of the means over seeds. Optimality gap: by how much runs miss, on average, a "
        f"score (1 less the regret) of {GAMMA:g}; better ones earn nothing.{fixed}"
        f"{phrases.failures(curves)}"
    )


def alt(_: Comparison, table: pd.DataFrame) -> str:
    return f"Intervals of four aggregates of final regrets. {first_and_last(table)}"


def drawing(study: Study, _: Comparison, table: pd.DataFrame) -> Drawing:
    return partial(draw, table, study.styles)


def chart(study: Study, _: Comparison, table: pd.DataFrame) -> Spec:
    """One aggregate at a time."""
    low, high = table["estimate"].min(), table["estimate"].max()
    # Clamped, for an interval that reaches 0 has no end on a log axis.
    log = {"type": "log", "domain": [low / 1.6, high * 1.4], "clamp": True}
    spec = dots(
        study.styles,
        list(table["algorithm"].unique()),
        x="Final normalised regret (lower is better)",
        scale=log if _far_apart(table) else {"zero": False},
        transform=[{"filter": "datum.aggregate === aggregate"}],
    )
    return {
        **spec,
        "params": [
            choice("aggregate", "Average", dict(zip(_TITLES.values(), _TITLES, strict=True)))
        ],
    }


def draw(table: pd.DataFrame, styles: Styles) -> Figure:
    """Draws :func:`table`, its order from the top."""
    from matplotlib.figure import Figure

    names = list(table["algorithm"].unique())
    longest = max(len(drawable(name)) for name in names)
    with house_style():
        size = (0.5 + 0.07 * longest + 1.75 * len(_TITLES), 0.85 + 0.19 * len(names))
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(1, len(_TITLES), sharex=True, sharey=True)
        for ax, (aggregate, title) in zip(axes, _TITLES.items(), strict=True):
            _intervals(ax, table[table["aggregate"] == aggregate], styles)
            ax.set_title(title)
        _scale(axes[0], table)
        axes[0].set_yticks(range(len(names)), list(map(drawable, names)), color=INK)
        axes[0].set_ylim(len(names) - 0.4, -0.6)
        figure.supxlabel("Final normalised regret (lower is better)", fontsize=8.5)
    return figure


def _intervals(ax: Axes, rows: pd.DataFrame, styles: Styles) -> None:
    algorithms = {a.name: a for a in styles.algorithms}
    for y, (_, row) in enumerate(rows.iterrows()):
        look = styles.look(algorithms[row["algorithm"]])
        ax.plot(
            [row["low"], row["high"]],
            [y, y],
            color=look.color,
            linewidth=4.5,
            alpha=0.4,
            solid_capstyle="butt",
        )
        ax.plot(row["estimate"], y, look.marker, color=look.color, markersize=3.8)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _scale(ax: Axes, table: pd.DataFrame) -> None:
    """Logarithmic where that tells the best apart; the estimates set its range, for an interval
    that reaches 0 has no end there."""
    from matplotlib.ticker import MaxNLocator

    if _far_apart(table):
        low, high = table["estimate"].min(), table["estimate"].max()
        ax.set_xscale("log")
        ax.set_xlim(low / 1.6, high * 1.4)
        label_decades(ax.xaxis, narrow=high < 30 * low)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(4))


def _far_apart(table: pd.DataFrame) -> bool:
    """Whether the best estimates would look alike on a linear axis."""
    low, high = table["estimate"].min(), table["estimate"].max()
    return bool(0 < 10 * low < high)
