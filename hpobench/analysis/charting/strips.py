"""A strip of coloured fields for each problem, along a log axis of shares."""

from __future__ import annotations

from collections.abc import Sequence

from hpobench.analysis.charting import TABLE, Spec
from hpobench.analysis.charting.matrix import INK, LIGHT, WHITE
from hpobench.analysis.charting.parts import number, percent, text

HEIGHT = 40
"""Pixels of a strip and its name."""
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
WIDE = 30
"""Pixels that a number in a field takes."""


def strips(problems: Sequence[str], *, x: str, value: str) -> Spec:
    """Correlations of a table with the columns ``problem, at, estimate, low, high, trials,
    selected``: a field reaches from its ``at`` to the problem's next. ``problems`` come in the
    order from the top; ``x`` and ``value`` are titles."""
    return {
        "data": TABLE,
        "transform": [
            {
                "window": [{"op": "lead", "field": "at", "as": "until"}],
                "groupby": ["problem"],
                "sort": [{"field": "at"}],
            },
            {"filter": "isValid(datum.until) && isValid(datum.estimate)"},
            {"calculate": "datum.problem + (datum.selected ? ' *' : '')", "as": "name"},
        ],
        "height": HEIGHT * len(problems) + HEIGHT // 2,
        "encoding": {
            "x": {
                "field": "at",
                "type": "quantitative",
                "title": x,
                "scale": {"type": "log", "domainMax": 1, "nice": False},
                "axis": {"format": "~p"},
            },
            "y": {
                "field": "name",
                "type": "nominal",
                "title": None,
                "scale": {"domain": list(problems), "paddingInner": 0.5, "paddingOuter": 0.5},
                "axis": ABOVE,
            },
        },
        "layer": [_fields(value), _numbers()],
    }


def _fields(value: str) -> Spec:
    return {
        "mark": {"type": "bar", "stroke": "#8a94a0", "strokeWidth": 0.4},
        "encoding": {
            "x2": {"field": "until"},
            "color": {
                "field": "estimate",
                "type": "quantitative",
                "title": value,
                "scale": {"domain": [-1, 1], "range": "diverging", "interpolate": "rgb"},
                "legend": {"gradientLength": 160, "values": [-1, -0.5, 0, 0.5, 1], "format": ".1f"},
            },
            "tooltip": [
                text("problem", "Problem"),
                percent("at", "From"),
                percent("until", "Until"),
                number("estimate", value, ".2f"),
                number("low", "Interval from", ".2f"),
                number("high", "Interval to", ".2f"),
                number("trials", "Trials", ","),
            ],
        },
    }


def _numbers() -> Spec:
    """In brackets where the interval includes 0; none where a field is too narrow."""
    digits = "format(datum.estimate, '.2f')"
    room = f"abs(scale('x', datum.until) - scale('x', datum.at)) > {WIDE}"
    light = f"luminance(scale('color', datum.estimate)) > {LIGHT}"
    return {
        "transform": [
            {"calculate": "sqrt(datum.at * datum.until)", "as": "middle"},
            {
                "calculate": f"datum.low <= 0 && datum.high >= 0 ? '('+{digits}+')' : {digits}",
                "as": "written",
            },
        ],
        "mark": {"type": "text", "fontSize": 10.5, "tooltip": None},
        "encoding": {
            "x": {"field": "middle", "type": "quantitative"},
            "text": {"field": "written"},
            "color": {"condition": {"test": light, "value": INK}, "value": WHITE},
            "opacity": {"condition": {"test": room, "value": 1}, "value": 0},
        },
    }
