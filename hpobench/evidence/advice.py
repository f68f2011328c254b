"""Advice: which searcher and scheduler for a problem, by what the archive knows."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpobench.evidence.archive import Archive
from hpobench.evidence.features import Features
from hpobench.evidence.model import Model, fit, weights_of
from hpobench.evidence.question import Question
from hpobench.evidence.scores import FloatArray, Pair, Scores, scores_at

DRAWS = 4000
SURE = 0.9
"""The chance of being better over all problems at which two pairs are told apart."""


@dataclass(frozen=True)
class Ranked:
    """One pair, and what may be expected of it."""

    pair: Pair
    regret: float
    """The expected normalised regret of its best trial on a problem of a family nobody ran."""
    low: float
    """Of the regret on nine problems of ten, like ``high``; families count alike."""
    high: float
    best: float
    """The chance that none of the pairs does better on the problem."""
    thinking: float
    """Seconds of the searcher for each trial."""
    told_apart: bool
    """Whether the first pair is better with a chance of :data:`SURE`."""


@dataclass(frozen=True)
class Advice:
    """The pairs, the one with the least expected regret first."""

    question: Question
    ranked: tuple[Ranked, ...]
    near: tuple[str, ...]
    """The problems of the archive that are most like the one that is asked about."""
    problems: int
    families: int

    @property
    def undecided(self) -> list[Ranked]:
        """The pairs that the evidence does not tell apart from the first one, with it."""
        return [one for one in self.ranked if not one.told_apart]

    @property
    def choice(self) -> Ranked:
        """Of the pairs that are not told apart, that whose searcher thinks the least."""
        return min(self.undecided, key=lambda one: one.thinking)


def advise(archive: Archive, question: Question, allowed: Collection[str] | None = None) -> Advice:
    """Advice for ``question``, among the ``allowed`` searchers if any are named."""
    stoppable = question.features.steps > 1
    scores = scores_at(archive, question.budget, question.workers, stoppable=stoppable)
    usable = np.array(
        [
            (allowed is None or pair.searcher in allowed)
            and (not question.features.conditional or pair.searcher in _conditional(archive))
            for pair in scores.pairs
        ]
    )
    scores = scores.of_pairs(usable)
    model = fit(scores)
    order = np.argsort(model.expected, kind="stable")
    ranked = _ranked(scores, model, order)
    return Advice(
        question,
        ranked,
        nearest(archive, question.features, scores.problems),
        len(scores.problems),
        len(set(scores.families)),
    )


def _conditional(archive: Archive) -> set[str]:
    """The searchers that ran on spaces with conditions."""
    names = {name for name, facts in archive.problems.items() if facts.features.conditional}
    runs = archive.runs
    pairs = zip(runs["searcher"].to_pylist(), runs["problem"].to_pylist(), strict=True)
    return {searcher for searcher, problem in pairs if problem in names}


def _ranked(scores: Scores, model: Model, order: NDArray[np.int64]) -> tuple[Ranked, ...]:
    draws = model.draws(DRAWS)
    best = np.bincount(draws.argmin(axis=1), minlength=len(order)) / DRAWS
    weights = weights_of(scores.families)
    first = order[0]
    return tuple(
        Ranked(
            scores.pairs[n],
            float(np.clip(model.expected[n], 0, 1)),
            *_interval(scores.mean[:, n], weights),
            best=float(best[n]),
            thinking=float(scores.thinking[n]),
            told_apart=bool(n != first and _chance(model, int(first), int(n)) >= SURE),
        )
        for n in order
        if np.isfinite(model.expected[n])
    )


def _chance(model: Model, one: int, other: int) -> float:
    """The chance that the first of two pairs is the better one over all problems."""
    spread = math.hypot(model.error[one], model.error[other])
    gap = float(model.effect[other] - model.effect[one])
    return 0.5 * (1 + math.erf(gap / spread / math.sqrt(2))) if spread else float(gap > 0)


def _interval(mean: FloatArray, weights: FloatArray) -> tuple[float, float]:
    """Between which regrets nine of ten problems lie, each family counting as one."""
    there = np.isfinite(mean)
    order = np.argsort(mean[there])
    total = np.cumsum(weights[there][order])
    places = np.searchsorted(total, [0.05 * total[-1], 0.95 * total[-1]])
    low, high = mean[there][order][places.clip(max=len(order) - 1)]
    return float(low), float(high)


def nearest(
    archive: Archive, features: Features, among: Sequence[str], count: int = 5
) -> tuple[str, ...]:
    """The ``count`` problems ``among`` the archive's that are most like one with ``features``."""
    far = {name: distance(features, archive.problems[name].features) for name in among}
    return tuple(sorted(among, key=lambda name: (far[name], name))[:count])


def distance(one: Features, other: Features) -> float:
    """How unlike two problems are: in the number of parameters and of steps by their ratio, in the
    shares of kinds of parameters, and in conditions."""
    ratio = (
        abs(np.log(one.dimensions / other.dimensions)) + abs(np.log(one.steps / other.steps)) / 4
    )
    shares = sum(
        abs(getattr(one, kind) / one.dimensions - getattr(other, kind) / other.dimensions)
        for kind in ("floats", "integers", "choices", "logarithmic")
    )
    return float(ratio + shares / 2 + (one.conditional != other.conditional))
