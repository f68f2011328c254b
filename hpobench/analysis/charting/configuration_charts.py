"""Configurations as lines across an axis for each parameter."""

from __future__ import annotations

import json

from hpobench.analysis.charting import parts
from hpobench.analysis.charting.parts import GREY, TABLE, Spec, layer, number, quantitative, text
from hpobench.analysis.figures import GOLDEN, INACTIVE, Parallel

LEAST, MOST, ALL = 84, 130, 780
"""Pixels between two axes, where the name of a choice has room, and of all together, if they fit.
A narrow page scrolls."""
COLOURS = ("#0072B2", "#009E73", "#E69F00")
"""From the best on: as dark as each other, to be seen on light and on dark paper."""
NEAR = "line_near"  # the line that a reader points at
SIDES = {
    "above": {"baseline": "bottom", "dy": -3},
    "below": {"baseline": "top", "dy": 3},
    "beside": {"align": "left", "dx": 4},
}


def parallel_chart(parallel: Parallel) -> Spec:
    parameters, colours = parallel.parameters, parallel.colours
    names = [parameter.name for parameter in parameters]
    titles = {parameter.name: parameter.title for parameter in parameters}
    low, high, log = colours.low, colours.high, colours.scale == "log"
    stops = [low, (low * high) ** 0.5 if log else (low + high) / 2, high]
    scale = {"type": colours.scale, "domain": stops[::-1] if parallel.maximize else stops}
    coloured = quantitative(
        "value",
        title=colours.title,
        scale={**scale, "range": COLOURS, "interpolate": "rgb"},
        legend={"gradientLength": 200, "format": "~g", "titleLimit": 300},
    )
    told = {
        "order": {"field": "line", "sort": "descending"},  # the best on top
        "tooltip": [
            *(text(f"setting_{j}", name) for j, name in enumerate(names)),
            number("value", colours.title, ".4~g"),
            text("best", "Among the best tenth"),
            text("algorithm", "Algorithm"),
            text("seed", "Seed"),
            text("trial", "Trial"),
            text("step", "Step"),
        ],
    }
    axis = {"y": {"datum": 0}, "y2": {"datum": 1}}
    points = {"type": "point", "domain": names, "padding": 0.6}
    named = {"labelExpr": f"({json.dumps(titles)})[datum.value]", "labelAngle": -20}
    named |= {"labelLimit": 160, "ticks": False, "domain": False}
    return {
        "data": TABLE,
        "width": {"step": min(max(ALL // len(names), LEAST), MOST)},
        "autosize": "pad",
        "height": 320,
        "transform": _places(parallel),
        "encoding": {
            "x": text("parameter", None, scale=points, axis=named),
            "y": quantitative("height", axis=None, scale={"domain": [parallel.bottom, 1.1]}),
        },
        "layer": [
            layer("rule", axis, where="datum.line == 0", tooltip=None),
            _lines("!datum.best", {"value": GREY}, 0.25),
            _lines("datum.best", coloured, 0.65),
            _lines("datum.line == 0", coloured, 1.0, width=3.5),
            parts.pieces(
                told,
                param=parts.pointed_at(NEAR, "line"),
                of="line",
                leads={"parameter": "next_parameter", "height": "next_height"},
                strokeWidth=8,
            ),
            *(_labels(parallel, side) for side in SIDES),
        ],
    }


def _places(parallel: Parallel) -> list[Spec]:
    """Where lines cross the axes, and what is told of each setting."""
    room = {parameter.name: parameter.room for parameter in parallel.parameters}
    moved = f"datum.position + datum.shift * (({json.dumps(room)})[datum.parameter])"
    inactive = f"{INACTIVE} + 0.05 * datum.shift"
    settings: Spec = {"joinaggregate": [{"op": "values", "field": "setting", "as": "settings"}]}
    written = []
    for j in range(len(room)):
        value = f"datum.settings[{j}].setting"
        fraction = f"isNumber({value}) && {value} != floor({value})"
        told = f"{fraction} ? format({value}, '.4~g') : {value}"
        written.append(
            {"calculate": f"isValid({value}) ? {told} : 'not active'", "as": f"setting_{j}"}
        )
    return [
        {**settings, "groupby": ["line"]},
        *written,
        {"calculate": f"(datum.line * {GOLDEN}) % 1 - 0.5", "as": "shift"},
        {"calculate": f"isValid(datum.position) ? {moved} : {inactive}", "as": "height"},
    ]


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


def _labels(parallel: Parallel, side: str) -> Spec:
    values = [
        {"parameter": parameter.name, "position": label.position, "setting": label.text}
        for parameter in parallel.parameters
        for label in parameter.labels
        if label.side == side
    ]
    if parallel.conditional and side == "beside":
        inactive = {"position": INACTIVE - 0.05, "setting": "not active"}
        values.append({"parameter": parallel.parameters[0].name, **inactive})
    look: Spec = {"fontSize": 11, "fontWeight": "bold", "tooltip": None, **SIDES[side]}
    written = {"y": quantitative("position"), "text": {"field": "setting", "type": "nominal"}}
    return {"data": {"values": values}, **layer("text", written, **look)}
