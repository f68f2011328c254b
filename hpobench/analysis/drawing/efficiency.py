"""F11: parallel efficiency over the number of workers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Algorithm, Curves
from hpobench.analysis.drawing.captions import chosen, count, interval, misses, suite
from hpobench.analysis.drawing.lines import curves_of, draw_legend, panels_of
from hpobench.analysis.drawing.style import MUTED, Styles, drawable, house_style
from hpobench.analysis.exhibits.efficiency import EVALUATIONS, MEASURES
from hpobench.analysis.exhibits.speedup import TOLERANCES
from hpobench.analysis.settings import Settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

SPREAD = 0.28
"""Of a doubling: the points of the same number of workers lie beside each other."""


def draw(table: pd.DataFrame, styles: Styles) -> Figure:
    """Draws the means in the table of :func:`hpobench.analysis.exhibits.efficiency.efficiency`, which has
    rows: a panel for each measure, and with many algorithms such a row for each scheduler."""
    from matplotlib.figure import Figure

    means = _means(table)
    measures = {m: curves_of(means[means["measure"] == m], styles) for m in MEASURES}
    curves = measures[EVALUATIONS]
    panels = panels_of(list(curves), styles)
    single = len(panels) == 1
    with house_style():
        height = max(2.9, 0.2 * len(curves)) if single else 0.6 + 2.1 * len(panels)
        figure = Figure(figsize=(8.6, height), layout="constrained")
        axes = figure.subplots(len(panels), len(MEASURES), sharex=True, sharey=True, squeeze=False)
        for row, (name, members) in zip(axes, panels.items(), strict=True):
            for ax, (measure, own) in zip(row, measures.items(), strict=True):
                _guides(ax, means)
                _panel(ax, own, members, styles)
                ax.set_title(drawable(f"{name}: {_title(measure)}" if name else _title(measure)))
            row[0].set_ylabel("Efficiency")
        for ax in axes[-1]:
            ax.set_xlabel("Workers")
        _scale(axes[0, 0], means)
        draw_legend(figure, panels, curves, styles)
    return figure


def caption(table: pd.DataFrame, curves: Curves, settings: Settings) -> str:
    counts = sorted(table["workers"].unique().tolist())
    base = counts[0]
    unit = "T_1 / (W T_W)" if base == 1 else f"{base} T_{base} / (W T_W)"
    levels = " and ".join(f"{t:g}" for t in TOLERANCES)
    return (
        f"Parallel efficiency {unit} of {count(len(curves.algorithms), 'algorithm')} on "
        f"{', '.join(map(str, counts))} workers, over {suite(curves)}, both axes logarithmic. "
        f"Dashed, at 1: W workers are as fast as they are many; dotted: no faster than {base}. "
        f"Left: T is the expected running time, on the run's clock, to normalised regrets of "
        f"{levels}: what all runs spent up to their hit or their end, over the number of hits. "
        "Right: T is the time of a full evaluation, whatever it finds. Point: geometric mean over "
        "problems, without those on which neither W workers nor the fewest ever hit; none where "
        "nothing is left. Where only one of the two hits, the time that all runs of the other "
        "spent, and at least one budget, stands for its T; hollow: the mean holds such a bound "
        f"(the table says which way). Line: {interval(settings)}; none where a problem has a "
        f"single seed. {chosen(settings)}.{misses(curves)}"
    )


def _title(measure: str) -> str:
    return "Evaluations" if measure == EVALUATIONS else f"To {measure}"


def _panel(
    ax: Axes, curves: dict[Algorithm, pd.DataFrame], members: list[Algorithm], styles: Styles
) -> None:
    for n, algorithm in enumerate(members):
        rows, look = curves[algorithm], styles.look(algorithm)
        offset = SPREAD * ((n + 0.5) / len(members) - 0.5)
        at = rows["workers"].to_numpy(np.float64) * 2.0**offset
        ax.vlines(at, rows["low"], rows["high"], color=look.color, linewidth=1.6, alpha=0.4)
        line: Any = {"color": look.color, "zorder": 3}
        ax.plot(at, rows["estimate"], linestyle=look.dashes, linewidth=1.3, **line)
        for hollow, face in ((False, look.color), (True, "white")):
            value = rows["estimate"].where(rows["bounded"] == hollow)
            edge: Any = {"markerfacecolor": face, "markersize": 4.4, "markeredgewidth": 0.9}
            ax.plot(at, value, look.marker, **edge, **line)


def _scale(ax: Axes, means: pd.DataFrame) -> None:
    """The estimates set the range: an interval may have no end."""
    counts = sorted(means["workers"].unique().tolist())
    low = min(float(means["estimate"].min()), counts[0] / counts[-1])
    high = max(float(means["estimate"].max()), 1.0)
    ax.set(xscale="log", yscale="log")
    for axis, ends in ((ax.xaxis, (counts[0], counts[-1])), (ax.yaxis, (low, high))):
        _doubling(axis, *ends)
    ax.set_xlim(counts[0] / 1.2, counts[-1] * 1.2)
    ax.set_ylim(low / 1.3, high * 1.3)


def _doubling(axis: Axis, low: float, high: float) -> None:
    """Labels at the powers of two within."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    powers = range(math.floor(math.log2(low)), math.ceil(math.log2(high)) + 1)
    axis.set_major_locator(FixedLocator([2.0**i for i in powers]))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:.3g}"))


def _guides(ax: Axes, means: pd.DataFrame) -> None:
    """Where every worker counts, and where none but the first do."""
    ends = np.array([means["workers"].min(), means["workers"].max()])
    ax.axhline(1.0, color=MUTED, linewidth=0.9, linestyle=(0, (4, 2)), zorder=1)
    ax.plot(ends, ends[0] / ends, color=MUTED, linewidth=0.9, linestyle=(0, (1, 1.6)), zorder=1)


def _means(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the means; ``bounded``: the mean holds a bound."""
    key = ["measure", "algorithm", "workers"]
    bound = table["bound"].isin(["<=", ">="]).groupby([table[k] for k in key]).transform("any")
    return table.assign(bounded=bound)[table["problem"].isna()]
