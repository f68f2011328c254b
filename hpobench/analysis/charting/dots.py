"""A row for each algorithm, with a dot and its interval: one kind of rows at a time."""

from __future__ import annotations

from collections.abc import Sequence

from hpobench.analysis.charting import TABLE, Spec
from hpobench.analysis.charting.parts import choice, chosen, colour, drawn_intervals, number, text
from hpobench.analysis.figures import Dots

ROW = 20  # pixels. A height in steps would make Vega-Lite warn that it fits the width alone


def rows(names: Sequence[str]) -> Spec:
    """The ``y`` of a chart with a row for each algorithm, in the order of ``names``."""
    axis = {"ticks": False, "domain": False, "grid": False, "labelPadding": 8}
    return {"field": "algorithm", "type": "nominal", "title": None, "sort": names, "axis": axis}


def chart(dots: Dots) -> Spec:
    """A dot alone stands for an estimate without an interval."""
    x = dots.x
    log = x.scale == "log"
    across: Spec = {
        "field": "at_estimate",
        "type": "quantitative",
        "title": x.title,
        # Clamped, for an interval that reaches 0 has no end on a log axis.
        "scale": {"type": "log", "domain": [x.low, x.high], "clamp": True}
        if log
        else {"zero": False},
        # A long title may begin below the names.
        "axis": {"format": "~g", "tickCount": 6, "titleAnchor": "end"},
    }
    told = [
        text("algorithm", "Algorithm"),
        number("estimate", x.title),
        number("low", "From"),
        number("high", "To"),
    ]
    return {
        "data": TABLE,
        "params": [choice(dots.choice)],
        "transform": [chosen(dots.choice), *drawn_intervals()],
        "height": ROW * len(dots.names),
        "encoding": {
            "y": rows(dots.names),
            "color": colour(dots.styles, legend=False),
            "tooltip": told,
        },
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
