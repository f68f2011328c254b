"""Curves with their intervals: one for each algorithm, as steps."""

from __future__ import annotations

from hpobench.analysis.charting import TABLE, Spec
from hpobench.analysis.charting.parts import (
    GREY,
    colour,
    dash,
    drawn_intervals,
    number,
    percent,
    picks,
    shown_if_near,
    shown_if_picked,
    text,
    zoom,
)
from hpobench.analysis.figures import Axis, Lines


def chart(lines: Lines) -> Spec:
    """The interval of a curve is seen while a reader points at it."""
    styles, x, y = lines.styles, lines.x, lines.y
    only = [{"filter": {"field": "algorithm", "oneOf": list(lines.only)}}] if lines.only else []
    place = "1 / (1 - datum.at)" if x.scale == "nines" else f"max(datum.at, {x.low})"
    up = _axis("at_estimate", y)
    value = percent if y.percent else number
    tooltip = [
        text("algorithm", "Algorithm"),
        (percent if x.percent else number)("at", x.title),
        value("estimate", y.title),
        value("low", "From"),
        value("high", "To"),
    ]
    steps = {"interpolate": "step-after", "clip": True}
    line = {"type": "line", "strokeWidth": 2, **steps}
    band = {
        "params": [zoom()],
        "mark": {"type": "area", **steps},
        "encoding": {
            "y": {**up, "field": "at_low"},
            "y2": {"field": "at_high"},
            "opacity": shown_if_near(0.2),
        },
    }
    front = {
        "transform": [{"filter": "datum.front"}],
        "mark": {**line, "strokeWidth": 9},
        "encoding": {
            "y": up,
            "color": {"value": GREY},
            "opacity": {"value": 0.35},
            "detail": None,
        },
    }
    shown = {
        "mark": line,
        "encoding": {"y": up, "strokeDash": dash(styles), "opacity": shown_if_picked(styles)},
    }
    # A wide line that nobody sees is easier to point at than a thin one.
    pointed_at = {
        "params": picks(styles),
        "mark": {**line, "strokeWidth": 12, "opacity": 0},
        "encoding": {"y": up, "tooltip": tooltip},
    }
    return {
        "data": TABLE,
        "transform": [
            *only,
            {"calculate": place, "as": "across"},
            *drawn_intervals(log=y.scale == "log"),
        ],
        "encoding": {
            "x": _axis("across", x),
            "color": colour(styles),
            "detail": [{"field": "algorithm"}],
        },
        "layer": [band, *([front] if lines.front else []), shown, pointed_at],
    }


def _axis(field: str, axis: Axis) -> Spec:
    kind = "linear" if axis.scale == "linear" else "log"
    ends = {} if axis.scale == "nines" else {"domain": [axis.low, axis.high]}
    return {
        "field": field,
        "type": "quantitative",
        "title": axis.title,
        "scale": {"type": kind, "nice": False, **ends},
        "axis": {"format": "~p" if axis.percent else "~g"},
    }
