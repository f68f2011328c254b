"""What is recorded: a problem, its configurations, and the seed of both."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpobench.contract.budget import Budget
from hpobench.contract.cell import Cell, PluginRef
from hpobench.contract.errors import UsageError
from hpobench.contract.space import Space
from hpobench.contract.training import TrainedProblem
from hpobench.plugins.build import build_problem
from hpobench.plugins.refs import plugin_ref
from hpobench.plugins.registry import Registry
from hpobench.suites.identity import cell_id

MAX_TRIALS = 1_000_000
"""Of one second each they take a processor eleven days."""


@dataclass(frozen=True)
class Recipe:
    """A recording before it is made; :func:`build_recipe` checks that it can be."""

    problem: PluginRef
    searcher: PluginRef
    scheduler: PluginRef
    seed: int
    trials: int
    grid: int | None
    """The resolution of the grid; ``None`` for a sample."""
    trial_timeout: float | None
    """Seconds of training after which a trial fails."""
    made: TrainedProblem
    """What ``problem`` describes."""

    def cell(self, workers: int) -> Cell:
        """The live cell that trains it. Its id is the same for any number of workers, for no
        trial depends on another: the recording goes on elsewhere with more or fewer of them."""
        refs = (self.searcher, self.scheduler, self.problem)
        budget = Budget(trials=self.trials)
        data, limit = self.made.fingerprint(), self.trial_timeout
        more = {} if limit is None else {"trial_timeout": limit}
        name, spec = cell_id(*refs, self.seed, budget, 1, "live", "last", data, more)
        return Cell(
            name,
            *refs,
            self.seed,
            budget,
            workers,
            stage="live",
            trial_timeout=limit,
            spec=spec,
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
    """The recording of ``problem`` with ``options`` in plain JSON types.

    Either ``sample``, so many configurations, those that random search proposes first under
    ``seed``; or ``grid``, its resolution: at most so many values of each numeric parameter.
    ``name`` is the label of the problem, from which, beside ``seed``, all seeds come.

    Raises :class:`UsageError` with all that is wrong with the options, and
    :class:`NotAvailableError` where the problem cannot run here.
    """
    if (sample is None) == (grid is None):
        raise UsageError("either a sample or a grid is recorded: --sample N or --grid RESOLUTION")
    registry = Registry(plugins)
    ref = plugin_ref(registry, "problem", problem, options, given=name)
    made = build_problem(ref)
    if not isinstance(made, TrainedProblem):
        raise UsageError(f"problem {problem!r} trains nothing: it can be used as it is")
    asked = ("random", {}) if grid is None else ("grid", {"resolution": grid})
    return Recipe(
        ref,
        plugin_ref(registry, "searcher", *asked),
        plugin_ref(registry, "scheduler", "fifo", {}),
        seed,
        _trials(made.space, sample, grid),
        grid,
        trial_timeout,
        made,
    )


def _trials(space: Space, sample: int | None, grid: int | None) -> int:
    """How many there are to train; raises :class:`UsageError` if they are too many."""
    count = sample or 0
    if grid is not None:
        count = sum(1 for _ in itertools.islice(space.grid(grid), MAX_TRIALS + 1))
    if count > MAX_TRIALS:
        raise UsageError(
            f"more than {MAX_TRIALS:,} configurations: too many to record; take a smaller sample, "
            "or a grid of a lower resolution"
        )
    return count
