"""Bars of trials on workers over time: a group of rows for each of a few runs."""

from __future__ import annotations

from collections.abc import Sequence

from hpobench.analysis.charting import TABLE, Spec
from hpobench.analysis.charting.parts import EDGE, clone_of, number, text, zoom
from hpobench.analysis.figures import ENDS, Gantt

ROW = 14  # pixels of a worker's row
SHAPES = {"o": "circle", "X": "cross", "d": "diamond", "P": "triangle-up"}
"""The shapes of matplotlib's markers."""
TOOLTIP = [
    text("_run", "Scheduler"),
    text("trial", "Trial"),
    text("worker", "Worker"),
    number("begin", "Begins at, s", ",.3~f"),
    number("end", "Ends at, s", ",.3~f"),
    text("first_step", "First step"),
    text("last_step", "Last step"),
    text("clone_of", "Clone of"),
    text("ended", "Then"),
]
ENDED = "ended_picked"  # how the bars ended that a reader picked in the legend


def chart(gantt: Gantt) -> Spec:
    workers = max(n for _, _, n in gantt.runs)
    marks = [_marks(gantt.ends, workers)] if gantt.ends else []
    return {
        "data": TABLE,
        "transform": [clone_of()],
        "height": ROW * len(gantt.runs) * (workers + 1),
        "encoding": {
            "tooltip": TOOLTIP,
            "y": {
                "field": "_run",
                "type": "nominal",
                "title": None,
                "scale": {
                    "domain": [name for _, name, _ in gantt.runs],
                    "padding": 0.5 / workers,
                },
                "axis": {"ticks": False, "domain": False, "labelLimit": 110},
            },
        },
        "layer": [_bars(gantt, workers), _links(workers), *marks],
        "resolve": {"scale": {"color": "independent", "shape": "independent"}},
    }


def _bars(gantt: Gantt, workers: int) -> Spec:
    return {
        "params": [zoom("x")],
        "mark": {"type": "bar", "clip": True, **EDGE},
        "encoding": {
            "x": {
                "field": "begin",
                "type": "quantitative",
                "title": gantt.x.title,
                "scale": {"domain": [gantt.x.low, gantt.x.high], "nice": False},
            },
            "x2": {"field": "end"},
            "yOffset": _row("worker", workers),
            "color": {
                "field": "last_step",
                "type": "quantitative",
                "title": gantt.label,
                # As rungs are. From below the first step on, whose bars would else look like
                # paper.
                "scale": {
                    "type": "log",
                    "domain": [gantt.steps**-0.6, gantt.steps],
                    "range": "heatmap",
                    "interpolate": "rgb",
                },
                "legend": {"values": gantt.ladder, "format": "~g", "gradientLength": 160},
            },
        },
    }


def _marks(ends: Sequence[str], workers: int) -> Spec:
    """How bars ended; a click on the legend picks."""
    markers, colours = zip(*(ENDS[ended] for ended in ends), strict=True)
    title = "Then"
    return {
        "params": [
            {"name": ENDED, "select": {"type": "point", "fields": ["ended"]}, "bind": "legend"}
        ],
        "transform": [{"filter": {"field": "ended", "oneOf": ends}}],
        "mark": {"type": "point", "clip": True, "filled": True, "size": 34, "opacity": 1},
        "encoding": {
            "x": {"field": "end", "type": "quantitative"},
            "yOffset": _row("worker", workers),
            "shape": {
                "field": "ended",
                "title": title,
                "scale": {"domain": ends, "range": [SHAPES[m] for m in markers]},
            },
            "color": {
                "field": "ended",
                "title": title,
                "scale": {"domain": ends, "range": colours},
            },
            "opacity": {"condition": {"param": ENDED, "value": 1}, "value": 0},
        },
    }


def _links(workers: int) -> Spec:
    """From the donor's state to where the clone went on."""
    donor = "{at: datum.parent_clock, on: datum.parent_worker}"
    clone = "{at: datum.begin, on: datum.worker}"
    return {
        "transform": [
            {"filter": "datum._linked"},
            {"calculate": f"[{donor}, {clone}]", "as": "link"},
            {"flatten": ["link"]},
            {"calculate": "datum.link.at", "as": "at"},
            {"calculate": "datum.link.on", "as": "on"},
        ],
        "mark": {"type": "line", "clip": True, "strokeDash": [4, 2], "strokeWidth": 1},
        "encoding": {
            "x": {"field": "at", "type": "quantitative"},
            "yOffset": _row("on", workers),
            "detail": [{"field": "trial"}, {"field": "begin"}],
            "color": {"value": "#2B2B2B"},
        },
    }


def _row(field: str, workers: int) -> Spec:
    """The place of a worker within its run."""
    scale = {"domain": list(range(workers)), "paddingInner": 0.2}
    return {"field": field, "type": "ordinal", "scale": scale}
