"""How good advice is, judged on families of problems that it has not seen.

One family after the other is left out. For each of its problems an adviser names one of the
algorithms that ran there, by the runs on the other families, and the algorithm's regret counts. The
best algorithm of each problem is an oracle. It is chosen by one half of the seeds and judged by the
other, since an algorithm that is chosen and judged by the same seeds looks better than it is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hpobench.evidence.features import Features
from hpobench.evidence.model import fit
from hpobench.evidence.scores import Algorithm, FloatArray, Scores, interval, weights_of

Adviser: TypeAlias = Callable[[Scores, Features], Algorithm]
"""Names an algorithm for a problem with such features, by the scores of other families. One that
did not run there is no answer, which counts as random search."""
REPETITIONS = 2000
RANDOM = Algorithm("random", "fifo")
ORACLE, NAIVE = "oracle", "naive oracle"


@dataclass(frozen=True)
class Judged:
    """What each way to choose reached, problem by problem."""

    problems: tuple[str, ...]
    families: tuple[str, ...]
    regret: dict[str, FloatArray]
    """By the name of the way, shape (problems,)."""
    covered: FloatArray
    """Shape (problems,): the share of the runs of what is advised inside the stated interval."""

    def mean(self, way: str) -> float:
        """The mean regret of ``way`` over problems, where each family counts as one."""
        return float(np.average(self.regret[way], weights=weights_of(self.families)))

    @property
    def coverage(self) -> float:
        """The share of runs inside their intervals, each family counting as one."""
        return float(np.average(self.covered, weights=weights_of(self.families)))

    def difference(self, way: str, other: str) -> tuple[float, float, float]:
        """How much more regret ``way`` leaves than ``other``, with the 95 % interval of a bootstrap
        over families."""
        each = self.regret[way] - self.regret[other]
        names, which = np.unique(self.families, return_inverse=True)
        sums = np.bincount(which.ravel(), each) / np.bincount(which.ravel())
        random = np.random.default_rng(0)  # the same archive gives the same interval
        drawn = sums[random.integers(len(names), size=(REPETITIONS, len(names)))].mean(axis=1)
        low, high = np.quantile(drawn, [0.025, 0.975])
        return float(sums.mean()), float(low), float(high)


def single_best(known: Scores, _features: Features) -> Algorithm:
    """The algorithm of the least expected regret, which is the advice."""
    return _single_best(known)


@functools.lru_cache(maxsize=1)
def _single_best(known: Scores) -> Algorithm:
    return known.algorithms[int(fit(known).order[0])]


def judge(
    scores: Scores,
    features: Mapping[str, Features],
    advisers: Mapping[str, Adviser],
    advised: str,
) -> Judged:
    """What the ``advisers``, and the oracles, reach on every family while it is left out.

    ``advised``: the adviser whose intervals are judged too.
    """
    families = np.array(scores.families)
    count = len(families)
    regret = {name: np.full(count, np.nan) for name in advisers}
    covered = np.full(count, np.nan)
    mean, ran = scores.mean, np.isfinite(scores.mean)
    places = {algorithm: n for n, algorithm in enumerate(scores.algorithms)}
    for family in sorted(set(scores.families)):
        others = families != family
        # An adviser may name only what ran on the problem. Problems on which the same algorithms
        # ran share the scores of those, and so the fitted model.
        alike: dict[bytes, list[int]] = {}
        for number in np.flatnonzero(~others).tolist():
            alike.setdefault(ran[number].tobytes(), []).append(number)
        for numbers in alike.values():
            known = scores.of_algorithms(ran[numbers[0]]).of_problems(others)
            stated = functools.cache(functools.partial(interval, known))
            for number in numbers:
                asked = features[scores.problems[number]]
                for name, adviser in advisers.items():
                    named = adviser(known, asked)
                    algorithm = named if named in known.algorithms else RANDOM
                    regret[name][number] = mean[number, places[algorithm]]
                    if name == advised:
                        low, high = stated(known.algorithms.index(algorithm))
                        runs = scores.regret[number, places[algorithm]]
                        runs = runs[np.isfinite(runs)]
                        covered[number] = np.mean((low <= runs) & (runs <= high))
    regret[ORACLE] = cross_validated_oracle(scores)
    regret[NAIVE] = np.nanmin(mean, axis=1)
    return Judged(scores.problems, scores.families, regret, covered)


def cross_validated_oracle(scores: Scores) -> FloatArray:
    """Shape (problems,): the regret of each problem's best algorithm, chosen by the even seeds and
    judged by the others, and the other way round."""
    even, odd = (replace(scores, regret=scores.regret[:, :, half::2]).mean for half in (0, 1))
    usable = np.isfinite(even) & np.isfinite(odd)
    sums = np.zeros(len(even))
    for choosing, judging in ((even, odd), (odd, even)):
        best: NDArray[np.int64] = np.argmin(np.where(usable, choosing, np.inf), axis=1)
        sums += np.take_along_axis(judging, best[:, None], axis=1)[:, 0]
    return sums / 2
