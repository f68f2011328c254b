"""Figures on pages, as Vega-Lite specifications: a module for each kind of description, named after
it.

A chart's data is always named :data:`TABLE`, and is the exhibit's table as its description draws
it. A script of the page adds the sizes and the colours of the page's theme, and draws a chart when
a reader comes to it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, TypeAlias

from hpobench.analysis.figures import Figure

Spec: TypeAlias = dict[str, Any]
"""A Vega-Lite specification without its data, https://vega.github.io/vega-lite/docs/spec.html."""

TABLE: Spec = {"name": "table"}


def chart(figure: Figure) -> Spec:
    """How a page draws ``figure``."""
    found: Spec = import_module(f"{__name__}.{type(figure).__name__.lower()}").chart(figure)
    return found
