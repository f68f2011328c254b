"""A row for each algorithm: dots with their intervals, and average ranks."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hpobench.analysis.charting import parts
from hpobench.analysis.charting.parts import (
    GREY,
    NEAR,
    TABLE,
    Spec,
    layer,
    number,
    quantitative,
    text,
)
from hpobench.analysis.figures import Dots, Ranks

ROW = 20  # pixels. A height in steps would make Vega-Lite warn that it fits the width alone
_IN_ORDER: Spec = {"window": [{"op": "row_number", "as": "lane"}]}


def _rows(names: Sequence[str]) -> Spec:
    """The ``y`` of a chart with a row for each algorithm, in the order of ``names``."""
    axis = {"ticks": False, "domain": False, "grid": False, "labelPadding": 8}
    return text("algorithm", None, sort=names, axis=axis)


def dots_chart(dots: Dots) -> Spec:
    """A dot alone stands for an estimate without an interval."""
    x = dots.x
    scale: Spec = {"zero": False}
    if x.scale == "log":
        # Clamped, for an interval that reaches 0 has no end on a log axis.
        scale = {"type": "log", "domain": [x.low, x.high], "clamp": True}
    # A long title may begin below the names.
    axis = {"format": "~g", "tickCount": 6, "titleAnchor": "end"}
    across = quantitative("at_estimate", title=x.title, scale=scale, axis=axis)
    told = [
        text("algorithm", "Algorithm"),
        number("estimate", x.title),
        number("low", "From"),
        number("high", "To"),
    ]
    interval = {"x": {**across, "field": "at_low"}, "x2": {"field": "at_high"}}
    return {
        "data": TABLE,
        "params": [parts.choice(dots.choice)],
        "transform": [parts.chosen(dots.choice), *parts.drawn_intervals()],
        "height": ROW * len(dots.names),
        "encoding": {
            "y": _rows(dots.names),
            "color": parts.colour(dots.styles, legend=False),
            "tooltip": told,
        },
        "layer": [
            layer("rule", interval, strokeWidth=6, opacity=0.4, clip=True),
            layer("point", {"x": across}, filled=True, size=60, opacity=1),
        ],
    }


def ranks_chart(ranks: Ranks) -> Spec:
    """What shares a group with the algorithm that a reader points at keeps its colour."""
    last = max(len(ranks.names), 2)
    lanes = max(len(one.lanes) for one in ranks.rankings)
    if ranks.by_group:
        lanes = max(sum(map(len, one.lanes)) for one in ranks.rankings)
    stride, room = -(-(last - 1) // 5), (last - 1) / max(20, 2 * lanes)
    across = quantitative(
        "rank",
        title="Average rank (1 is best)",
        scale={"domain": [1, last + (lanes + 0.5) * room]},
        axis={"values": list(range(1, last + 1, stride)), "titleAnchor": "end"},
    )
    place = {"calculate": f"{last} + datum.lane * {room}", "as": "place"}
    tests = {
        f"{share:g}": f"Friedman's test: {one.test}"
        for (_, share), one in zip(ranks.choice.options, ranks.rankings, strict=True)
    }
    beside = {**across, "field": "place"}
    joined = {"x": beside, "detail": {"field": "lane"}, "order": {"field": "rank"}}
    dot = {"size": 16, "color": GREY, "opacity": 1}
    bars = layer("line", joined, color=GREY, strokeWidth=1, point=dot)
    layers = [{"transform": [*_lanes(by_group=ranks.by_group), place], **bars}]
    if not ranks.by_group:  # where the bar of an algorithm passes its own row
        ring = layer("point", {"x": beside}, filled=False, size=50, color=GREY)
        layers.append({"transform": [_IN_ORDER, place], **ring})
    groups, name = f"{NEAR}.groups[0]", f"{NEAR}.algorithm[0]"
    stays = f"!{NEAR}.groups || datum.algorithm === {name} || {_alike(groups, 'datum.groups')}"
    opacity = {"condition": {"test": stays, "value": 1}, "value": 0.12}
    looks = {"x": across, "color": parts.colour(ranks.styles, legend=False), "opacity": opacity}
    layers.append(layer("point", looks, filled=True, size=70))
    written = {"x": across, "text": {"field": "rank", "format": ".2f"}}
    # Towards the middle, where there is room.
    for which, align, dx in (("<=", "left", 9), (">", "right", -9)):
        where = f"datum.rank {which} {last / 2}"
        layers.append(layer("text", written, where=where, align=align, dx=dx, fontSize=11))
    return {
        "data": TABLE,
        "title": {
            "text": {"expr": f"({json.dumps(tests)})[share]"},
            "fontWeight": "normal",
            "offset": 8,
        },
        "height": ROW * len(ranks.names),
        "params": [parts.choice(ranks.choice)],
        "transform": [parts.chosen(ranks.choice)],
        "encoding": {"y": {**_rows(ranks.names), "sort": {"field": "rank", "op": "min"}}},
        "layer": [*layers, _pointed_at()],
    }


def _pointed_at() -> Spec:
    """Rows as wide as the chart, which are easy to point at."""
    near = {"type": "point", "fields": ["algorithm", "groups"]}
    told = [
        text("algorithm", "Algorithm"),
        number("rank", "Average rank"),
        text("groups", "Groups"),
    ]
    return {
        "params": [
            {"name": NEAR, "select": {**near, "on": "mouseover, click", "clear": "mouseout"}}
        ],
        **layer("rect", {"x": {"value": 0}, "x2": {"value": "width"}, "tooltip": told}, opacity=0),
    }


def _lanes(*, by_group: bool) -> list[Spec]:
    """A row for each algorithm of each group; or for each two algorithms that share a group, whose
    lane is the first one's place."""
    if by_group:
        return [
            {"filter": "datum.groups !== ''"},
            {"calculate": "split(datum.groups, ' ')", "as": "group"},
            {"flatten": ["group"]},
            {"calculate": "toNumber(datum.group)", "as": "lane"},
        ]
    same = "datum.other.algorithm === datum.algorithm"
    return [
        _IN_ORDER,
        {"joinaggregate": [{"op": "values", "field": "rank", "as": "other"}]},
        {"flatten": ["other"]},
        {"filter": f"{same} || {_alike('datum.groups', 'datum.other.groups')}"},
        {"calculate": "datum.other.rank", "as": "rank"},
        {"calculate": "datum.other.algorithm", "as": "algorithm"},
    ]


def _alike(groups: str, others: str) -> str:
    """The Vega expression of whether two texts of numbers have one in common."""
    numbers = f"'(^| )(' + replace({groups}, / /g, '|') + ')( |$)'"
    return f"({groups} !== '' && test(regexp({numbers}), {others}))"
