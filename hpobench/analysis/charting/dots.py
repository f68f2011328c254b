"""A row for each algorithm, with a dot and its interval."""

from __future__ import annotations

from collections.abc import Sequence

from hpobench.analysis.charting import TABLE, Spec
from hpobench.analysis.charting.parts import colour, number, text
from hpobench.analysis.drawing.style import Styles

ROW: Spec = {"step": 20}
"""The height of a chart with a row for each algorithm."""


def rows(title: str | None = None, field: str = "algorithm") -> Spec:
    """The ``y`` of a chart with a row for each value of ``field``, in the table's order."""
    axis = {"ticks": False, "domain": False, "grid": False, "labelPadding": 8}
    return {"field": field, "type": "nominal", "title": title, "sort": None, "axis": axis}


def dots(
    styles: Styles,
    *,
    x: str,
    scale: Spec | None = None,
    format_: str = "~g",
    tooltip: Sequence[Spec] = (),
) -> Spec:
    """Dots and intervals of a table with the columns ``algorithm, searcher, scheduler, estimate,
    low, high``, rows in its order. ``x`` is the title of the axis, ``scale`` what its scale
    differs in from a linear one around the numbers; ``tooltip``: further entries. A dot alone
    stands for an estimate without an interval.
    """
    across: Spec = {
        "field": "estimate",
        "type": "quantitative",
        "title": x,
        "scale": {"zero": False, **(scale or {})},
        "axis": {"format": format_, "labelOverlap": True},
    }
    told = [
        text("algorithm", "Algorithm"),
        number("estimate", x),
        number("low", "From"),
        number("high", "To"),
        *tooltip,
    ]
    return {
        "data": TABLE,
        "height": ROW,
        "encoding": {"y": rows(), "color": colour(styles, legend=False), "tooltip": told},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 6, "opacity": 0.4, "clip": True},
                "encoding": {"x": {**across, "field": "low"}, "x2": {"field": "high"}},
            },
            {"mark": {"type": "point", "filled": True, "size": 60}, "encoding": {"x": across}},
        ],
    }
