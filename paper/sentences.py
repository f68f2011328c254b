"""Sentences of the paper that say what the data say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.exhibits import fidelity_correlation, interaction, mean_regret, thinking
from hpobench.analysis.settings import SCHEDULER
from hpobench.analysis.study import Study
from hpobench.contract.wording import measured, number
from hpobench.paper.facts import Facts, listed, some, with_interval
from hpobench.reporting.answer import Answer, Ranked
from hpobench.reporting.answer_text import advice as answer_advice

EARLY = 0.25
"""The share of the budget at which users may stop early."""


def short(facts: Facts) -> str:
    """The answer in one sentence: what leads, and by how much."""
    first, *rest = facts.compared.ranked
    score = with_interval(first.regret, first.low, first.high)
    if facts.compared.seeds_needed is not None:
        return (
            f"{first.name} ends at the lowest mean normalised regret, {score}, but with "
            f"{some(facts.compared.seeds, 'seed')} no difference to another can be called clear."
        )
    tied = [one.name for one in rest if one.standing == "tied"]
    clear = others(facts).removesuffix(".")
    behind = f"; {clear[0].lower()}{clear[1:]}" if len(tied) < len(rest) else ""
    if not tied:
        return f"{first.name} wins clearly, at a mean normalised regret of {score}{behind}."
    near = listed(tied if len(tied) <= 3 else [*tied[:2], f"{len(tied) - 2:,} more"])
    return (
        f"{first.name} ends at the lowest mean normalised regret, {score}; {near} "
        f"{'does' if len(tied) == 1 else 'do'} as well within chance{behind}."
    )


def advice(facts: Facts) -> str:
    """What to use, as the terminal and the page say it."""
    return answer_advice(Answer(facts.study.every.name, (facts.compared,), None))[0]


def lead(facts: Facts) -> str:
    """How far the second is behind the first, and who is last."""
    first, second = facts.compared.ranked[:2]
    last = facts.compared.ranked[-1]
    behind = with_interval(second.behind, second.behind_low, second.behind_high)
    clear = {
        "behind": "The interval excludes zero: on these problems the lead is clear.",
        "tied": "The interval includes zero, so either may be chosen by other criteria.",
    }.get(second.standing, "The seeds are too few to call the difference clear.")
    return (
        f"{first.name} has the lowest mean normalised regret, "
        f"{with_interval(first.regret, first.low, first.high)}. {second.name} follows, behind by "
        f"{behind}. {clear} {last.name} comes last of all {len(facts.compared.ranked):,}, at "
        f"{number(last.regret)}."
    )


def others(facts: Facts) -> str:
    """How many are clearly behind the first."""
    rest = facts.compared.ranked[1:]
    behind = sum(one.standing == "behind" for one in rest)
    if not behind:
        return "No other algorithm is clearly behind."
    if behind == len(rest):
        return (
            f"All {behind:,} others are clearly behind."
            if behind > 1
            else "The other is clearly behind."
        )
    return (
        f"Of the {len(rest):,} others, {behind:,} {'is' if behind == 1 else 'are'} clearly behind."
    )


def baseline(facts: Facts) -> str:
    """Where random search without a scheduler stands; empty if it was not run."""
    ranked = facts.compared.ranked
    place = next((i for i, one in enumerate(ranked, 1) if one.is_baseline), None)
    if place is None:
        return ""
    own: Ranked = ranked[place - 1]
    text = f"Random search without a scheduler comes {_ordinal(place)} of {len(ranked):,}"
    if own.standing == "behind":
        return f"{text}, clearly behind the first by {number(own.behind)}."
    return f"{text}, and is not clearly worse than the first." if place > 1 else f"{text}."


def early(facts: Facts) -> str:
    """Who leads when a part of the budget is spent, against the end."""
    table = facts.study.computed(mean_regret.table, facts.study.main_comparison())
    then = table[table["at"] <= EARLY].groupby("algorithm", sort=False)["estimate"].last()
    first = facts.compared.ranked[0]
    ahead = str(then.idxmin())
    if ahead == first.algorithm:
        return f"{first.name} also leads when a quarter of the budget is spent."
    names = {one.algorithm: one.name for one in facts.compared.ranked}
    return (
        f"When a quarter of the budget is spent, {names[ahead]} leads, at {number(then.min())}; "
        f"{first.name} is then at {number(float(then[first.algorithm]))}. Places change with the "
        "budget."
    )


def schedulers(facts: Facts) -> list[str]:
    """What each scheduler does to the searchers."""
    return [_scheduler(str(name), rows) for name, rows in _effects(facts.study)]


def _scheduler(name: str, rows: pd.DataFrame) -> str:
    ordered = rows.sort_values("estimate", kind="stable")
    best, worst = ordered.iloc[0], ordered.iloc[-1]
    helped, hurt = _helped(rows), _hurt(rows)
    return (
        f"Under {name}, {helped or 'none'} of {len(rows):,} searchers end clearly better than "
        f"under {SCHEDULER}, and {hurt or 'none'} clearly worse. It does most for "
        f"{best['searcher']} ({_effect(best)}) and least for {worst['searcher']} "
        f"({_effect(worst)})."
    )


def scheduler_advice(facts: Facts) -> str:
    """Which scheduler to take; empty where a single one was run."""
    balance = {str(name): _helped(rows) - _hurt(rows) for name, rows in _effects(facts.study)}
    if not balance:
        return ""
    best = max(balance, key=balance.__getitem__)
    rows = dict(_effects(facts.study))[best]
    if balance[best] <= 0:
        return (
            f"Let every trial run to its end ({SCHEDULER}) on problems like these: no scheduler "
            "helps more searchers than it hurts."
        )
    return (
        f"If you choose the scheduler first, choose {best}: against {SCHEDULER} it clearly helps "
        f"{_helped(rows):,} of {len(rows):,} searchers and clearly hurts {_hurt(rows) or 'none'}."
    )


def factors(facts: Facts) -> str:
    """What the choice of a searcher and that of a scheduler are worth; empty where one of them was
    not varied."""
    final = pd.DataFrame([vars(one) for one in facts.compared.ranked])
    grid = final.pivot_table(index="searcher", columns="scheduler", values="regret")
    # Searchers that schedule themselves have a scheduler of their own, and no other.
    grid = grid[grid.count(axis=1) > 1].dropna(axis=1, how="all").dropna()
    if min(grid.shape) < 2:
        return ""
    searchers, schedulers = (float((grid.max(axis=i) - grid.min(axis=i)).mean()) for i in (0, 1))
    more = "scheduler" if schedulers > searchers else "searcher"
    return (
        f"Between the best and the worst searcher under the same scheduler lie {number(searchers)} "
        f"on average, between the best and the worst scheduler of the same searcher "
        f"{number(schedulers)}: here the choice of the {more} is worth more."
    )


def by_problem(facts: Facts) -> str:
    """On which problems schedulers help most and least; empty without the baseline."""
    curves = facts.study.main_comparison().curves
    final = np.nanmean(normalised(curves)[..., -1], axis=2)
    of = {(a.searcher, a.scheduler): row for a, row in zip(curves.algorithms, final, strict=True)}
    differences = [
        row - of[searcher, SCHEDULER]
        for (searcher, scheduler), row in of.items()
        if scheduler != SCHEDULER and (searcher, SCHEDULER) in of
    ]
    if not differences or len(curves.problems) < 2:
        return ""
    mean = np.nanmean(differences, axis=0)
    best, worst = curves.problems[mean.argmin()], curves.problems[mean.argmax()]
    return (
        f"Over all searchers, schedulers change the final regret by {number(float(mean.min()))} on "
        f"{best}, where they do best, and by {number(float(mean.max()))} on {worst}, where they do "
        "worst."
    )


def fidelity(facts: Facts) -> str:
    """How much the beginning of a trial tells of its end, by problem; empty without trials that
    ran to their end under several steps."""
    table = facts.study.computed(fidelity_correlation.table, facts.study.whole)
    early = table[table["at"] <= EARLY].groupby("problem", sort=False)["estimate"].last().dropna()
    if early.nunique() < 2:
        return ""
    return (
        "After a quarter of the training, the rank correlation with the end is "
        f"{number(float(early.max()), 2)} on {early.idxmax()} and "
        f"{number(float(early.min()), 2)} on {early.idxmin()}."
    )


def thinking_span(facts: Facts) -> str:
    """How long the quickest and the slowest searcher think over a trial."""
    quick, slow = _thinkers(facts.study)
    least, most = (measured(float(one["estimate"])) for one in (quick, slow))
    return (
        f"{quick['algorithm']} thinks {least} over a trial after {int(quick['at']):,} trials, "
        f"{slow['algorithm']} {most} after {int(slow['at']):,}."
    )


def thinking_advice(facts: Facts) -> str:
    """From what length of trainings on the slowest searcher's thinking does not matter."""
    _, slow = _thinkers(facts.study)
    seconds = float(slow["estimate"])
    return (
        f"Mind the thinking where trials are short: {slow['algorithm']} took {measured(seconds)} a "
        f"trial, so a training of less than {measured(10 * seconds)} is slowed down by more than a "
        "tenth."
    )


