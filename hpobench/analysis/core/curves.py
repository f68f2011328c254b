"""All runs of a report on one grid: incumbent per run, then aligned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from hpobench.analysis.core.incumbent import align, incumbents
from hpobench.analysis.core.reference_losses import referenced
from hpobench.analysis.settings import BoolArray, FloatArray, IntArray, Settings
from hpobench.contract.wording import count
from hpobench.store.read.reader import Results


class Algorithm(NamedTuple):
    """What is compared: a searcher under a scheduler."""

    name: str
    searcher: str
    scheduler: str


@dataclass(frozen=True)
class Curves:
    """The incumbents of every run at the same shares of the budget.

    Axes are always in the order algorithm, problem, seed, time; NaN marks runs that do not exist.
    """

    algorithms: tuple[Algorithm, ...]
    problems: tuple[str, ...]
    seeds: tuple[int, ...]
    share: FloatArray
    """Shape (times,): of each problem's horizon, up to 1."""
    horizon: FloatArray
    """Shape (problems,): where the longest run of the problem ended on the axis."""
    loss: FloatArray
    """Shape (algorithms, problems, seeds, times)."""
    present: BoolArray
    """Shape (algorithms, problems, seeds): whether there is such a run."""
    failed: BoolArray
    """Of the same shape: whether the run failed, and so counts as the clip value."""
    optimum: FloatArray
    """Shape (problems,), like ``clip``: the reference losses; finite, and below ``clip``."""
    clip: FloatArray

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(a.name for a in self.algorithms)

    @property
    def complete(self) -> BoolArray:
        """Shape (algorithms, problems): whether there is any run."""
        complete: BoolArray = np.count_nonzero(self.present, axis=2) > 0
        return complete

    def points(self, shares: Sequence[float]) -> IntArray:
        """The last points of the grid that are not after each of ``shares``."""
        points: IntArray = np.searchsorted(self.share, shares, side="right") - 1
        return points

    def select(self, algorithms: BoolArray, problems: BoolArray) -> Curves:
        """The part of the algorithms and problems that the two masks keep."""
        both = np.ix_(algorithms, problems)
        return replace(
            self,
            algorithms=tuple(compress(self.algorithms, algorithms)),
            problems=tuple(compress(self.problems, problems)),
            horizon=self.horizon[problems],
            loss=self.loss[both],
            present=self.present[both],
            failed=self.failed[both],
            optimum=self.optimum[problems],
            clip=self.clip[problems],
        )


def algorithms_of(cells: pd.DataFrame) -> list[Algorithm]:
    """The algorithms in the cells' order; named by the searcher alone under a single scheduler."""
    pairs = cells[["searcher", "scheduler"]].drop_duplicates().itertuples(index=False, name=None)
    single = cells["scheduler"].nunique() <= 1
    return [Algorithm(s if single else f"{s} + {c}", s, c) for s, c in pairs]


def algorithm_names(cells: pd.DataFrame) -> pd.Series:
    """The algorithm of each cell."""
    name = {(a.searcher, a.scheduler): a.name for a in algorithms_of(cells)}
    pairs = zip(cells["searcher"], cells["scheduler"], strict=True)
    return pd.Series([name[pair] for pair in pairs], index=cells.index, dtype=object)


def algorithm_columns(algorithms: tuple[Algorithm, ...]) -> pd.DataFrame:
    """Columns ``algorithm``, ``searcher`` and ``scheduler``, one row each."""
    return pd.DataFrame(list(algorithms), columns=["algorithm", "searcher", "scheduler"])


def places(curves: Curves, cells: pd.DataFrame) -> tuple[IntArray, IntArray, IntArray]:
    """The algorithm, the problem and the seed of each cell, as places on the axes of ``curves``;
    -1 where they are not there."""
    return _places(curves.algorithms, curves.problems, curves.seeds, cells)


