"""The curves that a reader can explore on every axis, as data for the page's script."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np
import pandas as pd

from hpobench.analysis.charting import Spec, chart
from hpobench.analysis.exhibits import FIGURES, DrawnExhibit, anytime_regret, mean_regret, number_of
from hpobench.analysis.looks import Styles
from hpobench.analysis.settings import REGRET_FLOOR, Axis, Settings
from hpobench.analysis.study import Study, Subject
from hpobench.analysis.text import phrases

AXES: tuple[Axis, ...] = get_args(Axis)
COMPUTED = tuple(axis for axis in AXES if axis != "resource")
REPETITIONS = 500
"""Of the bootstrap on other axes than the report's: to be read off a screen."""
MISSING = 2**16 - 1
"""Stands for NaN; all smaller numbers are places between a view's lowest and highest value."""


@dataclass(frozen=True)
class View:
    """Curves that share a panel."""

    title: str
    label: str
    """Of the y axis."""
    curves: dict[Axis, dict[str, Any]]
    """By the x axis, as :func:`_packed` or :func:`_add_resource`."""


def explorer(study: Study) -> dict[str, Any]:
    """What the page's script draws: the looks of the algorithms, the axes and the views."""
    settings, styles = study.settings, study.styles
    looks = [(a, styles.look(a, together=True)) for a in styles.algorithms]
    views: dict[str, View] = {}
    for axis in COMPUTED:
        repetitions = min(REPETITIONS, settings.repetitions)
        chosen = replace(settings, axis=axis, repetitions=repetitions)
        under = study if axis == settings.axis else study.under(chosen)
        means = {one.title: under.computed(mean_regret.table, one) for one in under.comparisons}
        problems = anytime_regret.problems(under)
        singles = {one.name: under.computed(anytime_regret.table, one) for one in problems}
        for title, table in (means | singles).items():
            label = "Simple regret" if title in study.problems else mean_regret.TITLE
            view = views.setdefault(title, View(title, label, {}))
            view.curves[axis] = _packed(table, styles)
    _add_resource(views, study.results.problems)
    # How the curves of a comparison and those of a single problem are drawn. The page's script sets
    # the ends of their axes.
    specs: dict[str, Spec] = {}
    drawn: dict[str, tuple[Any, Sequence[Subject]]] = {
        "mean": (mean_regret, study.comparisons),
        "single": (anytime_regret, anytime_regret.problems(study)),
    }
    for name, (exhibit, own) in drawn.items():
        if own:
            lines = exhibit.figure(study, own[0], study.computed(exhibit.table, own[0]))
            specs[name] = chart(replace(lines, x=lines.x._replace(low=0.0)))
    return {
        "algorithms": [
            {**one._asdict(), "color": look.color, "dashes": look.dashes[1]} for one, look in looks
        ],
        "specs": specs,
        "axes": {axis: phrases.axis_label(replace(settings, axis=axis)) for axis in AXES},
        "axis": settings.axis,
        "share": {axis: phrases.share_label(replace(settings, axis=axis)) for axis in AXES},
        "views": [vars(view) for view in views.values()],
        "floor": REGRET_FLOOR,
        "missing": MISSING,
    }


def exhibits() -> tuple[DrawnExhibit[Any], ...]:
    """The figures whose curves are explored: they need no chart of their own."""
    return FIGURES[number_of(anytime_regret)] + FIGURES[number_of(mean_regret)]


def caption(settings: Settings) -> str:
    return (
        "Each cost aligns the runs anew. Untick an algorithm to hide it; point at the plot, or "
        "press the arrow keys in it, to read all curves at that place; drag the plot to move it, "
        "turn the wheel with Shift to zoom, and click twice to go back. In brackets "
        f"{phrases.interval(settings)}; for other costs than the report's own {REPETITIONS:,} "
        "repetitions at most. The page holds three digits; the CSV files beside it have all."
    )


def _add_resource(views: Mapping[str, View], problems: pd.DataFrame) -> None:
    """Evaluations in the fidelity's units: the same curves, with other numbers on the axis."""
    units = dict(zip(problems["problem"], problems["steps"] * problems["unit"], strict=True))
    for title, view in views.items():
        own = view.curves["evaluations"]
        unit = float(units.get(title, 1.0))  # shares of a budget have none
        view.curves["resource"] = {
            "like": "evaluations",
            "first": own["first"] * unit,
            "last": own["last"] * unit,
        }


def _packed(table: pd.DataFrame, styles: Styles) -> dict[str, Any]:
    """The curves of ``table`` in little space.

    ``first`` and ``last`` of the ``points`` log-spaced times; ``data``, base64 of the deflated
    places of estimate, low and high of each algorithm in ``members`` (indices of the styles'), each
    the difference to the one before, 16 bits, least significant byte first; a place is a share of
    the way from the logarithm of ``low`` to that of ``high``.
    """
    curves = styles.rows(table)
    members = [i for i, a in enumerate(styles.algorithms) if a in curves]
    own = list(curves.values())
    at = own[0]["at"].to_numpy(np.float64)
    values = np.stack([c[["estimate", "low", "high"]].to_numpy(np.float64).T for c in own])
    logs = np.log10(np.maximum(values, REGRET_FLOOR))
    low, high = float(np.nanmin(logs)), float(np.nanmax(logs))
    # All curves may be flat and the same, with no way from the lowest to the highest value.
    places = np.round((logs - low) / max(high - low, 1e-9) * (MISSING - 1))
    places = np.where(np.isnan(places), MISSING, places).astype(np.int64)
    # A fall wraps around in 16 bits, and the sums that the page makes wrap back.
    steps = np.diff(places, axis=-1, prepend=0).astype("<u2")
    data = base64.b64encode(zlib.compress(steps.tobytes(), 9)).decode("ascii")
    return {
        "first": float(at[0]),
        "last": float(at[-1]),
        "points": len(at),
        "low": low,
        "high": high,
        "members": members,
        "data": data,
    }
