"""A strip of coloured fields for each problem, along a log axis of shares."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from hpobench.analysis import figures
from hpobench.analysis.drawing.style import (
    bare,
    colour_bar,
    contrasting,
    drawable,
    name_rows,
    scale,
)

WIDTH, HEIGHT = 4.8, 0.21  # inches of a strip
LEGIBLE = 0.27  # inches that a number takes


def draw(strips: figures.Strips, table: pd.DataFrame) -> Figure:
    place = {problem: y for y, (problem, _) in enumerate(strips.names)}
    labels = [label for _, label in strips.names]
    size = (
        WIDTH + 1.0 + 0.062 * max(map(len, map(drawable, labels))),
        0.6 + HEIGHT * max(len(labels), 5),
    )
    figure = Figure(figsize=size, layout="constrained")
    ax = figure.subplots()
    bare(ax)
    colours = ScalarMappable(Normalize(-1.0, 1.0), "RdBu")
    inches = WIDTH / np.log(strips.x.high / strips.x.low)
    fields = table.dropna(subset=["_until", "estimate"])
    parts = (fields[name] for name in ("problem", "at", "_until", "estimate", "_text"))
    for problem, at, until, rho, text in zip(*parts, strict=True):
        y, fill = place[problem], colours.to_rgba(np.array([rho]))[0]
        edge: Any = {"edgecolor": "white", "linewidth": 0.6}
        ax.barh(y, until - at, left=at, height=0.86, color=fill, **edge)
        if np.log(until / at) * inches > LEGIBLE:
            middle: Any = {"ha": "center", "va": "center_baseline", "fontsize": 6}
            ax.text(np.sqrt(at * until), y, text, color=contrasting(colours, rho), **middle)
    scale(ax.xaxis, strips.x)
    name_rows(ax, labels)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.set_xlabel(strips.x.title)
    colour_bar(figure, colours, ax, strips.label)
    return figure
