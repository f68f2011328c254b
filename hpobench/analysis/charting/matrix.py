"""Coloured fields with a number in each."""

from __future__ import annotations

from collections.abc import Sequence

from hpobench.analysis.charting import TABLE, Spec
from hpobench.analysis.charting.parts import number, text
from hpobench.analysis.figures import Matrix
from hpobench.analysis.looks import INK, WARNING

LETTER, HEIGHT = 8, 22  # pixels of a letter and of a field
WHITE = "#FFFFFF"
"""A number on a dark field; :data:`INK` on a light one: the fields' colours depend on the page's
theme."""
LIGHT = 0.22  # luminance of a field on which both are read alike
COLOURS: dict[str, Spec] = {
    "high is better": {"range": "diverging"},
    "low is better": {"range": "diverging", "reverse": True},
    "regret": {"type": "log", "range": "heatmap", "reverse": True},
}


def chart(matrix: Matrix) -> Spec:
    """The middle of the colours is that of the page's paper."""
    low, high = matrix.limits
    shown = f"clamp(datum.{matrix.value}, {low:g}, {high:g})"
    colours = {**COLOURS[matrix.colours], "domain": [low, high], "interpolate": "rgb"}
    gradient = {
        "title": matrix.label,
        "titleLimit": 300,
        "direction": "horizontal",
        "gradientLength": 160,
        "format": "~g",
    }
    ink = contrasting("shown")
    turned = {"orient": "top", "labelAngle": -60, "labelOverlap": False}
    x, y = _side(*matrix.across, turned), _side(*matrix.down, {})
    inside = {"width": {"band": 0.9}, "height": {"band": 0.84}}
    frame = {
        "transform": [{"filter": f"datum.{matrix.strong}"}],
        "mark": {"type": "rect", "filled": False, "strokeWidth": 1.2, **inside},
        "encoding": {"color": ink},
    }
    field = {"field": "shown", "type": "quantitative", "scale": colours, "legend": gradient}
    dot = {
        "transform": [{"filter": f"datum.{matrix.dotted}"}],
        "mark": {
            "type": "point",
            "filled": True,
            "size": 20 if matrix.warning else 9,
            "opacity": 1,
        },
        "encoding": {
            "x": {**x, "bandPosition": 0.9},
            "y": {**y, "bandPosition": 0.17},
            "color": {"value": WARNING} if matrix.warning else ink,
        },
    }
    keys = (matrix.down[0], matrix.across[0])
    return {
        "data": TABLE,
        "transform": [
            {"filter": f"isValid(datum.{matrix.value})"},
            {"calculate": shown, "as": "shown"},
        ],
        "width": {"step": max(LETTER * max(map(len, matrix.texts), default=0) + 8, 36)},
        "height": {"step": HEIGHT},
        "autosize": "pad",
        "encoding": {
            "x": x,
            "y": y,
            "tooltip": [
                text(column, title) if column in keys else number(column, title)
                for column, title in matrix.told
            ],
        },
        "layer": [
            {"mark": "rect", "encoding": {"color": field}},
            *([frame] if matrix.framed else []),
            _numbers(f"datum.{matrix.strong}", "bold", ink),
            _numbers(f"!datum.{matrix.strong}", "normal", ink),
            dot,
        ],
    }


def contrasting(field: str) -> Spec:
    """The colour of a number on a field that is coloured by ``field``."""
    light = f"luminance(scale('color', datum.{field})) > {LIGHT}"
    return {"condition": {"test": light, "value": INK}, "value": WHITE}


def _side(field: str, names: Sequence[str], differs: Spec) -> Spec:
    bare = {"ticks": False, "domain": False, "grid": False, "labelPadding": 6}
    axis = {**bare, **differs}
    return {"field": field, "type": "nominal", "title": None, "sort": names, "axis": axis}


def _numbers(which: str, weight: str, ink: Spec) -> Spec:
    return {
        "transform": [{"filter": which}],
        "mark": {"type": "text", "fontSize": 11, "fontWeight": weight},
        "encoding": {"text": {"field": "_text"}, "color": ink},
    }
