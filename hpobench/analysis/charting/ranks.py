"""Average ranks, with bars that join algorithms which tests do not tell apart."""

from __future__ import annotations

import json

from hpobench.analysis.charting import TABLE, Spec
from hpobench.analysis.charting.dots import ROW, rows
from hpobench.analysis.charting.parts import GREY, NEAR, choice, chosen, colour, number, text
from hpobench.analysis.figures import Ranks
from hpobench.analysis.looks import Styles

_IN_ORDER: Spec = {"window": [{"op": "row_number", "as": "lane"}]}


def chart(ranks: Ranks) -> Spec:
    """What shares a group with the algorithm that a reader points at keeps its colour."""
    last = max(len(ranks.names), 2)
    lanes = max(len(one.lanes) for one in ranks.rankings)
    if ranks.by_group:
        lanes = max(sum(map(len, one.lanes)) for one in ranks.rankings)
    stride, room = -(-(last - 1) // 5), (last - 1) / max(20, 2 * lanes)
    across: Spec = {
        "field": "rank",
        "type": "quantitative",
        "title": "Average rank (1 is best)",
        "scale": {"domain": [1, last + (lanes + 0.5) * room]},
        "axis": {"values": list(range(1, last + 1, stride)), "titleAnchor": "end"},
    }
    place = f"{last} + datum.lane * {room}"
    tests = {
        f"{share:g}": f"Friedman's test: {one.test}"
        for (_, share), one in zip(ranks.choice.options, ranks.rankings, strict=True)
    }
    return {
        "data": TABLE,
        "title": {
            "text": {"expr": f"({json.dumps(tests)})[share]"},
            "fontWeight": "normal",
            "offset": 8,
        },
        "height": ROW * len(ranks.names),
        "params": [choice(ranks.choice)],
        "transform": [chosen(ranks.choice)],
        "encoding": {"y": {**rows(ranks.names), "sort": {"field": "rank", "op": "min"}}},
        "layer": [
            _bars(place, across, by_group=ranks.by_group),
            *([] if ranks.by_group else [_rings(place, across)]),
            _dots(ranks.styles, across),
            # Towards the middle, where there is room.
            _numbers(across, f"datum.rank <= {last / 2}", "left", 9),
            _numbers(across, f"datum.rank > {last / 2}", "right", -9),
            _pointed_at(),
        ],
    }


def _dots(styles: Styles, across: Spec) -> Spec:
    groups, name = f"{NEAR}.groups[0]", f"{NEAR}.algorithm[0]"
    stays = f"!{NEAR}.groups || datum.algorithm === {name} || {_alike(groups, 'datum.groups')}"
    return {
        "mark": {"type": "point", "filled": True, "size": 70},
        "encoding": {
            "x": across,
            "color": colour(styles, legend=False),
            "opacity": {"condition": {"test": stays, "value": 1}, "value": 0.12},
        },
    }


def _numbers(across: Spec, which: str, align: str, dx: int) -> Spec:
    return {
        "transform": [{"filter": which}],
        "mark": {"type": "text", "align": align, "dx": dx, "fontSize": 11},
        "encoding": {"x": across, "text": {"field": "rank", "format": ".2f"}},
    }


def _pointed_at() -> Spec:
    """Rows as wide as the chart, which are easy to point at."""
    near = {"type": "point", "fields": ["algorithm", "groups"]}
    return {
        "params": [
            {"name": NEAR, "select": {**near, "on": "mouseover, click", "clear": "mouseout"}}
        ],
        "mark": {"type": "rect", "opacity": 0},
        "encoding": {
            "x": {"value": 0},
            "x2": {"value": "width"},
            "tooltip": [
                text("algorithm", "Algorithm"),
                number("rank", "Average rank"),
                text("groups", "Groups"),
            ],
        },
    }


def _bars(place: str, across: Spec, *, by_group: bool) -> Spec:
    """Beside the ranks, each at the expression ``place``."""
    return {
        "transform": [
            *(_groups() if by_group else _neighbours()),
            {"calculate": place, "as": "place"},
        ],
        "mark": {
            "type": "line",
            "color": GREY,
            "strokeWidth": 1,
            "point": {"size": 16, "color": GREY, "opacity": 1},
        },
        "encoding": {
            "x": {**across, "field": "place"},
            "detail": {"field": "lane"},
            "order": {"field": "rank"},
        },
    }


def _rings(place: str, across: Spec) -> Spec:
    """Where the bar of an algorithm passes its own row."""
    return {
        "transform": [_IN_ORDER, {"calculate": place, "as": "place"}],
        "mark": {"type": "point", "filled": False, "size": 50, "color": GREY},
        "encoding": {"x": {**across, "field": "place"}},
    }


def _groups() -> list[Spec]:
    return [
        {"filter": "datum.groups !== ''"},
        {"calculate": "split(datum.groups, ' ')", "as": "group"},
        {"flatten": ["group"]},
        {"calculate": "toNumber(datum.group)", "as": "lane"},
    ]


def _neighbours() -> list[Spec]:
    """A row for each two algorithms that share a group; the lane is the first one's place."""
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
