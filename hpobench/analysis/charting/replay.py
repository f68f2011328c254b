"""One run as it went: a frame of an animation, up to a moment that a script sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hpobench.analysis.charting import TABLE, Spec
from hpobench.analysis.charting.parts import number, text
from hpobench.analysis.looks import PALETTE

CLOCK, LEADER, BEST = "clock", "leader", "best"
"""The parameters that a script sets: the moment, the stretch of the incumbent, and its value."""
STATES = {
    "running": PALETTE[5],
    "paused": PALETTE[4],
    "stopped": PALETTE[1],
    "completed": PALETTE[6],
    "replaced": PALETTE[7],
    "failed": PALETTE[3],
    "cut": PALETTE[2],
}
"""What may be said of a trial, and its colour."""

WORDED = 6  # with more rungs than this there is no room for words above them

_THREAD = "#8A94A0"
_COME = {"filter": f"datum.clock <= {CLOCK} && isValid(datum.value)"}
_HEAD = {"filter": f"!isValid(datum.next) || datum.next > {CLOCK}"}
_STATE = {
    "calculate": (
        f"isValid(datum.end) && {CLOCK} >= datum.end ? datum.ended : "
        f"datum.decision === 'PAUSE' && (!isValid(datum.resumes) || {CLOCK} < datum.resumes) ? "
        "'paused' : 'running'"
    ),
    "as": "state",
}


def replay(*, x: Spec, y: Spec, end: float, rungs: Sequence[float], states: Sequence[str]) -> Spec:
    """The trials of one run as lines over what they were trained with.

    The table has a row for each result, with the columns ``stretch, trial, x, value, clock``;
    ``next`` and ``resumes``, when the next result of the stretch came and its step began; ``end``
    and ``ended``, when the stretch was over and how, on its last row; ``decision``; and
    ``parent_x, parent_value``, the state that a clone went on from. ``x`` and ``y`` are the axes,
    without their fields; ``end`` is the last moment, ``rungs`` are places on ``x`` where trials
    were held, and ``states`` those of :data:`STATES` that occur.
    """
    return {
        "data": TABLE,
        "height": 320,
        "params": [
            {"name": CLOCK, "value": end},
            {"name": LEADER, "value": -1},
            {"name": BEST, "value": None},
        ],
        "encoding": {"x": _of("x", x)},
        "layer": [
            *(_rungs(rungs) if rungs else []),
            *_lines(x, y),
            {
                "transform": [_COME, _HEAD, _STATE],
                "mark": _mark("point", filled=True, size=45, opacity=1),
                "encoding": {
                    "y": _of("value", y),
                    "color": _colour(states),
                    "tooltip": _tooltip(x, y),
                },
            },
        ],
    }


def _mark(kind: str, **look: Any) -> Spec:
    """Not read out: the script says in a sentence what is to be seen."""
    return {"type": kind, "clip": True, "aria": False} | look


def _of(field: str, axis: Spec) -> Spec:
    return {**axis, "field": field, "type": "quantitative"}


def _lines(x: Spec, y: Spec) -> list[Spec]:
    """All stretches, the links of clones to their donors, and the incumbent."""
    best = {"datum": {"expr": f"isValid({BEST}) ? {BEST} : 1"}, "type": "quantitative"}
    return [
        {
            "transform": [_COME],
            "mark": _mark("line", color=_THREAD, strokeWidth=1, opacity=0.55),
            "encoding": {"y": _of("value", y), "detail": {"field": "stretch"}},
        },
        {
            "transform": [_COME, {"filter": "isValid(datum.parent_value)"}],
            "mark": _mark("rule", color=STATES["replaced"], strokeDash=[4, 3], strokeWidth=1.5),
            "encoding": {
                "x": _of("parent_x", x),
                "x2": {"field": "x"},
                "y": _of("parent_value", y),
                "y2": {"field": "value"},
            },
        },
        {
            "transform": [_COME, {"filter": f"datum.stretch === {LEADER}"}],
            "mark": _mark("line", color=PALETTE[0], strokeWidth=2.5),
            "encoding": {"y": _of("value", y)},
        },
        {
            "data": {"values": [{}]},
            "mark": _mark("rule", color=PALETTE[0], strokeDash=[2, 3]),
            "encoding": {
                "x": None,
                "y": {**y, **best},
                "opacity": {"value": {"expr": f"isValid({BEST}) ? 1 : 0"}},
            },
        },
    ]


def _rungs(rungs: Sequence[float]) -> list[Spec]:
    """A vertical mark at each, with how many trials were held there, of how many that came."""
    between = "' of '" if len(rungs) <= WORDED else "'/'"
    here: Spec = {"filter": {"field": "x", "oneOf": list(rungs)}}
    counted: list[Spec] = [
        _COME,
        here,
        {"calculate": "datum.decision === 'CONTINUE' ? null : datum.trial", "as": "held"},
        {
            "aggregate": [
                {"op": "distinct", "field": "trial", "as": "came"},
                {"op": "valid", "field": "held", "as": "stayed"},
            ],
            "groupby": ["x"],
        },
        {"calculate": f"datum.stayed + {between} + datum.came", "as": "counts"},
    ]
    marks = [{"x": place} for place in rungs]
    return [
        {
            "data": {"values": marks},
            "mark": _mark("rule", strokeDash=[1, 3]),
        },
        {
            "transform": counted,
            "mark": _mark("text", clip=False, baseline="bottom", dy=-3, fontSize=11),
            "encoding": {"y": {"value": 0}, "text": {"field": "counts", "type": "nominal"}},
        },
    ]


def _colour(states: Sequence[str]) -> Spec:
    return {
        "field": "state",
        "type": "nominal",
        "title": "Trial",
        "scale": {"domain": list(states), "range": [STATES[state] for state in states]},
    }


def _tooltip(x: Spec, y: Spec) -> list[Spec]:
    return [
        text("trial", "Trial"),
        text("state", "State"),
        number("x", x["title"]),
        number("value", y["title"]),
        number("clock", "Seconds"),
    ]
