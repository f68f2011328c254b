"""What charts have in common: layers, how algorithms look, what a reader can pick, axes."""

from __future__ import annotations

from typing import Any, TypeAlias

from hpobench.analysis.figures import Choice
from hpobench.analysis.looks import Styles
from hpobench.analysis.settings import REGRET_FLOOR

Spec: TypeAlias = dict[str, Any]
"""A Vega-Lite specification without its data, https://vega.github.io/vega-lite/docs/spec.html."""
TABLE: Spec = {"name": "table"}
GREY = "#8a94a0"  # seen on light paper and on dark
EDGE: Spec = {"stroke": GREY, "strokeWidth": 0.4}  # of a field
PICKED, NEAR = "picked", "near"
"""The algorithms that a reader clicked, and the one that she points at."""


def layer(mark: str, encoding: Spec | None = None, *, where: str = "", **look: Any) -> Spec:
    """A ``mark`` with its ``look`` for the rows that the expression ``where`` keeps."""
    kept = {"transform": [{"filter": where}]} if where else {}
    return {**kept, "mark": {"type": mark, **look}, **({"encoding": encoding} if encoding else {})}


def quantitative(field: str, **more: Any) -> Spec:
    return {"field": field, "type": "quantitative", **more}


def number(field: str, title: str, format_: str = ".3~g") -> Spec:
    """An entry of a tooltip."""
    return quantitative(field, title=title, format=format_)


def percent(field: str, title: str) -> Spec:
    """An entry of a tooltip."""
    return number(field, title, ".3~p")


def text(field: str, title: str | None, **more: Any) -> Spec:
    """An entry of a tooltip, or names along an axis."""
    return {"field": field, "type": "nominal", "title": title, **more}


def colour(styles: Styles, *, legend: bool = True) -> Spec:
    """The hue of an algorithm: by its searcher, or by its scheduler where there is one searcher."""
    field, title = _hue(styles)
    looks = {
        a.name if field == "algorithm" else getattr(a, field): styles.look(a, together=True).color
        for a in styles.algorithms
    }
    scale = {"domain": list(looks), "range": list(looks.values())}
    return text(field, title, scale=scale, legend={} if legend and len(looks) > 1 else None)


def dash(styles: Styles) -> Spec:
    """The dashes of an algorithm's line: by its scheduler, where hues stand for searchers."""
    if not _dashed(styles):
        return {"value": [1, 0]}
    looks = {a.scheduler: styles.look(a, together=True).dashes[1] for a in styles.algorithms}
    scale = {"domain": list(looks), "range": [list(d) or [1, 0] for d in looks.values()]}
    return text("scheduler", "Scheduler", scale=scale, legend={"symbolType": "stroke"})


def _dashed(styles: Styles) -> bool:
    """Whether dashes tell algorithms apart."""
    return len(styles.searchers) > 1 and len(styles.schedulers) > 1


def _hue(styles: Styles) -> tuple[str, str]:
    """The column that hues tell apart, and its title."""
    if styles.schedulers == [""]:
        return "algorithm", "Searcher"  # searchers alone stand for algorithms
    return styles.hue, styles.hue.capitalize()


def picks(styles: Styles) -> list[Spec]:
    """The parameters with which a reader picks algorithms: a click on the legend's entries (with
    Shift on several), or on a mark, and pointing at a mark. Put them on one layer alone."""
    legends = [_hue(styles)[0], *(["scheduler"] if _dashed(styles) else [])]
    clicked: list[Spec] = [
        {
            "name": f"{PICKED}_{field}",
            "select": {"type": "point", "fields": [field]},
            "bind": "legend",
        }
        for field in legends
    ]
    return [*clicked, pointed_at(NEAR, "algorithm")]


def pointed_at(name: str, field: str) -> Spec:
    """The parameter ``name``: the ``field`` of the mark that a reader points at."""
    pointer = {"on": "pointerover", "clear": "pointerout"}
    return {"name": name, "select": {"type": "point", "fields": [field], **pointer}}


def pieces(encoding: Spec, *, param: Spec, of: str, leads: dict[str, str], **look: Any) -> Spec:
    """A layer of the pieces of each line ``of`` a value, to be pointed at: ``leads`` has for the
    two fields where a piece begins the names of those where it ends.

    Wide pieces that nobody sees are easier to point at than thin lines, and whole lines have
    tooltips at their corners alone.
    """
    x, y = leads.values()
    window = [{"op": "lead", "field": field, "as": end} for field, end in leads.items()]
    return {
        "transform": [{"window": window, "groupby": [of]}, {"filter": f"isValid(datum.{x})"}],
        "params": [param],
        "mark": {"type": "rule", **look, "opacity": 0},
        "encoding": {"x2": {"field": x}, "y2": {"field": y}, **encoding},
    }


def shown_if_picked(styles: Styles, opacity: float = 1.0) -> Spec:
    """``opacity`` for what is picked, or for all if nothing is, next to none for the rest."""
    every = [p["name"] for p in picks(styles)]
    return {
        "condition": {"test": {"and": [{"param": name} for name in every]}, "value": opacity},
        "value": 0.12,
    }


def zoom(*axes: str) -> Spec:
    """Lets a reader drag the ``axes``, by default both, and zoom with Shift and the wheel."""
    wheel = "wheel![event.shiftKey]"
    select = {"type": "interval", "zoom": wheel, "clear": "dblclick"}
    encodings = {"encodings": axes} if axes else {}
    return {"name": "zoom", "select": {**select, **encodings}, "bind": "scales"}


def drawn_intervals(*, log: bool = False) -> list[Spec]:
    """Transforms that give where an ``estimate`` and its interval are drawn: ``at_estimate,
    at_low, at_high``. On a ``log`` axis what is not positive is drawn below its end."""
    places = {
        # Vega-Lite warns of a field without numbers: no interval is one without a length.
        name: f"isValid(datum.{name}) ? datum.{name} : datum.estimate"
        for name in ("estimate", "low", "high")
    }
    return [
        {"calculate": f"max({place}, {REGRET_FLOOR})" if log else place, "as": f"at_{name}"}
        for name, place in places.items()
    ]


def choice(of: Choice) -> Spec:
    """The parameter, named after the column, by which a reader chooses one of the options."""
    labels, values = zip(*of.options, strict=True)
    bound = {"input": "radio", "options": values, "labels": labels, "name": f"{of.title}: "}
    return {"name": of.column, "value": values[0], "bind": bound}


def chosen(of: Choice) -> Spec:
    """The transform that keeps the chosen rows."""
    return {"filter": f"datum.{of.column} === {of.column}"}


def clone_of() -> Spec:
    """The transform that says in the field ``clone_of`` whose state a trial went on from, of tables
    with ``parent`` and ``parent_step``."""
    donor = "'trial ' + datum.parent + ' at step ' + datum.parent_step"
    return {"calculate": f"isValid(datum.parent) ? {donor} : 'none'", "as": "clone_of"}
