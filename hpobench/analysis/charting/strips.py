"""A strip of coloured fields for each problem, along a log axis of shares."""

from __future__ import annotations

from hpobench.analysis.charting import TABLE, Spec
from hpobench.analysis.charting.matrix import contrasting
from hpobench.analysis.charting.parts import EDGE, number, percent, text
from hpobench.analysis.figures import Strips

HEIGHT = 40  # pixels of a strip and its name
ABOVE: Spec = {
    "labelAlign": "left",
    "labelPadding": 0,
    "labelOffset": -18,
    "labelLimit": {"expr": "width"},
    "ticks": False,
    "tickSize": 0,
    "domain": False,
}
"""An axis whose names stand above what they name: beside it they would leave no room on phones."""
WIDE = 30  # pixels that a number in a field takes


def chart(strips: Strips) -> Spec:
    labels = [label for _, label in strips.names]
    room = f"abs(scale('x', datum._until) - scale('x', datum.at)) > {WIDE}"
    fields = {
        "mark": {"type": "bar", **EDGE},
        "encoding": {
            "x2": {"field": "_until"},
            "color": {
                "field": "estimate",
                "type": "quantitative",
                "title": strips.label,
                "scale": {"domain": [-1, 1], "range": "diverging", "interpolate": "rgb"},
                "legend": {"gradientLength": 160, "values": [-1, -0.5, 0, 0.5, 1], "format": ".1f"},
            },
            "tooltip": [
                text("problem", "Problem"),
                percent("at", "From"),
                percent("_until", "Until"),
                number("estimate", strips.label, ".2f"),
                number("low", "Interval from", ".2f"),
                number("high", "Interval to", ".2f"),
                number("trials", "Trials", ","),
            ],
        },
    }
    numbers = {
        "transform": [{"calculate": "sqrt(datum.at * datum._until)", "as": "middle"}],
        "mark": {"type": "text", "fontSize": 10.5, "tooltip": None},
        "encoding": {
            "x": {"field": "middle", "type": "quantitative"},
            "text": {"field": "_text"},
            "color": contrasting("estimate"),
            "opacity": {"condition": {"test": room, "value": 1}, "value": 0},
        },
    }
    return {
        "data": TABLE,
        "transform": [{"filter": "isValid(datum._until) && isValid(datum.estimate)"}],
        "height": HEIGHT * len(labels) + HEIGHT // 2,
        "encoding": {
            "x": {
                "field": "at",
                "type": "quantitative",
                "title": strips.x.title,
                "scale": {"type": "log", "domain": [strips.x.low, strips.x.high], "nice": False},
                "axis": {"format": "~p"},
            },
            "y": {
                "field": "_name",
                "type": "nominal",
                "title": None,
                "scale": {"domain": labels, "paddingInner": 0.5, "paddingOuter": 0.5},
                "axis": ABOVE,
            },
        },
        "layer": [fields, numbers],
    }
