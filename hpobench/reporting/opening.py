"""The first screen of a page: who leads, drawn as a ranked list with intervals."""

from __future__ import annotations

from dataclasses import dataclass

from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.exhibits import critical_difference
from hpobench.analysis.inference.significance import ALPHA
from hpobench.analysis.study import Study
from hpobench.contract.wording import interval, number
from hpobench.reporting.answer import Answer, Compared
from hpobench.reporting.answer_text import advice_of

ROWS = 12
"""Of the list before the others are asked for."""


@dataclass(frozen=True)
class Row:
    """One algorithm of the list. Places on the axis are in percent of its length."""

    algorithm: str
    member: int
    """Its place among the algorithms of the page's curves."""
    standing: str
    words: str
    regret: str
    interval: str
    at: float
    low: float
    high: float
    folded: bool
    """Whether a reader must ask for it."""


@dataclass(frozen=True)
class Opening:
    """What is said first of one fair comparison."""

    title: str
    comparison: int
    """Its place among the study's comparisons."""
    scope: str
    advice: str
    why: str
    """Why the page begins with this comparison, or what the other one is; empty if there is one."""
    axis_end: float
    """The regret at the right end of the axis."""
    ticks: list[tuple[float, str]]
    """Places on the axis in percent, with their labels."""
    rows: list[Row]
    reconciled: str
    """Why the answer and the test over problems may seem to disagree; empty if they do not."""


def openings(study: Study, answer: Answer) -> list[Opening]:
    """One for each comparison of several algorithms."""
    of = {one.title: one for one in study.comparisons}
    found: list[Opening] = []
    for compared in answer.compared:
        sizes = f"{len(compared.ranked)} algorithms over {compared.scope}."
        why = f"The other fair comparison: {sizes}"
        if not found:
            why = f"This is the one of two fair comparisons with more runs: {sizes} The switch"
            why += " above shows the other one."
        several = len(answer.compared) > 1
        found.append(_opening(study, of[compared.title], compared, why if several else ""))
    return found


def _opening(study: Study, comparison: Comparison, compared: Compared, why: str) -> Opening:
    most = max(max(one.regret, one.high or 0.0) for one in compared.ranked)
    steps = (0.02, 0.04, 0.1, 0.2, 0.4, 0.6, 0.8)
    end = next((step for step in steps if step >= most), 1.0)
    place = {a.name: i for i, a in enumerate(study.styles.algorithms)}
    return Opening(
        title=compared.title,
        comparison=study.shown.index(comparison),
        scope=compared.scope,
        advice=advice_of(compared),
        why=why,
        axis_end=end,
        ticks=[(25.0 * i, number(end * i / 4, 2)) for i in range(5)],
        rows=[
            _row(compared, i, place[one.algorithm], end) for i, one in enumerate(compared.ranked)
        ],
        reconciled=_reconciled(study, comparison, compared),
    )


def _row(compared: Compared, i: int, member: int, end: float) -> Row:
    one = compared.ranked[i]
    words = "tied with the first" if one.standing == "tied" else one.standing
    low, high = (one.regret if v is None else v for v in (one.low, one.high))
    at, left, right = (round(100 * min(v / end, 1.0), 2) for v in (one.regret, low, high))
    return Row(
        algorithm=one.algorithm,
        member=member,
        standing=one.standing,
        words="equal" if one in compared.equal else words,
        regret=compared.regrets[i],
        interval=interval(low, high) if one.low is not None else "",
        at=at,
        low=left,
        high=right,
        folded=i >= ROWS and not one.is_baseline,
    )


def _reconciled(study: Study, comparison: Comparison, compared: Compared) -> str:
    # The answer is about these problems; Friedman's test asks about others like them.
    behind = sum(one.standing == "behind" for one in compared.ranked)
    if not behind or comparison not in critical_difference.subjects(study):
        return ""
    ranks = study.computed(critical_difference.table, comparison)
    p = float(ranks.loc[ranks["share"] == ranks["share"].max(), "p"].iloc[0])
    if p < ALPHA:
        return ""
    return (
        f"On these {len(comparison.curves.problems)} problems {behind} "
        f"{'is' if behind == 1 else 'are'} clearly behind. Whether that holds on other problems "
        f"the test over problems cannot say (Friedman, p = {number(p, 2)}): they are too few, or "
        "too different from each other."
    )