def _places(
    algorithms: Sequence[Algorithm],
    problems: Sequence[str],
    seeds: Sequence[int],
    cells: pd.DataFrame,
) -> tuple[IntArray, IntArray, IntArray]:
    row = {(a.searcher, a.scheduler): i for i, a in enumerate(algorithms)}
    pairs = zip(cells["searcher"], cells["scheduler"], strict=True)
    a = np.array([row.get(pair, -1) for pair in pairs], dtype=np.int64)
    p, s = (
        pd.Index(names).get_indexer(pd.Index(cells[column])).astype(np.int64)
        for column, names in (("problem", problems), ("seed", seeds))
    )
    return a, p, s


def problems_of(results: Results) -> pd.DataFrame:
    """The rows of ``results.problems`` that have runs, in the suite's order."""
    problems = results.problems.set_index("problem", drop=False)
    order = dict.fromkeys([*results.plan.get("problems", []), *problems.index])
    used = set(problems.index) & set(results.cells["problem"])
    return problems.loc[[name for name in order if name in used]].reset_index(drop=True)


def compute_curves(results: Results, settings: Settings) -> Curves:
    """Incumbents of all runs, aligned on one grid of shares of each problem's horizon.

    Problems without references to measure from, and algorithms that ran on no other, are left
    out (:func:`hpobench.analysis.core.reference_losses.unreferenced` names them).
    """
    # Named while all runs are there: a name depends on how many schedulers they have.
    every = algorithms_of(results.cells)
    results = referenced(results)
    cells = results.cells
    ran = set(zip(cells["searcher"], cells["scheduler"], strict=True))
    algorithms = [x for x in every if (x.searcher, x.scheduler) in ran]
    steps = incumbents(results, settings.axis, settings.fidelity)
    problems = problems_of(results)
    names = problems["problem"].tolist()
    seeds = sorted(cells["seed"].unique().tolist())
    a, p, s = _places(algorithms, names, seeds, cells)
    horizon = np.zeros(len(names))
    np.maximum.at(horizon, p, steps.end)
    horizon[horizon == 0] = 1.0  # no run got anywhere

    clip = problems["clip"].to_numpy(np.float64)
    # Log-spaced from the first result of all on, within 1e-3 and 0.1 of the budget.
    has = np.diff(steps.offsets) > 0
    firsts = steps.at[steps.offsets[:-1][has]] / horizon[p][has]
    share = np.geomspace(np.clip(firsts.min(initial=0.1), 1e-3, 0.1), 1.0, settings.points)
    shape = (len(algorithms), len(names), len(seeds))
    loss = np.full((*shape, settings.points), np.nan)
    present, failed = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    loss[a, p, s] = align(steps, share * horizon[p][:, None], clip[p])
    present[a, p, s] = True
    failed[a, p, s] = (cells["status"] != "done").to_numpy(bool)
    return Curves(
        algorithms=tuple(algorithms),
        problems=tuple(names),
        seeds=tuple(seeds),
        share=share,
        horizon=horizon,
        loss=loss,
        present=present,
        failed=failed,
        optimum=problems["optimum"].to_numpy(np.float64),
        clip=clip,
    )


@dataclass(frozen=True, eq=False)
class Comparison:
    """Algorithms that all ran on the same problems: averages over problems are fair."""

    title: str
    curves: Curves

    stem: ClassVar[str] = ""

    @property
    def name(self) -> str:
        return f"{self.title[0].lower()}{self.title[1:]}"


def comparisons(curves: Curves) -> list[Comparison]:
    """The fair comparisons that the results hold.

    Where every algorithm was run on every problem there is one. Else (a scheduler that needs
    several steps is skipped on single-step problems, say) there are up to two: the algorithms
    that were run on all problems, and all algorithms on the problems that they share.
    """
    if not curves.problems:
        return []
    everywhere: BoolArray = np.asarray(curves.complete.all(axis=1))
    shared: BoolArray = np.asarray(curves.complete.all(axis=0))
    if everywhere.all():
        return [Comparison("All algorithms on all problems", curves)]
    found = []
    if everywhere.any():
        part = curves.select(everywhere, np.ones_like(shared))
        found.append(Comparison(f"All {count(len(part.problems), 'problem')}", part))
    if shared.any():
        part = curves.select(np.ones_like(everywhere), shared)
        found.append(Comparison(f"All {count(len(part.algorithms), 'algorithm')}", part))
    return found
