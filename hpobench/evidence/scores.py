"""The archive read at one budget: what each algorithm reached on each problem."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hpobench.evidence.archive import BUDGETS, Archive, regrets_of

FloatArray: TypeAlias = NDArray[np.float64]
_LIKE_OTHERS = 5
"""Each algorithm is treated as if it had this many more runs, which vary as those of the others do.
Without them an algorithm with few runs would look certain."""


class Algorithm(NamedTuple):
    """A searcher under a scheduler."""

    searcher: str
    scheduler: str

    def __str__(self) -> str:
        return f"{self.searcher} + {self.scheduler}"


@dataclass(frozen=True, eq=False)
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

    @functools.cached_property
    def mean(self) -> FloatArray:
        """Shape (problems, algorithms): over seeds; NaN where there is no run."""
        counts = np.isfinite(self.regret).sum(axis=-1)
        sums = np.nansum(self.regret, axis=-1)
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)

    @functools.cached_property
    def noise(self) -> FloatArray:
        """Shape (problems, algorithms): the variance of ``mean`` that comes from the seeds.

        An algorithm has few runs on a problem. So the variance of a run is estimated as a product:
        the variance on the problem, over all algorithms, times how much more or less than the
        others the algorithm varies, over all problems.
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


def weights_of(families: Sequence[str]) -> FloatArray:
    """Shape (problems,): each family counts as one, shared by its problems."""
    _, which, counts = np.unique(families, return_inverse=True, return_counts=True)
    found: FloatArray = 1.0 / counts[which.ravel()]
    return found


