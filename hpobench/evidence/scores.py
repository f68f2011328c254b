"""The archive read at one budget: what each algorithm reached on each problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hpobench.evidence.archive import BUDGETS, Archive

FloatArray = NDArray[np.float64]


class Pair(NamedTuple):
    """A searcher under a scheduler."""

    searcher: str
    scheduler: str

    def __str__(self) -> str:
        return f"{self.searcher} + {self.scheduler}"


@dataclass(frozen=True)
class Scores:
    """Normalised regrets at one budget with one number of workers, problem by problem."""

    pairs: tuple[Pair, ...]
    problems: tuple[str, ...]
    families: tuple[str, ...]
    """Of each problem."""
    regret: FloatArray
    """Shape (problems, pairs, seeds); NaN where there is no such run."""
    thinking: FloatArray
    """Shape (pairs,): the median over runs of the searcher's seconds for each trial."""

    @property
    def mean(self) -> FloatArray:
        """Shape (problems, pairs): over seeds; NaN where there is no run."""
        return _mean(self.regret)

    @property
    def noise(self) -> FloatArray:
        """Shape (problems, pairs): the variance of ``mean`` that comes from the seeds."""
        counts = np.isfinite(self.regret).sum(axis=2)
        squares = np.nansum((self.regret - self.mean[..., None]) ** 2, axis=2)
        # Of a single run the spread of the others is all that is known.
        pooled = squares.sum() / max(int((counts - 1).clip(0).sum()), 1)
        own = np.where(counts > 1, squares / np.maximum(counts - 1, 1), pooled)
        found: FloatArray = np.where(counts > 0, own / np.maximum(counts, 1), np.nan)
        return found

    def of_problems(self, keep: NDArray[np.bool_]) -> Scores:
        """The part on some problems; pairs without a run on any of them are left out."""
        part = replace(
            self,
            problems=tuple(p for p, k in zip(self.problems, keep, strict=True) if k),
            families=tuple(f for f, k in zip(self.families, keep, strict=True) if k),
            regret=self.regret[keep],
        )
        return part.of_pairs(np.count_nonzero(np.isfinite(part.mean), axis=0) > 0)

    def of_pairs(self, keep: NDArray[np.bool_]) -> Scores:
        """The part with some of the pairs."""
        return replace(
            self,
            pairs=tuple(p for p, k in zip(self.pairs, keep, strict=True) if k),
            regret=self.regret[:, keep],
            thinking=self.thinking[keep],
        )

    def of_seeds(self, seeds: Sequence[int]) -> Scores:
        """The part with some of the seeds."""
        return replace(self, regret=self.regret[:, :, list(seeds)])


def _mean(regret: FloatArray) -> FloatArray:
    counts = np.isfinite(regret).sum(axis=-1)
    return np.where(counts > 0, np.nansum(regret, axis=-1) / np.maximum(counts, 1), np.nan)


def scores_at(archive: Archive, budget: float, workers: int, *, stoppable: bool) -> Scores:
    """The scores at ``budget`` full evaluations, between two of the archive's by its logarithm.

    ``workers``: those runs are taken whose number of workers is nearest. ``stoppable``: of the
    problems whose trials have several steps, or of the others.
    """
    runs = archive.runs
    there = runs["workers"].to_numpy()
    fits = np.array(
        [(archive.problems[p].features.steps > 1) == stoppable for p in runs["problem"].to_pylist()]
    )
    nearest = min(set(there[fits].tolist()), key=lambda n: abs(np.log(n / workers)), default=0)
    chosen = np.flatnonzero(fits & (there == nearest))
    runs = runs.take(chosen)
    regret = _between(archive.regrets()[chosen], budget)
    names = zip(runs["searcher"].to_pylist(), runs["scheduler"].to_pylist(), strict=True)
    each = [Pair(*pair) for pair in names]
    pairs = tuple(sorted(set(each)))
    labels = runs["problem"].to_pylist()
    problems = tuple(sorted(set(labels)))
    seeds = runs["seed"].to_numpy()
    places = (
        _places(problems, labels),
        _places(pairs, each),
        np.unique(seeds, return_inverse=True)[1].ravel(),
    )
    found = np.full((len(problems), len(pairs), int(places[2].max(initial=-1)) + 1), np.nan)
    found[places] = regret
    seconds = runs["thinking"].to_numpy().astype(np.float64)
    thinking = [float(np.median(seconds[places[1] == n])) for n in range(len(pairs))]
    families = tuple(archive.problems[problem].family for problem in problems)
    return Scores(pairs, problems, families, found, np.array(thinking))


def _places(known: Sequence[object], each: Sequence[object]) -> NDArray[np.int64]:
    number = {name: n for n, name in enumerate(known)}
    return np.array([number[name] for name in each], dtype=np.int64)


def _between(regrets: FloatArray, budget: float) -> FloatArray:
    """Shape (runs,): ``regrets`` at ``budget``."""
    place = float(np.interp(np.log(budget), np.log(BUDGETS), np.arange(len(BUDGETS))))
    below = int(place)
    above = min(below + 1, len(BUDGETS) - 1)
    share = place - below
    if not share:
        return regrets[:, below]
    found: FloatArray = (1 - share) * regrets[:, below] + share * regrets[:, above]
    return found
