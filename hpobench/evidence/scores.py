"""The archive read at one budget: what each algorithm reached on each problem."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hpobench.evidence.archive import BUDGETS, Archive, regrets_of

FloatArray: TypeAlias = NDArray[np.float64]
Reached: TypeAlias = Callable[[FloatArray], FloatArray]
"""The full evaluations that each algorithm reaches, by the seconds that its searcher thinks."""


_LIKE_OTHERS = 5
"""The runs that an algorithm is taken to have beside its own, and that vary like those of the
others: what little is known of an algorithm must not make it look certain."""


class Algorithm(NamedTuple):
    """A searcher under a scheduler."""

    searcher: str
    scheduler: str

    def __str__(self) -> str:
        return f"{self.searcher} + {self.scheduler}"


@dataclass(frozen=True)
class Scores:
    """Normalised regrets at one budget with one number of workers, problem by problem."""

    workers: int
    algorithms: tuple[Algorithm, ...]
    problems: tuple[str, ...]
    families: tuple[str, ...]
    """Of each problem."""
    regret: FloatArray
    """Shape (problems, algorithms, seeds); NaN where there is no such run."""
    thinking: FloatArray
    """Shape (algorithms,): the median over runs of the searcher's seconds for a full evaluation,
    which is several trials where some are stopped early."""

    @property
    def mean(self) -> FloatArray:
        """Shape (problems, algorithms): over seeds; NaN where there is no run."""
        return _mean(self.regret)

    @property
    def noise(self) -> FloatArray:
        """Shape (problems, algorithms): the variance of ``mean`` that comes from the seeds.

        An algorithm has few runs on a problem, so that the variance of a run is that of the
        problem, over all algorithms, times what the algorithm varies more or less than the others,
        over all problems.
        """
        counts = np.isfinite(self.regret).sum(axis=2)
        squares = np.nansum((self.regret - self.mean[..., None]) ** 2, axis=2)
        free = (counts - 1).clip(0)
        usual = squares.sum() / max(int(free.sum()), 1)
        known = free.sum(axis=1)
        run = np.where(known > 0, squares.sum(axis=1) / np.maximum(known, 1), usual)
        seen = squares.sum(axis=0) + _LIKE_OTHERS * usual
        expected = run @ free + _LIKE_OTHERS * usual
        times = np.divide(seen, expected, out=np.ones_like(seen), where=expected > 0)
        found: FloatArray = np.where(counts > 0, np.outer(run, times) / counts.clip(1), np.nan)
        return found

    def of_problems(self, keep: NDArray[np.bool_]) -> Scores:
        """The part on some problems; algorithms without a run on any of them are left out."""
        part = replace(
            self,
            problems=tuple(p for p, k in zip(self.problems, keep, strict=True) if k),
            families=tuple(f for f, k in zip(self.families, keep, strict=True) if k),
            regret=self.regret[keep],
        )
        return part.of_algorithms(np.count_nonzero(np.isfinite(part.mean), axis=0) > 0)

    def of_algorithms(self, keep: NDArray[np.bool_]) -> Scores:
        """The part with some of the algorithms."""
        return replace(
            self,
            algorithms=tuple(p for p, k in zip(self.algorithms, keep, strict=True) if k),
            regret=self.regret[:, keep],
            thinking=self.thinking[keep],
        )

    def of_seeds(self, seeds: Sequence[int]) -> Scores:
        """The part with some of the seeds."""
        return replace(self, regret=self.regret[:, :, list(seeds)])


def _mean(regret: FloatArray) -> FloatArray:
    counts = np.isfinite(regret).sum(axis=-1)
    return np.where(counts > 0, np.nansum(regret, axis=-1) / np.maximum(counts, 1), np.nan)


def weights_of(families: Sequence[str]) -> FloatArray:
    """Shape (problems,): each family counts as one, shared by its problems."""
    _, which, counts = np.unique(families, return_inverse=True, return_counts=True)
    found: FloatArray = 1.0 / counts[which.ravel()]
    return found


def interval(scores: Scores, algorithm: int, inside: float = 0.9) -> tuple[float, float]:
    """Between which regrets the share ``inside`` of the runs of an algorithm on a new family lies.

    Families count alike, and so do the problems of each and the runs on each. There are too few
    families for plain quantiles to hold what they say: the levels are those at which the quantiles
    of the other families hold the runs of one that is left out.
    """
    regret = scores.regret[:, algorithm]
    there = np.isfinite(regret)
    ran = np.count_nonzero(there, axis=1) > 0
    families = np.array(scores.families)
    weight = np.zeros(len(ran))
    weight[ran] = weights_of(families[ran].tolist())
    each = (there * (weight / np.maximum(there.sum(axis=1), 1))[:, None])[there]
    family = np.broadcast_to(families[:, None], regret.shape)[there]
    values = regret[there]
    low, high = (1 - inside) / 2, (1 + inside) / 2
    names = set(family.tolist())
    if len(names) > 1:
        up_to, below = np.zeros(len(values)), np.zeros(len(values))
        for name in sorted(names):
            out = family == name
            up_to[out], below[out] = _shares(values[~out], each[~out], values[out])
        low, high = _quantile(up_to, each, low), _quantile(below, each, high)
    return _quantile(values, each, low), _quantile(values, each, high, above=True)


def _shares(
    values: FloatArray, weight: FloatArray, asked: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The shares of ``values`` up to each that is ``asked``, and below it."""
    order = np.argsort(values, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(weight[order])])
    sides = (np.searchsorted(values[order], asked, side) for side in ("right", "left"))
    up_to, below = (total[places] / total[-1] for places in sides)
    return up_to, below


