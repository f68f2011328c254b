"""Checks that the stages take the decisions that a plain Ray Tune run takes.

The same cells run on the virtual stage, on the live stage, and through ``tune.Tuner``. With one
worker results arrive in one order only, so the histories must be equal, result by result.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from hpobench.contract.cell import Cell
from hpobench.contract.errors import CellError, UsageError
from hpobench.contract.problem import TabulatedProblem
from hpobench.plugins.building import build_problem, build_scheduler

if TYPE_CHECKING:
    from hpobench.running.proof.plain_tune import HistoryRow
    from hpobench.store.write.batch import Outcome


@dataclass(frozen=True)
class CellHistories:
    """The histories of one cell by where it ran: ``virtual`` (of a table), ``live``, ``tuner``."""

    cell: Cell
    histories: dict[str, list[HistoryRow]]

    @property
    def agrees(self) -> bool:
        first, *others = self.histories.values()
        return all(history == first for history in others)

    def differences(self) -> Iterator[str]:
        """One line for each pair that differs, naming its first difference."""
        for (one, left), (other, right) in itertools.combinations(self.histories.items(), 2):
            if left == right:
                continue
            pairs = enumerate(itertools.zip_longest(left, right), start=1)
            number, (a, b) = next((i, pair) for i, pair in pairs if pair[0] != pair[1])
            yield f"result {number}: {one} has {_as_text(a)}, {other} has {_as_text(b)}"


def _as_text(result: HistoryRow | None) -> str:
    if result is None:
        return "ended"
    trial, step, loss = result
    return f"step {step} of trial {trial} with loss {loss:.6g}"


def compare(ray: Any, cells: Sequence[Cell], *, timeout: float = 3600.0) -> Iterator[CellHistories]:
    """Run every cell everywhere, on the Ray that is connected, and yield the histories. Raises
    :class:`UsageError` for a budget other than a number of trials, which a plain run does not know,
    and :class:`CellError` where a cell fails."""
    from hpobench.running.cells.run_cell import run_cell
    from hpobench.running.cluster.live_cells import LiveCells
    from hpobench.running.proof.plain_tune import plain_history

    for cell in cells:
        if set(cell.budget.to_json()) != {"trials"}:
            raise UsageError(
                f"{cell.problem.label}: a plain Tuner only knows budgets like {{trials: 20}}, "
                f"not {json.dumps(cell.budget.to_json())}"
            )
    for cell in cells:
        histories: dict[str, list[HistoryRow]] = {}
        if isinstance(build_problem(cell.problem), TabulatedProblem):
            virtual = run_cell(dataclasses.replace(cell, stage="virtual"), None, timeout)
            histories["virtual"] = _history(virtual)
        live_cell = dataclasses.replace(cell, stage="live", pace=0.0)
        with TemporaryDirectory() as folder:
            live_cells = LiveCells(ray, commit=None, timeout=timeout, journals=Path(folder))
            (live,) = [outcome for some in live_cells.outcomes([live_cell]) for outcome in some]
            live_cells.close()
        histories["live"] = _history(live)
        histories["tuner"] = plain_history(
            cell.problem,
            build_scheduler(cell.scheduler),
            [json.loads(text) for text in live.trials["config"].to_pylist()],
            problem_seed=cell.role_seed("problem"),
            scheduler_seed=cell.role_seed("scheduler"),
            cpus=ray.cluster_resources()["CPU"] / cell.workers,
        )
        yield CellHistories(cell, histories)


def _history(outcome: Outcome) -> list[HistoryRow]:
    if outcome.cell["status"] != "done":
        raise CellError(f"{outcome.cell['cell']}: {outcome.cell['error']}")
    events = outcome.events
    columns = (events[name].to_pylist() for name in ("trial", "step", "loss"))
    return list(zip(*columns, strict=True))
