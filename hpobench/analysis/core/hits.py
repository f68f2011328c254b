"""When runs first hit targets, read off the incumbents' step functions themselves: on a grid every
hit would be late by part of a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.incumbent import Incumbents, incumbents
from hpobench.analysis.core.reference_losses import referenced
from hpobench.analysis.settings import FloatArray, Settings
from hpobench.store.read.reader import Results


@dataclass(frozen=True)
class Runs:
    """The incumbents of all runs, and which run is which."""

    incumbents: Incumbents
    row: Mapping[tuple[str, str, str, int], int]
    """By searcher, scheduler, problem and seed."""

    def of(self, curves: Curves, a: int, p: int, s: int) -> int:
        """Which run is the one of algorithm ``a``, problem ``p`` and seed ``s`` of ``curves``."""
        algorithm = curves.algorithms[a]
        key = (algorithm.searcher, algorithm.scheduler, curves.problems[p], curves.seeds[s])
        return self.row[key]


@dataclass(frozen=True)
class Hits:
    """First hitting times; axes in the order algorithm, problem, seed, target."""

    at: FloatArray
    """On the settings' axis: infinite where a run never hit the target, NaN where there is no
    such run or target."""
    end: FloatArray
    """Shape (algorithms, problems, seeds): where the run ended; NaN where there is none."""


def compute_runs(results: Results, settings: Settings) -> Runs:
    """The incumbents of all runs of ``results`` on problems with references, on the settings'
    axis."""
    results = referenced(results)
    cells = results.cells[["searcher", "scheduler", "problem", "seed"]]
    keys = cells.itertuples(index=False, name=None)
    steps = incumbents(results, settings.axis, settings.fidelity)
    return Runs(steps, {key: i for i, key in enumerate(keys)})


def hitting_times(runs: Runs, curves: Curves, targets: FloatArray) -> Hits:
    """When each run of ``curves`` first had an incumbent with a loss at or below each target.

    ``targets`` has shape (problems, targets), NaN where a problem has fewer. Only results hit:
    the clip that stands in before a run's first one does not, and failed runs, which have no
    incumbent, never do. A held-out loss that rises again leaves the hit standing.
    """
    at = np.full((*curves.present.shape, targets.shape[1]), np.nan)
    end = np.full(curves.present.shape, np.nan)
    for a, p, s in np.argwhere(curves.present):
        run = runs.of(curves, a, p, s)
        at[a, p, s] = first_hits(*runs.incumbents.steps(run), targets[p])
        end[a, p, s] = runs.incumbents.end[run]
    return Hits(at, end)


def first_hits(at: FloatArray, loss: FloatArray, targets: FloatArray) -> FloatArray:
    """Where the step function with the value ``loss`` from ``at`` on is first at or below each of
    ``targets``; infinite where it never is, NaN for targets that are NaN."""
    # Negated, for the search takes what rises.
    lowest = np.minimum.accumulate(loss)
    first = np.searchsorted(-lowest, -targets, side="left")
    return np.where(np.isnan(targets), np.nan, np.append(at, np.inf)[first])