def _quantile(
    values: FloatArray, weight: FloatArray, share: float, *, above: bool = False
) -> float:
    """The least value up to which there is the ``share``, or ``above`` it more than the share."""
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weight[order])
    # A hair beside the share, which sums of weights meet only up to rounding.
    place = np.searchsorted(total / total[-1], share + (1e-9 if above else -1e-9))
    return float(values[order][min(int(place), len(order) - 1)])


def scores_at(
    archive: Archive,
    budget: float | Reached,
    workers: int,
    *,
    stoppable: bool,
    usable: Callable[[Algorithm], bool] = lambda algorithm: True,  # noqa: ARG005
) -> Scores:
    """The scores at ``budget`` full evaluations, or at what each algorithm reaches, between two of
    the archive's budgets by its logarithm.

    ``workers``: those runs are taken whose number of workers is nearest. ``stoppable``: of the
    problems whose trials have several steps, or of the others. ``usable``: the algorithms that
    count.
    """
    runs, there = _chosen(archive, workers, stoppable, usable)
    names = zip(runs["searcher"].to_pylist(), runs["scheduler"].to_pylist(), strict=True)
    each = [Algorithm(*algorithm) for algorithm in names]
    algorithms = tuple(sorted(set(each)))
    labels = runs["problem"].to_pylist()
    problems = tuple(sorted(set(labels)))
    seeds = runs["seed"].to_numpy()
    places = (
        _places(problems, labels),
        _places(algorithms, each),
        np.unique(seeds, return_inverse=True)[1].ravel(),
    )
    thinking = _thinking(archive, runs, places[1], len(algorithms))
    reached = budget(thinking) if callable(budget) else np.full(len(algorithms), float(budget))
    found = np.full((len(problems), len(algorithms), int(places[2].max(initial=-1)) + 1), np.nan)
    found[places] = _between(regrets_of(runs), reached[places[1]])
    families = tuple(archive.problems[problem].family for problem in problems)
    return Scores(there, algorithms, problems, families, found, thinking)


def _chosen(
    archive: Archive, workers: int, stoppable: bool, usable: Callable[[Algorithm], bool]
) -> tuple[pa.Table, int]:
    """The runs of usable algorithms on problems of one kind with the number of workers that is
    nearest, and that number."""
    names = [
        name for name, facts in archive.problems.items() if (facts.features.steps > 1) == stoppable
    ]
    runs = archive.runs
    runs = runs.filter(pc.is_in(runs["problem"].cast(pa.string()), pa.array(names, pa.string())))
    each = zip(runs["searcher"].to_pylist(), runs["scheduler"].to_pylist(), strict=True)
    algorithms = [Algorithm(*algorithm) for algorithm in each]
    known = {algorithm: usable(algorithm) for algorithm in set(algorithms)}
    runs = runs.filter(pa.array([known[algorithm] for algorithm in algorithms], pa.bool_()))
    there = runs["workers"].to_numpy()
    nearest = min(set(there.tolist()), key=lambda n: abs(np.log(n / workers)), default=workers)
    return runs.filter(pc.equal(runs["workers"], nearest)), nearest


def _thinking(
    archive: Archive, runs: pa.Table, algorithm: NDArray[np.int64], count: int
) -> FloatArray:
    """Shape (algorithms,): see :attr:`Scores.thinking`."""
    steps = np.array([archive.problems[p].features.steps for p in runs["problem"].to_pylist()])
    trials, results = (runs[name].to_numpy().astype(np.float64) for name in ("trials", "results"))
    seconds = runs["thinking"].to_numpy() * trials * steps / np.maximum(results, 1)
    return np.array([float(np.median(seconds[algorithm == n])) for n in range(count)])


def thinking_of_searchers(archive: Archive) -> dict[str, float]:
    """The median seconds of thinking for a full evaluation, by the label of the
    searcher."""
    labels = archive.runs["searcher"].to_pylist()
    names = sorted(set(labels))
    seconds = _thinking(archive, archive.runs, _places(names, labels), len(names))
    return dict(zip(names, seconds.tolist(), strict=True))


def _places(known: Sequence[object], each: Sequence[object]) -> NDArray[np.int64]:
    number = {name: n for n, name in enumerate(known)}
    return np.array([number[name] for name in each], dtype=np.int64)


def _between(regrets: FloatArray, budget: FloatArray) -> FloatArray:
    """Shape (runs,): ``regrets`` of each run at its ``budget``."""
    place = np.interp(np.log(budget), np.log(BUDGETS), np.arange(len(BUDGETS)))
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, len(BUDGETS) - 1)
    share, rows = place - below, np.arange(len(regrets))
    low, high = regrets[rows, below], regrets[rows, above]
    found: FloatArray = np.where(share > 0, (1 - share) * low + share * high, low)
    return found
