"""Coloured fields with a number in each."""

from __future__ import annotations

from collections.abc import Sequence

from hpobench.analysis.charting import TABLE, Spec

WIDTH, HEIGHT = 36, 22
"""Pixels of a field."""
INK, WHITE = "#1F2328", "#FFFFFF"
"""A number on a light field and on a dark one: the fields' colours depend on the page's theme."""
LIGHT = 0.22
"""Luminance of a field on which both are read alike."""


def matrix(
    rows: tuple[str, Sequence[str]],
    columns: tuple[str, Sequence[str]],
    *,
    value: str,
    scale: Spec,
    legend: str,
    write: str,
    strong: str,
    tooltip: Sequence[Spec],
    colour: str = "",
    framed: bool = False,
    width: int = WIDTH,
) -> Spec:
    """The numbers ``value`` of a table, with nothing where they lack.

    ``rows`` and ``columns``: the columns of the table that say where a number stands, and their
    values in the order to be drawn. ``scale`` and ``legend``: of the colours, which are those of
    the expression ``colour``, or of the numbers themselves. ``write``: the expression of the text
    in a field. ``strong``: the column that says which numbers are in bold, and in a frame if they
    are ``framed``. ``width``: of a field. Expressions are Vega's.
    """
    field = {"field": "shown", "type": "quantitative", "scale": {"interpolate": "rgb", **scale}}
    gradient = {
        "title": legend,
        "titleLimit": 300,
        "direction": "horizontal",
        "gradientLength": 160,
        "format": "~g",
    }
    light = f"luminance(scale('color', datum.shown)) > {LIGHT}"
    ink = {"condition": {"test": light, "value": INK}, "value": WHITE}
    turned = {"orient": "top", "labelAngle": -60, "labelOverlap": False}
    return {
        "data": TABLE,
        "transform": [
            {"filter": f"isValid(datum.{value})"},
            {"calculate": colour or f"datum.{value}", "as": "shown"},
            {"calculate": write, "as": "written"},
        ],
        "width": {"step": width},
        "height": {"step": HEIGHT},
        "autosize": "pad",
        "encoding": {
            "x": _side(*columns, turned),
            "y": _side(*rows, {}),
            "tooltip": list(tooltip),
        },
        "layer": [
            {"mark": "rect", "encoding": {"color": {**field, "legend": gradient}}},
            *([_frame(strong, ink)] if framed else []),
            _numbers(f"datum.{strong}", "bold", ink),
            _numbers(f"!datum.{strong}", "normal", ink),
        ],
    }


def _side(field: str, names: Sequence[str], differs: Spec) -> Spec:
    bare = {"ticks": False, "domain": False, "grid": False, "labelPadding": 6}
    axis = {**bare, **differs}
    return {"field": field, "type": "nominal", "title": None, "sort": list(names), "axis": axis}


def _frame(strong: str, ink: Spec) -> Spec:
    inside = {"width": {"band": 0.9}, "height": {"band": 0.84}}
    return {
        "transform": [{"filter": f"datum.{strong}"}],
        "mark": {"type": "rect", "filled": False, "strokeWidth": 1.2, **inside},
        "encoding": {"color": ink},
    }


def _numbers(which: str, weight: str, ink: Spec) -> Spec:
    return {
        "transform": [{"filter": which}],
        "mark": {"type": "text", "fontSize": 11, "fontWeight": weight},
        "encoding": {"text": {"field": "written"}, "color": ink},
    }


def written_short(value: str) -> str:
    """The Vega expression that writes the positive number ``value``, an expression too, with two
    digits in the least space: .012, 3e-4, 0."""
    digits = without_zero(f"format({value}, {value} < 0.0995 ? '.3f' : '.2f')")
    small = f"{value} < 0.001 ? format({value}, '.0e') : {digits}"
    return f"({value} === 0 ? '0' : {small})"


def without_zero(text: str) -> str:
    """The Vega expression of ``text`` without the zero before its point."""
    return f"replace({text}, /^0/, '')"
