"""What regret to expect of algorithms at each budget, as a script of the site sets it."""

from __future__ import annotations

from typing import Any

from hpobench.analysis.charting import TABLE, Spec

POINTED, NAME = "pointed", "name"
"""The parameters that a script sets: the algorithm that stands out, and what it is called."""
FLOOR = 1e-3  # a regret of 0 has no logarithm; below this nothing is told apart by eye


def expected() -> Spec:
    """Curves of a table with the columns ``algorithm, budget, regret, near``.

    ``near`` says what is not worse than the first. The script sets the ends of the axes, the
    parameters and the budget of the rule, and the page's theme has the colours of the styles
    ``crowd`` and ``near``.
    """
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
            "x": {
                "field": "budget",
                "type": "quantitative",
                "title": "Budget in full evaluations",
                "scale": {"type": "log", "nice": False},
                "axis": {"values": [1, 3, 10, 30, 100], "grid": False, "format": "~g"},
            },
            "y": {
                "field": "shown",
                "type": "quantitative",
                "title": "Expected regret",
                "scale": {"type": "log", "nice": False},
                "axis": {"format": "~g"},
            },
            "detail": {"field": "algorithm"},
        },
        "layer": [
            _lines("!datum.near", style="crowd", strokeWidth=1.2, opacity=0.3),
            _lines("datum.near", style="near", strokeWidth=1.2, opacity=0.55),
            _lines(f"datum.algorithm === {POINTED}", style="near", strokeWidth=2.8),
            {
                "data": {"values": [{"budget": 1}]},
                "mark": {"type": "rule", "strokeDash": [3, 3], "aria": False},
                "encoding": {"y": None, "detail": None},
            },
        ],
    }


def _lines(which: str, **look: Any) -> Spec:
    """Not read out: the table below says the same."""
    return {"transform": [{"filter": which}], "mark": {"type": "line", "aria": False, **look}}
