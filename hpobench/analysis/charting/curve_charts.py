"""Curves of algorithms: with their intervals, of several kinds, and over the number of workers."""

from __future__ import annotations

import json
import math
from dataclasses import replace

from hpobench.analysis.charting import parts
from hpobench.analysis.charting.parts import GREY, TABLE, Spec, layer, number, quantitative, text
from hpobench.analysis.figures import Axis, Lines, Scaling, Views

EFFICIENCY = [
    text("algorithm", "Algorithm"),
    text("workers", "Workers"),
    number("estimate", "Efficiency"),
    number("low", "From"),
    number("high", "To"),
]


def lines_chart(lines: Lines) -> Spec:
    """The interval of a curve is seen while a reader points at it."""
    styles, x, y = lines.styles, lines.x, lines.y
    only = [{"filter": {"field": "algorithm", "oneOf": list(lines.only)}}] if lines.only else []
    place = "1 / (1 - datum.at)" if x.scale == "nines" else f"max(datum.at, {x.low})"
    up, value = _axis("at_estimate", y), parts.percent if y.percent else number
    tooltip = [
        text("algorithm", "Algorithm"),
        (parts.percent if x.percent else number)("at", x.title),
        value("estimate", y.title),
        value("low", "From"),
        value("high", "To"),
    ]
    steps: Spec = {"interpolate": "step-after", "clip": True}
    line: Spec = {"strokeWidth": 2, **steps}
    band = {
        "y": {**up, "field": "at_low"},
        "y2": {"field": "at_high"},
        "opacity": {"condition": {"param": parts.NEAR, "empty": False, "value": 0.2}, "value": 0},
    }
    layers = [{"params": [parts.zoom()], **layer("area", band, **steps)}]
    if lines.front:
        broad = {"y": up, "color": {"value": GREY}, "opacity": {"value": 0.35}, "detail": None}
        layers.append(layer("line", broad, where="datum.front", **line | {"strokeWidth": 9}))
    looks = {"strokeDash": parts.dash(styles), "opacity": parts.shown_if_picked(styles)}
    layers.append(layer("line", {"y": up, **looks}, **line))
    # A wide line that nobody sees is easier to point at than a thin one.
    unseen = layer(
        "line", {"y": up, "tooltip": tooltip}, **line | {"strokeWidth": 12, "opacity": 0}
    )
    layers.append({"params": parts.picks(styles), **unseen})
    return {
        "data": TABLE,
        "transform": [
            *only,
            {"calculate": place, "as": "across"},
            *parts.drawn_intervals(log=y.scale == "log"),
        ],
        "encoding": {
            "x": _axis("across", x),
            "color": parts.colour(styles),
            "detail": [{"field": "algorithm"}],
        },
        "layer": layers,
    }


def _axis(field: str, axis: Axis) -> Spec:
    scale: Spec = {"type": "linear" if axis.scale == "linear" else "log", "nice": False}
    if axis.scale != "nines":
        scale["domain"] = [axis.low, axis.high]
    form = {"format": "~p" if axis.percent else "~g"}
    return quantitative(field, title=axis.title, scale=scale, axis=form)


def views_chart(views: Views) -> Spec:
    """What runs along the axes is said above them, for titles of axes cannot change."""
    own, first = views.choice, views.lines[0]
    plain = replace(first, x=first.x._replace(title="At"), y=first.y._replace(title="Share"))
    spec, titles, nines = lines_chart(plain), {}, {}
    for (_, value), lines in zip(own.options, views.lines, strict=True):
        up, across = (f"{axis.title[0].lower()}{axis.title[1:]}" for axis in (lines.y, lines.x))
        titles[value] = [f"Up: {up}.", f"Across: {across}."]
        nines[value] = lines.x.scale == "nines"
    is_nines = f"({json.dumps(nines)})[{own.column}]"
    decade = "test(/^10*$/, toString(datum.value))"
    label = f"{is_nines} ? {decade} ? format(1 - 1 / datum.value, '~g') : '' : datum.label"
    x = {
        **spec["encoding"]["x"],
        "title": None,
        "scale": {"type": "log", "nice": False},
        "axis": {"format": "~g", "labelExpr": label},
    }
    _, *transforms = spec["transform"]
    place = {"calculate": f"{is_nines} ? 1 / (1 - datum.at) : datum.at", "as": "across"}
    said = {"expr": f"({json.dumps(titles)})[{own.column}]"}
    return {
        **spec,
        "title": {"text": said, "fontWeight": "normal", "lineHeight": 16, "offset": 8},
        "params": [parts.choice(own)],
        "transform": [parts.chosen(own), place, *transforms],
        "encoding": {**spec["encoding"], "x": x},
    }


def scaling_chart(scaling: Scaling) -> Spec:
    """With a dashed line where every worker counts in full, and a dotted one where more workers are
    no faster than the fewest. Points are hollow where the mean holds a bound."""
    styles, workers, (title, low, high, *_) = scaling.styles, scaling.workers, scaling.y
    names = [a.name for a in styles.algorithms]
    place = f"(indexof({json.dumps(names)}, datum.algorithm) + 0.5) / {len(names)} - 0.5"
    doublings = range(math.floor(math.log2(low)), math.ceil(math.log2(high)) + 1)
    hue, shown = parts.colour(styles), parts.shown_if_picked(styles)
    guide: Spec = {"color": GREY, "strokeWidth": 1}
    doubling = {"type": "log", "base": 2}
    full = layer("rule", {"x": None, "y": {"datum": 1}}, strokeDash=[5, 3], **guide)
    shares = {"x": quantitative("workers"), "y": quantitative("share")}
    fewest = {
        "transform": [
            {"aggregate": [{"op": "count", "as": "rows"}], "groupby": ["workers"]},
            {"calculate": f"{workers[0]} / datum.workers", "as": "share"},
        ],
        **layer("line", shares, strokeDash=[1, 3], clip=True, **guide),
    }
    looks: Spec = {"color": hue, "strokeDash": parts.dash(styles)}
    looks["detail"] = [{"field": "algorithm"}]
    looks |= {"opacity": shown, "tooltip": EFFICIENCY}
    interval: Spec = {"y": quantitative("low"), "y2": {"field": "high"}, "color": hue}
    interval |= {"opacity": parts.shown_if_picked(styles, 0.4), "tooltip": EFFICIENCY}
    dot = {"color": hue, "opacity": shown, "tooltip": EFFICIENCY}
    return {
        "data": TABLE,
        "params": [parts.choice(scaling.choice)],
        "transform": [
            parts.chosen(scaling.choice),
            {"filter": "!isValid(datum.problem)"},
            {"calculate": f"datum.workers * pow(2, {scaling.spread} * ({place}))", "as": "at"},
        ],
        "height": 300,
        "encoding": {
            "x": quantitative(
                "at",
                title="Workers",
                scale={**doubling, "domain": [workers[0] / 1.2, workers[-1] * 1.2], "nice": False},
                axis={"values": workers, "grid": False},
            ),
            "y": quantitative(
                "estimate",
                title=title,
                scale={**doubling, "domain": [low / 1.3, high * 1.3], "nice": False},
                axis={"values": [2.0**i for i in doublings], "format": ".3~g"},
            ),
        },
        "layer": [
            full,
            fewest,
            {"params": parts.picks(styles), **layer("line", looks, clip=True, strokeWidth=1.5)},
            layer("rule", interval, clip=True, strokeWidth=2),
            layer("point", dot, where="!datum._bounded", filled=True, clip=True, size=50),
            layer("point", dot, where="datum._bounded", filled=False, clip=True, size=50),
        ],
    }
