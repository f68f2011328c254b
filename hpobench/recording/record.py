"""Records a trained problem as a table, with a live cell under a scheduler that stops nothing.

A recording has everything that live cells have: workers on the whole cluster, replacements for
workers that die, and a journal, from which an interrupted recording goes on. Its recipe is a
problem, its configurations, and the seed of both.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from hpobench.api import Budget, Config, Float, Int, Ordinal, Parameter, Space, TrainedProblem, When
from hpobench.contract.cell import Cell, PluginRef
from hpobench.contract.errors import CellError, UsageError
from hpobench.plugins.building import build_problem, plugin_ref
from hpobench.plugins.registry import Registry
from hpobench.recording.table import CURVES, VERSION, Table, read_about, write_table
from hpobench.running.cluster.connect import LOCAL, connected, starts_ray
from hpobench.running.cluster.live_cells import LiveCells, capacity
from hpobench.running.stages.live.journal import read_headers
from hpobench.store.write import provenance
from hpobench.store.write.batch import Outcome
from hpobench.suites.identity import cell_ids

MAX_TRIALS = 1_000_000  # with one second each they take a processor eleven days
MEASURED = pa.schema(
    {
        "trial": pa.int32(),
        "step": pa.int32(),  # 1, 2, ...
        "loss": pa.float64(),
        "heldout": pa.float64(),
        "wall": pa.float64(),  # seconds
        "cpu": pa.float64(),  # seconds of the processor, over all threads
    }
)
_NO_LIMIT_S = 1e9
_LOOK_S = 2.0
_LOOK_SHARE = 0.05  # the most of the time that looking for progress may take


@dataclass(frozen=True)
class Recipe:
    """A recording to be made; :func:`build_recipe` checks that it can be."""

    problem: PluginRef
    searcher: PluginRef
    scheduler: PluginRef
    seed: int
    trials: int
    grid: int | None  # its resolution; ``None`` for a sample
    trial_timeout: float | None  # seconds of training after which a trial fails
    made: TrainedProblem  # what ``problem`` refers to

    def cell(self, workers: int) -> Cell:
        """The live cell that trains the recording's trials. Its id does not depend on ``workers``,
        because no trial depends on another: a recording can go on elsewhere with more or fewer."""
        refs = (self.searcher, self.scheduler, self.problem)
        budget = Budget(trials=self.trials)
        limit = self.trial_timeout
        more = {} if limit is None else {"trial_timeout": limit}
        ids = cell_ids(*refs, budget, 1, "live", "last", self.made.fingerprint(), more)
        name, spec = ids(self.seed)
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
    """The recipe for recording ``problem`` with ``options`` in plain JSON types. Either ``sample``
    or ``grid`` is given: the number of configurations, the first that random search proposes under
    ``seed``, or the largest number of values of a numeric parameter. ``name`` is the label of the
    problem; all seeds derive from it and ``seed``."""
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


@dataclass(frozen=True)
class Recorded:
    """The outcome of a recording."""

    trials: int
    failed: int
    reused: bool  # whether the table existed already


def record_table(
    recipe: Recipe,
    out: Path,
    report: Callable[[TrialCounts], None],
    *,
    address: str = LOCAL,
    cpus: int | None = None,
    workers: int | None = None,
) -> Recorded:
    """Write the table of ``recipe`` to ``out``, unless it exists already. ``workers``: the trials
    that train at once, by default as many as the cluster has room for. ``report`` takes the
    progress now and then. The same call continues an interrupted recording: a folder beside ``out``
    keeps the trained steps until the table exists."""
    if out.exists():
        about = read_about(out)
        asked, held = json.loads(recipe.cell(1).spec), about["spec"]
        if differing := [key for key in asked | held if asked.get(key) != held.get(key)]:
            raise UsageError(
                f"{out} already holds another recording, of {about['problem']}, which differs in "
                f"{', '.join(differing)}; choose another file, or remove it"
            )
        return Recorded(about["trials"], about["failed"], reused=True)
    if not out.parent.is_dir():
        raise UsageError(f"{out}: there is no folder {out.parent}")
    folder = out.resolve().with_name(f"{out.name}.recording")
    own = starts_ray(address)
    with connected(address, cpus) as ray:
        room = workers or capacity(ray, recipe.made.resources)
        cell = recipe.cell(min(room, recipe.trials))
        made = LiveCells(
            ray, commit=provenance.commit(), timeout=_NO_LIMIT_S, journals=folder, own=own
        )
        with contextlib.closing(made) as cells:
            outcome = _run(cells, cell, report, recipe.made.fidelity.steps)
            table = _table(recipe, cell, outcome, cells.journal(cell.id, measured))
            if table.about["failed"] == len(table.configs):
                raise CellError(
                    f"all {len(table.configs)} trials failed, the first with: {table.errors[0]}; "
                    f"remove {folder} to try again"
                )
            write_table(out, table)
            cells.stored({cell.id: "done"})
    with contextlib.suppress(OSError):  # the folder is gone, or another recording uses it
        folder.rmdir()
    return Recorded(len(table.configs), table.about["failed"], reused=False)


def _run(
    cells: LiveCells, cell: Cell, report: Callable[[TrialCounts], None], steps: int
) -> Outcome:
    """The outcome of ``cell``; ``report`` takes the progress while it runs and at its end."""
    due = 0.0
    found: list[Outcome] = []
    try:
        for outcomes in cells.outcomes([cell]):
            found += outcomes
            begin = time.monotonic()
            if found or begin >= due:
                report(cells.journal(cell.id, functools.partial(tally, steps=steps)))
                end = time.monotonic()
                due = end + max(_LOOK_S, (end - begin) / _LOOK_SHARE)
    except BaseException:
        cells.cancel()
        raise
    if found[0].cell["status"] != "done":
        raise CellError(f"the recording failed: {found[0].cell['error']}")
    return found[0]


def _table(recipe: Recipe, cell: Cell, outcome: Outcome, steps: pa.Table) -> Table:
    problem, ref = recipe.made, recipe.problem
    trials = outcome.trials.to_pylist()
    configs = [json.loads(trial["config"]) for trial in trials]
    errors = [trial["error"] for trial in trials]
    space = problem.space if recipe.grid is None else grid_space(problem.space, configs)
    about: dict[str, Any] = {
        "version": VERSION,
        "problem": ref.label,
        "name": ref.name,
        "options": dict(ref.options),
        "space": space.to_json(),
        "trained": problem.space.to_json(),
        "grid": recipe.grid,
        "fidelity": asdict(problem.fidelity),
        "objective": asdict(problem.objective),
        "mutable": problem.mutable,
        "seed": recipe.seed,
        "heldout": problem.heldout,
        "spec": json.loads(cell.spec),
        **json.loads(outcome.cell["provenance"]),
        "trials": len(configs),
        "failed": sum(error is not None for error in errors),
    }
    place = steps["trial"].to_numpy(), steps["step"].to_numpy() - 1
    curves = {}
    for name in CURVES:
        if name != "heldout" or problem.heldout:
            # Steps that a trial did not reach stay NaN.
            curves[name] = np.full((len(configs), problem.fidelity.steps), np.nan)
            curves[name][place] = steps[name].to_numpy()
    return Table(about, configs, curves, errors)


def grid_space(space: Space, configs: Iterable[Config]) -> Space:
    """``space`` with each numeric parameter replaced by its ordered values in ``configs``. A
    parameter that no trial has is left out, and so are values in conditions that no trial has."""
    # Values computed again may differ in the last bit on another machine; those of trials do not.
    configs = list(configs)
    kept: dict[str, Parameter] = {}
    for p in space:
        values = {config[p.name] for config in configs if p.name in config}
        if not values:
            continue
        when = p.when
        if when is not None:
            parent = kept[when.parent]
            when = When(when.parent, tuple(v for v in when.values if parent.contains(v)))
        if isinstance(p, Float | Int):
            cheap = p.cheap if p.cheap in values else None
            kept[p.name] = Ordinal(p.name, tuple(sorted(values)), when, cheap)
        else:
            kept[p.name] = replace(p, when=when)
    return Space(list(kept.values()))


class TrialCounts(NamedTuple):
    """The numbers of trials that are over."""

    finished: int = 0
    failed: int = 0  # of those that finished


def tally(journal: Path, steps: int) -> TrialCounts:
    """The progress of the cell with ``journal``, whose whole trials have ``steps`` steps."""
    finished = failed = 0
    for header in read_headers(journal):
        if "trial" in header:
            error = "error" in header
            finished += error or header["step"] + len(header["results"]) > steps
            failed += error
    return TrialCounts(finished, failed)


def measured(journal: Path) -> pa.Table:
    """Every finished step in ``journal``, with the columns of :data:`MEASURED`."""
    # The store keeps a step's cost in wall seconds only; the journal has processor seconds too.
    rows = [
        (header["trial"], header["step"] + i, *result)
        for header in read_headers(journal)
        if "trial" in header
        for i, result in enumerate(header["results"])
    ]
    columns = zip(*rows, strict=True) if rows else [()] * len(MEASURED)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, MEASURED, strict=True)], MEASURED)
