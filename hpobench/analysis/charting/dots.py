"""A row for each algorithm, with a dot and its interval."""

from __future__ import annotations

from collections.abc import Sequence

from hpobench.analysis.charting import TABLE, Spec
from hpobench.analysis.charting.parts import colour, drawn_intervals, number, text
from hpobench.analysis.drawing.style import Styles

ROW = 20
"""Pixels. A height in steps would make Vega-Lite warn that it fits the width alone."""


def height(names: Sequence[str]) -> int:
    """The height of a chart with a row for each of ``names``."""
    return ROW * len(names)


def rows(names: Sequence[str], field: str = "algorithm") -> Spec:
    """The ``y`` of such a chart: a row for each value of ``field``, in the order of ``names``."""
    axis = {"ticks": False, "domain": False, "grid": False, "labelPadding": 8}
    return {"field": field, "type": "nominal", "title": None, "sort": list(names), "axis": axis}


def dots(
    styles: Styles,
    names: Sequence[str],
    *,
    x: str,
    scale: Spec,
    transform: Sequence[Spec],
) -> Spec:
    """Dots and intervals of a table with the columns ``algorithm, searcher, scheduler, estimate,
    low, high`` after the ``transform``, the algorithms in the order of ``names``. ``x`` and
    ``scale``: of the axis. A dot alone stands for an estimate without an interval.
    """
    across: Spec = {
        "field": "at_estimate",
        "type": "quantitative",
        "title": x,
        "scale": scale,
        # A long title may begin below the names.
        "axis": {"format": "~g", "tickCount": 6, "titleAnchor": "end"},
    }
    told = [
        text("algorithm", "Algorithm"),
        number("estimate", x),
        number("low", "From"),
        number("high", "To"),
    ]
    return {
        "data": TABLE,
        "transform": [*transform, *drawn_intervals()],
        "height": height(names),
        "encoding": {"y": rows(names), "color": colour(styles, legend=False), "tooltip": told},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 6, "opacity": 0.4, "clip": True},
                "encoding": {"x": {**across, "field": "at_low"}, "x2": {"field": "at_high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
                "encoding": {"x": across},
            },
        ],
    }
