"""Which algorithms the problems tell apart, at four shares of the budget.

Demsar, Statistical comparisons of classifiers over multiple data sets, JMLR 7, 2006.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.figures import Bar, Choice, Ranking, Ranks
from hpobench.analysis.inference.rank_tests import RankTests, rank_tests, too_few
from hpobench.analysis.inference.significance import ALPHA
from hpobench.analysis.study import Study
from hpobench.analysis.text import phrases
from hpobench.contract.wording import count

TITLE = "Critical differences"
STEM = "critical_difference"
SHOWS = (
    "The average place over the problems, 1 is best. Point at an algorithm: those that stay "
    "coloured are not told apart from it by the tests."
)
TAB = "tests"


def subjects(study: Study) -> list[Comparison]:
    """Every comparison of as many problems and algorithms as the tests take."""
    return [one for one in study.shown if not too_few(one.curves)]


def tested(_: Study, comparison: Comparison) -> RankTests:
    """What the tests find; :mod:`~hpobench.analysis.exhibits.critical_pairs` has the pairs."""
    return rank_tests(comparison.curves)


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """The ``ranks`` of :class:`hpobench.analysis.inference.rank_tests.RankTests`."""
    return study.computed(tested, comparison).ranks


def caption(_study: Study, comparison: Comparison, table: pd.DataFrame) -> str:
    curves = comparison.curves
    k, n = len(curves.algorithms), len(curves.problems)
    pairs, nemenyi = k * (k - 1) // 2, table["critical_difference"].notna().all()
    # The most lopsided signs of N pairs have p = 2 / 2^N, and Holm's first factor is all pairs.
    hopeless = not nemenyi and pairs * 2.0 ** (1 - n) >= ALPHA
    adjusted = f"with Holm's adjustment for {count(pairs, 'pair')}"
    test = f"Wilcoxon's signed-rank test tells pairs apart, {adjusted}"
    if nemenyi:
        test = (
            "Nemenyi's test tells apart whose ranks differ by more than the critical difference, CD"
        )
    key = (
        "A bar belongs to the algorithm at its ring and has a dot for each that this one is not "
        "told apart from, since groups would be more than algorithms."
    )
    if _by_group(table):
        key = (
            "A bar is a largest group of which no two are told apart, with a dot for each member. "
            "An algorithm without a bar is told apart from all."
        )
    return (
        f"{count(k, 'algorithm')} are ranked on each of {count(n, 'problem')} by the median of "
        f"normalised regret over {phrases.seeds(curves)}; ties share a rank. Friedman's test, in "
        f"Iman and Davenport's form, says whether they differ. Where it rejects at {ALPHA:.0%}, "
        f"{test}."
        f"{f' With N = {n} it cannot tell any of so many pairs apart.' if hopeless else ''} "
        f"{key}{phrases.failures(curves)}"
    )


def alt(_: Comparison, table: pd.DataFrame) -> str:
    last = table[table["share"] == table["share"].max()]
    return f"Average ranks and groups that are not told apart. {phrases.first_and_last(last)}"


def figure(study: Study, _: Comparison, table: pd.DataFrame) -> Ranks:
    """Groups are bars with a dot for each member. Where more groups than algorithms would lie side
    by side, as they do when the tests tell a few pairs apart here and there, each algorithm has a
    bar of its own instead, with a dot for everyone that it is not told apart from."""
    shares = list(table["share"].unique())[::-1]
    panels = [table[table["share"] == share] for share in shares]
    by_group = _by_group(table)
    rankings = []
    for rows in panels:
        first, bars = rows.iloc[0], _bars(rows)
        lanes = _lanes(bars)
        if not by_group:  # a lane for each row, with all that share a group with it
            alike = [{y}.union(*(bar for bar in bars if y in bar)) for y in range(len(rows))]
            lanes = tuple((tuple(sorted(bar)),) for bar in alike)
        p = "p < 0.001" if first["p"] < 0.001 else f"p = {first['p']:.3f}"
        test = f"N = {first['problems']}, F = {first['f']:.3g}, {p}"
        difference = float(first["critical_difference"])
        rankings.append(Ranking(test, lanes, None if np.isnan(difference) else difference))
    options = tuple((f"{100 * share:g} %", float(share)) for share in shares)
    return Ranks(
        styles=study.styles,
        names=tuple(panels[0]["algorithm"]),
        choice=Choice("share", "Share of the budget", options),
        rankings=tuple(rankings),
        by_group=by_group,
    )


def _by_group(table: pd.DataFrame) -> bool:
    """Whether there is room for the groups of every panel."""
    panels = [rows for _, rows in table.groupby("share")]
    return all(len(_lanes(_bars(rows))) <= len(rows) for rows in panels)


def _bars(rows: pd.DataFrame) -> list[Bar]:
    """The groups of a panel, those that begin on top first."""
    bars: dict[str, Bar] = {}
    for y, groups in enumerate(rows["groups"]):
        for group in groups.split():
            bars[group] = (*bars.get(group, ()), y)
    return list(bars.values())


def _lanes(bars: list[Bar]) -> tuple[tuple[Bar, ...], ...]:
    """The bars in as few lanes as hold them without overlap."""
    lanes: list[list[Bar]] = []
    for bar in bars:
        free = next((lane for lane in lanes if lane[-1][-1] < bar[0]), None)
        if free is None:
            lanes.append([bar])
        else:
            free.append(bar)
    return tuple(map(tuple, lanes))
