"""How far schedulers let trials train: the share that trains beyond each share of the fidelity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import (
    Algorithm,
    algorithm_columns,
    algorithm_names,
    algorithms_of,
    problems_of,
)
from hpobench.analysis.core.incumbent import run_of
from hpobench.analysis.figures import Lines, x_axis, y_axis
from hpobench.analysis.inference.bootstrap import suite_mean
from hpobench.analysis.looks import Styles
from hpobench.analysis.settings import BoolArray, FloatArray, IntArray, Settings
from hpobench.analysis.study import Study, Whole
from hpobench.analysis.text import phrases
from hpobench.contract.wording import count
from hpobench.store.read.reader import Results

TITLE = "Rung survival"
STEM = "survival"
SHOWS = (
    "How far schedulers let configurations train: the share that trains beyond each share of the "
    "full training. At 100 % stand those that finish."
)
TAB = "setup"

COLUMNS = ["algorithm", "searcher", "scheduler", "at", "estimate", "low", "high", "problems"]
FRESH = -1
"""The entry of what starts afresh: ahead of step 0, whose decision is to fail in the first step."""


def subjects(study: Study) -> list[Whole]:
    """The study, if some trial is known to have ended early: else there is nothing to see."""
    seen = study.knows_trials and selective(study.computed(table, study.whole))
    return [study.whole] if seen else []


def table(study: Study, _: Whole) -> pd.DataFrame:
    """The share of trials that train beyond each share of the full fidelity, by Kaplan and Meier.

    Columns ``algorithm, searcher, scheduler, at, estimate, low, high, problems``: a
    right-continuous step function of ``at`` for each algorithm, from 0 to 1, the share that reaches
    full fidelity, with its interval. Curves are estimated per run, then averaged over seeds and
    over the ``problems`` of several steps that the algorithm ran on. A run in which nobody is left
    stays where it is, and the mean ends where no run on some problem has anybody left.

    Being stopped and failing are ends. What the end of the budget (or of a failed run) cuts off, or
    finds in a pause, is censored: after its last result; but ahead of the decision on that where
    trials are decided on while they pause (in runs that stopped some so). A trial that goes on
    after a pause is one trial. Where trials are cloned, a state that is given up for another's ends
    there, and the copy enters late, at the step that its donor had reached (left truncation).
    """
    results, settings = study.results, study.settings
    problems = problems_of(results)
    several = problems[problems["steps"] > 1]
    names = tuple(several["problem"])
    steps = dict(zip(names, several["steps"], strict=True))
    of_run = np.array([steps.get(name, 1) for name in results.cells["problem"]], dtype=np.int64)
    stretches = stretches_of(results)
    # 0, 1, and the shares of the fidelity at which the most trials ended.
    of_stretch = of_run[stretches.run]
    ended = stretches.ended & (of_stretch > 1)
    shares, counts = np.unique(stretches.last[ended] / of_stretch[ended], return_counts=True)
    most = shares[np.argsort(-counts, kind="stable")[: settings.points]]
    at = np.unique(np.concatenate([[0.0], most, [1.0]]))
    by_run = _per_run(stretches, of_run, at)
    reach = _reach(results, of_run, ~np.isnan(by_run[:, 0]))
    frames = [
        frame[frame["at"] <= reach[algorithm.name]]
        for algorithm in algorithms_of(results.cells)
        for frame in _mean(results, algorithm, by_run, names, at, settings)
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)


class Stretches(NamedTuple):
    """What a trial trained from one state, without going on from another's; one entry each."""

    run: IntArray
    """Row of the results' cells."""
    entry: IntArray
    """The step that its state had reached when it began: the donor's; :data:`FRESH` without."""
    last: IntArray
    """The last step that it is known to have been decided on."""
    ended: BoolArray
    """Whether that decision was its end, before full fidelity."""


def stretches_of(results: Results) -> Stretches:
    """All stretches of all trials that gave a result or failed; the others tell nothing."""
    events, trials = results.events, results.trials
    asked, reported = _keys(results, trials), _keys(results, events)
    status = trials["status"].astype(object).to_numpy()
    # What failed in its first step left no result; one at step 0 stands for it.
    silent = asked[(status == "failed") & ~np.isin(asked, reported)]
    key = np.concatenate([reported, silent])
    order = np.argsort(key, kind="stable")
    key = key[order]
    step, cloned, pauses = (
        np.pad(column, (0, len(silent)))[order]
        for column in (events["step"], events["parent"].notna(), events["decision"] == "PAUSE")
    )
    first = np.flatnonzero(cloned | (np.diff(key, prepend=-1) != 0))
    final = np.append(first[1:], len(key))[: len(first)] - 1

    trial = key[first]
    run = trial >> 32
    given_up = np.append(trial[1:], -1)[: len(trial)] == trial
    by_key = np.argsort(asked, kind="stable")
    how = np.where(given_up, "", status[by_key[np.searchsorted(asked, trial, sorter=by_key)]])
    undecided = np.isin(run, run[pauses[final] & (how == "stopped")]) & (how == "paused")
    return Stretches(
        run=run,
        entry=np.where(cloned[first], step[first] - 1, FRESH),
        last=step[final].astype(np.int64) - undecided,
        ended=given_up | np.isin(how, ("stopped", "failed")),
    )


def _keys(results: Results, frame: pd.DataFrame) -> IntArray:
    """One number for the run and the trial of each row."""
    keys: IntArray = (run_of(results, frame) << 32) + frame["trial"].to_numpy(np.int64)
    return keys


