"""A random sample of an archive's runs that runs again and must give the same results."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from operator import contains
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import pyarrow as pa

from hpobench.contract.cell import Cell, Kind
from hpobench.evidence import archive as archives
from hpobench.evidence.archive import Archive, ProblemFacts, hash_of
from hpobench.evidence.distilling import distilled
from hpobench.plugins.compatibility import trait
from hpobench.plugins.isolation.environments import version_of
from hpobench.plugins.isolation.releases import script_of
from hpobench.plugins.modules import load_class
from hpobench.plugins.registry import Registry
from hpobench.running.proof.verify_sample import (
    AnotherResult,
    Key,
    Planner,
    Verification,
    run_again,
)
from hpobench.store.prove.sameness import Difference
from hpobench.store.write.batch import Batch, Outcome
from hpobench.store.write.problem_rows import problem_rows
from hpobench.store.write.writer import open_writer
from hpobench.suites.resolved import LISTS
from hpobench.suites.run_options import SampleOptions
from hpobench.suites.suite import Source, Suite, load_suite
from hpobench.verbs.execution import workers

Run: TypeAlias = Mapping[str, Any]
"""The row of a run in an archive, by column."""
_FAILED = "failed or given up"
_UNKNOWN = "no suite of the evidence has such a cell"
_OTHER = (
    "their ids are not those of the suites' cells here: another version of hpobench, Ray, a plugin "
    "or its data made them, or another budget or option"
)
_UNREFERENCED = "its problem has no frozen references here"


def verify_archive(
    archive: Archive, suites: Sequence[Source], options: SampleOptions, warn: Callable[[str], None]
) -> Verification:
    """Draw runs of ``archive``, run their cells in ``suites`` again, and compare what is distilled
    from both: the hash of events and trials, the regrets, and what the archive says of the problem.

    A searcher that no suite has is taken from the plugins that there are, by its name and with
    its default options. ``warn`` takes a line for each environment that is built.
    """
    with workers("nothing was changed", warn) as start:
        runs = archive.runs.drop_columns(["regret", "visible"]).to_pylist()
        finder = _Finder(archive, Registry(options.plugins))
        finder.plan(suites, {_key(run) for run in runs if run["done"]}, warn)
        found = [finder.cell(run) for run in runs]
        cells = {row: cell for row, cell in enumerate(found) if isinstance(cell, Cell)}
        left_out = dict(Counter(reason for reason in found if isinstance(reason, str)))
        count = min(options.cells, len(cells))
        drawn = {row: cells[row] for row in sorted(Random(options.seed).sample([*cells], count))}
        # Several runs of an archive may be of one cell.
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
            then, now = (by[run["problem"]].reference for by in (archive.problems, again.problems))
            changed = (
                () if then == now else (f"reference losses of version {then} then, {now} now",)
            )
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
        for name in archives.RESULT:
            if run[name] != now[name]:
                return Difference("runs", row, *_shown(name, run[name], now[name]))
        one, other = (asdict(found[problem]) for found in (archive.problems, self.problems))
        for name in one:
            if one[name] != other[name]:
                place = sorted(archive.problems).index(problem)
                return Difference("problems", place, name, one[name], other[name])
        return None


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
    # An archive keeps regrets as whole numbers of levels, so that a byte or two are enough.
    left, right = (
        None if some[place] == archives.UNKNOWN else some[place] / archives.LEVELS
        for some in (one, other)
    )
    return f"{name} at {archives.BUDGETS[place]:.3g} full evaluations", left, right


def _key(run: Run) -> Key:
    return run["searcher"], run["scheduler"], run["problem"], run["workers"]


@dataclass
class _Finder:
    """Finds the cells of an archive's runs in suites."""

    archive: Archive
    registry: Registry
    planners: list[Planner] = field(default_factory=list)

    def plan(
        self, sources: Sequence[Source], keys: Collection[Key], tell: Callable[[str], None]
    ) -> None:
        """Plan in each suite what it has of ``keys``."""
        suites = [load_suite(source, self.registry.plugins) for source in sources]
        more = {
            "searchers": self._more("searcher", {key[0] for key in keys}, suites),
            "schedulers": self._more("scheduler", {key[1] for key in keys}, suites),
        }
        for suite in suites:
            resolved = suite.resolved()
            resolved |= {name: resolved[name] + entries for name, entries in more.items()}
            planner = Planner(resolved, self.registry.plugins, tell)
            labels = [{entry["as"] for entry in resolved[name]} for name in LISTS]
            members = (*labels, set(suite.workers))
            planner.plan([k for k in keys if all(map(contains, members, k))])
            self.planners.append(planner)

    def _more(
        self, kind: Kind, labels: Collection[str], suites: Sequence[Suite]
    ) -> list[dict[str, str]]:
        """Entries of the plugins that are called like ``labels`` and that no suite has."""
        known = {label for suite in suites for of, label in suite.places if of == kind}
        names = {entry.name for entry in self.registry.entries(kind)}
        return [{"name": name, "as": name} for name in sorted(names & {*labels} - known)]

    def cell(self, run: Run) -> Cell | str:
        """The cell of ``run``, or the reason why it cannot run here."""
        if not run["done"]:
            return _FAILED
        key = _key(run)
        found = [p.combinations[key] for p in self.planners if key in p.combinations]
        for combination in found:
            cell = combination.cell(run["seed"])
            if hash_of(cell.id) == run["cell"]:
                return cell
        if not found:
            return next((p.refused[key] for p in self.planners if key in p.refused), _UNKNOWN)
        searcher = found[0].searcher
        name = trait(load_class(searcher.file, searcher.cls), "library")
        now = f"{name} {version_of(name, script_of(searcher))}" if name else ""
        then = self.archive.searchers[run["searcher"]].library
        return _OTHER if then == now else f"made with {then}, and here is {now}"
