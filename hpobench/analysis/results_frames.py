"""Results as frames, for notebooks: the numbers of the report, by the names of its tables."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Sequence
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Comparison, Curves, algorithm_columns
from hpobench.analysis.core.hits import Runs, hitting_times
from hpobench.analysis.core.normalise import normalised, regrets
from hpobench.analysis.core.targets import suite_targets
from hpobench.analysis.exhibits import (
    Frame,
    aggregates,
    anytime_score,
    cost,
    elo,
    family_leaders,
    final_loss,
    mean_regret,
    mixed_model,
    rank,
    speedup,
    standings,
    win_matrix,
)
from hpobench.analysis.exhibits._best_configurations import best_of_each
from hpobench.analysis.inference.ert import ert
from hpobench.analysis.plots import Plots
from hpobench.analysis.settings import FloatArray, Settings
from hpobench.analysis.study import Study
from hpobench.analysis.text import phrases
from hpobench.contract.errors import UnknownNameError, UsageError
from hpobench.store.read.reader import Results

CHOICES = {
    name: get_args(hint)
    for name, hint in get_type_hints(Settings).items()
    if get_origin(hint) is Literal
}
"""Of the settings that are names."""


class Analysis:
    """What :func:`hpobench.load` returns.

    ``cells``, ``events``, ``trials`` and ``problems`` are the stored tables (columns:
    :mod:`hpobench.store.format.schema`); problems without a reference have the stand-ins that the
    report measures. Methods take any of :class:`hpobench.analysis.settings.Settings` by name;
    without, they give the report's numbers. A method has the columns of the ``table`` in the
    module of its name in :mod:`hpobench.analysis.exhibits`. Frames of averages over problems start
    with a column ``comparison``: one where every algorithm ran on every problem, else the two fair
    ones. Where runs had several numbers of workers, methods are about those with the most.
    """

    def __init__(self, results: Results) -> None:
        self._study = Study(results)
        self.results = self._study.results
        self.name = results.name
        self.cells = results.cells
        self.events = results.events
        self.trials = results.trials
        self.problems = self.results.problems
        self.plot = Plots(self._under)
        """Figures of the report."""

    def __repr__(self) -> str:
        return f"<results of {self.name}: {len(self.cells):,} runs, {len(self.events):,} results>"

    def _repr_html_(self) -> str:
        """The standings, as notebooks show results."""
        parts = [f"<p>{html.escape(repr(self))}</p>"]
        study = self._study
        for comparison in standings.subjects(study):
            table = study.computed(standings.table, comparison)
            columns, rows = standings.grid(table)
            texts = [[f"{field.text} {field.detail}".rstrip() for field in row] for row in rows]
            frame = pd.DataFrame(texts, columns=columns, index=range(1, len(texts) + 1))
            made = standings.caption(study, comparison, table)
            brackets = f"In brackets {phrases.interval(study.settings)}."
            caption = f"{standings.SHOWS} {made} {brackets}"
            # pandas would end long names with an ellipsis.
            with pd.option_context("display.max_colwidth", None):
                shown = frame.to_html(escape=True, border=0)
            parts.append(f"<p><b>{html.escape(comparison.title)}</b></p>{shown}")
            parts.append(f"<p><small>{html.escape(caption)}</small></p>")
        return "\n".join(parts)

    def settings(self, **given: Any) -> Settings:
        """The settings of the report but for what is given."""
        for name, value in given.items():
            known = [field.name for field in dataclasses.fields(Settings)]
            if name not in known:
                raise UnknownNameError("setting", name, known)
            if name in CHOICES and value not in CHOICES[name]:
                raise UnknownNameError(name, str(value), CHOICES[name])
        return dataclasses.replace(self._study.settings, **given)

    def best(self) -> pd.DataFrame:
        """The best configuration that was found of each problem, and by whom.

        By the last visible loss of the trials at the highest step that any reached. Columns as
        :func:`hpobench.analysis.exhibits._best_configurations.best_of_each`: ``value`` is in the
        problem's own ``metric``.
        """
        return best_of_each(self.results)

    def curves(self, **settings: Any) -> pd.DataFrame:
        """Every run's incumbent over the budget, a row per point of the grid.

        Columns as :func:`run_curves`.
        """
        return run_curves(self._under(settings).curves)

    def ert(self, regrets: Sequence[float] | None = None, **settings: Any) -> pd.DataFrame:
        """The expected running time to targets: the optimum plus ``regrets``, by default those of
        the report's :mod:`~hpobench.analysis.exhibits.ecdf`.

        Columns as :func:`running_times`.
        """
        study = self._under(settings)
        if regrets is None:
            targets = suite_targets(self.problems, study.curves).loss
        else:
            targets = study.curves.optimum[:, None] + np.asarray(regrets, dtype=np.float64)
        return running_times(study.curves, study.runs, targets)

    def final_loss(self, **settings: Any) -> pd.DataFrame:
        """The final loss of every algorithm on every problem."""
        study = self._under(settings)
        return final_loss.table(study, study.whole)

    def speedup(self, **settings: Any) -> pd.DataFrame:
        """How much sooner than random search targets are hit; empty without random search."""
        return self._compared(speedup, settings)

    def anytime_score(self, **settings: Any) -> pd.DataFrame:
        """One number for a whole curve."""
        return self._compared(anytime_score, settings)

    def cost(self) -> pd.DataFrame:
        """What each algorithm cost."""
        return cost.table(self._study, self._study.whole)

    def failures(self) -> pd.DataFrame:
        """The failed runs, as :func:`hpobench.analysis.core.failures.failures`."""
        return self._study.failures.copy()  # others read the study's own

    def standings(self, **settings: Any) -> pd.DataFrame:
        """Who leads at the end of the budget."""
        return self._compared(standings, settings)

    def mean_regret(self, **settings: Any) -> pd.DataFrame:
        """Normalised regret over the share of the budget, averaged over problems."""
        return self._compared(mean_regret, settings)

    def rank(self, **settings: Any) -> pd.DataFrame:
        """Average rank over the share of the budget."""
        return self._compared(rank, settings)

    def aggregates(self, **settings: Any) -> pd.DataFrame:
        """Final scores of all runs as one number, in four ways."""
        return self._compared(aggregates, settings)

    def win_matrix(self, **settings: Any) -> pd.DataFrame:
        """How likely a run of one algorithm is to end better than a run of another."""
        return self._compared(win_matrix, settings)

    def family_leaders(self, **settings: Any) -> pd.DataFrame:
        """Who leads beyond these problems, and without each family of them."""
        return self._compared(family_leaders, settings)

    def elo(self, **settings: Any) -> pd.DataFrame:
        """One rating for each algorithm, made of who beats whom."""
        return self._compared(elo, settings)

    def mixed_model(self, **settings: Any) -> pd.DataFrame:
        """What searchers, schedulers, the budget and chance each do to the regret.

        Raises :class:`NotAvailableError` without statsmodels, and :class:`ArithmeticError` where
        no model can be fitted.
        """
        return self._compared(mixed_model, settings)

    def _under(self, given: dict[str, Any]) -> Study:
        return self._study.under(self.settings(**given))

    def _compared(self, exhibit: Frame[Comparison], given: dict[str, Any]) -> pd.DataFrame:
        study = self._under(given)
        frames = []
        for comparison in study.comparisons:
            frames.append(exhibit.table(study, comparison))
            frames[-1].insert(0, "comparison", comparison.title)
        if not frames:
            raise UsageError(
                f"{self.name}: no algorithm ran on all problems with references and none of these "
                "with all algorithms, so no average is fair; curves() and final_loss() have the "
                "problems one by one"
            )
        return pd.concat(frames, ignore_index=True)


def run_curves(curves: Curves) -> pd.DataFrame:
    """Every run at every point of the grid, in the order of the curves' axes.

    Columns ``algorithm, searcher, scheduler, problem, seed, failed, at, share, loss, regret, nr``;
    ``at`` is on the settings' axis, ``share`` the same as a share of the problem's longest run.
    ``regret`` is floored at 1e-8. Failed runs are at the clip value throughout.
    """
    a, p, s = np.nonzero(curves.present)
    times = len(curves.share)
    frame = algorithm_columns(curves.algorithms).iloc[np.repeat(a, times)].reset_index(drop=True)
    return frame.assign(
        problem=np.repeat(np.array(curves.problems, dtype=object)[p], times),
        seed=np.repeat(np.array(curves.seeds)[s], times),
        failed=np.repeat(curves.failed[a, p, s], times),
        at=(curves.horizon[p][:, None] * curves.share).ravel(),
        share=np.tile(curves.share, len(a)),
        loss=curves.loss[a, p, s].ravel(),
        regret=regrets(curves)[a, p, s].ravel(),
        nr=normalised(curves)[a, p, s].ravel(),
    )


def running_times(curves: Curves, runs: Runs, targets: FloatArray) -> pd.DataFrame:
    """The expected running time of every algorithm to each target of each problem.

    ``targets``: losses, shape (problems, targets), NaN where a problem has fewer. Columns
    ``algorithm, searcher, scheduler, problem, target, regret, ert, hits, runs``: ``regret`` is the
    target's, ``ert`` on the settings' axis and infinite without a hit.
    """
    hits = hitting_times(runs, curves, targets)
    times = ert(hits)
    a, p, t = np.nonzero(~np.isnan(times))
    frame = algorithm_columns(curves.algorithms).iloc[a].reset_index(drop=True)
    return frame.assign(
        problem=np.array(curves.problems, dtype=object)[p],
        target=targets[p, t],
        regret=(targets - curves.optimum[:, None])[p, t],
        ert=times[a, p, t],
        hits=np.isfinite(hits.at).sum(axis=2)[a, p, t],
        runs=curves.present.sum(axis=2)[a, p],
    )
