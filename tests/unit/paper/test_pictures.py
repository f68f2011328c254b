"""Figures that are laid out anew for the paper."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from hpobench.paper.pictures import WIDTH, fitted


def drawn(width: float) -> Figure:
    """Three panels with long labels, fields with numbers, and a legend in one row."""
    figure = Figure(figsize=(width, 9), layout="constrained")
    for i, ax in enumerate(figure.subplots(1, 3)):
        ax.plot([0, 1], label=f"a searcher with a long name {i}")
        ax.set_xlabel("Resource as a share of the longest run's resource")
        ax.set_title("A panel", loc="left")
        ax.pcolormesh(np.eye(2))
        ax.text(0.5, 0.5, "1")
    handles = [ax.lines[0] for ax in figure.axes]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure


def test_a_wide_figure_fits_the_text() -> None:
    figure = fitted(drawn(10), height=4)
    assert tuple(figure.get_size_inches()) == (WIDTH, 4)
    ax = figure.axes[0]
    assert max(map(len, ax.get_xlabel().splitlines())) <= 21
    assert " ".join(ax.get_xlabel().split()) == "Resource as a share of the longest run's resource"
    assert ax.get_title(loc="left") == "A panel"
    assert not ax.texts
    (legend,) = figure.legends
    assert len(legend.get_texts()) == 3
    figure.draw_without_rendering()
    assert legend.get_window_extent().width <= WIDTH * figure.dpi


def test_a_figure_that_fits_keeps_its_numbers() -> None:
    figure = fitted(drawn(6), height=10)
    assert tuple(figure.get_size_inches()) == (6, 9)
    assert [text.get_text() for ax in figure.axes for text in ax.texts] == ["1", "1", "1"]
