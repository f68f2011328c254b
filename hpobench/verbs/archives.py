"""Archives of evidence: made of results, merged, added to, and shown as a site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hpobench.contract.errors import UsageError

if TYPE_CHECKING:
    from hpobench.evidence.archive import Archive
    from hpobench.reporting.site.builder import BuiltSite
    from hpobench.suites.suite import Seeds
    from hpobench.verbs.progress import Display


class Kept(NamedTuple):
    """An archive that is written."""

    file: Path
    archive: Archive
    size: int
    """In bytes."""

    @classmethod
    def at(cls, file: Path, archive: Archive) -> Kept:
        """``archive`` after it is written to ``file``."""
        archive.write(file)
        return cls(file, archive, file.stat().st_size)

    def to_json(self) -> dict[str, Any]:
        """The facts for programs."""
        archive = self.archive
        return {
            "archive": str(self.file),
            "runs": len(archive.runs),
            "searchers": len(archive.searchers),
            "problems": len(archive.problems),
            "bytes": self.size,
        }


def make(folders: Sequence[Path], into: Path) -> Kept:
    """Distil the results in ``folders`` into the archive ``into``."""
    from hpobench.evidence.archive import joined
    from hpobench.evidence.distilling import distilled

    return Kept.at(into, joined([*map(distilled, folders)]))


def merge_archives(files: Sequence[Path], into: Path | None) -> tuple[Kept, int]:
    """Merge the archives ``files`` into the archive ``into``; returns it, and how many runs several
    had, of which the last one's are taken.

    Raises :class:`UsageError` without two archives and a file to merge into.
    """
    from hpobench.evidence.archive import joined, read_archive

    if into is None or into.is_dir():
        raise UsageError("archives need a file to merge into: --into FILE")
    if len({path.resolve() for path in files}) < max(2, len(files)):
        raise UsageError("name two or more different archives to merge")
    archives = [read_archive(path) for path in files]
    whole = joined(archives)
    repeated = sum(len(archive.runs) for archive in archives) - len(whole.runs)
    return Kept.at(into, whole), repeated


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
) -> tuple[Kept, Mapping[str, int]]:
    """Run what the shipped archive lacks of ``searcher``, and write that archive with the new runs
    ``into`` a file; returns it, and the numbers of the new runs by how they ended.

    ``suites``: those of the evidence to run, all if empty. ``results``: the folder of the runs.
    """
    from hpobench.evidence.archive import evidence_suites, read_archive, shipped
    from hpobench.verbs.addition import plan_addition, run_addition

    entry = {**options, "name": searcher}
    sources, archive = evidence_suites(suites), read_archive(shipped())
    addition = plan_addition(entry, sources, archive, plugins=plugins, seeds=seeds, display=display)
    for line in addition.lines(cpus):
        display.note(line)
    folder = results or Path("results") / f"evidence-{searcher}"
    whole, counts = run_addition(addition, folder, cpus=cpus, display=display)
    return Kept.at(into or folder / "evidence.parquet", whole), counts


def site(out: Path, folders: Sequence[Path], evidence: Path | None) -> BuiltSite:
    """Write pages about the archive ``evidence``, by default the shipped one, into ``out``."""
    from hpobench.evidence.archive import shipped
    from hpobench.reporting.site.builder import build_site

    return build_site(out, evidence or shipped(), folders)
