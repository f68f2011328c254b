"""Trials of runs: their learning curves, and their bars on workers."""

from __future__ import annotations

from hpobench.analysis.charting import parts
from hpobench.analysis.charting.parts import (
    EDGE,
    GREY,
    TABLE,
    Spec,
    layer,
    number,
    quantitative,
    text,
)
from hpobench.analysis.figures import ENDS, Descent, Gantt
from hpobench.analysis.looks import ACCENT

TRIAL = "trial_near"  # the trial that a reader points at
CROSS = "M-.7,-.7L.7,.7M-.7,.7L.7,-.7"
STAR = "M0,-1L.23,-.3L.95,-.3L.36,.12L.59,.81L0,.4L-.59,.81L-.36,.12L-.95,-.3L-.23,-.3Z"
ROW = 14  # pixels of a worker's row
SHAPES = {"o": "circle", "X": "cross", "d": "diamond", "P": "triangle-up"}
"""The shapes of matplotlib's markers."""
ENDED = "ended_picked"  # how the bars ended that a reader picked in the legend


def descent_chart(descent: Descent) -> Spec:
    """Clones come dashed from the state of their donor. A cross is where a trial gave its state up,
    and a dotted line leads to where it went on. The way to the best result has the trial's number
    wherever it changes, and ends at a star."""
    x, y = descent.x, descent.y
    near = {"condition": {"param": TRIAL, "empty": False, "value": 2.5}, "value": 1}
    stretch = {"detail": [{"field": "stretch"}], "strokeWidth": near}
    link: Spec = {"clip": True, "color": GREY}
    donors: Spec = {"x": quantitative("parent_step"), "x2": {"field": "step"}}
    donors |= {"y": quantitative("parent_value"), "y2": {"field": "value"}}
    moves = {"x2": {"field": "_next_step"}, "y2": {"field": "_next_value"}}
    cloned, left = "isValid(datum.parent_value)", "isValid(datum._next_step)"
    point: Spec = {"clip": True, "color": GREY, "opacity": 1}
    badge: Spec = {"clip": True, "dy": -9, "dx": 6, "fontWeight": "bold"}
    star: Spec = {"shape": STAR, "filled": True, "color": ACCENT, "size": 220, "opacity": 1}
    across = {"domain": [x.low, x.high], "nice": False}
    up = {"type": y.scale, "domain": [y.low, y.high], "nice": False}
    return {
        "data": TABLE,
        "transform": [{"filter": "isValid(datum.value)"}, parts.clone_of()],
        "height": 340,
        "encoding": {
            "x": quantitative("step", title=x.title, scale=across, axis={"tickMinStep": 1}),
            "y": quantitative("value", title=y.title, scale=up),
            "tooltip": [
                text("trial", "Trial"),
                text("step", "Step"),
                number("value", y.title, ".4~g"),
                number("clock", "Seconds of the clock", ",.3~f"),
                text("clone_of", "Clone of"),
            ],
        },
        "layer": [
            {"params": [parts.zoom()], **layer("line", stretch, **link)},
            layer("rule", donors, where=cloned, **link, strokeDash=[4, 2]),
            layer("rule", moves, where=left, **link, strokeDash=[1, 2]),
            layer("point", where=left, shape=CROSS, size=30, **point),
            layer("line", where="datum.ancestor", clip=True, color=ACCENT, strokeWidth=3),
            layer("text", {"text": {"field": "trial"}}, where="datum._begin", **badge),
            layer("point", where="datum._best", **star),
            parts.pieces(
                {},
                param=parts.pointed_at(TRIAL, "trial"),
                of="stretch",
                leads={"step": "to_step", "value": "to_value"},
                clip=True,
                strokeWidth=10,
            ),
        ],
    }


def gantt_chart(gantt: Gantt) -> Spec:
    """Links lead from the donor's state to where the clone went on; a click on the legend picks the
    bars that ended so."""
    workers = max(n for _, _, n in gantt.runs)
    names = {"domain": [name for _, name, _ in gantt.runs], "padding": 0.5 / workers}
    donor = "{at: datum.parent_clock, on: datum.parent_worker}"
    clone = "{at: datum.begin, on: datum.worker}"
    linked = {
        "x": quantitative("at"),
        "yOffset": _worker("on", workers),
        "detail": [{"field": "trial"}, {"field": "begin"}],
        "color": {"value": "#2B2B2B"},
    }
    links = {
        "transform": [
            {"filter": "datum._linked"},
            {"calculate": f"[{donor}, {clone}]", "as": "link"},
            {"flatten": ["link"]},
            {"calculate": "datum.link.at", "as": "at"},
            {"calculate": "datum.link.on", "as": "on"},
        ],
        **layer("line", linked, clip=True, strokeDash=[4, 2], strokeWidth=1),
    }
    marks = [_marks(gantt, workers)] if gantt.ends else []
    return {
        "data": TABLE,
        "transform": [parts.clone_of()],
        "height": ROW * len(gantt.runs) * (workers + 1),
        "encoding": {
            "tooltip": [
                text("_run", "Scheduler"),
                text("trial", "Trial"),
                text("worker", "Worker"),
                number("begin", "Begins at, s", ",.3~f"),
                number("end", "Ends at, s", ",.3~f"),
                text("first_step", "First step"),
                text("last_step", "Last step"),
                text("clone_of", "Clone of"),
                text("ended", "Then"),
            ],
            "y": text(
                "_run",
                None,
                scale=names,
                axis={"ticks": False, "domain": False, "labelLimit": 110},
            ),
        },
        "layer": [_bars(gantt, workers), links, *marks],
        "resolve": {"scale": {"color": "independent", "shape": "independent"}},
    }


def _bars(gantt: Gantt, workers: int) -> Spec:
    across = {"domain": [gantt.x.low, gantt.x.high], "nice": False}
    # As rungs are. From below the first step on, whose bars would else look like paper.
    colours = {"type": "log", "domain": [gantt.steps**-0.6, gantt.steps], "range": "heatmap"}
    bar = {
        "x": quantitative("begin", title=gantt.x.title, scale=across),
        "x2": {"field": "end"},
        "yOffset": _worker("worker", workers),
        "color": quantitative(
            "last_step",
            title=gantt.label,
            scale={**colours, "interpolate": "rgb"},
            legend={"values": gantt.ladder, "format": "~g", "gradientLength": 160},
        ),
    }
    return {"params": [parts.zoom("x")], **layer("bar", bar, clip=True, **EDGE)}


def _marks(gantt: Gantt, workers: int) -> Spec:
    """How bars ended."""
    markers, colours = zip(*(ENDS[ended] for ended in gantt.ends), strict=True)
    ended = {"field": "ended", "title": "Then"}
    shapes = [SHAPES[marker] for marker in markers]
    mark = {
        "x": quantitative("end"),
        "yOffset": _worker("worker", workers),
        "shape": {**ended, "scale": {"domain": gantt.ends, "range": shapes}},
        "color": {**ended, "scale": {"domain": gantt.ends, "range": colours}},
        "opacity": {"condition": {"param": ENDED, "value": 1}, "value": 0},
    }
    picked = {"type": "point", "fields": ["ended"]}
    return {
        "params": [{"name": ENDED, "select": picked, "bind": "legend"}],
        "transform": [{"filter": {"field": "ended", "oneOf": gantt.ends}}],
        **layer("point", mark, clip=True, filled=True, size=34, opacity=1),
    }


def _worker(field: str, workers: int) -> Spec:
    """The place of a worker within its run."""
    scale = {"domain": list(range(workers)), "paddingInner": 0.2}
    return {"field": field, "type": "ordinal", "scale": scale}
