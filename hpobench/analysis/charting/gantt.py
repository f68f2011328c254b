"""Bars of trials on workers over time: a group of rows for each of a few runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from hpobench.analysis.charting import TABLE, Spec
from hpobench.analysis.charting.parts import number, text

ROW = 14
"""Pixels of a worker's row."""
SHAPES = {"o": "circle", "X": "cross", "d": "diamond", "P": "triangle-up"}
"""The shapes of matplotlib's markers."""
ENDED = "ended_picked"
"""How the bars ended that a reader picked in the legend."""


def gantt(
    runs: Mapping[str, str],
    workers: int,
    *,
    step: str,
    steps: int,
    ladder: Sequence[int],
    ends: Mapping[str, tuple[str, str]],
    until: float,
    links: int,
) -> Spec:
    """Bars of a table with the columns of :mod:`hpobench.analysis.exhibits.timeline`.

    ``runs``: the name of each ``cell``, in the order from the top, on ``workers`` each. ``step`` is
    the title of the steps, of which there are ``steps``; ``ladder`` are those that the legend
    names. ``ends``: the marker and the colour by ``ended``. The axis begins with the first
    ``until`` seconds. The clones of a run that has more than ``links`` are not linked to their
    donors.
    """
    return {
        "data": TABLE,
        "transform": [
            {"calculate": f"({json.dumps(dict(runs))})[datum.cell]", "as": "run"},
            {
                "joinaggregate": [{"op": "valid", "field": "parent_worker", "as": "clones"}],
                "groupby": ["cell"],
            },
        ],
        "height": ROW * len(runs) * (workers + 1),
        "encoding": {
            "y": {
                "field": "run",
                "type": "nominal",
                "title": None,
                "scale": {"domain": list(runs.values()), "padding": 0.5 / workers},
                "axis": {"ticks": False, "domain": False, "labelLimit": 110},
            },
        },
        "layer": [
            _bars(step, steps, ladder, until, workers),
            _links(links, workers),
            *([_marks(ends, workers)] if ends else []),
        ],
        "resolve": {"scale": {"color": "independent", "shape": "independent"}},
    }


def _bars(step: str, steps: int, ladder: Sequence[int], until: float, workers: int) -> Spec:
    return {
        "params": [
            {
                "name": "zoom",
                "select": {
                    "type": "interval",
                    "encodings": ["x"],
                    "zoom": "wheel![event.shiftKey]",
                    "clear": "dblclick",
                },
                "bind": "scales",
            }
        ],
        "mark": {"type": "bar", "clip": True, "stroke": "#8a94a0", "strokeWidth": 0.4},
        "encoding": {
            "x": {
                "field": "begin",
                "type": "quantitative",
                "title": "Seconds of the run's clock",
                "scale": {"domain": [0, until], "nice": False},
            },
            "x2": {"field": "end"},
            "yOffset": _row("worker", workers),
            "color": {
                "field": "last_step",
                "type": "quantitative",
                "title": f"{step} reached",
                # As rungs are. From below the first step on, whose bars would else look like
                # paper.
                "scale": {
                    "type": "log",
                    "domain": [steps**-0.6, steps],
                    "range": "heatmap",
                    "interpolate": "rgb",
                },
                "legend": {"values": list(ladder), "format": "~g", "gradientLength": 160},
            },
            "tooltip": [
                text("run", "Scheduler"),
                text("trial", "Trial"),
                text("worker", "Worker"),
                number("begin", "Begins at, s", ".4~g"),
                number("end", "Ends at, s", ".4~g"),
                text("first_step", "First step"),
                text("last_step", "Last step"),
                text("ended", "Then"),
                text("parent", "Went on from trial"),
                text("parent_step", "at step"),
            ],
        },
    }


def _marks(ends: Mapping[str, tuple[str, str]], workers: int) -> Spec:
    """How bars ended; a click on the legend picks."""
    markers, colours = zip(*ends.values(), strict=True)
    title = "Then"
    return {
        "params": [
            {"name": ENDED, "select": {"type": "point", "fields": ["ended"]}, "bind": "legend"}
        ],
        "transform": [{"filter": {"field": "ended", "oneOf": list(ends)}}],
        "mark": {"type": "point", "clip": True, "filled": True, "size": 34, "opacity": 1},
        "encoding": {
            "x": {"field": "end", "type": "quantitative"},
            "yOffset": _row("worker", workers),
            "shape": {
                "field": "ended",
                "title": title,
                "scale": {"domain": list(ends), "range": [SHAPES[m] for m in markers]},
            },
            "color": {
                "field": "ended",
                "title": title,
                "scale": {"domain": list(ends), "range": list(colours)},
            },
            "opacity": {"condition": {"param": ENDED, "value": 1}, "value": 0},
        },
    }


def _links(most: int, workers: int) -> Spec:
    """From the donor's state to where the clone went on."""
    donor = "{at: datum.parent_clock, on: datum.parent_worker}"
    clone = "{at: datum.begin, on: datum.worker}"
    return {
        "transform": [
            {"filter": f"isValid(datum.parent_worker) && datum.clones <= {most}"},
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
