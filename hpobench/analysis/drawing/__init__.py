"""Figures as files, by matplotlib: a module for each kind of description, named after it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import pandas as pd

from hpobench.analysis.figures import Figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawn


def draw(figure: Figure, table: pd.DataFrame) -> Drawn:
    """Draw ``table`` as ``figure`` describes it."""
    # Importing matplotlib takes most of a second, and most reports draw no files.
    from hpobench.analysis.drawing.style import house_style

    kind = import_module(f"{__name__}.{type(figure).__name__.lower()}")
    with house_style():
        drawn: Drawn = kind.draw(figure, figure.rows(table))
    return drawn
