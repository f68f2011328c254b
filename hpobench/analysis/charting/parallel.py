"""Configurations as lines across an axis for each parameter."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hpobench.analysis.charting import TABLE, Spec
from hpobench.analysis.charting.parts import number, text

LEAST, MOST, ALL = 84, 130, 780
"""Pixels between two axes, where the name of a choice has room, and of all together, if they fit.
A narrow page scrolls."""
REST = "#8a94a0"
COLOURS = ("#0072B2", "#009E73", "#E69F00")
"""From the best on: as dark as each other, to be seen on light and on dark paper."""
NEAR = "line_near"
"""The line that a reader points at."""


class Label(NamedTuple):
    """What stands along an axis."""

    parameter: str
    position: float
    setting: str
    side: str
    """``above`` or ``below`` the axis' end, or ``beside`` the axis."""


def parallel(
    parameters: Mapping[str, str],
    labels: Sequence[Label],
    *,
    room: Mapping[str, float],
    inactive: float,
    bottom: float,
    golden: float,
    colours: Spec,
    value: str,
) -> Spec:
    """Lines of a table with the columns of
    :mod:`hpobench.analysis.exhibits._best_configurations`.

    ``parameters``: what each is called, in the order of the axes. ``room``: over which share of its
    axis the lines with the same choice are spread; ``golden`` spreads them. Lines without a
    parameter pass its axis at ``inactive``; ``bottom`` is the end of the view. ``colours`` is the
    scale of the best lines' values, ``value`` their title.
    """
    names = list(parameters)
    return {
        "data": TABLE,
        "width": {"step": min(max(ALL // len(names), LEAST), MOST)},
        "autosize": "pad",
        "height": 320,
        "transform": _places(names, room, inactive, golden),
        "encoding": {
            "x": {
                "field": "parameter",
                "type": "nominal",
                "title": None,
                "scale": {"type": "point", "domain": names, "padding": 0.6},
                "axis": {
                    "labelExpr": f"({json.dumps(dict(parameters))})[datum.value]",
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
                "scale": {"domain": [bottom, 1.1]},
            },
        },
        "layer": [
            _axes(),
            _lines("!datum.best", {"value": REST}, 0.25),
            _lines("datum.best", _coloured(colours, value), 0.65),
            _lines("datum.line == 0", _coloured(colours, value), 1.0, width=3.5),
            _pointed_at(names, value),
            *(_labels(labels, side) for side in ("above", "below", "beside")),
        ],
    }


def _places(
    names: Sequence[str], room: Mapping[str, float], inactive: float, golden: float
) -> list[Spec]:
    spread = f"(({json.dumps(dict(room))})[datum.parameter])"
    return [
        {
            "joinaggregate": [{"op": "values", "field": "setting", "as": "settings"}],
            "groupby": ["line"],
        },
        *(
            {"calculate": f"datum.settings[{j}].setting", "as": f"setting_{j}"}
            for j in range(len(names))
        ),
        {"calculate": f"(datum.line * {golden}) % 1 - 0.5", "as": "shift"},
        {
            "calculate": f"isValid(datum.position) ? datum.position + datum.shift * {spread} : "
            f"{inactive} + 0.05 * datum.shift",
            "as": "height",
        },
    ]


def _axes() -> Spec:
    return {
        "transform": [{"filter": "datum.line == 0"}],
        "mark": {"type": "rule", "tooltip": None},
        "encoding": {"y": {"datum": 0}, "y2": {"datum": 1}},
    }


def _coloured(colours: Spec, value: str) -> Spec:
    return {
        "field": "value",
        "type": "quantitative",
        "title": value,
        "scale": {**colours, "range": list(COLOURS), "interpolate": "rgb"},
        "legend": {"gradientLength": 200, "format": "~g", "titleLimit": 300},
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
    """A wide line that nobody sees is easier to point at than a thin one; it tells the whole
    configuration."""
    return {
        "params": [
            {
                "name": NEAR,
                "select": {
                    "type": "point",
                    "fields": ["line"],
                    "on": "pointerover",
                    "clear": "pointerout",
                },
            }
        ],
        "mark": {"type": "line", "strokeWidth": 8, "opacity": 0},
        "encoding": {
            "detail": [{"field": "line"}],
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


def _labels(labels: Sequence[Label], side: str) -> Spec:
    place = {
        "above": {"baseline": "bottom", "dy": -3},
        "below": {"baseline": "top", "dy": 3},
        "beside": {"align": "left", "dx": 4},
    }
    return {
        "data": {"values": [label._asdict() for label in labels if label.side == side]},
        "mark": {
            "type": "text",
            "fontSize": 11,
            "fontWeight": "bold",
            "tooltip": None,
            **place[side],
        },
        "encoding": {
            "y": {"field": "position", "type": "quantitative"},
            "text": {"field": "setting", "type": "nominal"},
        },
    }
