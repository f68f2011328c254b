"""Charts that a script of the page moves: expected regrets, and one run as it went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hpobench.analysis.charting.parts import TABLE, Spec, layer, number, quantitative, text
from hpobench.analysis.looks import PALETTE

POINTED, NAME = "pointed", "name"
"""The parameters that a script sets: the algorithm that stands out, and what it is called."""
FLOOR = 1e-3  # a regret of 0 has no logarithm; below this nothing is told apart by eye
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


def expected() -> Spec:
    """Curves of a table with the columns ``algorithm, budget, regret, near``.

    ``near`` says what is not worse than the first. The script sets the ends of the axes, the
    parameters and the budget of the rule, and the page's theme has the colours of the styles
    ``crowd`` and ``near``.
    """
    scale = {"type": "log", "nice": False}
    ticks = {"values": [1, 3, 10, 30, 100], "grid": False, "format": "~g"}
    pointed = f"datum.algorithm === {POINTED}"
    # Not read out: the table below says the same.
    quiet: Spec = {"aria": False}
    alone = {"y": None, "detail": None}
    return {
        "data": TABLE,
        "height": 220,
        "padding": {"left": 4, "top": 4, "right": 14, "bottom": 4},
        "title": {"text": {"expr": NAME}, "anchor": "end"},
        "params": [
            {"name": POINTED, "value": -1},
            {"name": NAME, "value": ""},
        ],
        "transform": [{"calculate": f"max(datum.regret, {FLOOR})", "as": "shown"}],
        "encoding": {
            "x": quantitative(
                "budget", title="Budget in full evaluations", scale=scale, axis=ticks
            ),
            "y": quantitative("shown", title="Expected regret", scale=scale, axis={"format": "~g"}),
            "detail": {"field": "algorithm"},
        },
        "layer": [
            layer(
                "line", where="!datum.near", **quiet, style="crowd", strokeWidth=1.2, opacity=0.3
            ),
            layer("line", where="datum.near", **quiet, style="near", strokeWidth=1.2, opacity=0.55),
            layer("line", where=pointed, **quiet, style="near", strokeWidth=2.8),
            {
                "data": {"values": [{"budget": 1}]},
                **layer("rule", alone, strokeDash=[3, 3], aria=False),
            },
        ],
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
    colours = {"domain": list(states), "range": [STATES[state] for state in states]}
    head = {
        "y": _of("value", y),
        "color": text("state", "Trial", scale=colours),
        "tooltip": [
            text("trial", "Trial"),
            text("state", "State"),
            number("x", x["title"]),
            number("value", y["title"]),
            number("clock", "Seconds"),
        ],
    }
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
                **_quiet("point", head, filled=True, size=45, opacity=1),
            },
        ],
    }


def _quiet(kind: str, encoding: Spec | None = None, *, clip: bool = True, **look: Any) -> Spec:
    """Not read out: the script says in a sentence what is to be seen."""
    return layer(kind, encoding, clip=clip, aria=False, **look)


def _of(field: str, axis: Spec) -> Spec:
    return {**axis, "field": field, "type": "quantitative"}


def _lines(x: Spec, y: Spec) -> list[Spec]:
    """All stretches, the links of clones to their donors, and the incumbent."""
    value, best = _of("value", y), {"datum": {"expr": f"isValid({BEST}) ? {BEST} : 1"}}
    link = {
        "x": _of("parent_x", x),
        "x2": {"field": "x"},
        "y": _of("parent_value", y),
        "y2": {"field": "value"},
    }
    level = {
        "x": None,
        "y": {**y, **best, "type": "quantitative"},
        "opacity": {"value": {"expr": f"isValid({BEST}) ? 1 : 0"}},
    }
    stretch, dashed = {"y": value, "detail": {"field": "stretch"}}, STATES["replaced"]
    return [
        {
            "transform": [_COME],
            **_quiet("line", stretch, color=_THREAD, strokeWidth=1, opacity=0.55),
        },
        {
            "transform": [_COME, {"filter": "isValid(datum.parent_value)"}],
            **_quiet("rule", link, color=dashed, strokeDash=[4, 3], strokeWidth=1.5),
        },
        {
            "transform": [_COME, {"filter": f"datum.stretch === {LEADER}"}],
            **_quiet("line", {"y": value}, color=PALETTE[0], strokeWidth=2.5),
        },
        {
            "data": {"values": [{}]},
            **_quiet("rule", level, color=PALETTE[0], strokeDash=[2, 3]),
        },
    ]


def _rungs(rungs: Sequence[float]) -> list[Spec]:
    """A vertical mark at each, with how many trials were held there, of how many that came."""
    between = "' of '" if len(rungs) <= WORDED else "'/'"
    held = "datum.decision === 'CONTINUE' ? null : datum.trial"
    came = [
        {"op": "distinct", "field": "trial", "as": "came"},
        {"op": "valid", "field": "held", "as": "stayed"},
    ]
    counts = {"y": {"value": 0}, "text": {"field": "counts", "type": "nominal"}}
    return [
        {
            "data": {"values": [{"x": place} for place in rungs]},
            **_quiet("rule", strokeDash=[1, 3]),
        },
        {
            "transform": [
                _COME,
                {"filter": {"field": "x", "oneOf": list(rungs)}},
                {"calculate": held, "as": "held"},
                {"aggregate": came, "groupby": ["x"]},
                {"calculate": f"datum.stayed + {between} + datum.came", "as": "counts"},
            ],
            **_quiet("text", counts, clip=False, baseline="bottom", dy=-3, fontSize=11),
        },
    ]
