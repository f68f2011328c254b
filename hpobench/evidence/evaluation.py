"""Whether advice is any good: judged on families that it has not seen.

One family after the other is left out. For each of its problems the adviser names a pair, by the
runs on the other families, and the pair's regret there counts. Beside it stand random search, the
pair that is best over the other families, and the best pair of each problem: chosen by one half of
the seeds and judged by the other, since a pair that is chosen and judged by the same seeds looks
better than it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hpobench.evidence.model import fit, weights_of
from hpobench.evidence.scores import FloatArray, Pair, Scores

Adviser: TypeAlias = Callable[[Scores, int, Scores], Pair]
"""Names a pair for a problem of the last scores, by its number, knowing only the first scores."""
REPETITIONS = 2000
RANDOM = Pair("random", "fifo")


@dataclass(frozen=True)
class Judged:
    """What came of each way to choose, problem by problem."""

    problems: tuple[str, ...]
    families: tuple[str, ...]
    regret: dict[str, FloatArray]
    """By the name of the way, shape (problems,)."""

    def mean(self, way: str) -> float:
        """Over problems, each family counting as one."""
        return float(np.average(self.regret[way], weights=weights_of(self.families)))

    def difference(self, way: str, other: str) -> tuple[float, float, float]:
        """How much more regret ``way`` leaves than ``other``, with the 95 % interval of a bootstrap
        over families."""
        each = self.regret[way] - self.regret[other]
        names, which = np.unique(self.families, return_inverse=True)
        sums = np.bincount(which.ravel(), each) / np.bincount(which.ravel())
        random = np.random.default_rng(0)
        drawn = sums[random.integers(len(names), size=(REPETITIONS, len(names)))].mean(axis=1)
        low, high = np.quantile(drawn, [0.025, 0.975])
        return float(sums.mean()), float(low), float(high)


def single_best(known: Scores, _number: int, _asked: Scores) -> Pair:
    """The pair of the least mean regret, over the families that are known."""
    weights = weights_of(known.families)
    everywhere = np.isfinite(known.mean).all(axis=0)
    mean = np.average(np.where(everywhere, known.mean, np.inf), axis=0, weights=weights)
    return known.pairs[int(np.argmin(mean))]


def shrunk_best(known: Scores, _number: int, _asked: Scores) -> Pair:
    """The pair of the least expected regret by the model."""
    expected = fit(known).expected
    return known.pairs[int(np.nanargmin(expected))]


def judge(scores: Scores, advisers: dict[str, Adviser]) -> Judged:
    """What the ``advisers``, and the oracles, reach on every family while it is left out.

    Advice of a pair that did not run on a problem counts as random search there.
    """
    families = np.array(scores.families)
    regret = {name: np.full(len(families), np.nan) for name in advisers}
    mean = scores.mean
    places = {pair: n for n, pair in enumerate(scores.pairs)}
    for family in sorted(set(scores.families)):
        known = scores.of_problems(families != family)
        for number in np.flatnonzero(families == family):
            for name, adviser in advisers.items():
                place = places[adviser(known, int(number), scores)]
                got = mean[number, place]
                regret[name][number] = got if np.isfinite(got) else mean[number, places[RANDOM]]
    regret["random search"] = mean[:, places[RANDOM]]
    regret["oracle"] = cross_validated_oracle(scores)
    regret["naive oracle"] = np.nanmin(mean, axis=1)
    return Judged(scores.problems, scores.families, regret)


def cross_validated_oracle(scores: Scores) -> FloatArray:
    """Shape (problems,): the regret of the best pair of each problem, chosen by one half of the
    seeds and judged by the other, and the other way round."""
    seeds = range(scores.regret.shape[2])
    halves = [s for s in seeds if s % 2 == 0], [s for s in seeds if s % 2]
    one, two = (scores.of_seeds(half).mean for half in halves)
    found: FloatArray = (_judged_by(one, two) + _judged_by(two, one)) / 2
    return found


def _judged_by(choosing: FloatArray, judging: FloatArray) -> FloatArray:
    usable = np.isfinite(choosing) & np.isfinite(judging)
    best: NDArray[np.int64] = np.argmin(np.where(usable, choosing, np.inf), axis=1)
    return np.take_along_axis(judging, best[:, None], axis=1)[:, 0]
