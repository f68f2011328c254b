"""Whether advice is any good: judged on families that it has not seen.

One family after the other is left out. For each of its problems an adviser names one of the
algorithms that ran there, by the runs on the other families, and the algorithm's regret counts. The
best algorithm of each problem is an oracle. It is chosen by one half of the seeds and judged by the
other, since an algorithm that is chosen and judged by the same seeds looks better than it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hpobench.evidence.features import Features
from hpobench.evidence.model import fit
from hpobench.evidence.scores import Algorithm, FloatArray, Scores, interval, weights_of

Adviser: TypeAlias = Callable[[Scores, Features], Algorithm | None]
"""Names an algorithm of the scores, which are those of other families, for a problem with such
features; ``None`` where it has nothing to say, which counts as random search."""
REPETITIONS = 2000
RANDOM = Algorithm("random", "fifo")
ORACLE, NAIVE = "oracle", "naive oracle"


@dataclass(frozen=True)
class Judged:
    """What came of each way to choose, problem by problem."""

    problems: tuple[str, ...]
    families: tuple[str, ...]
    regret: dict[str, FloatArray]
    """By the name of the way, shape (problems,)."""
    covered: FloatArray
    """Shape (problems,): the share of the runs of what is advised inside the stated interval."""

    def mean(self, way: str) -> float:
        """Over problems, each family counting as one."""
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
        random = np.random.default_rng(0)
        drawn = sums[random.integers(len(names), size=(REPETITIONS, len(names)))].mean(axis=1)
        low, high = np.quantile(drawn, [0.025, 0.975])
        return float(sums.mean()), float(low), float(high)


def single_best(known: Scores, _features: Features) -> Algorithm:
    """The algorithm of the least expected regret, which is the advice."""
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
    mean = scores.mean
    places = {algorithm: n for n, algorithm in enumerate(scores.algorithms)}
    for family in sorted(set(scores.families)):
        others = families != family
        # Problems on which the same algorithms ran share what is known.
        for ran, numbers in _alike(np.isfinite(mean), np.flatnonzero(~others)):
            known = scores.of_algorithms(ran).of_problems(others)
            for number in numbers:
                asked = features[scores.problems[number]]
                for name, adviser in advisers.items():
                    algorithm = adviser(known, asked) or RANDOM
                    regret[name][number] = mean[number, places[algorithm]]
                    if name == advised:
                        low, high = interval(known, known.algorithms.index(algorithm))
                        runs = scores.regret[number, places[algorithm]]
                        runs = runs[np.isfinite(runs)]
                        covered[number] = np.mean((low <= runs) & (runs <= high))
    regret[ORACLE] = cross_validated_oracle(scores)
    regret[NAIVE] = np.nanmin(mean, axis=1)
    return Judged(scores.problems, scores.families, regret, covered)


def _alike(
    there: NDArray[np.bool_], numbers: NDArray[np.int64]
) -> list[tuple[NDArray[np.bool_], list[int]]]:
    """``numbers`` of rows in groups of equal rows, with the row that they share."""
    groups: dict[bytes, list[int]] = {}
    for number in numbers.tolist():
        groups.setdefault(there[number].tobytes(), []).append(number)
    return [(there[group[0]], group) for group in groups.values()]


def cross_validated_oracle(scores: Scores) -> FloatArray:
    """Shape (problems,): the regret of each problem's best algorithm, chosen by the even seeds and
    judged by the others, and the other way round."""
    seeds = range(scores.regret.shape[2])
    halves = [s for s in seeds if s % 2 == 0], [s for s in seeds if s % 2]
    one, two = (scores.of_seeds(half).mean for half in halves)
    found: FloatArray = (_judged_by(one, two) + _judged_by(two, one)) / 2
    return found


def _judged_by(choosing: FloatArray, judging: FloatArray) -> FloatArray:
    usable = np.isfinite(choosing) & np.isfinite(judging)
    best: NDArray[np.int64] = np.argmin(np.where(usable, choosing, np.inf), axis=1)
    return np.take_along_axis(judging, best[:, None], axis=1)[:, 0]