def interval(scores: Scores, algorithm: int, inside: float = 0.9) -> tuple[float, float]:
    """The regrets between which the share ``inside`` of an algorithm's runs on a new family lies.

    Families count alike, and so do the problems of a family and the runs on a problem. There are
    too few families for plain quantiles to hold what they promise. So the levels are those at which
    the quantiles of the other families hold the runs of a family that is left out.
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
    names = sorted(set(family.tolist()))
    if len(names) > 1:
        # For each run, the share of the other families' runs up to it, and of those below it.
        up_to, below = np.zeros(len(values)), np.zeros(len(values))
        for name in names:
            out = family == name
            order = np.argsort(values[~out], kind="stable")
            others = values[~out][order]
            total = np.concatenate([[0.0], np.cumsum(each[~out][order])])
            up_to[out] = total[np.searchsorted(others, values[out], "right")] / total[-1]
            below[out] = total[np.searchsorted(others, values[out], "left")] / total[-1]
        low, high = _quantile(up_to, each, low), _quantile(below, each, high)
    return _quantile(values, each, low), _quantile(values, each, high, above=True)


def _quantile(
    values: FloatArray, weight: FloatArray, share: float, *, above: bool = False
) -> float:
    """The least value with at least ``share`` of the weight up to it; with ``above``, with more."""
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weight[order])
    # Sums of weights meet the share only up to rounding.
    place = np.searchsorted(total / total[-1], share + (1e-9 if above else -1e-9))
    return float(values[order][min(int(place), len(order) - 1)])


def scores_at(
    archive: Archive,
    budget: float | Callable[[FloatArray], FloatArray],
    workers: int,
    *,
    stoppable: bool,
    usable: Callable[[Algorithm], bool] = lambda algorithm: True,  # noqa: ARG005
) -> Scores:
    """The scores at ``budget`` full evaluations, or at what each algorithm reaches by the seconds
    that its searcher thinks, as :func:`regrets_at` reads them.

    ``workers``: runs with the nearest number of workers are taken. ``stoppable``: whether problems
    count whose trials have several steps, or the others. ``usable``: the algorithms that count.
    """
    several = [name for name, facts in archive.problems.items() if facts.features.steps > 1]
    runs = archive.runs
    stops = pc.is_in(runs["problem"].cast(pa.string()), pa.array(several, pa.string()))
    runs = runs.filter(stops if stoppable else pc.invert(stops))
    algorithms, of_algorithm = numbered_algorithms(runs)
    runs = runs.filter(pa.array(np.array([*map(usable, algorithms)], np.bool_)[of_algorithm]))
    there = set(runs["workers"].unique().to_pylist())
    nearest = min(there, key=lambda n: abs(np.log(n / workers)), default=workers)
    runs = runs.filter(pc.equal(runs["workers"], nearest))
    algorithms, of_algorithm = numbered_algorithms(runs)
    problems, of_problem = numbered(runs["problem"])
    seeds, of_seed = numbered(runs["seed"])
    thinking = _thinking(archive, runs, of_algorithm, len(algorithms))
    reached = budget(thinking) if callable(budget) else np.full(len(algorithms), float(budget))
    found = np.full((len(problems), len(algorithms), len(seeds)), np.nan)
    regret = regrets_at(archive, runs, reached[of_algorithm, None])
    found[of_problem, of_algorithm, of_seed] = regret[:, 0]
    families = tuple(archive.problems[problem].family for problem in problems)
    return Scores(nearest, algorithms, problems, families, found, thinking)


def regrets_at(archive: Archive, runs: pa.Table, budgets: FloatArray) -> FloatArray:
    """The normalised regrets of some ``runs`` of ``archive`` at ``budgets`` in full evaluations.

    ``budgets``: of shape (budgets,), or (runs, budgets), which is that of the result. Between two
    budgets of the archive it is interpolated over the logarithm of the budget; NaN beyond the end
    of a run.
    """
    known, ends = regrets_of(runs), runs["results"].to_numpy() / _steps(archive, runs)
    budgets = np.broadcast_to(budgets, (len(runs), budgets.shape[-1]))
    place = np.interp(np.log(budgets), np.log(BUDGETS), np.arange(len(BUDGETS)))
    below = np.floor(place).astype(np.int64)
    low = np.take_along_axis(known, below, axis=1)
    high = np.take_along_axis(known, np.minimum(below + 1, len(BUDGETS) - 1), axis=1)
    # Many runs end between two budgets of the archive, those under schedulers at 50. Nothing is
    # known there beyond the lower one, whose regret they keep or improve. With less than a full
    # evaluation left a run may have had no use for it.
    high = np.where(np.isnan(high) & (ends[:, None] > budgets - 1), low, high)
    # Without the condition, a regret that is not known would count at a share of 0.
    return np.where(place > below, low + (place - below) * (high - low), low)


def numbered_algorithms(runs: pa.Table) -> tuple[tuple[Algorithm, ...], NDArray[np.int64]]:
    """The distinct algorithms of an archive's ``runs`` in their order, and the number of each run's
    algorithm among them."""
    (searchers, of_searcher), (schedulers, of_scheduler) = (
        numbered(runs[name]) for name in Algorithm._fields
    )
    pairs, which = np.unique(of_searcher * len(schedulers) + of_scheduler, return_inverse=True)
    places = (divmod(pair, len(schedulers)) for pair in pairs.tolist())
    return tuple(Algorithm(searchers[i], schedulers[j]) for i, j in places), which


def numbered(labels: pa.ChunkedArray) -> tuple[tuple[Any, ...], NDArray[np.int64]]:
    """The distinct ``labels`` in their order, and the number of each label among them."""
    if pa.types.is_dictionary(labels.type):
        labels = labels.cast(labels.type.value_type)
    known = pa.array(sorted(labels.unique().to_pylist()), labels.type)
    return tuple(known.to_pylist()), pc.index_in(labels, known).to_numpy().astype(np.int64)


def _thinking(archive: Archive, runs: pa.Table, of: NDArray[np.int64], count: int) -> FloatArray:
    """The median seconds of thinking for a full evaluation, of each of ``count`` groups of runs."""
    trials, results = (runs[name].to_numpy().astype(np.float64) for name in ("trials", "results"))
    seconds = runs["thinking"].to_numpy() * trials * _steps(archive, runs) / np.maximum(results, 1)
    ends = np.cumsum(np.bincount(of, minlength=count))
    groups = np.split(seconds[np.argsort(of, kind="stable")], ends[:-1])
    return np.array([float(np.median(group)) for group in groups[:count]])


def _steps(archive: Archive, runs: pa.Table) -> NDArray[np.int64]:
    """The steps of a full evaluation on the problem of each of ``runs``."""
    problems, of_problem = numbered(runs["problem"])
    return np.array([archive.problems[p].features.steps for p in problems], int)[of_problem]


def thinking_of_searchers(archive: Archive) -> dict[str, float]:
    """The median seconds of thinking for a full evaluation, by the label of the searcher."""
    names, of_searcher = numbered(archive.runs["searcher"])
    seconds = _thinking(archive, archive.runs, of_searcher, len(names))
    return dict(zip(names, seconds.tolist(), strict=True))
