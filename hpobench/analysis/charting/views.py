"""Curves of several kinds, of which a reader chooses one."""

from __future__ import annotations

import json
from dataclasses import replace

from hpobench.analysis.charting import Spec
from hpobench.analysis.charting.lines import chart as chart_of_lines
from hpobench.analysis.charting.parts import choice, chosen
from hpobench.analysis.figures import Views


def chart(views: Views) -> Spec:
    """What runs along the axes is said above them, for titles of axes cannot change."""
    own, first = views.choice, views.lines[0]
    plain = replace(first, x=first.x._replace(title="At"), y=first.y._replace(title="Share"))
    spec = chart_of_lines(plain)
    kinds = [value for _, value in own.options]
    titles = {
        value: [f"Up: {_small(lines.y.title)}.", f"Across: {_small(lines.x.title)}."]
        for value, lines in zip(kinds, views.lines, strict=True)
    }
    nines = {
        value: lines.x.scale == "nines" for value, lines in zip(kinds, views.lines, strict=True)
    }
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
        "params": [choice(own)],
        "transform": [chosen(own), place, *transforms],
        "encoding": {**spec["encoding"], "x": x},
    }


def _small(title: str) -> str:
    return f"{title[0].lower()}{title[1:]}"
