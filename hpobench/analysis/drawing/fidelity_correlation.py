"""F12: how well losses at low fidelities order trials as the full fidelity does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hpobench.analysis.drawing.captions import interval
from hpobench.analysis.drawing.matrix import HIGH_IS_BETTER, bare, contrasting
from hpobench.analysis.drawing.style import INK, MUTED, drawable, house_style
from hpobench.analysis.exhibits.fidelity_correlation import ENOUGH
from hpobench.analysis.settings import SCHEDULER, SEARCHER, Settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 4.8, 0.21
"""Inches of a strip."""
LEGIBLE = 0.27
"""Inches that a number takes."""


def draw(table: pd.DataFrame) -> Figure:
    """Draws the table of :func:`hpobench.analysis.exhibits.fidelity_correlation.fidelity_correlation`, which
    has rows: a strip for each problem, the most faithful at the top."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

    means = table[table["at"] < 1].groupby("problem", sort=False)["estimate"].mean()
    names = means.sort_values(ascending=False, kind="stable").index.tolist()
    selected = set(table.loc[table["selected"], "problem"])
    labels = [drawable(name) + " *" * (name in selected) for name in names]
    first = float(table["at"].min())
    with house_style():
        size = (
            WIDTH + 1.0 + 0.062 * max(map(len, labels)),
            0.6 + HEIGHT * max(len(names), 5),
        )
        figure = Figure(figsize=size, layout="constrained")
        ax = figure.subplots()
        bare(ax)
        colours = ScalarMappable(Normalize(-1.0, 1.0), HIGH_IS_BETTER)
        for y, name in enumerate(names):
            _strip(ax, y, table[table["problem"] == name], colours, WIDTH / -np.log(first))
        _scale(ax, first)
        ax.set_yticks(range(len(names)), labels, color=INK)
        ax.set_ylim(len(names) - 0.5, -0.5)
        ax.set_xlabel("Share of the full fidelity")
        bar = figure.colorbar(colours, ax=ax, pad=0.01, fraction=0.05, aspect=14)
        bar.set_label("Spearman's rho with\nfull fidelity", color=MUTED)
        bar.ax.spines["outline"].set_visible(False)
    return figure


def _strip(ax: Axes, y: int, rows: pd.DataFrame, colours: ScalarMappable, inches: float) -> None:
    """A field from each fidelity to the next one compared, ``inches`` a unit of the logarithm."""
    ends = np.append(rows["at"].to_numpy()[1:], 1.0)
    columns = (rows[c] for c in ("at", "estimate", "low", "high"))
    for end, at, rho, low, high in zip(ends, *columns, strict=True):
        width = np.log(end / at)
        if width == 0 or np.isnan(rho):  # full fidelity itself, or nothing to tell
            continue
        fill = colours.to_rgba(np.array([rho]))[0]
        ax.barh(y, end - at, left=at, height=0.86, color=fill, edgecolor="white", linewidth=0.6)
        if width * inches > LEGIBLE:
            ink = contrasting(colours, rho)
            text = f"({_short(rho)})" if low <= 0 <= high else _short(rho)
            middle = np.sqrt(at * end)
            ax.text(middle, y, text, ha="center", va="center_baseline", fontsize=6, color=ink)


def _scale(ax: Axes, first: float) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    ax.set_xscale("log")
    ax.set_xlim(first, 1.0)
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{100 * x:.3g} %"))


def _short(rho: float) -> str:
    """Two digits; what is written as 1 is no rounding."""
    text = f"{min(abs(rho), 0.99):.2f}".lstrip("0") if abs(rho) < 1 else "1"
    return "\u2212" * (rho < 0) + text


def caption(table: pd.DataFrame, settings: Settings) -> str:
    problems = table.drop_duplicates("problem")
    low, high = problems["trials"].min(), problems["trials"].max()
    trials = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    survivors = (
        f" Asterisk: {SEARCHER} under {SCHEDULER} was not run there; all trials that reached full "
        "fidelity stand in, survivors and thus a biased sample."
        if problems["selected"].any()
        else ""
    )
    return (
        "How well losses after a share of the training order trials: Spearman's rank correlation "
        "of visible losses there and at full fidelity, 1 the same order, 0 none, below 0 the "
        "beginning misleads. Per problem over the trials of all seeds that reached full fidelity "
        f"({trials}) of {SEARCHER} under {SCHEDULER}, where losses neither choose configurations "
        f"nor stop them.{survivors} Each field holds until the next fidelity compared; the highest "
        "mean is on top; problems with fewer than "
        f"{ENOUGH} such trials are left out. In brackets: the interval includes 0; "
        f"{interval(settings, 'seeds')}, each seed with all its trials, none for a single seed."
    )
