"""A random sample of an archive's runs that runs again and must give the same results."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

from hpobench.contract.cell import Cell
from hpobench.contract.errors import UsageError
from hpobench.evidence.archive import BUDGETS, LEVELS, RESULT, UNKNOWN, Archive
from hpobench.evidence.distilling import distilled
from hpobench.running.again import run_again
from hpobench.running.cluster import needs_ray
from hpobench.running.local.start import Templates
from hpobench.running.verification import Other, Verification
from hpobench.store.batch import Batch, Outcome
from hpobench.store.problems import problem_rows
from hpobench.store.sameness import Difference
from hpobench.store.writer import open_writer
from hpobench.suites.suite import Source
from hpobench.suites.union import LISTS
from hpobench.verbs.archive_cells import Run, find_cells
from hpobench.verbs.interruption import interruptible
from hpobench.verbs.verification import SampleOptions

_Rows: TypeAlias = Mapping[int, Cell]
"""Cells by the rows of their runs in the archive."""
_UNREFERENCED = "its problem has no frozen references here"


def verify_archive(
    archive: Archive,
    suites: Sequence[Source],
    options: SampleOptions,
    warn: Callable[[str], None],
) -> Verification:
    """Draw runs of ``archive``, run their cells in ``suites`` again, and compare what is distilled
    from both: the hash of events and trials, the regrets, and what the archive says of the problem.

    Raises :class:`UsageError` if no run can be drawn.
    """
    with (
        Templates(soon=not needs_ray("virtual", None)) as templates,
        interruptible("nothing was changed", warn),
    ):
        cells, left_out = _population(find_cells(archive, suites, options.plugins, warn))
        count = min(options.cells, len(cells))
        drawn = {row: cells[row] for row in sorted(Random(options.seed).sample([*cells], count))}
        once = list({cell.id: cell for cell in drawn.values()}.values())
        outcomes = [*run_again(once, templates.start, options.timeout, options.cpus)]
        unfinished = dict(_unfinished(outcomes))
        ended = [outcome for outcome in outcomes if outcome.cell["cell"] not in unfinished]
        again = _distilled(once, ended) if ended else Archive(archive.runs.slice(0, 0), {}, {})
    now = {run["cell"]: run for run in again.runs.to_pylist()}
    errors = {outcome.cell["cell"]: outcome.cell["error"] for outcome in ended}
    same, different = [], {}
    stored = archive.runs.take([*drawn]).to_pylist()
    for (row, cell), run in zip(drawn.items(), stored, strict=True):
        if (found := now.get(run["cell"])) is None:
            unfinished.setdefault(cell.id, _UNREFERENCED)
        elif (difference := _difference(row, run, found, archive, again)) is None:
            same.append(cell.id)
        else:
            changed = _changes(archive, again, run["problem"])
            different[cell.id] = Other(difference, errors[cell.id], tuple(changed))
    return Verification(len(cells), options.seed, left_out, tuple(same), different, unfinished)


def _population(found: Sequence[Cell | str]) -> tuple[_Rows, dict[str, int]]:
    """The cells that can run again, and how many others there are, and why."""
    cells = {row: cell for row, cell in enumerate(found) if isinstance(cell, Cell)}
    left_out = Counter(reason for reason in found if isinstance(reason, str))
    if not cells:
        reasons = "; ".join(f"{n:,} {what}" for what, n in left_out.items()) or "it has none"
        raise UsageError(f"no run of the archive can be run again: {reasons}")
    return cells, dict(left_out)


def _unfinished(outcomes: Iterable[Outcome]) -> Iterator[tuple[str, str]]:
    """The cells that were given up, and why."""
    for outcome in outcomes:
        if outcome.cell["status"] == "timeout":
            yield outcome.cell["cell"], str(outcome.cell["error"])


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


def _difference(
    row: int, run: Run, now: Run, archive: Archive, again: Archive
) -> Difference | None:
    """The first difference between the ``run`` in a ``row`` of ``archive`` and what came of it
    ``now``, or between what the archives say of its problem."""
    for name in RESULT:
        if run[name] != now[name]:
            column, *values = _shown(name, run[name], now[name])
            return Difference("runs", row, column, *values)
    problem = run["problem"]
    one, other = (asdict(found.problems[problem]) for found in (archive, again))
    for name in one:
        if one[name] != other[name]:
            place = sorted(archive.problems).index(problem)
            return Difference("problems", place, name, one[name], other[name])
    return None


def _shown(name: str, one: Any, other: Any) -> tuple[str, Any, Any]:
    """A column, and two values of it as a person reads them: of regrets the first that differ."""
    if isinstance(one, bytes):
        return name, one.hex(), other.hex()
    if not (isinstance(one, list) and isinstance(other, list)):
        return name, one, other
    place = next(i for i, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1])
    left, right = (None if x[place] == UNKNOWN else x[place] / LEVELS for x in (one, other))
    return f"{name} at {BUDGETS[place]:.3g} full trials", left, right


def _changes(archive: Archive, again: Archive, problem: str) -> Iterator[str]:
    """What was another when the run was archived, and may be the reason for a difference."""
    then, now = (found.problems[problem].reference for found in (archive, again))
    if then != now:
        yield f"reference losses of version {then} then, {now} now"
