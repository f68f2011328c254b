"""Advice: which searcher and scheduler for a problem, by what the archive knows."""

from __future__ import annotations

import functools
import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hpobench.contract.errors import UsageError
from hpobench.evidence.archive import BUDGETS, Archive, ProblemFacts
from hpobench.evidence.features import Features
from hpobench.evidence.model import fit
from hpobench.evidence.question import Question
from hpobench.evidence.scores import Algorithm, Scores, interval, scores_at

DRAWS = 4000
SURE = 0.9
"""The chance of being better over all problems at which two algorithms are told apart."""


@dataclass(frozen=True)
class Expectation:
    """One algorithm and what to expect of it."""

    algorithm: Algorithm
    regret: float
    """The expected normalised regret of its best trial, on a problem of a family nobody has run."""
    low: float
    """Nine runs of ten have a regret from ``low`` to ``high``; every family counts as one."""
    high: float
    best: float
    """The chance that no other algorithm does better on the problem."""
    thinking: float
    """The seconds that the searcher thinks for one full evaluation."""
    told_apart: bool
    """Whether the first algorithm is better with a chance of :data:`SURE`."""

    @property
    def row(self) -> dict[str, Any]:
        """All of it as plain data, the searcher and the scheduler first."""
        values = dict(vars(self))
        return {**values.pop("algorithm")._asdict(), **values}


@dataclass(frozen=True)
class Near:
    """A problem of the archive that is like the one asked about."""

    problem: str
    family: str
    features: Features


@dataclass(frozen=True)
class Advice:
    """The algorithms, the one with the least expected regret first."""

    question: Question
    ranked: tuple[Expectation, ...]
    near: tuple[Near, ...]
    """The problems of the archive that are most like the one that is asked about."""
    problems: int
    families: int
    workers: int
    """The number of workers of the runs that the advice rests on."""
    budget: float
    """The full evaluations at which those runs are read, at most."""
    ended: tuple[Algorithm, ...]
    """The algorithms that are left out, because their runs ended before that."""

    @property
    def choice(self) -> Expectation:
        """The algorithm with the least expected regret."""
        return self.ranked[0]

    @property
    def undecided(self) -> list[Expectation]:
        """The algorithms that the evidence does not tell apart from the choice, with it."""
        return [one for one in self.ranked if not one.told_apart]

    @property
    def cheapest(self) -> Expectation:
        """Of the algorithms that are not told apart, the one whose searcher thinks the least."""
        return min(self.undecided, key=lambda one: one.thinking)


def advise(
    archive: Archive,
    question: Question,
    searchers: Collection[str] | None = None,
    schedulers: Collection[str] | None = None,
) -> Advice:
    """Advice for ``question``, among some searchers or schedulers if any are named.

    Raises :class:`UsageError` where the archive has no run that helps.
    """
    most = max((facts.features.dimensions for facts in archive.problems.values()), default=0)
    if question.features.dimensions > most:
        raise UsageError(
            f"a space of {question.features.dimensions} parameters is larger than any of the "
            f"evidence, whose largest has {most}; compare on your own problem with `hpobench run`"
        )
    conditional = [name for name, facts in archive.problems.items() if facts.features.conditional]
    problem = archive.runs["problem"].cast(pa.string())
    there = pc.is_in(problem, pa.array(conditional, pa.string()))
    # A searcher that never ran on conditions would fail on them.
    able = set(archive.runs.filter(there)["searcher"].unique().to_pylist())

    def usable(algorithm: Algorithm) -> bool:
        return (
            (searchers is None or algorithm.searcher in searchers)
            and (schedulers is None or algorithm.scheduler in schedulers)
            and (not question.features.conditional or algorithm.searcher in able)
        )

    # Where all runs ended before the budget, what they reached by then is the best that is known.
    earlier = BUDGETS[::-1][BUDGETS[::-1] < question.budget].tolist()
    for budget in (question.budget, *earlier):
        scores = scores_at(
            archive,
            functools.partial(question.reached, most=budget),
            question.workers,
            stoppable=question.features.steps > 1,
            usable=usable,
        )
        ran = np.count_nonzero(np.isfinite(scores.mean), axis=0) > 0
        ended, scores = scores.of_algorithms(~ran).algorithms, scores.of_algorithms(ran)
        if scores.algorithms:
            break
    else:
        raise UsageError("the evidence has no run of the searchers and schedulers asked about")
    return Advice(
        question,
        _ranked(scores),
        nearest(archive, question, scores.problems),
        len(scores.problems),
        len(set(scores.families)),
        scores.workers,
        budget,
        ended,
    )


def nearest(archive: Archive, question: Question, among: Collection[str]) -> tuple[Near, ...]:
    """The five problems ``among`` those of the archive that are most like that of ``question``,
    with at most two of the same family."""
    facts = archive.problems
    found: list[Near] = []
    for name in sorted(among, key=lambda name: (distance(question, facts[name]), name)):
        family = facts[name].family
        if sum(near.family == family for near in found) < 2:
            found.append(Near(name, family, facts[name].features))
    return tuple(found[:5])


def distance(question: Question, facts: ProblemFacts) -> float:
    """How unlike the problem of ``question`` and a problem of the archive are."""
    return question.features.unlike(facts.features) + (question.noisy != facts.heldout) / 2


def _ranked(scores: Scores) -> tuple[Expectation, ...]:
    model = fit(scores)
    order = model.order
    draws = model.draws(DRAWS)
    best = np.bincount(draws.argmin(axis=1), minlength=len(scores.algorithms)) / DRAWS
    first = int(order[0])

    def chance(other: int) -> float:
        """The chance that the first algorithm is better than ``other`` over all problems."""
        spread = math.hypot(model.error[first], model.error[other])
        gap = float(model.effect[other] - model.effect[first])
        return 0.5 * (1 + math.erf(gap / spread / math.sqrt(2))) if spread else float(gap > 0)

    return tuple(
        Expectation(
            scores.algorithms[n],
            float(np.clip(model.expected[n], 0, 1)),  # a sum of level and effect has no bounds
            *interval(scores, n),
            best=float(best[n]),
            thinking=float(scores.thinking[n]),
            told_apart=n != first and chance(n) >= SURE,
        )
        for n in order.tolist()
    )
