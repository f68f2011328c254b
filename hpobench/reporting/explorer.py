"""The curves that a reader can explore: F1 and F2 on every axis, as data for the page's script."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np
import pandas as pd
from markupsafe import Markup

from hpobench.analysis.core.curves import comparisons, compute_curves
from hpobench.analysis.drawing import captions
from hpobench.analysis.drawing.lines import curves_of
from hpobench.analysis.drawing.style import Styles
from hpobench.analysis.exhibits.anytime_regret import anytime_regret
from hpobench.analysis.exhibits.mean_regret import mean_regret
from hpobench.analysis.settings import REGRET_FLOOR, Axis, Settings
from hpobench.store.reader import Results

AXES: tuple[Axis, ...] = get_args(Axis)
COMPUTED = tuple(axis for axis in AXES if axis != "resource")
REPETITIONS = 500
"""Of the bootstrap on other axes than the report's: to be read off a screen."""
MEAN = "Mean normalised regret"
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


def explorer(
    results: Results, tables: Mapping[str, pd.DataFrame], styles: Styles, settings: Settings
) -> dict[str, Any]:
    """What the page's script draws: the looks of the algorithms, the axes and the views.

    ``tables``: those of F2 by the titles of the comparisons and of F1 by problem, on the settings'
    axis; on the other axes they are computed here.
    """
    looks = [(a.name, styles.look(a, together=True)) for a in styles.algorithms]
    views: dict[str, View] = {}
    for axis in COMPUTED:
        repetitions = min(REPETITIONS, settings.repetitions)
        chosen = replace(settings, axis=axis, repetitions=repetitions)
        found = tables if axis == settings.axis else _tables(results, chosen)
        for title, table in found.items():
            label = "Simple regret" if title in set(results.problems["problem"]) else MEAN
            view = views.setdefault(title, View(title, label, {}))
            view.curves[axis] = _packed(table, styles)
    _add_resource(views, results.problems)
    return {
        "algorithms": [
            {"name": name, "color": look.color, "dashes": look.dashes[1]} for name, look in looks
        ],
        "axes": {axis: captions.axis_label(replace(settings, axis=axis)) for axis in AXES},
        "axis": settings.axis,
        "share": {axis: captions.share_label(replace(settings, axis=axis)) for axis in AXES},
        "views": [vars(view) for view in views.values()],
        "floor": REGRET_FLOOR,
        "missing": MISSING,
    }


def _tables(results: Results, settings: Settings) -> dict[str, pd.DataFrame]:
    curves = compute_curves(results, settings)
    means = {title: mean_regret(part, settings) for title, part in comparisons(curves)}
    return means | {p: anytime_regret(curves, p, settings) for p in curves.problems}


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
    curves = curves_of(table, styles)
    members = [i for i, a in enumerate(styles.algorithms) if a in curves]
    own = list(curves.values())
    at = own[0]["at"].to_numpy(np.float64)
    values = np.stack([c[["estimate", "low", "high"]].to_numpy(np.float64).T for c in own])
    logs = np.log10(np.maximum(values, REGRET_FLOOR))
    low, high = float(np.nanmin(logs)), float(np.nanmax(logs))
    places = np.round((logs - low) / max(high - low, 1e-9) * (MISSING - 1))
    places = np.where(np.isnan(places), MISSING, places).astype(np.int64)
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


def embedded(data: dict[str, Any]) -> Markup:
    """``data`` as JSON that may stand in a page, whatever its texts hold."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))
