"""Coloured fields with a number in each: matrices, and strips along a log axis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hpobench.analysis import figures
from hpobench.analysis.drawing import style
from hpobench.analysis.drawing.style import drawable
from hpobench.analysis.looks import INK, WARNING

COLOURS = {"high is better": "RdBu", "low is better": "RdBu_r", "regret": "YlGnBu"}
"""Blue is better, red is worse; regrets are the darker the more is left."""
WIDTH, HEIGHT = 0.4, 0.27  # inches of a field
STRIP_WIDTH, STRIP_HEIGHT = 4.8, 0.21  # inches
LEGIBLE = 0.27  # inches that a number takes


def draw_matrix(matrix: figures.Matrix, table: pd.DataFrame) -> Figure:
    """The middle of the colours is white."""
    sides = matrix.down, matrix.across
    down, across = (names for _, names in sides)
    rows, columns = (pd.Index(names).get_indexer(pd.Index(table[key])) for key, names in sides)
    values = np.full((len(down), len(across)), np.nan)
    values[rows, columns] = table[matrix.value].clip(*matrix.limits)
    labels = [name for _, own in matrix.groups for name in own] or across
    longest_down, longest_across = (max(map(len, map(drawable, one))) for one in (down, labels))
    size = (
        1.4 + 0.075 * longest_down + WIDTH * len(across),
        (0.9 if matrix.groups else 0.5) + 0.05 * longest_across + HEIGHT * max(len(down), 6),
    )
    figure = Figure(figsize=size, layout="constrained")
    ax = figure.subplots()
    log = matrix.colours == "regret"
    norm = (LogNorm if log else Normalize)(*matrix.limits)
    colours: Any = {"cmap": COLOURS[matrix.colours], "norm": norm}
    image = ax.imshow(np.ma.masked_invalid(values), aspect="auto", **colours)
    style.bare(ax)
    parts = (table[name] for name in ("_text", matrix.strong, matrix.dotted))
    for x, y, text, strong, dotted in zip(columns, rows, *parts, strict=True):
        if np.isnan(values[y, x]):
            continue
        ink = style.contrasting(image, values[y, x])
        weight = "bold" if strong else "normal"
        ax.text(x, y, text, ha="center", va="center", fontsize=7, fontweight=weight, color=ink)
        if strong and matrix.framed:
            frame: Any = {"fill": False, "zorder": 3, "edgecolor": INK, "linewidth": 1.1}
            ax.add_patch(Rectangle((x - 0.43, y - 0.43), 0.86, 0.86, **frame))
        if dotted:
            color, size_of_dot = (WARNING, 3.0) if matrix.warning else (ink, 2.2)
            ax.plot(x + 0.38, y - 0.32, "o", color=color, markersize=size_of_dot, mew=0)
    style.name_rows(ax, down)
    ax.set_xticks(range(len(across)), list(map(drawable, labels)), rotation=40, ha="right")
    for label in ax.get_xticklabels():
        label.set_rotation_mode("anchor")
    start = 0
    for name, own in matrix.groups:
        middle = start + (len(own) - 1) / 2
        ax.text(middle, -0.62, drawable(name), ha="center", va="bottom", fontweight="bold")
        if start:
            ax.axvline(start - 0.5, color="white", linewidth=5)
        start += len(own)
    bar = style.colour_bar(figure, image, ax, matrix.label, extend="min" if log else "neither")
    if log:
        style.label_decades(bar.ax.yaxis, narrow=False)
    return figure


def draw_strips(strips: figures.Strips, table: pd.DataFrame) -> Figure:
    place = {problem: y for y, (problem, _) in enumerate(strips.names)}
    labels = [label for _, label in strips.names]
    longest = max(map(len, map(drawable, labels)))
    size = (STRIP_WIDTH + 1.0 + 0.062 * longest, 0.6 + STRIP_HEIGHT * max(len(labels), 5))
    figure = Figure(figsize=size, layout="constrained")
    ax = figure.subplots()
    style.bare(ax)
    colours = ScalarMappable(Normalize(-1.0, 1.0), "RdBu")
    inches = STRIP_WIDTH / np.log(strips.x.high / strips.x.low)
    fields = table.dropna(subset=["_until", "estimate"])
    parts = (fields[name] for name in ("problem", "at", "_until", "estimate", "_text"))
    for problem, at, until, rho, text in zip(*parts, strict=True):
        y, fill = place[problem], colours.to_rgba(np.array([rho]))[0]
        edge: Any = {"edgecolor": "white", "linewidth": 0.6}
        ax.barh(y, until - at, left=at, height=0.86, color=fill, **edge)
        if np.log(until / at) * inches > LEGIBLE:
            middle: Any = {"ha": "center", "va": "center_baseline", "fontsize": 6}
            middle |= {"color": style.contrasting(colours, rho)}
            ax.text(np.sqrt(at * until), y, text, **middle)
    style.scale(ax.xaxis, strips.x)
    style.name_rows(ax, labels)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.set_xlabel(strips.x.title)
    style.colour_bar(figure, colours, ax, strips.label)
    return figure
