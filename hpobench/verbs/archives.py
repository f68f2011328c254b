"""Archives of evidence: made of results, merged, and added to: only the runs that they lack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from hpobench.contract.errors import UsageError
from hpobench.contract.wording import count, duration
from hpobench.evidence import archive as evidence
from hpobench.evidence.archive import Archive, hash_of, joined, read_archive
from hpobench.evidence.distilling import distilled
from hpobench.running.cluster.connect import cpus_here
from hpobench.suites.grid import CellGrid, Combination, Plan, build_plan
from hpobench.suites.run_options import RunOptions
from hpobench.suites.suite import Seeds, Source, Suite, load_suite
from hpobench.verbs.execution import noted, prepare, running
from hpobench.verbs.progress import Display

_Place: TypeAlias = tuple[str, str, int]
"""The labels of scheduler and problem, and the number of workers."""
_RESULT_S = 0.3e-3
"""About what a result takes of a processor beside the searcher's thinking, in seconds, measured
over the suites of the evidence on a busy machine (docs/speed.md)."""


def _written(file: Path, archive: Archive, **facts: Any) -> tuple[str, dict[str, Any]]:
    """Write ``archive``; returns what it holds in a sentence, and the facts with ``facts``."""
    archive.write(file)
    size = file.stat().st_size
    held = {"searchers": len(archive.searchers), "problems": len(archive.problems)}
    whole = {"archive": str(file), "runs": len(archive.runs), **held, "bytes": size, **facts}
    return f"{file}: {archive.summary}, {size / 1e6:.2f} MB", whole


def make(folders: Sequence[Path], into: Path) -> tuple[str, dict[str, Any]]:
    """Distil the results in ``folders`` into the archive ``into``; returns what it holds in a
    sentence, and the facts."""
    return _written(into, joined([*map(distilled, folders)]))


def merge(files: Sequence[Path], into: Path | None) -> tuple[str, dict[str, Any]]:
    """Merge the archives ``files`` into the archive ``into``; returns what :func:`make` does, the
    facts with the number of ``repeated`` runs, of which the last archive's are taken.

    Raises :class:`UsageError` without two archives and a file to merge into.
    """
    if into is None or into.is_dir():
        raise UsageError("archives need a file to merge into: --into FILE")
    # The same archive twice would count all of its runs as repeated.
    if len({path.resolve() for path in files}) < max(2, len(files)):
        raise UsageError("name two or more different archives to merge")
    archives = [read_archive(path) for path in files]
    whole = joined(archives)
    repeated = sum(len(archive.runs) for archive in archives) - len(whole.runs)
    return _written(into, whole, repeated=repeated)


def add(
    searcher: str,
    options: Mapping[str, Any],
    *,
    suites: Sequence[str],
    results: Path | None,
    into: Path | None,
    plugins: Sequence[Path],
    seeds: Seeds | None,
    cpus: int | None,
    display: Display,
) -> tuple[str, dict[str, Any]]:
    """Run what the shipped archive lacks of ``searcher``, and write that archive with the new runs
    ``into`` a file; returns what :func:`make` does, the facts with the numbers of the new ``cells``
    by how they ended.

    ``suites``: those of the evidence to run, all if empty. ``results``: the folder of the runs.
    """
    from hpobench.evidence.archive import evidence_suites

    entry = {**options, "name": searcher}
    sources, archive = evidence_suites(suites), read_archive(evidence.shipped())
    addition = plan_addition(entry, sources, archive, plugins=plugins, seeds=seeds, display=display)
    for line in addition.lines(cpus):
        display.note(line)
    folder = results or Path("results") / f"evidence-{searcher}"
    whole, counts = run_addition(addition, folder, cpus=cpus, display=display)
    return _written(into or folder / "evidence.parquet", whole, cells=dict(counts))


@dataclass(frozen=True)
class Part:
    """What one suite adds."""

    suite: Suite
    plan: Plan
    """Of the cells that the archive does not hold."""
    known: int
    """The cells that the archive holds."""


@dataclass(frozen=True)
class Addition:
    """The runs that an archive lacks of a searcher."""

    archive: Archive
    parts: tuple[Part, ...]
    left_out: Mapping[str, int]
    """How many problems have no cell in any suite, by the reason."""

    @property
    def cells(self) -> int:
        return sum(len(part.plan.cells) for part in self.parts)

    def lines(self, cpus: int | None) -> Iterator[str]:
        """What is about to run, and what is left out."""
        cpus = cpus or cpus_here()
        seconds = sum(part.plan.total.results for part in self.parts) * _RESULT_S / cpus
        for part in self.parts:
            held = f", {part.known:,} more are in the archive" if part.known else ""
            yield f"{part.suite.name}: {len(part.plan.cells):,} cells{held}"
        for reason, problems in self.left_out.items():
            yield f"left out: {count(problems, 'problem')}: {reason}"
        yield (
            f"{self.cells:,} cells: at most about {duration(seconds)} on "
            f"{count(cpus, 'processor')}, and what the searcher thinks"
        )


def plan_addition(
    searcher: Mapping[str, Any],
    suites: Sequence[Source],
    archive: Archive,
    *,
    plugins: Sequence[str | Path] = (),
    seeds: Seeds | None = None,
    display: Display,
) -> Addition:
    """Plan the runs of ``suites`` with a ``searcher``, an entry of a suite, that ``archive``
    lacks.

    Of a combination that several suites have the first one's cells are planned, because an archive
    keeps one run of each seed. Raises :class:`SuiteError` if the searcher cannot run here, and
    :class:`UsageError` if nothing is lacking.
    """
    held: set[bytes] = set(archive.runs["cell"].to_pylist())
    taken: set[_Place] = set()
    skipped, parts = dict[str, str](), list[Part]()
    for source in suites:
        suite = load_suite(source, seeds=seeds)
        suite = load_suite({**suite.resolved(), "searchers": [dict(searcher)]}, plugins)
        prepare(suite, display)
        plan = build_plan(suite)
        parts.append(_part(suite, plan, held, taken))
        taken |= {_place(combination) for combination in plan.cells.combinations}
        skipped = {row.problem: row.reason for row in plan.skipped} | skipped
    if not any(part.plan.cells for part in parts):
        held_here = sum(part.known for part in parts)
        raise UsageError(f"the archive holds all {held_here:,} runs of {searcher['name']}")
    planned = {problem for _, problem, _ in taken}
    left_out = Counter(reason for problem, reason in skipped.items() if problem not in planned)
    return Addition(archive, tuple(parts), left_out)


def _part(suite: Suite, plan: Plan, held: Collection[bytes], taken: Collection[_Place]) -> Part:
    """The part of ``plan`` with the cells that are neither ``held`` nor of a place ``taken``: the
    smallest grid that has them all."""
    seeds = plan.cells.seeds
    own = [c for c in plan.cells.combinations if _place(c) not in taken]
    new = [
        (place, seed)
        for place, combination in enumerate(own)
        for seed in seeds
        if hash_of(combination.identity(seed)[0]) not in held
    ]
    places, lacking = {place for place, _ in new}, {seed for _, seed in new}
    grid = CellGrid(
        [own[place] for place in sorted(places)], [seed for seed in seeds if seed in lacking]
    )
    labels = {combination.problem.label for combination in grid.combinations}
    problems = tuple(ref for ref in plan.problems if ref.label in labels)
    known = len(own) * len(seeds) - len(grid)
    return Part(suite, replace(plan, cells=grid, problems=problems), known)


def _place(combination: Combination) -> _Place:
    return combination.scheduler.label, combination.problem.label, combination.workers


def run_addition(
    addition: Addition, folder: Path, *, cpus: int | None, display: Display
) -> tuple[Archive, Counter[str]]:
    """Run what ``folder`` lacks of ``addition``; returns its archive with the new runs, and their
    numbers by how they ended.

    The same call goes on after an interruption.
    """
    counts: Counter[str] = Counter()
    parts = [part for part in addition.parts if part.plan.cells]
    with running(folder, RunOptions(cpus=cpus), display) as runner:
        for part in parts:
            place = folder / part.suite.name
            summary = noted(runner.at(place)(part.suite, part.plan), display)
            if summary.counts["done"] < summary.counts.total():
                display.warn(f"`python -m hpobench status {place}` shows what failed")
            counts += summary.counts
    new = [distilled(folder / part.suite.name) for part in parts]
    return joined([addition.archive, *new]), counts
