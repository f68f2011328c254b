"""What each of several workers achieves, over their number: a view for each measure."""

from __future__ import annotations

import json
import math

from hpobench.analysis.charting import TABLE, Spec
from hpobench.analysis.charting.parts import (
    GREY,
    choice,
    chosen,
    colour,
    dash,
    number,
    picks,
    shown_if_picked,
    text,
)
from hpobench.analysis.figures import Scaling
from hpobench.analysis.looks import Styles

GUIDE = {"color": GREY, "strokeWidth": 1}
TOOLTIP = [
    text("algorithm", "Algorithm"),
    text("workers", "Workers"),
    number("estimate", "Efficiency"),
    number("low", "From"),
    number("high", "To"),
]


def chart(scaling: Scaling) -> Spec:
    styles, workers, (title, low, high, *_) = scaling.styles, scaling.workers, scaling.y
    names = [a.name for a in styles.algorithms]
    place = f"(indexof({json.dumps(names)}, datum.algorithm) + 0.5) / {len(names)} - 0.5"
    doublings = range(math.floor(math.log2(low)), math.ceil(math.log2(high)) + 1)
    return {
        "data": TABLE,
        "params": [choice(scaling.choice)],
        "transform": [
            chosen(scaling.choice),
            {"filter": "!isValid(datum.problem)"},
            {"calculate": f"datum.workers * pow(2, {scaling.spread} * ({place}))", "as": "at"},
        ],
        "height": 300,
        "encoding": {
            "x": {
                "field": "at",
                "type": "quantitative",
                "title": "Workers",
                "scale": _doubling(workers[0] / 1.2, workers[-1] * 1.2),
                "axis": {"values": workers, "grid": False},
            },
            "y": {
                "field": "estimate",
                "type": "quantitative",
                "title": title,
                "scale": _doubling(low / 1.3, high * 1.3),
                "axis": {"values": [2.0**i for i in doublings], "format": ".3~g"},
            },
        },
        "layer": [
            _all_count(),
            _first_counts(workers[0]),
            _lines(styles),
            _intervals(styles),
            _points(styles, bounded=False),
            _points(styles, bounded=True),
        ],
    }


def _doubling(low: float, high: float) -> Spec:
    return {"type": "log", "base": 2, "domain": [low, high], "nice": False}


def _all_count() -> Spec:
    """Every worker counts in full."""
    return {
        "mark": {"type": "rule", "strokeDash": [5, 3], **GUIDE},
        "encoding": {"x": None, "y": {"datum": 1}},
    }


def _first_counts(first: int) -> Spec:
    """More workers are no faster than the fewest."""
    return {
        "transform": [
            {"aggregate": [{"op": "count", "as": "rows"}], "groupby": ["workers"]},
            {"calculate": f"{first} / datum.workers", "as": "share"},
        ],
        "mark": {"type": "line", "strokeDash": [1, 3], "clip": True, **GUIDE},
        "encoding": {
            "x": {"field": "workers", "type": "quantitative"},
            "y": {"field": "share", "type": "quantitative"},
        },
    }


def _lines(styles: Styles) -> Spec:
    return {
        "params": picks(styles),
        "mark": {"type": "line", "clip": True, "strokeWidth": 1.5},
        "encoding": {
            "color": colour(styles),
            "strokeDash": dash(styles),
            "detail": [{"field": "algorithm"}],
            "opacity": shown_if_picked(styles),
            "tooltip": TOOLTIP,
        },
    }


def _intervals(styles: Styles) -> Spec:
    return {
        "mark": {"type": "rule", "clip": True, "strokeWidth": 2},
        "encoding": {
            "y": {"field": "low", "type": "quantitative"},
            "y2": {"field": "high"},
            "color": colour(styles),
            "opacity": shown_if_picked(styles, 0.4),
            "tooltip": TOOLTIP,
        },
    }


def _points(styles: Styles, *, bounded: bool) -> Spec:
    """Hollow ones where the mean holds a bound."""
    return {
        "transform": [{"filter": "datum._bounded" if bounded else "!datum._bounded"}],
        "mark": {"type": "point", "filled": not bounded, "clip": True, "size": 50},
        "encoding": {
            "color": colour(styles),
            "opacity": shown_if_picked(styles),
            "tooltip": TOOLTIP,
        },
    }
