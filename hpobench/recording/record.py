"""Records a trained problem as a table, with a live cell under a scheduler that stops nothing.

A recording has everything that live cells have: workers on the whole cluster, replacements for
workers that die, and a journal, from which an interrupted recording goes on.
"""

from __future__ import annotations

import contextlib
import functools
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hpobench.contract.cell import Cell
from hpobench.contract.errors import CellError, UsageError
from hpobench.recording.grid_space import grid_space
from hpobench.recording.journal_steps import Tally, measured, tally
from hpobench.recording.recipe import Recipe
from hpobench.recording.table import CURVES, VERSION, Array, Table, read_about, write_table
from hpobench.running.cluster.connect import LOCAL, connected, starts_ray
from hpobench.running.cluster.live_cells import LiveCells, capacity
from hpobench.store.write import provenance
from hpobench.store.write.batch import Outcome

_NO_LIMIT_S = 1e9
_LOOK_S = 2.0
_LOOK_SHARE = 0.05
"""The largest share of the time that looking for progress may take."""


@dataclass(frozen=True)
class Recorded:
    """The outcome of a recording."""

    trials: int
    failed: int
    reused: bool
    """Whether the table existed already."""


def record_table(
    recipe: Recipe,
    out: Path,
    report: Callable[[Tally], None],
    *,
    address: str = LOCAL,
    cpus: int | None = None,
    workers: int | None = None,
) -> Recorded:
    """Write the table of ``recipe`` to ``out``, unless it exists already.

    ``workers`` is the number of trials that train at once, by default as many as the cluster has
    room for. ``report`` takes the progress now and then. The same call continues an interrupted
    recording: a folder beside ``out`` keeps the trained steps until the table exists. Raises
    :class:`UsageError` if ``out`` is another file, and :class:`CellError` if nothing can be
    recorded.
    """
    if out.exists():
        return _reused(recipe, out)
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


def _reused(recipe: Recipe, out: Path) -> Recorded:
    """The outcome that ``out`` shows; raises :class:`UsageError` if it is of another recipe."""
    about = read_about(out)
    asked, held = json.loads(recipe.cell(1).spec), about["spec"]
    if differing := [key for key in asked | held if asked.get(key) != held.get(key)]:
        raise UsageError(
            f"{out} already holds another recording, of {about['problem']}, which differs in "
            f"{', '.join(differing)}; choose another file, or remove it"
        )
    return Recorded(about["trials"], about["failed"], reused=True)


def _run(cells: LiveCells, cell: Cell, report: Callable[[Tally], None], steps: int) -> Outcome:
    """The outcome of ``cell``; ``report`` takes the progress while it runs and at its end."""
    look = functools.partial(tally, steps=steps)
    due = 0.0
    found: list[Outcome] = []
    try:
        for outcomes in cells.outcomes([cell]):
            found += outcomes
            begin = time.monotonic()
            if found or begin >= due:
                report(cells.journal(cell.id, look))
                end = time.monotonic()
                due = end + max(_LOOK_S, (end - begin) / _LOOK_SHARE)
    except BaseException:
        cells.cancel()
        raise
    if found[0].cell["status"] != "done":
        raise CellError(f"the recording failed: {found[0].cell['error']}")
    return found[0]


def _table(recipe: Recipe, cell: Cell, outcome: Outcome, steps: pa.Table) -> Table:
    trials = outcome.trials.to_pylist()
    configs = [json.loads(trial["config"]) for trial in trials]
    errors = [trial["error"] for trial in trials]
    about = _about(recipe, cell, outcome)
    about |= {"trials": len(configs), "failed": sum(error is not None for error in errors)}
    if recipe.grid is not None:
        about["space"] = grid_space(recipe.made.space, configs).to_json()
    curves = {name: _curves(steps, name, len(configs), recipe) for name in CURVES}
    if not recipe.made.heldout:
        del curves["heldout"]
    return Table(about, configs, curves, errors)


def _curves(steps: pa.Table, name: str, trials: int, recipe: Recipe) -> Array:
    """The column ``name`` as ``[trials, steps]``, with NaN for steps that a trial did not reach."""
    curves = np.full((trials, recipe.made.fidelity.steps), np.nan)
    trial, step = (steps[key].to_numpy() for key in ("trial", "step"))
    curves[trial, step - 1] = steps[name].to_numpy()
    return curves


def _about(recipe: Recipe, cell: Cell, outcome: Outcome) -> dict[str, Any]:
    problem, ref = recipe.made, recipe.problem
    space = problem.space.to_json()
    return {
        "version": VERSION,
        "problem": ref.label,
        "name": ref.name,
        "options": dict(ref.options),
        "space": space,
        "trained": space,
        "grid": recipe.grid,
        "fidelity": asdict(problem.fidelity),
        "objective": asdict(problem.objective),
        "mutable": problem.mutable,
        "seed": recipe.seed,
        "heldout": problem.heldout,
        "spec": json.loads(cell.spec),
        **json.loads(outcome.cell["provenance"]),
    }
