"""The numbers that the paper's text is written with: none is typed by hand.

All are texts, rounded as in reports, so that the text, the tables and the pages agree.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Comparison, comparisons, compute_curves
from hpobench.analysis.core.references import completed
from hpobench.analysis.core.workers import with_most_workers
from hpobench.analysis.exhibits.cost import cost
from hpobench.analysis.exhibits.interaction import interaction
from hpobench.analysis.exhibits.setting import budget_axis, problem_setting, setting
from hpobench.analysis.exhibits.standings import standings
from hpobench.analysis.exhibits.thinking import thinking
from hpobench.analysis.inference.coverage import coverage
from hpobench.analysis.settings import IntArray, Settings
from hpobench.reporting.numbers import interval, number
from hpobench.store.reader import Results


def facts(results: Results) -> dict[str, Any]:
    """What a part of the study came to.

    ``counts``: of searchers, schedulers, problems, seeds, runs, failed, results. ``setting`` and
    ``problems``: T5. ``fair``: for each fair comparison its ``title``, ``problems``, ranked
    ``rows``, how many are ``clear`` and the ``coverage`` of intervals. ``schedulers``: what each
    does to the searchers. ``thinking``: milliseconds a trial, the quickest searcher first.
    ``cost``: sums of hours and seconds over everything.
    """
    every = completed(results)
    settings = Settings(axis=budget_axis(every))
    curves = compute_curves(with_most_workers(every), settings)
    problems = problem_setting(every)
    return {
        "counts": _counts(every),
        "setting": dict(setting(every).itertuples(index=False, name=None)),
        "problems": problems[["problem", "dimensions", "steps", "budget"]]
        .astype(str)
        .to_dict("records"),
        "fair": [_fair(one, settings) for one in comparisons(curves)],
        "schedulers": _schedulers(interaction(curves, settings)),
        "thinking": _thinking(every),
        "cost": _cost(every),
        "level": f"{settings.level:.0%}",
        "repetitions": f"{settings.repetitions:,}",
    }


def _counts(results: Results) -> dict[str, str]:
    cells = results.cells
    kinds = ("searcher", "scheduler", "problem", "seed")
    return {
        **{f"{kind}s": f"{cells[kind].nunique():,}" for kind in kinds},
        "runs": f"{len(cells):,}",
        "failed": f"{int((cells['status'] != 'done').sum()):,}",
        "results": f"{len(results.events):,}",
    }


def _fair(comparison: Comparison, settings: Settings) -> dict[str, Any]:
    table = standings(comparison.curves, settings)
    return {
        "title": comparison.title,
        "problems": f"{len(comparison.curves.problems):,}",
        "rows": [_standing(row) for _, row in table.iterrows()],
        "clear": f"{int(table['clear'].sum()):,}",
        "coverage": coverage_text(comparison.curves.present.sum(axis=2), settings),
    }


def coverage_text(seeds: IntArray, settings: Settings) -> str:
    """``90%``; what :func:`hpobench.analysis.inference.coverage.coverage` comes to."""
    held = coverage(seeds, settings)
    return "an unknown share" if np.isnan(held) else f"{held:.0%}"


def _standing(row: pd.Series) -> dict[str, Any]:
    texts = {
        name: number(row[name]) + interval(row[f"{name}_low"], row[f"{name}_high"], " ")
        for name in ("nr", "rank", "behind")
    }
    return {
        "algorithm": row["algorithm"],
        "searcher": row["searcher"],
        "scheduler": row["scheduler"],
        **texts,
        "clear": bool(row["clear"]),
        "failures": f"{int(row['failures']):,}",
    }


def _schedulers(effects: pd.DataFrame) -> list[dict[str, Any]]:
    """By scheduler: for how many searchers it clearly helps or hurts, and the extremes."""
    found = []
    for scheduler, rows in effects.groupby("scheduler", sort=False):
        ordered = rows.sort_values("estimate", kind="stable")
        found.append(
            {
                "scheduler": scheduler,
                "searchers": f"{len(rows):,}",
                "helped": f"{int((rows['clear'] & (rows['estimate'] < 0)).sum()):,}",
                "hurt": f"{int((rows['clear'] & (rows['estimate'] > 0)).sum()):,}",
                "best": _effect(ordered.iloc[0]),
                "worst": _effect(ordered.iloc[-1]),
            }
        )
    return found


def _effect(row: pd.Series) -> dict[str, str]:
    return {
        "searcher": row["searcher"],
        "effect": number(row["estimate"]) + interval(row["low"], row["high"], " "),
    }


def _thinking(results: Results) -> list[dict[str, str]]:
    """At the largest number of trials that each searcher got to."""
    last = thinking(results).drop_duplicates("algorithm", keep="last")
    return [
        {
            "searcher": row["algorithm"],
            "milliseconds": number(1000.0 * row["estimate"]),
            "trials": f"{int(row['at']):,}",
        }
        for _, row in last.sort_values("estimate", kind="stable").iterrows()
    ]


def _cost(results: Results) -> dict[str, str]:
    sums = cost(results)[["clock_h", "evaluation_h", "suggest_s", "observe_s", "harness_s"]].sum()
    return {str(name): number(value) for name, value in sums.items()}
