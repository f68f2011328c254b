"""Matrices of numbers that lie on either side of a middle."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hpobench.analysis.drawing.style import GRID, INK, MUTED, drawable, house_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

HIGH_IS_BETTER, LOW_IS_BETTER = "RdBu", "RdBu_r"
"""Colours: blue is better, red is worse."""
WIDTH, HEIGHT = 0.37, 0.25
"""Inches of a field."""


def draw_matrix(
    table: pd.DataFrame,
    rows: tuple[str, list[str]],
    columns: tuple[str, list[str]],
    *,
    colours: str,
    limits: tuple[float, float],
    write: Callable[[float], str],
    label: str,
) -> Figure:
    """A figure of the column ``estimate``, with the number in each field.

    ``rows`` and ``columns``: the columns of ``table`` that say where a number stands, and their
    values in the order to be drawn. What is ``clear`` is in bold with a dot at the corner; places
    without a number are grey. The middle of the ``limits`` is white.
    """
    from matplotlib.figure import Figure

    down, across = (list(map(drawable, names)) for _, names in (rows, columns))
    places = [pd.Index(names).get_indexer(pd.Index(table[key])) for key, names in (rows, columns)]
    numbers = np.full((len(down), len(across)), np.nan)
    numbers[tuple(places)] = table["estimate"]
    with house_style():
        size = (
            1.4 + 0.075 * max(map(len, down)) + WIDTH * len(across),
            0.5 + 0.05 * max(map(len, across)) + HEIGHT * max(len(down), 6),
        )
        figure = Figure(figsize=size, layout="constrained")
        ax = figure.subplots()
        shown = np.ma.masked_invalid(numbers)
        image = ax.imshow(shown, cmap=colours, vmin=limits[0], vmax=limits[1], aspect="auto")
        bare(ax)
        for y, x, value, clear in zip(*places, table["estimate"], table["clear"], strict=True):
            _write(ax, x, y, write(value), clear, contrasting(image, value))
        ax.set_yticks(range(len(down)), down, color=INK)
        ax.set_xticks(range(len(across)), across, rotation=40, ha="right", rotation_mode="anchor")
        bar = figure.colorbar(image, ax=ax, pad=0.01, fraction=0.05, aspect=14)
        bar.set_label(label, color=MUTED)
        bar.ax.spines["outline"].set_visible(False)
    return figure


def _write(ax: Axes, x: int, y: int, text: str, clear: bool, ink: str) -> None:
    weight = "bold" if clear else "normal"
    ax.text(x, y, text, ha="center", va="center", fontsize=7, fontweight=weight, color=ink)
    if clear:
        ax.plot(x + 0.4, y - 0.33, "o", color=ink, markersize=2.2, markeredgewidth=0)


def contrasting(colours: ScalarMappable, value: float) -> str:
    """Ink or white, by the brightness of the field's colour."""
    red, green, blue, _ = colours.to_rgba(np.array([value]))[0]
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.5 else INK


def bare(ax: Axes) -> None:
    """Neither lines nor ticks; grey where there is no field."""
    ax.grid(False)
    ax.set_facecolor(GRID)
    ax.tick_params(length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)


def short(value: float) -> str:
    """Two significant digits in the least space: .012, 3e-4, 0."""
    if value == 0:
        return "0"
    if value < 0.001:
        mantissa, exponent = f"{value:.0e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{value:.2f}".lstrip("0") if value >= 0.0995 else f"{value:.3f}".lstrip("0")
