"""F5: performance profile and score distribution, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Algorithm, Curves
from hpobench.analysis.drawing.captions import band, count, failures, incumbent, misses, suite
from hpobench.analysis.drawing.lines import curves_of, draw_legend, draw_panel, panels_of
from hpobench.analysis.drawing.style import (
    Styles,
    drawable,
    house_style,
    label_decades,
    label_shares,
)
from hpobench.analysis.exhibits.profile import TOLERANCE
from hpobench.analysis.settings import FloatArray, Settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SCORES = (0.0, 0.9, 0.99, 0.999, 0.9999)
"""Labelled: each leaves a tenth of the regret of the one before."""


def draw(table: pd.DataFrame, styles: Styles, settings: Settings) -> Figure:
    """Draws the table of :func:`hpobench.analysis.exhibits.profile.profile`.

    The profile on the left, the distribution on the right; with many algorithms there is such a
    pair for each scheduler.
    """
    from matplotlib.figure import Figure

    views = {view: curves_of(rows, styles) for view, rows in table.groupby("view", sort=False)}
    curves = views["performance"]
    panels = panels_of(list(curves), styles)
    single = len(panels) == 1
    with house_style():
        height = max(3.0, 0.2 * len(curves)) if single else 0.6 + 2.2 * len(panels)
        figure = Figure(figsize=(8.6, height), layout="constrained")
        axes = figure.subplots(len(panels), 2, sharex="col", sharey="col", squeeze=False)
        for row, (name, members) in zip(axes, panels.items(), strict=True):
            for ax, own in zip(row, views.values(), strict=True):
                draw_panel(ax, own, members, styles)
                ax.set_title(drawable(name))
            row[0].set_ylabel("Share of problems solved")
            row[1].set_ylabel("Share of runs")
        _scale(axes[0, 0], axes[0, 1], curves)
        kind = "time" if settings.axis.startswith("time") else "resource"
        axes[-1, 0].set_xlabel(f"Expected {kind} within so many times the least")
        axes[-1, 1].set_xlabel("Final score (1 - nr) above")
        draw_legend(figure, panels, curves, styles)
    return figure


def _scale(left: Axes, right: Axes, profiles: dict[Algorithm, pd.DataFrame]) -> None:
    """The axes of the first row, which the others share."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    last = max(float(rows["at"].iloc[-1]) for rows in profiles.values())
    left.set_xscale("log")
    left.set_xlim(0.97, last)
    label_decades(left.xaxis, narrow=last < 100)
    right.set_xscale("function", functions=(_nines, lambda nines: 1.0 - 10.0**-nines))
    right.set_xlim(SCORES[0], SCORES[-1])
    right.xaxis.set_major_locator(FixedLocator(SCORES))
    right.xaxis.set_major_formatter(FixedFormatter([f"{score:g}" for score in SCORES]))
    right.xaxis.set_minor_locator(NullLocator())
    for ax in (left, right):
        label_shares(ax)


def _nines(score: FloatArray) -> FloatArray:
    """0.9 is one, 0.99 two: good scores differ in what they leave."""
    nines: FloatArray = -np.log10(np.maximum(1.0 - score, 1e-9))
    return nines


def caption(curves: Curves, settings: Settings) -> str:
    return (
        f"{count(len(curves.algorithms), 'algorithm')} over {suite(curves)}. Left: performance "
        "profile (Dolan and Moré), the share of problems on which the expected running time (time "
        "of all runs up to their hit or their end, over the number of hits) is within a factor of "
        f"the least of all algorithms here; at 1 the share on which it is the least. The target "
        f"is a normalised regret of {TOLERANCE:g} (Moré and Wild's test): "
        f"{1 - TOLERANCE:.0%} of the way from the median loss of a random configuration to the "
        "optimum. A problem on which no run gets there counts for none. The least depends on who "
        "takes part, and so may the order of two others (Gould and Scott, 2016). Right: "
        "share of runs, problems weighted equally, whose final score 1 - nr is above the value on "
        f"the axis. Higher is better in both. {band(settings)} Running times and the least are "
        f"computed anew in every resample. {incumbent(settings)}{failures(curves)}{misses(curves)}"
    )
