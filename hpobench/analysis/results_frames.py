"""Results as frames, for notebooks: the numbers of the report, by the names of its tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves, comparisons, compute_curves
from hpobench.analysis.core.failures import failures
from hpobench.analysis.core.hits import compute_runs
from hpobench.analysis.core.references import completed
from hpobench.analysis.core.targets import suite_targets
from hpobench.analysis.core.tidy import run_curves, running_times
from hpobench.analysis.core.workers import with_most_workers
from hpobench.analysis.exhibits.aggregates import aggregates
from hpobench.analysis.exhibits.anytime_score import anytime_score
from hpobench.analysis.exhibits.cost import cost
from hpobench.analysis.exhibits.final_loss import final_loss
from hpobench.analysis.exhibits.mean_regret import mean_regret
from hpobench.analysis.exhibits.rank import rank
from hpobench.analysis.exhibits.setting import budget_axis
from hpobench.analysis.exhibits.speedup import speedup
from hpobench.analysis.exhibits.standings import standings
from hpobench.analysis.exhibits.win_matrix import win_matrix
from hpobench.analysis.settings import Settings
from hpobench.contract.errors import UnknownNameError, UsageError
from hpobench.store.reader import Results

CHOICES = {
    name: get_args(hint)
    for name, hint in get_type_hints(Settings).items()
    if get_origin(hint) is Literal
}
"""Of the settings that are names."""


class Analysis:
    """What :func:`hpobench.load` returns.

    ``cells``, ``events``, ``trials`` and ``problems`` are the stored tables (columns:
    :mod:`hpobench.store.schema`); problems without a reference have the stand-ins that the report
    measures. Methods take any of :class:`hpobench.analysis.settings.Settings` by name; without, they
    give the report's numbers. Frames of averages over problems start with a column
    ``comparison``: one where every algorithm ran on every problem, else the two fair ones. Where
    runs had several numbers of workers, methods are about those with the most.
    """

    def __init__(self, results: Results) -> None:
        self.results = with_most_workers(completed(results))
        self.name = results.name
        self.cells = results.cells
        self.events = results.events
        self.trials = results.trials
        self.problems = self.results.problems

    def __repr__(self) -> str:
        return f"<results of {self.name}: {len(self.cells):,} runs, {len(self.events):,} results>"

    def settings(self, **given: Any) -> Settings:
        """Those of the report but for what is given; the axis is by default the budgets' own."""
        for name, value in given.items():
            known = [field.name for field in dataclasses.fields(Settings)]
            if name not in known:
                raise UnknownNameError("setting", name, known)
            if name in CHOICES and value not in CHOICES[name]:
                raise UnknownNameError(name, str(value), CHOICES[name])
        return Settings(**{"axis": budget_axis(self.results), **given})

    def curves(self, **settings: Any) -> pd.DataFrame:
        """Every run's incumbent over the budget, a row per point of the grid.

        Columns as :func:`hpobench.analysis.core.tidy.run_curves`.
        """
        return run_curves(compute_curves(self.results, self.settings(**settings)))

    def ert(self, regrets: Sequence[float] | None = None, **settings: Any) -> pd.DataFrame:
        """The expected running time to targets: the optimum plus ``regrets``, by default those of
        the report's F4.

        Columns as :func:`hpobench.analysis.core.tidy.running_times`.
        """
        chosen = self.settings(**settings)
        curves = compute_curves(self.results, chosen)
        if regrets is None:
            targets = suite_targets(self.problems, curves).loss
        else:
            targets = curves.optimum[:, None] + np.asarray(regrets, dtype=np.float64)
        return running_times(curves, compute_runs(self.results, chosen), targets)

    def final_loss(self, **settings: Any) -> pd.DataFrame:
        """T1, as :func:`hpobench.analysis.exhibits.final_loss.final_loss`."""
        chosen = self.settings(**settings)
        return final_loss(compute_curves(self.results, chosen), self.problems, chosen)

    def speedup(self, **settings: Any) -> pd.DataFrame:
        """T2, as :func:`hpobench.analysis.exhibits.speedup.speedup`; empty without random search."""
        runs = compute_runs(self.results, self.settings(**settings))
        return self._compared(lambda curves, chosen: speedup(curves, runs, chosen), settings)

    def anytime_score(self, **settings: Any) -> pd.DataFrame:
        """T3, as :func:`hpobench.analysis.exhibits.anytime_score.anytime_score`."""
        return self._compared(anytime_score, settings)

    def cost(self) -> pd.DataFrame:
        """T4, as :func:`hpobench.analysis.exhibits.cost.cost`."""
        return cost(self.results)

    def failures(self) -> pd.DataFrame:
        """The failed runs, as :func:`hpobench.analysis.core.failures.failures`."""
        return failures(self.cells)

    def standings(self, **settings: Any) -> pd.DataFrame:
        """Who leads at the end, as :func:`hpobench.analysis.exhibits.standings.standings`."""
        return self._compared(standings, settings)

    def mean_regret(self, **settings: Any) -> pd.DataFrame:
        """F2, as :func:`hpobench.analysis.exhibits.mean_regret.mean_regret`."""
        return self._compared(mean_regret, settings)

    def rank(self, **settings: Any) -> pd.DataFrame:
        """F3, as :func:`hpobench.analysis.exhibits.rank.rank`."""
        return self._compared(rank, settings)

    def aggregates(self, **settings: Any) -> pd.DataFrame:
        """F7, as :func:`hpobench.analysis.exhibits.aggregates.aggregates`."""
        return self._compared(aggregates, settings)

    def win_matrix(self, **settings: Any) -> pd.DataFrame:
        """F8, as :func:`hpobench.analysis.exhibits.win_matrix.win_matrix`."""
        return self._compared(win_matrix, settings)

    def _compared(
        self, table: Callable[[Curves, Settings], pd.DataFrame], given: dict[str, Any]
    ) -> pd.DataFrame:
        chosen = self.settings(**given)
        frames = []
        for title, curves in comparisons(compute_curves(self.results, chosen)):
            frames.append(table(curves, chosen))
            frames[-1].insert(0, "comparison", title)
        if not frames:
            raise UsageError(
                f"{self.name}: no algorithm ran on all problems with references and none of these "
                "with all algorithms, so no average is fair; curves() and final_loss() have the "
                "problems one by one"
            )
        return pd.concat(frames, ignore_index=True)
