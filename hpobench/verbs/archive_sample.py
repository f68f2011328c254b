"""A random sample of an archive's runs that runs again and must give the same results."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa

from hpobench.contract.cell import Cell
from hpobench.evidence.archive import (
    BUDGETS,
    LEVELS,
    RESULT,
    UNKNOWN,
    Archive,
    ProblemFacts,
    hash_of,
)
from hpobench.evidence.distilling import distilled
from hpobench.running.proof.verify_sample import AnotherResult, Verification, run_again
from hpobench.store.prove.sameness import Difference
from hpobench.store.write.batch import Batch, Outcome
from hpobench.store.write.problem_rows import problem_rows
from hpobench.store.write.writer import open_writer
from hpobench.suites.suite import Source
from hpobench.suites.union import LISTS
from hpobench.verbs.archive_cells import Run, find_cells
from hpobench.verbs.interruption import workers
from hpobench.verbs.sample import SampleOptions

_UNREFERENCED = "its problem has no frozen references here"


def verify_archive(
    archive: Archive,
    suites: Sequence[Source],
    options: SampleOptions,
    warn: Callable[[str], None],
) -> Verification:
    """Draw runs of ``archive``, run their cells in ``suites`` again, and compare what is distilled
    from both: the hash of events and trials, the regrets, and what the archive says of the problem.
    """
    with workers("nothing was changed", warn) as start:
        found = find_cells(archive, suites, options.plugins, warn)
        cells = {row: cell for row, cell in enumerate(found) if isinstance(cell, Cell)}
        left_out = dict(Counter(reason for reason in found if isinstance(reason, str)))
        count = min(options.cells, len(cells))
        drawn = {row: cells[row] for row in sorted(Random(options.seed).sample([*cells], count))}
        once = list({cell.id: cell for cell in drawn.values()}.values())
        again = _Again.of(once, [*run_again(once, start, options.timeout, options.cpus)])
    same, different = [], {}
    stored = archive.runs.take(pa.array([*drawn], pa.int64())).to_pylist()
    for (row, cell), run in zip(drawn.items(), stored, strict=True):
        if cell.id in again.unfinished:
            continue
        if (difference := again.difference(archive, row, run)) is None:
            same.append(cell.id)
        else:
            changed = again.changes(archive, run["problem"])
            different[cell.id] = AnotherResult(difference, again.errors[cell.id], changed)
    return Verification(
        len(cells), options.seed, left_out, tuple(same), different, again.unfinished
    )


@dataclass(frozen=True)
class _Again:
    """What came of cells that ran again."""

    runs: Mapping[bytes, Run]
    """Rows of an archive, by what it keeps of the cell's id."""
    problems: Mapping[str, ProblemFacts]
    errors: Mapping[str, str | None]
    """Of cells that ended, by their ids; ``None`` if they did not fail."""
    unfinished: Mapping[str, str]
    """Why other cells have no row, by their ids."""

    @classmethod
    def of(cls, cells: Sequence[Cell], outcomes: Sequence[Outcome]) -> _Again:
        rows = [outcome.cell for outcome in outcomes]
        late = {row["cell"]: str(row["error"]) for row in rows if row["status"] == "timeout"}
        errors = {row["cell"]: row["error"] for row in rows if row["cell"] not in late}
        if not errors:
            return cls({}, {}, {}, late)
        archive = _distilled(cells, [one for one in outcomes if one.cell["cell"] in errors])
        runs = {run["cell"]: run for run in archive.runs.to_pylist()}
        bare = {cell: _UNREFERENCED for cell in errors if hash_of(cell) not in runs}
        return cls(runs, archive.problems, errors, late | bare)

    def difference(self, archive: Archive, row: int, run: Run) -> Difference | None:
        """The first difference between the ``run`` in a ``row`` of ``archive`` and what came of it
        now, or between what was said of its problem and what is."""
        now, problem = self.runs[run["cell"]], run["problem"]
        for name in RESULT:
            if run[name] != now[name]:
                return Difference("runs", row, *_shown(name, run[name], now[name]))
        one, other = (asdict(found[problem]) for found in (archive.problems, self.problems))
        for name in one:
            if one[name] != other[name]:
                place = sorted(archive.problems).index(problem)
                return Difference("problems", place, name, one[name], other[name])
        return None

    def changes(self, archive: Archive, problem: str) -> tuple[str, ...]:
        """What was another when a run was archived, and may be the reason for a difference."""
        then, now = (found[problem].reference for found in (archive.problems, self.problems))
        return () if then == now else (f"reference losses of version {then} then, {now} now",)


def _distilled(cells: Sequence[Cell], outcomes: Sequence[Outcome]) -> Archive:
    """The archive of the ``outcomes`` of ``cells``, made as every archive is, of stored results."""
    refs = [(cell.searcher, cell.scheduler, cell.problem) for cell in cells]
    kinds = zip(LISTS, zip(*refs, strict=True), strict=True)
    plan: dict[str, Any] = {"name": "sample", "suite": {}, "skipped": []}
    plan |= {kind: [*dict.fromkeys(ref.label for ref in some)] for kind, some in kinds}
    plan["cells"] = [outcome.cell["cell"] for outcome in outcomes]
    labels = {cell.id: (cell.searcher.label, cell.scheduler.label) for cell in cells}
    problems = {cell.problem.label: cell.problem for cell in cells}
    with tempfile.TemporaryDirectory() as name:
        with open_writer(Path(name)) as writer:
            writer.begin("", plan, labels, problem_rows(problems.values()))
            writer.add([Batch.of(outcomes)])
        return distilled(Path(name))


def _shown(name: str, one: Any, other: Any) -> tuple[str, Any, Any]:
    """A column, and two values of it as a person reads them: of regrets the first that differ."""
    if isinstance(one, bytes):
        return name, one.hex(), other.hex()
    if not (isinstance(one, list) and isinstance(other, list)):
        return name, one, other
    place = next(i for i, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1])
    left, right = (None if x[place] == UNKNOWN else x[place] / LEVELS for x in (one, other))
    return f"{name} at {BUDGETS[place]:.3g} full evaluations", left, right
