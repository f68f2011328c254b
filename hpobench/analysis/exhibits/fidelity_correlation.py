"""F12, right: how well losses at low fidelities order trials as the full fidelity does."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import problems_of
from hpobench.analysis.core.incumbent import run_of
from hpobench.analysis.inference.bootstrap import Interval, percentile_interval, seed_counts
from hpobench.analysis.settings import SCHEDULER, SEARCHER, FloatArray, IntArray, Settings
from hpobench.store.reader import Results

COLUMNS = ["problem", "at", "step", "estimate", "low", "high", "trials", "selected"]

ENOUGH = 10
"""Fewer trials than this say nothing about an order."""
FIDELITIES = 12
"""Compared with the full one, per problem: evenly spaced on a log scale."""


def fidelity_correlation(results: Results, settings: Settings) -> pd.DataFrame:
    """Spearman's rho between visible losses after a step and at full fidelity.

    Columns ``problem, at, step, estimate, low, high, trials, selected``, one row per problem of
    several steps and fidelity compared; ``at`` is the step's share of the full fidelity. Of each
    problem the trials that reached full fidelity count, those of all seeds together. The trials
    are those of the baseline, :data:`~hpobench.analysis.settings.SEARCHER` under
    :data:`~hpobench.analysis.settings.SCHEDULER`, where losses neither choose configurations nor
    stop them; where it was not run those of all algorithms, ``selected``: survivors, among whom
    rho is biased. Left out are trials that went on from another's state, and losses that are
    not finite. Below :data:`ENOUGH` trials a problem has no rows.

    The interval resamples seeds, each with all its trials. ``estimate`` is NaN where all losses
    are the same, as is the interval where that happens in a resample.
    """
    cells = results.cells
    baseline = (cells["searcher"] == SEARCHER) & (cells["scheduler"] == SCHEDULER)
    run = run_of(results, results.events)
    # Grouped by run once: selecting from all events for each problem would take longer.
    order = np.argsort(run, kind="stable")
    bounds = np.searchsorted(run[order], np.arange(len(cells) + 1))
    rows = []
    for problem, steps in problems_of(results)[["problem", "steps"]].itertuples(index=False):
        own = (cells["problem"] == problem).to_numpy(bool)
        selected = not (own & baseline).any()
        runs = np.flatnonzero(own if selected else own & baseline)
        if steps < 2 or not len(runs):
            continue
        part = np.concatenate([order[bounds[r] : bounds[r + 1]] for r in runs])
        with_most_workers = _fidelities(int(steps))
        losses, origin = _losses(results.events.iloc[part], run[part], with_most_workers)
        if len(losses) < ENOUGH:
            continue
        seeds = cells["seed"].to_numpy()[origin]
        found = rank_correlations(losses, seeds, problem, settings)
        for step, estimate, low, high in zip(with_most_workers, *found, strict=True):
            row = (problem, step / steps, step, estimate, low, high, len(losses), selected)
            rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


def _fidelities(steps: int) -> IntArray:
    return np.unique(np.geomspace(1, steps, FIDELITIES).round().astype(np.int64))


def _losses(events: pd.DataFrame, run: IntArray, steps: IntArray) -> tuple[FloatArray, IntArray]:
    """The losses after each of ``steps`` of all trials that have them, shape (trials, steps), and
    the run of each."""
    key = (run << 32) + events["trial"].to_numpy(np.int64)
    trials, row = np.unique(key, return_inverse=True)
    wanted = np.isin(events["step"], steps)
    column = np.searchsorted(steps, events["step"].to_numpy()[wanted])
    losses = np.full((len(trials), len(steps)), np.nan)
    losses[row[wanted], column] = events["loss"].to_numpy(np.float64)[wanted]
    kept = np.isfinite(losses).all(axis=1)
    kept[row[events["parent"].notna().to_numpy(bool)]] = False
    return losses[kept], trials[kept] >> 32


def rank_correlations(
    losses: FloatArray, seeds: IntArray, problem: str, settings: Settings
) -> Interval:
    """Spearman's rho of every column with the last one, average ranks for ties.

    ``losses`` has shape (trials, columns), ``seeds`` (trials,); the parts of the result
    (columns,). In a resample some trials come several times and ties are ranked anew; yet a
    trial's rank is just the sum, over the seeds drawn, of how many of each seed's trials lie
    below it. So all moments of ranks are cubic in how often each seed is drawn, with coefficients
    that need the trials once.
    """
    labels, origin = np.unique(seeds, return_inverse=True)
    below = np.stack([_below(column, origin, len(labels)) for column in losses.T])
    drawn = next(seed_counts(np.ones((1, len(labels)), dtype=bool), problem, settings))[2]
    counts = np.vstack([np.ones_like(drawn[:1]), drawn]).astype(np.float64)
    trials = counts @ np.bincount(origin).astype(np.float64)
    both = _moments(below, below[-1:], origin, counts) - trials**3 / 4
    own = _moments(below, below, origin, counts) - trials**3 / 4
    spread = np.sqrt(own * own[-1])
    rho = np.full(both.shape, np.nan)
    np.divide(both, spread, out=rho, where=spread > 0)
    valid = np.array(len(labels) > 1)
    return percentile_interval(rho[:, 0], rho[:, 1:].T, settings.level, valid)


def _below(values: FloatArray, origin: IntArray, seeds: int) -> FloatArray:
    """How many trials of each seed lie below each trial, ties counted half; (seeds, trials)."""
    ordered = [np.sort(values[origin == seed]) for seed in range(seeds)]
    sides = [[np.searchsorted(x, values, side=side) for x in ordered] for side in ("left", "right")]
    halves: FloatArray = np.mean(sides, axis=0)
    return halves


def _moments(x: FloatArray, y: FloatArray, origin: IntArray, counts: FloatArray) -> FloatArray:
    """Sums over all trials of a draw of the product of two ranks (each less one half).

    ``x`` and ``y`` hold :func:`_below` of each column, ``counts`` how often each draw takes each
    seed, shape (draws, seeds); the result (columns, draws). Halves and their products are exact
    in floating point, so the order of summing does not matter.
    """
    columns, seeds, _ = x.shape
    sums = np.empty((seeds, columns, seeds, seeds))
    for seed in range(seeds):
        own = origin == seed
        sums[seed] = x[..., own] @ np.swapaxes(y[..., own], 1, 2)
    per_draw = (counts @ sums.reshape(seeds, -1)).reshape(-1, columns, seeds, seeds)
    moments: FloatArray = np.einsum("rcst,rs,rt->cr", per_draw, counts, counts)
    return moments
