"""Learning curves of trials that go on from each other's states."""

from __future__ import annotations

from hpobench.analysis.charting import TABLE, Spec
from hpobench.analysis.charting.parts import GREY, clone_of, number, pointed_at, text, zoom
from hpobench.analysis.figures import Descent
from hpobench.analysis.looks import ACCENT

TRIAL = "trial_near"  # the trial that a reader points at


def chart(descent: Descent) -> Spec:
    x, y = descent.x, descent.y
    return {
        "data": TABLE,
        "transform": [{"filter": "isValid(datum.value)"}, clone_of()],
        "height": 340,
        "encoding": {
            "x": {
                "field": "step",
                "type": "quantitative",
                "title": x.title,
                "scale": {"domain": [x.low, x.high], "nice": False},
                "axis": {"tickMinStep": 1},
            },
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": y.title,
                "scale": {"type": y.scale, "domain": [y.low, y.high], "nice": False},
            },
            "tooltip": [
                text("trial", "Trial"),
                text("step", "Step"),
                number("value", y.title, ".4~g"),
                number("clock", "Seconds of the clock", ",.3~f"),
                text("clone_of", "Clone of"),
            ],
        },
        "layer": [_trials(), _clones(), *_moves(), *_best(), _pointed_at()],
    }


def _trials() -> Spec:
    near = {"condition": {"param": TRIAL, "empty": False, "value": 2.5}, "value": 1}
    return {
        "params": [zoom()],
        "mark": {"type": "line", "clip": True, "color": GREY},
        "encoding": {"detail": [{"field": "stretch"}], "strokeWidth": near},
    }


def _clones() -> Spec:
    """From the state of the donor."""
    return {
        "transform": [{"filter": "isValid(datum.parent_value)"}],
        "mark": {"type": "rule", "clip": True, "color": GREY, "strokeDash": [4, 2]},
        "encoding": {
            "x": {"field": "parent_step", "type": "quantitative"},
            "x2": {"field": "step"},
            "y": {"field": "parent_value", "type": "quantitative"},
            "y2": {"field": "value"},
        },
    }


def _moves() -> list[Spec]:
    """A cross where a trial gave its state up, and a dotted line to where it went on."""
    left = {"filter": "isValid(datum._next_step)"}
    cross = {"type": "point", "shape": "M-.7,-.7L.7,.7M-.7,.7L.7,-.7", "size": 30}
    return [
        {
            "transform": [left],
            "mark": {"type": "rule", "clip": True, "color": GREY, "strokeDash": [1, 2]},
            "encoding": {"x2": {"field": "_next_step"}, "y2": {"field": "_next_value"}},
        },
        {"transform": [left], "mark": {**cross, "clip": True, "color": GREY, "opacity": 1}},
    ]


def _best() -> list[Spec]:
    """The way to the best result: a line, the trial's number wherever it changes, and a star."""
    star = "M0,-1L.23,-.3L.95,-.3L.36,.12L.59,.81L0,.4L-.59,.81L-.36,.12L-.95,-.3L-.23,-.3Z"
    return [
        {
            "transform": [{"filter": "datum.ancestor"}],
            "mark": {"type": "line", "clip": True, "color": ACCENT, "strokeWidth": 3},
        },
        {
            "transform": [{"filter": "datum._begin"}],
            "mark": {"type": "text", "clip": True, "dy": -9, "dx": 6, "fontWeight": "bold"},
            "encoding": {"text": {"field": "trial"}},
        },
        {
            "transform": [{"filter": "datum._best"}],
            "mark": {
                "type": "point",
                "shape": star,
                "filled": True,
                "color": ACCENT,
                "size": 220,
                "opacity": 1,
            },
        },
    ]


def _pointed_at() -> Spec:
    """Wide pieces of lines that nobody sees are easier to point at than thin ones. Whole lines have
    tooltips at their corners alone."""
    return {
        "transform": [
            {
                "window": [
                    {"op": "lead", "field": "step", "as": "to_step"},
                    {"op": "lead", "field": "value", "as": "to_value"},
                ],
                "groupby": ["stretch"],
            },
            {"filter": "isValid(datum.to_step)"},
        ],
        "params": [pointed_at(TRIAL, "trial")],
        "mark": {"type": "rule", "clip": True, "strokeWidth": 10, "opacity": 0},
        "encoding": {
            "x2": {"field": "to_step"},
            "y2": {"field": "to_value"},
        },
    }
