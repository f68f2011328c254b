"""The whole site."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hpobench.analysis.text.csv_files import Names, slug
from hpobench.reporting.site import advice, cards, comparison, leaderboard, problems, render
from hpobench.reporting.site.folder import check_folder, write_site
from hpobench.reporting.site.source import SiteSource, evidence, stored


@dataclass(frozen=True)
class BuiltSite:
    """What was written."""

    page: Path
    """The one to open first."""
    files: int
    size: int
    """Bytes."""


def build_site(out: Path, archive: Path, folders: Sequence[Path] = ()) -> BuiltSite:
    """Write the pages about the archive of evidence, and about the results in ``folders``.

    The same input gives the same bytes. Raises :class:`UsageError` for an input that cannot be
    read, and for an ``out`` that is neither empty nor an earlier site; nothing is written then.
    """
    check_folder(out)
    names = Names()
    sources = [evidence(archive)]
    for folder in folders:
        place = names.free(slug(folder.resolve().name).lower())
        sources.append(stored(folder, f"suites/{place}/"))
    files = dict(render.assets())
    for source in sources:
        files.update(_pages(source, sources))
    write_site(out, files)
    return BuiltSite(out / "index.html", len(files), sum(map(len, files.values())))


def _pages(source: SiteSource, sources: Sequence[SiteSource]) -> Iterator[tuple[str, bytes]]:
    yield from leaderboard.pages(source, sources)
    if not source.folder:  # `hpobench recommend` knows the archive, and not single suites
        yield from advice.pages(source)
    yield from comparison.pages(source)
    yield from cards.pages(source)
    yield from problems.pages(source)
