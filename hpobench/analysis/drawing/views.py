"""Curves of several kinds beside each other; with many algorithms such a row per scheduler."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from hpobench.analysis import figures
from hpobench.analysis.drawing.lines import (
    draw_legend,
    draw_panel,
    panels_beside,
    panels_of,
    rows_of,
    scale_both,
)
from hpobench.analysis.drawing.style import drawable


def draw(views: figures.Views, table: pd.DataFrame) -> Figure:
    of_kind = table[views.choice.column]
    kinds = [value for _, value in views.choice.options]
    curves = [
        rows_of(lines, table[of_kind == kind])
        for kind, lines in zip(kinds, views.lines, strict=True)
    ]
    styles = views.lines[0].styles
    panels = panels_of(list(curves[0]), styles)
    figure, axes = panels_beside(panels, len(kinds), curves[0])
    for row, (name, members) in zip(axes, panels.items(), strict=True):
        for ax, own, lines in zip(row, curves, views.lines, strict=True):
            draw_panel(ax, own, members, lines)
            ax.set_title(drawable(name))
            ax.set_ylabel(lines.y.title)
            scale_both(ax, lines)
    for ax, lines in zip(axes[-1], views.lines, strict=True):
        ax.set_xlabel(lines.x.title)
    draw_legend(figure, panels, curves[0], styles)
    return figure