def seeds_advice(facts: Facts) -> str:
    """How much few seeds can say."""
    needed = facts.compared.seeds_needed
    if needed is not None:
        return (
            f"Compare with {needed} seeds or more. With {some(facts.compared.seeds, 'seed')} the "
            f"{facts.level} intervals of this study would hold the truth in about "
            f"{facts.coverage} of cases, which is too seldom to call a difference clear."
        )
    return (
        f"Compare with about as many seeds as here ({facts.compared.seeds}): the {facts.level} "
        f"intervals would hold the truth in about {facts.coverage} of cases."
    )


def failures(facts: Facts) -> str:
    """How many runs failed."""
    if not facts.failed:
        return f"none of the {facts.counts['runs']} runs failed"
    return f"{facts.counts['failed']} of {facts.counts['runs']} runs failed"


def _effects(study: Study) -> list[tuple[str, pd.DataFrame]]:
    table = study.computed(interaction.table, study.whole)
    return [(str(name), rows) for name, rows in table.groupby("scheduler", sort=False)]


def _helped(rows: pd.DataFrame) -> int:
    return int((rows["clear"] & (rows["estimate"] < 0)).sum())


def _hurt(rows: pd.DataFrame) -> int:
    return int((rows["clear"] & (rows["estimate"] > 0)).sum())


def _effect(row: pd.Series) -> str:
    return with_interval(row["estimate"], row["low"], row["high"])


def _thinkers(study: Study) -> tuple[pd.Series, pd.Series]:
    """The quickest and the slowest searcher, at the largest number of trials that each got to."""
    table = study.computed(thinking.table, study.whole)
    last = table.drop_duplicates("algorithm", keep="last").sort_values("estimate", kind="stable")
    return last.iloc[0], last.iloc[-1]


def _ordinal(place: int) -> str:
    ends = {1: "st", 2: "nd", 3: "rd"}
    end = "th" if place % 100 in (11, 12, 13) else ends.get(place % 10, "th")
    return f"{place:,}{end}"
