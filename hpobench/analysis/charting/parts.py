"""What charts have in common: how algorithms look, what a reader can pick, axes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hpobench.analysis.charting import Spec
from hpobench.analysis.core.curves import Algorithm
from hpobench.analysis.drawing.style import Styles
from hpobench.analysis.settings import REGRET_FLOOR

PICKED, NEAR = "picked", "near"
"""The algorithms that a reader clicked, and the one that she points at."""


def colour(styles: Styles, *, legend: bool = True) -> Spec:
    """The hue of an algorithm: by its searcher, or by its scheduler where there is one searcher."""
    looks = {styles.hue_of(a): styles.look(a, together=True).color for a in styles.algorithms}
    return {
        "field": _hue(styles),
        "type": "nominal",
        "title": _hue(styles).capitalize(),
        "scale": {"domain": list(looks), "range": list(looks.values())},
        "legend": {} if legend and len(looks) > 1 else None,
    }


def dash(styles: Styles) -> Spec:
    """The dashes of an algorithm's line: by its scheduler, where hues stand for searchers."""
    if not dashed(styles):
        return {"value": [1, 0]}
    looks = {a.scheduler: styles.look(a, together=True).dashes[1] for a in styles.algorithms}
    return {
        "field": "scheduler",
        "type": "nominal",
        "title": "Scheduler",
        "scale": {"domain": list(looks), "range": [list(d) or [1, 0] for d in looks.values()]},
        "legend": {"symbolType": "stroke"},
    }


def dashed(styles: Styles) -> bool:
    """Whether dashes tell algorithms apart."""
    return len(styles.searchers) > 1 and len(styles.schedulers) > 1


def _hue(styles: Styles) -> str:
    return "searcher" if len(styles.searchers) > 1 else "scheduler"


def picks(styles: Styles) -> list[Spec]:
    """The parameters with which a reader picks algorithms: a click on the legend's entries (with
    Shift on several), or on a mark, and pointing at a mark. Put them on one layer alone."""
    legends = [_hue(styles), *(["scheduler"] if dashed(styles) else [])]
    return [
        *(
            {
                "name": f"{PICKED}_{field}",
                "select": {"type": "point", "fields": [field]},
                "bind": "legend",
            }
            for field in legends
        ),
        {
            "name": NEAR,
            "select": {
                "type": "point",
                "fields": ["algorithm"],
                "on": "pointerover",
                "clear": "pointerout",
            },
        },
    ]


def shown_if_picked(styles: Styles, opacity: float = 1.0, other: float = 0.12) -> Spec:
    """``opacity`` for what is picked, or for all if nothing is, ``other`` for the rest."""
    every = [p["name"] for p in picks(styles)]
    return {
        "condition": {"test": {"and": [{"param": name} for name in every]}, "value": opacity},
        "value": other,
    }


def shown_if_near(opacity: float) -> Spec:
    """``opacity`` for the algorithm that a reader points at, 0 for all others."""
    return {"condition": {"param": NEAR, "empty": False, "value": opacity}, "value": 0}


def zoom() -> Spec:
    """Lets a reader drag the axes, and zoom with Shift and the wheel."""
    wheel = "wheel![event.shiftKey]"
    return {
        "name": "zoom",
        "select": {"type": "interval", "zoom": wheel, "clear": "dblclick"},
        "bind": "scales",
    }


def drawn_intervals(*, log: bool = False) -> list[Spec]:
    """Transforms that give where an ``estimate`` and its interval are drawn: ``at_estimate,
    at_low, at_high``.

    What has no interval gets one without a length, for Vega-Lite warns of a field without numbers.
    On a ``log`` axis what is not positive is drawn at the bottom, below all that is.
    """
    names = ("estimate", "low", "high")
    places = {
        f"at_{name}": f"isValid(datum.{name}) ? datum.{name} : datum.estimate" for name in names
    }
    calculated = [{"calculate": place, "as": name} for name, place in places.items()]
    if not log:
        return calculated
    floored = [{"calculate": f"max(datum.{name}, datum.bottom)", "as": name} for name in places]
    least = [{"op": "min", "field": "positive", "as": "least"}]
    return [
        *calculated,
        {"calculate": "datum.estimate > 0 ? datum.estimate : null", "as": "positive"},
        {"joinaggregate": least},
        {"calculate": f"(datum.least || {REGRET_FLOOR}) / 2", "as": "bottom"},
        *floored,
    ]


def choice(name: str, title: str, options: Mapping[str, str | float]) -> Spec:
    """The parameter ``name``, one of the values of ``options``, which a reader chooses by their
    labels below ``title``; at first the first one."""
    bound = {"input": "radio", "options": list(options.values()), "labels": list(options)}
    return {"name": name, "value": bound["options"][0], "bind": {**bound, "name": f"{title}: "}}


def number(field: str, title: str, format_: str = ".3~g") -> Spec:
    """An entry of a tooltip."""
    return {"field": field, "type": "quantitative", "title": title, "format": format_}


def text(field: str, title: str) -> Spec:
    """An entry of a tooltip."""
    return {"field": field, "type": "nominal", "title": title}


def percent(field: str, title: str) -> Spec:
    """An entry of a tooltip."""
    return number(field, title, ".3~p")


def order(algorithms: Iterable[Algorithm]) -> list[str]:
    """For the ``sort`` of an axis with a row for each algorithm."""
    return [a.name for a in algorithms]
