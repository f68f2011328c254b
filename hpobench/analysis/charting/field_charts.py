"""Coloured fields with a number in each: matrices, and strips along an axis."""

from __future__ import annotations

from collections.abc import Sequence

from hpobench.analysis.charting.parts import (
    EDGE,
    TABLE,
    Spec,
    layer,
    number,
    percent,
    quantitative,
    text,
)
from hpobench.analysis.figures import Matrix, Strips
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
STRIP = 40  # pixels of a strip and its name
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


def matrix_chart(matrix: Matrix) -> Spec:
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
    ink, strong = _contrasting("shown"), f"datum.{matrix.strong}"
    turned = {"orient": "top", "labelAngle": -60, "labelOverlap": False}
    x, y = _side(*matrix.across, turned), _side(*matrix.down, {})
    layers: list[Spec] = [
        {
            "mark": "rect",
            "encoding": {"color": quantitative("shown", scale=colours, legend=gradient)},
        }
    ]
    if matrix.framed:
        inside = {"width": {"band": 0.9}, "height": {"band": 0.84}}
        frame = {"filled": False, "strokeWidth": 1.2, **inside}
        layers.append(layer("rect", {"color": ink}, where=strong, **frame))
    written = {"text": {"field": "_text"}, "color": ink}
    for where, weight in ((strong, "bold"), (f"!{strong}", "normal")):
        layers.append(layer("text", written, where=where, fontSize=11, fontWeight=weight))
    corner = {
        "x": {**x, "bandPosition": 0.9},
        "y": {**y, "bandPosition": 0.17},
        "color": {"value": WARNING} if matrix.warning else ink,
    }
    dot = {"filled": True, "size": 20 if matrix.warning else 9, "opacity": 1}
    layers.append(layer("point", corner, where=f"datum.{matrix.dotted}", **dot))
    keys = (matrix.down[0], matrix.across[0])
    told = [(text if column in keys else number)(column, title) for column, title in matrix.told]
    return {
        "data": TABLE,
        "transform": [
            {"filter": f"isValid(datum.{matrix.value})"},
            {"calculate": shown, "as": "shown"},
        ],
        "width": {"step": max(LETTER * max(map(len, matrix.texts), default=0) + 8, 36)},
        "height": {"step": HEIGHT},
        "autosize": "pad",
        "encoding": {"x": x, "y": y, "tooltip": told},
        "layer": layers,
    }


def _contrasting(field: str) -> Spec:
    """The colour of a number on a field that is coloured by ``field``."""
    light = f"luminance(scale('color', datum.{field})) > {LIGHT}"
    return {"condition": {"test": light, "value": INK}, "value": WHITE}


def _side(field: str, names: Sequence[str], differs: Spec) -> Spec:
    bare = {"ticks": False, "domain": False, "grid": False, "labelPadding": 6}
    return text(field, None, sort=names, axis={**bare, **differs})


def strips_chart(strips: Strips) -> Spec:
    labels = [label for _, label in strips.names]
    colours = {"domain": [-1, 1], "range": "diverging", "interpolate": "rgb"}
    legend = {"gradientLength": 160, "values": [-1, -0.5, 0, 0.5, 1], "format": ".1f"}
    field = {
        "x2": {"field": "_until"},
        "color": quantitative("estimate", title=strips.label, scale=colours, legend=legend),
        "tooltip": [
            text("problem", "Problem"),
            percent("at", "From"),
            percent("_until", "Until"),
            number("estimate", strips.label, ".2f"),
            number("low", "Interval from", ".2f"),
            number("high", "Interval to", ".2f"),
            number("trials", "Trials", ","),
        ],
    }
    room = f"abs(scale('x', datum._until) - scale('x', datum.at)) > {WIDE}"
    written = {
        "x": quantitative("middle"),
        "text": {"field": "_text"},
        "color": _contrasting("estimate"),
        "opacity": {"condition": {"test": room, "value": 1}, "value": 0},
    }
    numbers = {
        "transform": [{"calculate": "sqrt(datum.at * datum._until)", "as": "middle"}],
        **layer("text", written, fontSize=10.5, tooltip=None),
    }
    along = {"type": "log", "domain": [strips.x.low, strips.x.high], "nice": False}
    down = {"domain": labels, "paddingInner": 0.5, "paddingOuter": 0.5}
    return {
        "data": TABLE,
        "transform": [{"filter": "isValid(datum._until) && isValid(datum.estimate)"}],
        "height": STRIP * len(labels) + STRIP // 2,
        "encoding": {
            "x": quantitative("at", title=strips.x.title, scale=along, axis={"format": "~p"}),
            "y": text("_name", None, scale=down, axis=ABOVE),
        },
        "layer": [layer("bar", field, **EDGE), numbers],
    }
