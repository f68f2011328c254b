"""A dot and its interval for each algorithm: a panel for each kind of rows."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from hpobench.analysis import figures
from hpobench.analysis.drawing.style import drawable, name_rows, scale


def draw(dots: figures.Dots, table: pd.DataFrame) -> Figure:
    names, options = dots.names, dots.choice.options
    algorithms = {a.name: a for a in dots.styles.algorithms}
    longest = max(len(drawable(name)) for name in names)
    size = (0.5 + 0.07 * longest + 1.75 * len(options), 0.85 + 0.19 * len(names))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(1, len(options), sharex=True, sharey=True, squeeze=False)[0]
    for ax, (label, value) in zip(axes, options, strict=True):
        rows = table[table[dots.choice.column] == value]
        parts = (rows[name] for name in ("algorithm", "estimate", "low", "high"))
        for name, estimate, low, high in zip(*parts, strict=True):
            y, look = names.index(name), dots.styles.look(algorithms[name])
            broad = {"linewidth": 4.5, "alpha": 0.4, "solid_capstyle": "butt"}
            ax.plot([low, high], [y, y], color=look.color, **broad)
            ax.plot(estimate, y, look.marker, color=look.color, markersize=3.8)
        ax.set_title(label)
        name_rows(ax, names)
    scale(axes[0].xaxis, dots.x)
    axes[0].set_ylim(len(names) - 0.4, -0.6)
    figure.supxlabel(dots.x.title, fontsize=8.5)
    return figure
