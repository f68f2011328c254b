"""Runs as tools for black-box optimisation see them: best losses over whole evaluations.

An evaluation is one step (of a single-step problem: a whole one), so that every count is a whole
number and none is rounded. On a problem of several steps a full evaluation is that many.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import algorithm_names, problems_of
from hpobench.analysis.core.incumbent import incumbents, run_of
from hpobench.analysis.core.reference_losses import completed, unreferenced
from hpobench.analysis.settings import FloatArray, IntArray
from hpobench.contract.errors import StoreError
from hpobench.store.read.reader import Results


class TraceRow(NamedTuple):
    """A line of a file: from this evaluation on."""

    at: int
    regret: float
    loss: float


@dataclass(frozen=True)
class Trace:
    """The best of one run over the steps it paid for."""

    at: IntArray
    """Increasing; from there on, the other two hold."""
    loss: FloatArray
    """Of the incumbent, held-out where the problem has it: it may rise."""
    regret: FloatArray
    """The lowest ``loss`` so far less the reference optimum; negative below that."""
    end: int
    """Steps that the run paid for in all; of one that died before its first step, one."""
    optimum: float
    """The problem's reference loss."""

    def rows(self, nothing: float) -> Iterator[TraceRow]:
        """The first evaluation, each at which the incumbent changed, and the last; ``nothing``
        stands for both losses while there is no incumbent."""
        columns = self.at.tolist(), self.regret.tolist(), self.loss.tolist()
        changes = [TraceRow(*values) for values in zip(*columns, strict=True)]
        if not changes or changes[0].at > 1:
            changes.insert(0, TraceRow(1, nothing, nothing))
        yield from changes
        if changes[-1].at < self.end:
            yield changes[-1]._replace(at=self.end)


BATCH = 100_000
"""Results that are looked at together, if not one run has more: a run at a time would take ten
times as long, and all at once the memory of all."""


class Traces:
    """The traces of all runs on problems with references, made as they are asked for."""

    def __init__(self, results: Results) -> None:
        results = completed(results)
        left_out = unreferenced(results)
        self.notes = [
            f"{problem}: no reference to measure from, so its {n} runs are left out"
            for problem, n in left_out.items()
        ]
        usable = ~results.cells["problem"].isin(list(left_out))
        self.results = results.select(usable)
        # Names are those of the report: what is left out has a part in them.
        self.names = algorithm_names(results.cells)[usable].reset_index(drop=True)
        self.problems = problems_of(self.results)
        if not len(self.results.cells):
            raise StoreError(f"{results.name}: no problem has a reference to measure regrets from")
        self._events = _rows_by_run(self.results, self.results.events)
        self._trials = _rows_by_run(self.results, self.results.trials)

    def of(self, runs: Sequence[int]) -> Iterator[Trace]:
        """Of the runs in these rows of ``results.cells``; a failed one has an end and no more."""
        # Each batch begins with the run whose results overflow the one before.
        total = np.cumsum([len(self._events[run]) for run in runs])
        batch = total // BATCH
        problems = self.problems.set_index("problem")
        for number in np.unique(batch):
            some = [run for run, b in zip(runs, batch, strict=True) if b == number]
            cells = self.results.cells.iloc[some]
            events = self.results.events.iloc[np.concatenate([self._events[r] for r in some])]
            trials = self.results.trials.iloc[np.concatenate([self._trials[r] for r in some])]
            these = replace(self.results, cells=cells, events=events, trials=trials)
            steps = incumbents(these, "resource")
            scales = problems.loc[cells["problem"], ["unit", "optimum"]].itertuples(index=False)
            for i, (cell, (unit, optimum)) in enumerate(zip(cells["cell"], scales, strict=True)):
                paid, loss = steps.steps(i)
                at = _whole(paid / unit, cell)
                last = np.append(at[1:] != at[:-1], True)[: len(at)]
                regret = np.minimum.accumulate(loss) - optimum
                # A run that died before its first step counts as one evaluation long.
                end = max(int(_whole(steps.end[i] / unit, cell)), 1)
                yield Trace(at[last], loss[last], regret[last], end, optimum)


def _rows_by_run(results: Results, frame: pd.DataFrame) -> list[IntArray]:
    """For each run the rows of ``frame`` that are its own."""
    run = run_of(results, frame)
    bounds = np.cumsum(np.bincount(run, minlength=len(results.cells)))[:-1]
    return np.split(np.argsort(run, kind="stable"), bounds)


def _whole(count: FloatArray, cell: str) -> IntArray:
    found = np.rint(count)
    if not np.allclose(count, found, rtol=1e-9, atol=1e-6):
        raise StoreError(
            f"{cell}: the run paid for parts of steps, but the format counts whole evaluations; "
            "results/README.md shows how to read the run as it is"
        )
    return np.asarray(found, dtype=np.int64)
