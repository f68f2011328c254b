"""Advice in words, and how good it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from hpobench.contract.wording import count, listed, measured
from hpobench.evidence.advice import Advice
from hpobench.evidence.evaluation import ORACLE, RANDOM
from hpobench.evidence.features import Features
from hpobench.evidence.standing import NEAR, RULES, WAYS, StandingRow

_NAMED = 3
_NOTHING = 1e-9
"""A gain up to this comes from rounding."""

COLUMNS = ("algorithm", "regret", "9 runs of 10", "best", "thinking", "")


def answer(advice: Advice) -> Iterator[str]:
    """The answer, a sentence or two a line."""
    choice, others = advice.choice, advice.undecided[1:]
    yield f"Use {choice.algorithm}."
    if others:
        tied = listed((one.algorithm for one in others), _NAMED)
        yield f"The evidence does not tell it apart from {tied}."
        cheapest = advice.cheapest
        if cheapest is not choice:
            yield (
                f"The cheapest of them is {cheapest.algorithm}: it thinks for "
                f"{measured(cheapest.thinking)} a full evaluation, {choice.algorithm} for "
                f"{measured(choice.thinking)}."
            )
    random = next((one for one in advice.ranked[1:] if one.algorithm == RANDOM), None)
    beside = f"; random search reaches {random.regret:.2f}" if random else ""
    yield (
        f"Expect a normalised regret of {choice.regret:.2f} (nine runs of ten: {choice.low:.2f} to "
        f"{choice.high:.2f}){beside}."
    )


def rows(advice: Advice, most: int) -> list[tuple[str, ...]]:
    """A row of :data:`COLUMNS` for each of the first algorithms."""
    return [
        (
            str(one.algorithm),
            f"{one.regret:.3f}",
            f"{one.low:.2f} to {one.high:.2f}",
            f"{one.best:.0%}",
            measured(one.thinking),
            "" if one.told_apart else "tied",
        )
        for one in advice.ranked[:most]
    ]


def grounds(advice: Advice) -> Iterator[str]:
    """What the answer rests on, and its limits."""
    question = advice.question
    yield (
        f"By runs on {advice.problems} problems of {advice.families} families, at "
        f"{advice.budget:.3g} full evaluations with {count(advice.workers, 'worker')}. A regret of "
        "0 is the optimum, 1 the median of random configurations; best: the chance that no other "
        "algorithm does better on your problem; thinking: the searcher's own time for a full "
        "evaluation."
    )
    if question.evaluations > advice.budget:
        yield (
            f"The evidence ends at {advice.budget:.3g} full evaluations; yours are "
            f"{question.evaluations:.4g}."
        )
    if advice.ended:
        yield f"Left out, because their runs end before that: {listed(advice.ended, _NAMED)}."
    if question.workers != advice.workers:
        yield f"It has no such runs with {count(question.workers, 'worker')}."
    if question.trial_time is not None:
        yield (
            f"Thinking counts: a full evaluation takes {measured(question.trial_time)}, and what a "
            "searcher thinks is taken from its budget."
        )
    yield "The problems of the evidence that are most like yours:"
    for near in advice.near:
        yield f"  {near.problem}: {described(near.features)}"


def verdict(found: Sequence[StandingRow]) -> Iterator[str]:
    """How good the advice is, in sentences."""
    yield "The advice is the algorithm that is best over the other families at that budget."
    better = [f"{rule} {where}" for rule in RULES for where in _better(found, rule)]
    yield (
        f"Better than it beyond chance: {'; '.join(better)}; elsewhere no other rule."
        if better
        else "No other rule is better than it beyond chance."
    )
    better = _better(found, ORACLE)
    yield (
        f"Knowing the best algorithm of each problem would be better {'; '.join(better)}; "
        "elsewhere not beyond chance."
        if better
        else "Knowing the best algorithm of each problem would gain nothing that is beyond chance."
    )
    low, high = (f(row.judged.coverage for row in found) for f in (min, max))
    yield f"Intervals that are to hold nine runs of ten hold {low:.0%} to {high:.0%}."


def _better(found: Sequence[StandingRow], way: str) -> list[str]:
    """Where, and by how much, a ``way`` to choose is better than the advice beyond chance."""
    gains = [(row, *row.gain(way)) for row in found]
    return [
        f"by {mean:.3f} at {row.budget:g} full evaluations ({row.kind})"
        for row, mean, low, _ in gains
        if low > _NOTHING
    ]


Table: TypeAlias = tuple[tuple[str, ...], list[tuple[str, ...]]]
"""A header and rows."""


def regrets(found: Sequence[StandingRow]) -> Table:
    """What each way to choose reaches."""
    header = ("problems", "budget", *WAYS)
    return header, [
        (row.kind, f"{row.budget:g}", *(f"{row.judged.mean(way):.3f}" for way in WAYS))
        for row in found
    ]


def gains(found: Sequence[StandingRow]) -> Table:
    """What the oracle and near problems gain over the advice."""
    header = ("problems", "budget", "number", "oracle", NEAR, "coverage", "advised")
    return header, [
        (
            row.kind,
            f"{row.budget:g}",
            f"{len(row.judged.problems)} of {len(set(row.judged.families))} families",
            _gain(row.gain(ORACLE)),
            _gain(row.gain(NEAR)),
            f"{row.judged.coverage:.0%}",
            row.advised,
        )
        for row in found
    ]


def _gain(gain: tuple[float, float, float]) -> str:
    mean, low, high = gain
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]"


def described(features: Features) -> str:
    """``features`` in words, to show why a problem counts as near."""
    kinds = {
        "real": features.floats,
        "whole": features.integers,
        "of choices": features.choices,
        "logarithmic": features.logarithmic,
    }
    parts = ", ".join(f"{count} {kind}" for kind, count in kinds.items() if count)
    conditions = ", with conditions" if features.conditional else ""
    steps = f", {features.steps} steps" if features.steps > 1 else ""
    return f"{count(features.dimensions, 'parameter')} ({parts}){conditions}{steps}"
