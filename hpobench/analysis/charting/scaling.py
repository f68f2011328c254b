"""What each of several workers achieves, over their number: a view for each measure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

from hpobench.analysis.charting import TABLE, Spec
from hpobench.analysis.charting.parts import (
    choice,
    colour,
    dash,
    number,
    picks,
    shown_if_picked,
    text,
)
from hpobench.analysis.drawing.style import Styles

SHOWN = "measure_shown"
"""The measure that a reader chose."""
GUIDE = {"color": "#8a94a0", "strokeWidth": 1}


def scaling(
    styles: Styles,
    measures: Mapping[str, str],
    workers: Sequence[int],
    *,
    low: float,
    high: float,
    spread: float,
) -> Spec:
    """Means of a table with the columns of :mod:`hpobench.analysis.exhibits.efficiency`.

    ``measures``: what the reader chooses from, by its name. ``workers``: their numbers,
    ascending. ``low`` and ``high`` end the axis. The points of the same number of workers lie
    beside each other, over ``spread`` of a doubling.
    """
    names = [a.name for a in styles.algorithms]
    place = f"(indexof({json.dumps(names)}, datum.algorithm) + 0.5) / {len(names)} - 0.5"
    doublings = range(math.floor(math.log2(low)), math.ceil(math.log2(high)) + 1)
    return {
        "data": TABLE,
        "params": [choice(SHOWN, "Efficiency", measures)],
        "transform": [
            {"calculate": "indexof(['<=', '>='], datum.bound) < 0 ? 0 : 1", "as": "is_bound"},
            {
                "joinaggregate": [{"op": "max", "field": "is_bound", "as": "bounded"}],
                "groupby": ["measure", "algorithm", "workers"],
            },
            {"filter": f"!isValid(datum.problem) && datum.measure == {SHOWN}"},
            {"calculate": f"datum.workers * pow(2, {spread} * ({place}))", "as": "at"},
        ],
        "height": 300,
        "encoding": {
            "x": {
                "field": "at",
                "type": "quantitative",
                "title": "Workers",
                "scale": _doubling(workers[0] / 1.2, workers[-1] * 1.2),
                "axis": {"values": list(workers), "grid": False},
            },
            "y": {
                "field": "estimate",
                "type": "quantitative",
                "title": "Efficiency",
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
        },
    }


def _points(styles: Styles, *, bounded: bool) -> Spec:
    """Hollow ones where the mean holds a bound."""
    return {
        "transform": [{"filter": f"datum.bounded == {int(bounded)}"}],
        "mark": {"type": "point", "filled": not bounded, "clip": True, "size": 50},
        "encoding": {
            "color": colour(styles),
            "opacity": shown_if_picked(styles),
            "tooltip": [
                text("algorithm", "Algorithm"),
                text("workers", "Workers"),
                number("estimate", "Efficiency"),
                number("low", "From"),
                number("high", "To"),
            ],
        },
    }
