"""Learning curves of trials that go on from each other's states."""

from __future__ import annotations

from hpobench.analysis.charting import TABLE, Spec
from hpobench.analysis.charting.parts import number, text, zoom

LINE, ACCENT = "#8a94a0", "#0072B2"
TRIAL = "trial_near"
"""The trial that a reader points at."""


def descent(
    *, x: str, y: str, value: str, steps: int, ends: tuple[float, float], log_y: bool
) -> Spec:
    """Curves of a table with the columns of :mod:`hpobench.analysis.exhibits.lineage`; ``x`` and
    ``y`` are the titles of the axes, up to ``steps`` and between ``ends``; ``value`` is what
    tooltips call the loss."""
    up = {"type": "log" if log_y else "linear", "domain": list(ends), "nice": False}
    return {
        "data": TABLE,
        "transform": [
            {"filter": "isValid(datum.value)"},
            {
                "joinaggregate": [
                    {"op": "min", "field": "step", "as": "first_step"},
                    {"op": "max", "field": "step", "as": "last_step"},
                ],
                "groupby": ["stretch"],
            },
            {
                "window": [
                    {"op": "lead", "field": "stretch", "as": "next_stretch"},
                    {"op": "lead", "field": "step", "as": "next_step"},
                    {"op": "lead", "field": "value", "as": "next_value"},
                ],
                "groupby": ["trial"],
            },
        ],
        "height": 340,
        "encoding": {
            "x": {
                "field": "step",
                "type": "quantitative",
                "title": x,
                "scale": {"domain": [0, steps], "nice": False},
                "axis": {"tickMinStep": 1},
            },
            "y": {"field": "value", "type": "quantitative", "title": y, "scale": up},
        },
        "layer": [_trials(), _clones(), *_moves(), *_best(), _pointed_at(value)],
    }


def _trials() -> Spec:
    near = {"condition": {"param": TRIAL, "empty": False, "value": 2.5}, "value": 1}
    return {
        "params": [zoom()],
        "mark": {"type": "line", "clip": True, "color": LINE},
        "encoding": {"detail": [{"field": "stretch"}], "strokeWidth": near},
    }


def _clones() -> Spec:
    """From the state of the donor."""
    return {
        "transform": [{"filter": "isValid(datum.parent_value)"}],
        "mark": {"type": "rule", "clip": True, "color": LINE, "strokeDash": [4, 2]},
        "encoding": {
            "x": {"field": "parent_step", "type": "quantitative"},
            "x2": {"field": "step"},
            "y": {"field": "parent_value", "type": "quantitative"},
            "y2": {"field": "value"},
        },
    }


def _moves() -> list[Spec]:
    """A cross where a trial gave its state up, and a dotted line to where it went on."""
    left = {"filter": "isValid(datum.next_stretch) && datum.next_stretch != datum.stretch"}
    cross = {"type": "point", "shape": "M-.7,-.7L.7,.7M-.7,.7L.7,-.7", "size": 30}
    return [
        {
            "transform": [left],
            "mark": {"type": "rule", "clip": True, "color": LINE, "strokeDash": [1, 2]},
            "encoding": {"x2": {"field": "next_step"}, "y2": {"field": "next_value"}},
        },
        {"transform": [left], "mark": {**cross, "clip": True, "color": LINE, "opacity": 1}},
    ]


def _best() -> list[Spec]:
    """The way to the best result: a line, the trial's number wherever it changes, and a star."""
    own = {"filter": "datum.ancestor"}
    last = {
        "joinaggregate": [{"op": "max", "field": "step", "as": "end"}],
        "groupby": ["ancestor"],
    }
    star = "M0,-1L.23,-.3L.95,-.3L.36,.12L.59,.81L0,.4L-.59,.81L-.36,.12L-.95,-.3L-.23,-.3Z"
    return [
        {
            "transform": [own],
            "mark": {"type": "line", "clip": True, "color": ACCENT, "strokeWidth": 3},
        },
        {
            "transform": [own, {"filter": "datum.step == datum.first_step"}],
            "mark": {"type": "text", "clip": True, "dy": -9, "dx": 6, "fontWeight": "bold"},
            "encoding": {"text": {"field": "trial"}},
        },
        {
            "transform": [own, last, {"filter": "datum.step == datum.end"}],
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


def _pointed_at(value: str) -> Spec:
    """A wide line that nobody sees is easier to point at than a thin one."""
    return {
        "params": [
            {
                "name": TRIAL,
                "select": {
                    "type": "point",
                    "fields": ["trial"],
                    "on": "pointerover",
                    "clear": "pointerout",
                },
            }
        ],
        "mark": {"type": "line", "clip": True, "strokeWidth": 10, "opacity": 0},
        "encoding": {
            "detail": [{"field": "stretch"}, {"field": "trial"}],
            "tooltip": [
                text("trial", "Trial"),
                text("step", "Step"),
                number("value", value, ".4~g"),
                number("clock", "Seconds of the clock", ",.4~r"),
                text("parent", "Went on from trial"),
                text("parent_step", "at step"),
            ],
        },
    }
