"""Configurations as lines across an axis for each parameter."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hpobench.analysis.charting import TABLE, Spec
from hpobench.analysis.charting.parts import GREY, number, pointed_at, text
from hpobench.analysis.figures import GOLDEN, INACTIVE, Axis, Parallel, Parameter

LEAST, MOST, ALL = 84, 130, 780
"""Pixels between two axes, where the name of a choice has room, and of all together, if they fit.
A narrow page scrolls."""
COLOURS = ("#0072B2", "#009E73", "#E69F00")
"""From the best on: as dark as each other, to be seen on light and on dark paper."""
NEAR = "line_near"  # the line that a reader points at


def chart(parallel: Parallel) -> Spec:
    parameters, value = parallel.parameters, parallel.colours.title
    names = [parameter.name for parameter in parameters]
    titles = {parameter.name: parameter.title for parameter in parameters}
    coloured = {
        "field": "value",
        "type": "quantitative",
        "title": value,
        "scale": _scale(parallel.colours, parallel.maximize),
        "legend": {"gradientLength": 200, "format": "~g", "titleLimit": 300},
    }
    return {
        "data": TABLE,
        "width": {"step": min(max(ALL // len(names), LEAST), MOST)},
        "autosize": "pad",
        "height": 320,
        "transform": _places(parameters),
        "encoding": {
            "x": {
                "field": "parameter",
                "type": "nominal",
                "title": None,
                "scale": {"type": "point", "domain": names, "padding": 0.6},
                "axis": {
                    "labelExpr": f"({json.dumps(titles)})[datum.value]",
                    "labelAngle": -20,
                    "labelLimit": 160,
                    "ticks": False,
                    "domain": False,
                },
            },
            "y": {
                "field": "height",
                "type": "quantitative",
                "axis": None,
                "scale": {"domain": [parallel.bottom, 1.1]},
            },
        },
        "layer": [
            _axes(),
            _lines("!datum.best", {"value": GREY}, 0.25),
            _lines("datum.best", coloured, 0.65),
            _lines("datum.line == 0", coloured, 1.0, width=3.5),
            _pointed_at(names, value),
            *(_labels(parallel, side) for side in ("above", "below", "beside")),
        ],
    }


def _scale(colours: Axis, maximize: bool) -> Spec:
    """From the best value on."""
    low, high, log = colours.low, colours.high, colours.scale == "log"
    stops = [low, (low * high) ** 0.5 if log else (low + high) / 2, high]
    return {
        "type": colours.scale,
        "domain": stops[::-1] if maximize else stops,
        "range": COLOURS,
        "interpolate": "rgb",
    }


def _places(parameters: Sequence[Parameter]) -> list[Spec]:
    room = {parameter.name: parameter.room for parameter in parameters}
    spread = f"(({json.dumps(room)})[datum.parameter])"
    return [
        {
            "joinaggregate": [{"op": "values", "field": "setting", "as": "settings"}],
            "groupby": ["line"],
        },
        *({"calculate": _written(j), "as": f"setting_{j}"} for j in range(len(parameters))),
        {"calculate": f"(datum.line * {GOLDEN}) % 1 - 0.5", "as": "shift"},
        {
            "calculate": f"isValid(datum.position) ? datum.position + datum.shift * {spread} : "
            f"{INACTIVE} + 0.05 * datum.shift",
            "as": "height",
        },
    ]


def _written(place: int) -> str:
    value = f"datum.settings[{place}].setting"
    fraction = f"isNumber({value}) && {value} != floor({value})"
    return f"isValid({value}) ? {fraction} ? format({value}, '.4~g') : {value} : 'not active'"


def _axes() -> Spec:
    return {
        "transform": [{"filter": "datum.line == 0"}],
        "mark": {"type": "rule", "tooltip": None},
        "encoding": {"y": {"datum": 0}, "y2": {"datum": 1}},
    }


def _lines(which: str, colour: Spec, opacity: float, *, width: float = 1.0) -> Spec:
    near = {"param": NEAR, "empty": False}
    return {
        "transform": [{"filter": which}],
        "mark": "line",
        "encoding": {
            "detail": [{"field": "line"}],
            "color": colour,
            "opacity": {"condition": {**near, "value": 1}, "value": opacity},
            "strokeWidth": {"condition": {**near, "value": 4}, "value": width},
        },
    }


def _pointed_at(names: Sequence[str], value: str) -> Spec:
    """Wide pieces of lines that nobody sees are easier to point at than thin ones. Whole lines have
    tooltips at their corners alone. They tell the whole configuration."""
    return {
        "transform": [
            {
                "window": [
                    {"op": "lead", "field": "parameter", "as": "next_parameter"},
                    {"op": "lead", "field": "height", "as": "next_height"},
                ],
                "groupby": ["line"],
            },
            {"filter": "isValid(datum.next_parameter)"},
        ],
        "params": [pointed_at(NEAR, "line")],
        "mark": {"type": "rule", "strokeWidth": 8, "opacity": 0},
        "encoding": {
            "x2": {"field": "next_parameter"},
            "y2": {"field": "next_height"},
            "order": {"field": "line", "sort": "descending"},  # the best on top
            "tooltip": [
                *(text(f"setting_{j}", name) for j, name in enumerate(names)),
                number("value", value, ".4~g"),
                text("best", "Among the best tenth"),
                text("algorithm", "Algorithm"),
                text("seed", "Seed"),
                text("trial", "Trial"),
                text("step", "Step"),
            ],
        },
    }


def _labels(parallel: Parallel, side: str) -> Spec:
    place = {
        "above": {"baseline": "bottom", "dy": -3},
        "below": {"baseline": "top", "dy": 3},
        "beside": {"align": "left", "dx": 4},
    }
    values = [
        {"parameter": parameter.name, "position": label.position, "setting": label.text}
        for parameter in parallel.parameters
        for label in parameter.labels
        if label.side == side
    ]
    first = parallel.parameters[0].name
    if parallel.conditional and side == "beside":
        inactive = {"position": INACTIVE - 0.05, "setting": "not active"}
        values.append({"parameter": first, **inactive})
    mark = {"type": "text", "fontSize": 11, "fontWeight": "bold", "tooltip": None}
    return {
        "data": {"values": values},
        "mark": {**mark, **place[side]},
        "encoding": {
            "y": {"field": "position", "type": "quantitative"},
            "text": {"field": "setting", "type": "nominal"},
        },
    }
