"""The recipe of a recording: a problem, its configurations, and the seed of both."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpobench.contract.cell import Budget, Cell, PluginRef
from hpobench.contract.errors import UsageError
from hpobench.contract.training import TrainedProblem
from hpobench.plugins.build import build_problem
from hpobench.plugins.refs import plugin_ref
from hpobench.plugins.registry import Registry
from hpobench.suites.identity import cell_ids

MAX_TRIALS = 1_000_000
"""The largest number of trials; with one second each they take a processor eleven days."""


@dataclass(frozen=True)
class Recipe:
    """A recording to be made; :func:`build_recipe` checks that it can be."""

    problem: PluginRef
    searcher: PluginRef
    scheduler: PluginRef
    seed: int
    trials: int
    grid: int | None
    """The resolution of the grid, or ``None`` for a sample."""
    trial_timeout: float | None
    """Seconds of training after which a trial fails."""
    made: TrainedProblem
    """The object that ``problem`` refers to."""

    def cell(self, workers: int) -> Cell:
        """The live cell that trains the recording's trials.

        Its id is the same for any number of workers, because no trial depends on another. So a
        recording can go on elsewhere with more or fewer workers.
        """
        refs = (self.searcher, self.scheduler, self.problem)
        budget = Budget(trials=self.trials)
        data, limit = self.made.fingerprint(), self.trial_timeout
        more = {} if limit is None else {"trial_timeout": limit}
        name, spec = cell_ids(*refs, budget, 1, "live", "last", data, more)(self.seed)
        return Cell(
            name, *refs, self.seed, budget, workers, stage="live", trial_timeout=limit, spec=spec
        )


def build_recipe(
    problem: str,
    options: Mapping[str, Any],
    *,
    sample: int | None = None,
    grid: int | None = None,
    seed: int = 0,
    name: str | None = None,
    trial_timeout: float | None = None,
    plugins: Iterable[Path] = (),
) -> Recipe:
    """The recipe for recording ``problem`` with ``options`` in plain JSON types.

    Either ``sample`` or ``grid`` is given. ``sample`` is the number of configurations, the first
    that random search proposes under ``seed``. ``grid`` is a resolution, the largest number of
    values of a numeric parameter. ``name`` is the label of the problem; all seeds derive from it
    and ``seed``.

    Raises :class:`UsageError` with all faults of the options, and :class:`NotAvailableError` if
    the problem cannot run here.
    """
    if (sample is None) == (grid is None):
        raise UsageError("either a sample or a grid is recorded: --sample N or --grid RESOLUTION")
    registry = Registry(plugins)
    ref = plugin_ref(registry, "problem", problem, options, given=name)
    made = build_problem(ref)
    if not isinstance(made, TrainedProblem):
        raise UsageError(
            f"problem {problem!r} does not train, so there is nothing to record: use it directly"
        )
    count, asked = sample or 0, ("random", dict[str, Any]())
    if grid is not None:
        count = sum(1 for _ in itertools.islice(made.space.grid(grid), MAX_TRIALS + 1))
        asked = ("grid", {"resolution": grid})
    if count > MAX_TRIALS:
        raise UsageError(
            f"more than {MAX_TRIALS:,} configurations: too many to record; take a smaller sample, "
            "or a grid of a lower resolution"
        )
    searcher = plugin_ref(registry, "searcher", *asked)
    fifo = plugin_ref(registry, "scheduler", "fifo", {})
    return Recipe(ref, searcher, fifo, seed, count, grid, trial_timeout, made)
