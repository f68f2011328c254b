"""Advice: which searcher and scheduler for a problem, by what the archive knows."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hpobench.contract.errors import UsageError
from hpobench.evidence.archive import BUDGETS, Archive
from hpobench.evidence.model import Model, fit
from hpobench.evidence.nearness import Near, nearest
from hpobench.evidence.question import Question
from hpobench.evidence.scores import Algorithm, Scores, interval, scores_at

DRAWS = 4000
SURE = 0.9
"""The chance of being better over all problems at which two algorithms are told apart."""


@dataclass(frozen=True)
class Ranked:
    """One algorithm, and what may be expected of it."""

    algorithm: Algorithm
    regret: float
    """The expected normalised regret of its best trial on a problem of a family nobody ran."""
    low: float
    """Of the regret in nine runs of ten, like ``high``; families count alike."""
    high: float
    best: float
    """The chance that none of the algorithms does better on the problem."""
    thinking: float
    """Seconds of the searcher for a full evaluation."""
    told_apart: bool
    """Whether the first algorithm is better with a chance of :data:`SURE`."""

    @property
    def row(self) -> dict[str, Any]:
        """All of it as plain data, the searcher and the scheduler first."""
        return {
            **self.algorithm._asdict(),
            **{k: v for k, v in vars(self).items() if k != "algorithm"},
        }


@dataclass(frozen=True)
class Advice:
    """The algorithms, the one with the least expected regret first."""

    question: Question
    ranked: tuple[Ranked, ...]
    near: tuple[Near, ...]
    """The problems of the archive that are most like the one that is asked about."""
    problems: int
    families: int
    workers: int
    """With which the runs were made that it rests on."""
    budget: float
    """The full evaluations at which they are read, at most."""
    ended: tuple[Algorithm, ...]
    """The algorithms that are left out, because their runs ended before that."""

    @property
    def choice(self) -> Ranked:
        """The algorithm with the least expected regret."""
        return self.ranked[0]

    @property
    def undecided(self) -> list[Ranked]:
        """The algorithms that the evidence does not tell apart from the choice, with it."""
        return [one for one in self.ranked if not one.told_apart]

    @property
    def cheapest(self) -> Ranked:
        """Of the algorithms that are not told apart, the one whose searcher thinks the least."""
        return min(self.undecided, key=lambda one: one.thinking)


def advise(
    archive: Archive,
    question: Question,
    searchers: Collection[str] | None = None,
    schedulers: Collection[str] | None = None,
) -> Advice:
    """Advice for ``question``, among some searchers or schedulers if any are named.

    Raises :class:`UsageError` where the archive has nothing to go by.
    """
    _check_size(archive, question)
    able = _conditional(archive) if question.features.conditional else None

    def usable(algorithm: Algorithm) -> bool:
        return (
            (searchers is None or algorithm.searcher in searchers)
            and (schedulers is None or algorithm.scheduler in schedulers)
            and (able is None or algorithm.searcher in able)
        )

    # Where all runs ended before the budget, what they reached by then is the best that is known.
    earlier = BUDGETS[::-1][BUDGETS[::-1] < question.budget].tolist()
    for budget in (question.budget, *earlier):
        scores, ended = _scores(archive, question, budget, usable)
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


def _scores(
    archive: Archive, question: Question, most: float, usable: Callable[[Algorithm], bool]
) -> tuple[Scores, tuple[Algorithm, ...]]:
    """The scores of the usable algorithms at what they reach, and at ``most`` full evaluations at
    most; and the usable algorithms whose runs ended before that."""
    scores = scores_at(
        archive,
        lambda thinking: np.minimum(question.reached(thinking), most),
        question.workers,
        stoppable=question.features.steps > 1,
        usable=usable,
    )
    there = np.count_nonzero(np.isfinite(scores.mean), axis=0) > 0
    return scores.of_algorithms(there), scores.of_algorithms(~there).algorithms


def _check_size(archive: Archive, question: Question) -> None:
    most = max((facts.features.dimensions for facts in archive.problems.values()), default=0)
    if question.features.dimensions > most:
        raise UsageError(
            f"a space of {question.features.dimensions} parameters is larger than any of the "
            f"evidence, whose largest has {most}; compare on your own problem with `hpobench run`"
        )


def _conditional(archive: Archive) -> set[str]:
    """The searchers that ran on spaces with conditions."""
    names = [name for name, facts in archive.problems.items() if facts.features.conditional]
    runs = archive.runs
    there = pc.is_in(runs["problem"].cast(pa.string()), pa.array(names, pa.string()))
    return set(runs.filter(there)["searcher"].unique().to_pylist())


def _ranked(scores: Scores) -> tuple[Ranked, ...]:
    model = fit(scores)
    order = model.order
    draws = model.draws(DRAWS)
    best = np.bincount(draws.argmin(axis=1), minlength=len(scores.algorithms)) / DRAWS
    first = int(order[0])
    return tuple(
        Ranked(
            scores.algorithms[n],
            float(np.clip(model.expected[n], 0, 1)),
            *interval(scores, int(n)),
            best=float(best[n]),
            thinking=float(scores.thinking[n]),
            told_apart=bool(n != first and _chance(model, first, int(n)) >= SURE),
        )
        for n in order
    )


def _chance(model: Model, one: int, other: int) -> float:
    """The chance that the first of two algorithms is the better one over all problems."""
    spread = math.hypot(model.error[one], model.error[other])
    gap = float(model.effect[other] - model.effect[one])
    return 0.5 * (1 + math.erf(gap / spread / math.sqrt(2))) if spread else float(gap > 0)
