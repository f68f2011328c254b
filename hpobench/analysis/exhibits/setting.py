"""T5: what was run, where, with which versions."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pandas as pd

from hpobench.analysis.core.curves import problems_of
from hpobench.analysis.settings import Axis
from hpobench.store.reader import Results


def setting(results: Results) -> pd.DataFrame:
    """Facts about the whole suite: columns ``item, value``, values as text."""
    cells = results.cells
    rows = [
        ("Searchers", _distinct(cells["searcher"])),
        ("Schedulers", _distinct(cells["scheduler"])),
        ("Problems", str(cells["problem"].nunique())),
        ("Seeds", f"{cells['seed'].nunique()} ({ranges(cells['seed'].unique().tolist())})"),
        ("Runs", f"{len(cells):,}, of which {(cells['status'] != 'done').sum()} failed"),
        ("Results", f"{len(results.events):,} of {len(results.trials):,} trials"),
        ("Workers of a run", _distinct(cells["workers"])),
        ("Stage", _distinct(cells["stage"])),
        *_libraries(cells),
        *_provenance(cells["provenance"]),
    ]
    return pd.DataFrame(rows, columns=["item", "value"])


def problem_setting(results: Results) -> pd.DataFrame:
    """One row per problem: what it is, its references and the budget of a run.

    Columns ``problem, metric, direction, dimensions, fidelity, steps, budget, optimum, clip,
    known, heldout, source``; optimum and clip are losses.
    """
    budgets = {
        problem: _budget(spec, results.suite)
        for problem, spec in zip(results.cells["problem"], results.cells["spec"], strict=True)
    }
    columns = ["problem", "metric", "direction", "dimensions", "fidelity", "steps"]
    columns += ["optimum", "clip", "known", "heldout", "source"]
    frame = problems_of(results)[columns]
    frame.insert(6, "budget", [budgets[p] for p in frame["problem"]])
    return frame


def budget_axis(results: Results) -> Axis:
    """``evaluations`` where every run's budget is paid in them or in resource alone, else ``time``.

    On the axis of its own budget a run is under way to the very end, and all are compared after
    the same spending. On the clock, runs under a budget of evaluations would end here and there,
    and a quick one would stand still while the others catch up.
    """
    budgets = [_budget_of(spec, results.suite) for spec in results.cells["spec"].unique()]
    limits = [{key for key, value in budget.items() if value is not None} for budget in budgets]
    paid = [bool(keys) and keys <= {"evaluations", "resource"} for keys in limits]
    return "evaluations" if paid and all(paid) else "time"


def _budget_of(spec: object, suite: dict[str, Any]) -> dict[str, Any]:
    found = _json(spec).get("budget") or suite.get("budget")
    return found if isinstance(found, dict) else {}


def _budget(spec: object, suite: dict[str, Any]) -> str:
    units = {"time": " s"}
    parts = [
        f"{v:g}{units.get(k, '')} {k if k != 'time' else ''}".strip()
        if isinstance(v, int | float)
        else f"{v} {k}"
        for k, v in _budget_of(spec, suite).items()
        if v is not None
    ]
    return " or ".join(parts) or "-"


def _libraries(cells: pd.DataFrame) -> list[tuple[str, str]]:
    """Whose algorithm each searcher is, with the version that it ran with."""
    found: dict[str, list[str]] = {}
    pairs = cells[["searcher", "provenance"]].drop_duplicates()
    for searcher, text in pairs.itertuples(index=False):
        if isinstance(library := _json(text).get("library"), dict):
            told = f"{library.get('name')} {library.get('version') or ''}".strip()
            found.setdefault(str(searcher), []).append(told)
    listed = [f"{k}: {' / '.join(dict.fromkeys(v))}" for k, v in found.items()]
    return [("Libraries", "; ".join(listed))] if listed else []


def _provenance(column: pd.Series) -> list[tuple[str, str]]:
    """Versions, host, commit and start over all cells; values that differ are all listed."""
    found = [_json(text) for text in column.unique()]
    rows = [
        ("Versions", _pairs(p.get("versions") for p in found)),
        ("Hardware", _pairs(p.get("host") for p in found)),
        ("Commit", _distinct(p["commit"] for p in found if p.get("commit"))),
    ]
    starts = sorted(str(p["started"]) for p in found if p.get("started"))
    if starts:
        rows.append(("Started", starts[0] if len(starts) == 1 else f"{starts[0]} to {starts[-1]}"))
    return rows


def _pairs(found: Iterable[object]) -> str:
    """``key value`` pairs of several dicts; keys sorted, differing values side by side."""
    values: dict[str, list[str]] = {}
    for mapping in found:
        if isinstance(mapping, dict):
            for key, value in mapping.items():
                values.setdefault(str(key), []).append(str(value))
        elif mapping:
            values.setdefault(str(mapping), [])
    return ", ".join(
        f"{k} {' / '.join(dict.fromkeys(v))}".strip() for k, v in sorted(values.items())
    )


def _json(text: object) -> dict[str, Any]:
    value = json.loads(text) if isinstance(text, str) and text else {}
    return value if isinstance(value, dict) else {}


def _distinct(values: Iterable[object]) -> str:
    return ", ".join(dict.fromkeys(str(v) for v in values))


def ranges(seeds: list[int]) -> str:
    """``0-9, 12`` from the seeds."""
    parts: list[list[int]] = []
    for seed in sorted(seeds):
        if parts and parts[-1][-1] == seed - 1:
            parts[-1].append(seed)
        else:
            parts.append([seed])
    return ", ".join(str(p[0]) if len(p) == 1 else f"{p[0]}-{p[-1]}" for p in parts)
