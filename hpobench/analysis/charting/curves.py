"""Curves with their intervals: one for each algorithm, as steps."""

from __future__ import annotations

from collections.abc import Sequence

from hpobench.analysis.charting import TABLE, Spec
from hpobench.analysis.charting.parts import (
    colour,
    dash,
    drawn_intervals,
    number,
    percent,
    picks,
    shown_if_near,
    shown_if_picked,
    text,
    zoom,
)
from hpobench.analysis.drawing.style import Styles


def curves(
    styles: Styles,
    *,
    x: str,
    y: str,
    log_x: bool = True,
    log_y: bool = False,
    percent_x: bool = True,
    percent_y: bool = False,
    transform: Sequence[Spec] = (),
) -> Spec:
    """Curves of a table with the columns ``algorithm, searcher, scheduler, at, estimate, low,
    high``, which it may get by ``transform``. ``x`` and ``y`` are the titles of the axes. The
    interval of a curve is seen while a reader points at it.
    """
    across: Spec = {
        "field": "at",
        "type": "quantitative",
        "title": x,
        "scale": {"type": "log", "nice": False} if log_x else {"nice": False},
        "axis": {"format": "~p" if percent_x else "~g"},
    }
    up: Spec = {
        "field": "at_estimate",
        "type": "quantitative",
        "title": y,
        "scale": _up(log_y, percent_y),
        "axis": {"format": "~p" if percent_y else "~g"},
    }
    value = percent if percent_y else number
    tooltip = [
        text("algorithm", "Algorithm"),
        (percent if percent_x else number)("at", x),
        value("estimate", y),
        value("low", "From"),
        value("high", "To"),
    ]
    line = {"type": "line", "interpolate": "step-after", "clip": True, "strokeWidth": 2}
    return {
        "data": TABLE,
        "transform": [*transform, *drawn_intervals(log=log_y)],
        "encoding": {"x": across, "color": colour(styles), "detail": [{"field": "algorithm"}]},
        "layer": [
            {
                "params": [zoom()],
                "mark": {"type": "area", "interpolate": "step-after", "clip": True},
                "encoding": {
                    "y": {**up, "field": "at_low"},
                    "y2": {"field": "at_high"},
                    "opacity": shown_if_near(0.2),
                },
            },
            {
                "mark": line,
                "encoding": {
                    "y": up,
                    "strokeDash": dash(styles),
                    "opacity": shown_if_picked(styles),
                },
            },
            {
                # A wide line that nobody sees is easier to point at than a thin one.
                "params": picks(styles),
                "mark": {**line, "strokeWidth": 12, "opacity": 0},
                "encoding": {"y": up, "tooltip": tooltip},
            },
        ],
    }


def _up(log: bool, percent: bool) -> Spec:
    if percent:
        return {"domain": [0, 1]}  # from nothing to all
    return {"type": "log", "nice": False} if log else {"zero": False}
