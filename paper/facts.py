"""The numbers that the paper's text is written with: none is typed by hand.

All are texts, rounded as in reports, so that the text, the tables and the pages agree.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.exhibits import conditions, cost, interaction, problems, standings, thinking
from hpobench.analysis.inference.coverage import coverage
from hpobench.analysis.numbers import interval, number
from hpobench.analysis.settings import IntArray, Settings
from hpobench.analysis.study import Study
from hpobench.store.reader import Results


def facts(results: Results) -> dict[str, Any]:
    """What a part of the study came to.

    ``counts``: of searchers, schedulers, problems, seeds, runs, failed, results. ``setting`` and
    ``problems``: as in the report. ``fair``: for each fair comparison its ``title``, ``problems``,
    ranked ``rows``, how many are ``clear`` and the ``coverage`` of intervals. ``schedulers``: what
    each does to the searchers. ``thinking``: milliseconds a trial, the quickest searcher first.
    ``cost``: sums of hours and seconds over everything.
    """
    study = Study(results)
    every, settings = study.every, study.settings
    problem_rows = study.computed(problems.table, study.whole)
    return {
        "counts": _counts(every),
        "setting": dict(conditions.conditions(every).itertuples(index=False, name=None)),
        "problems": problem_rows[["problem", "dimensions", "steps", "budget"]]
        .astype(str)
        .to_dict("records"),
        "fair": [_fair(study, one) for one in study.comparisons],
        "schedulers": _schedulers(study.computed(interaction.table, study.whole)),
        "thinking": _thinking(study.computed(thinking.table, study.whole)),
        "cost": _cost(study.computed(cost.table, study.whole)),
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


def _fair(study: Study, comparison: Comparison) -> dict[str, Any]:
    table = study.computed(standings.table, comparison)
    return {
        "title": comparison.title,
        "problems": f"{len(comparison.curves.problems):,}",
        "rows": [_standing(row) for _, row in table.iterrows()],
        "clear": f"{int(table['clear'].sum()):,}",
        "coverage": coverage_text(comparison.curves.present.sum(axis=2), study.settings),
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


def _thinking(table: pd.DataFrame) -> list[dict[str, str]]:
    """At the largest number of trials that each searcher got to."""
    last = table.drop_duplicates("algorithm", keep="last")
    return [
        {
            "searcher": row["algorithm"],
            "milliseconds": number(1000.0 * row["estimate"]),
            "trials": f"{int(row['at']):,}",
        }
        for _, row in last.sort_values("estimate", kind="stable").iterrows()
    ]


def _cost(table: pd.DataFrame) -> dict[str, str]:
    sums = table[["clock_h", "evaluation_h", "suggest_s", "observe_s", "harness_s"]].sum()
    return {str(name): number(value) for name, value in sums.items()}
