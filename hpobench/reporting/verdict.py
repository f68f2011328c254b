"""The report's answer in words, computed from the standings."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.exhibits import standings
from hpobench.analysis.numbers import MOST_NAMES, count, interval, number
from hpobench.analysis.study import Study


def verdict(study: Study, comparison: Comparison) -> Markup:
    """Who leads, by how much, and whether that is clear."""
    curves, table = comparison.curves, study.computed(standings.table, comparison)
    problems, seeds = len(curves.problems), int(curves.present.sum(axis=2).max())
    scope = f"{count(problems, 'problem')} with up to {count(seeds, 'seed')} each"
    first = table.iloc[0]
    score = f"{number(first['nr'])}{interval(first['nr_low'], first['nr_high'], ' ')}"
    if len(table) == 1:
        return Markup(
            "Over {}, <b>{}</b> ends at a mean normalised regret of {}. There is no other "
            "algorithm to compare it with."
        ).format(scope, first["algorithm"], score)
    tied = table[table["behind"] == 0]
    if len(tied) > 1:
        return Markup(
            "Over {}, <b>{}</b> end at the same mean normalised regret, {}: these results do not "
            "tell them apart."
        ).format(scope, _bold(list(tied["algorithm"])), score)
    return Markup(
        "Over {}, <b>{}</b> ends at the lowest mean normalised regret, {} (0 is the optimum, 1 a "
        "median random configuration). {} {}"
    ).format(scope, first["algorithm"], score, _lead(table), _others(table))


def _bold(names: list[str]) -> Markup:
    """The names, of very many the first."""
    shown = Markup("</b>, <b>").join(names[:MOST_NAMES])
    more = len(names) - MOST_NAMES
    return shown + Markup("</b> and <b>{:,} more").format(more) if more > 0 else shown


def _lead(table: pd.DataFrame) -> Markup:
    second = table.iloc[1]
    gap = f"{number(second['behind'])}{interval(second['behind_low'], second['behind_high'], ' ')}"
    text = Markup("Next is <b>{}</b>, behind by {}").format(second["algorithm"], gap)
    if pd.isna(second["behind_low"]):
        return text + ". With a single seed on some problem nothing can be said about chance."
    if second["behind_low"] > 0:
        if second["clear"]:
            return text + ": the interval excludes zero, so the lead is clear on these problems."
        return text + ": the interval excludes zero, but with so few seeds the lead is not clear."
    return text + ": the interval includes zero, so the lead is not clear."


def _others(table: pd.DataFrame) -> str:
    others = table.iloc[1:]
    if len(others) < 2 or others["behind_low"].isna().all():
        return ""
    clear, apart = int(others["clear"].sum()), int((others["behind_low"] > 0).sum())
    behind = {0: "none is", 1: "one is"}.get(apart, f"{apart} are")
    if clear == apart:
        return f"Of the {len(others)} others, {behind} clearly behind."
    return f"Of the {len(others)} others, {behind} behind by intervals that exclude zero."