def product_limit(stretches: Stretches, runs: int, at: IntArray) -> FloatArray:
    """The share that trains beyond each step of ``at``, shape (runs, steps of ``at``).

    NaN for runs without a stretch. Memory grows with the steps at which something happens, not
    with all that there are, which may be millions. With late entries this is the estimator of
    Lynden-Bell (1971) and Tsai, Jewell and Wang (1987), without them Kaplan and Meier's:
    ``scipy.stats.ecdf`` would do there, run by run.
    """
    known = np.unique(np.concatenate([stretches.last, stretches.last + 1, stretches.entry + 1, at]))
    shape = (runs, len(known) + 1)

    def counts(step: IntArray, which: BoolArray | None = None) -> IntArray:
        cell = stretches.run * shape[1] + np.searchsorted(known, step)
        cell = cell if which is None else cell[which]
        return np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)

    ends = counts(stretches.last, stretches.ended)[:, :-1]
    entered = np.cumsum(counts(stretches.entry + 1), axis=1)[:, :-1]
    left = np.cumsum(counts(stretches.last + 1), axis=1)[:, :-1]
    at_risk = entered - left
    hazard = np.zeros(ends.shape)
    np.divide(ends, at_risk, out=hazard, where=at_risk > 0)
    share: FloatArray = np.cumprod(1.0 - hazard, axis=1, dtype=np.float64)
    share[entered[:, -1] == 0] = np.nan
    return share[:, np.searchsorted(known, at)]


def _reach(results: Results, of_run: IntArray, known: BoolArray) -> pd.Series:
    """By algorithm the share of the fidelity that some trial reached on every problem, of the
    runs whose curves are ``known``."""
    cells = results.cells
    trained = np.zeros(len(cells), dtype=np.int64)
    np.maximum.at(trained, run_of(results, results.events), results.events["step"].to_numpy())
    share = pd.Series(trained / of_run, index=cells.index)[known]
    found: pd.Series = share.groupby([algorithm_names(cells), cells["problem"]]).max()
    return found.groupby(level=0).min()


def _per_run(stretches: Stretches, of_run: IntArray, at: FloatArray) -> FloatArray:
    """Shape (runs, times); NaN for runs that tell nothing, or on problems of a single step.
    ``of_run`` are the steps of each run's problem."""
    found = np.full((len(of_run), len(at)), np.nan)
    for n in np.unique(of_run[of_run > 1]):
        rows = np.flatnonzero(of_run == n)
        place = np.full(len(of_run), -1)
        place[rows] = np.arange(len(rows))
        own = place[stretches.run] >= 0
        run, entry, last, ended = stretches
        part = Stretches(place[run[own]], entry[own], last[own], ended[own])
        # A rounding error must not put a share ahead of its own step.
        found[rows] = product_limit(part, len(rows), np.floor(at * n + 1e-9).astype(np.int64))
    return found


def _mean(
    results: Results,
    algorithm: Algorithm,
    by_run: FloatArray,
    problems: tuple[str, ...],
    at: FloatArray,
    settings: Settings,
) -> Iterator[pd.DataFrame]:
    """The rows of ``algorithm``; none if it ran on no problem of several steps."""
    cells = results.cells
    own = (cells["searcher"] == algorithm.searcher) & (cells["scheduler"] == algorithm.scheduler)
    own &= ~np.isnan(by_run[:, 0])
    of_own = set(cells.loc[own, "problem"])
    ran = tuple(p for p in problems if p in of_own)
    if not ran:
        return
    seeds = sorted(cells["seed"].unique())
    values = np.full((1, len(ran), len(seeds), len(at)), np.nan)
    p = pd.Index(ran).get_indexer(pd.Index(cells.loc[own, "problem"]))
    s = pd.Index(seeds).get_indexer(pd.Index(cells.loc[own, "seed"]))
    values[0, p, s] = by_run[own.to_numpy(bool)]
    found = {name: part[0] for name, part in suite_mean(values, ran, settings)._asdict().items()}
    frame = algorithm_columns((algorithm,) * len(at))
    yield frame.assign(at=at, **found, problems=len(ran))


def caption(_: Study, __: Whole, table: pd.DataFrame) -> str:
    hidden = table[~table["algorithm"].isin(selective(table))].drop_duplicates("algorithm")
    most, left_out = int(table["problems"].max()), ""
    if len(hidden):
        schedulers = ", ".join(hidden["scheduler"].drop_duplicates())
        left_out = (
            f" {count(len(hidden), 'algorithm')} without a trial that ended early (under "
            f"{schedulers}) {'is' if len(hidden) == 1 else 'are'} not drawn."
        )
    return (
        "Each curve is estimated per run after Kaplan and Meier, then averaged over seeds and over "
        f"the problems of several steps that the algorithm ran on, {most} at most. Being stopped "
        "and failing are ends. What the end of the budget cuts off, or finds in a pause, counts up "
        "to there only. A trial that goes on after a pause is one trial. Where trials are cloned, "
        "a state given up for another's has ended, and the copy joins at the step that its donor "
        f"had reached. A curve ends where some problem has no trial left.{left_out}"
    )


alt = phrases.curves_of("the share of trials that train on")


def figure(study: Study, _: Whole, table: pd.DataFrame) -> Lines:
    drawn = selective(table)
    shown = table[table["algorithm"].isin(drawn)]
    return Lines(
        # Of its own: there are curves also on problems without references.
        styles=Styles(tuple(algorithms_of(study.results.cells))),
        x=x_axis(shown, "Share of the full fidelity", percent=True)._replace(high=1.0),
        y=y_axis(shown, "Share of trials that train on", percent=True),
        only=tuple(drawn),
    )


def selective(table: pd.DataFrame) -> list[str]:
    """The algorithms under which some trial ended early: nothing can be seen of the others."""
    least = table.groupby("algorithm", sort=False)["estimate"].min()
    return [str(name) for name in least.index[least < 1]]
