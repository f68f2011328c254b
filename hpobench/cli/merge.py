"""``merge``: results folders or archives as one: parts of a run, or what different runs gave."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from hpobench.cli.archives import write_archive
from hpobench.cli.shared import Output, Stored, output_options


@click.command()
@click.argument(
    "stored",
    nargs=-1,
    required=True,
    metavar="FOLDERS|FILES",
    type=Stored(),
)
@click.option(
    "--into",
    type=Stored(writes=True, exists=False),
    help="The folder to write; by default that of the suite's name beside the parts of a run. Of "
    "archives the file to write.",
)
@output_options(quiet="Print the folder or the archive alone.")
def merge(stored: tuple[Path, ...], into: Path | None, output: Output) -> None:
    """Bring the results in FOLDERS into one results folder, or archives of evidence in FILES into
    one archive; `evidence` is the one that comes with hpobench.

    All parts of a run (like results/quick.shard-*) become what one run would have made. Results of
    other suites, which may differ in searchers, schedulers, problems and seeds, become those of
    their union. A cell that several hold is taken once; if its bytes are not the same in all, it is
    named, nothing is written, and the code is 2. Ends with code 1 if cells are missing, which
    `hpobench run SUITE` adds.

    Of runs in archives that differ only in the versions of programs, the last archive's are taken.
    """
    from hpobench.contract.errors import UsageError

    folders = [path for path in stored if path.is_dir()]
    if not folders:
        _merge_archives(stored, into, output)
    elif len(folders) == len(stored):
        _merge_folders(folders, into, output)
    else:
        raise UsageError(
            f"{folders[0]} is a results folder, and others are archives; "
            f"`hpobench evidence make {folders[0]} --into FILE` makes an archive of it, which "
            "merges with others"
        )


def _merge_folders(folders: Sequence[Path], into: Path | None, output: Output) -> None:
    from hpobench.contract.errors import UsageError
    from hpobench.store.join.merging import merge as merged

    if into is not None and into.is_file():
        raise UsageError(f"{into}: is a file; results are merged into a folder")
    folder, stored, planned = merged(folders, into)
    output.end(
        {"folder": str(folder), "stored": stored, "planned": planned, "from": len(folders)},
        folder,
        f"{folder}: {stored} of {planned} cells from {len(folders)} folders",
        f"`hpobench report {folder}` writes the report",
    )
    if stored < planned:
        raise SystemExit(1)


def _merge_archives(paths: Sequence[Path], into: Path | None, output: Output) -> None:
    from hpobench.contract.errors import UsageError
    from hpobench.evidence.archive import joined, read_archive

    if into is None or into.is_dir():
        raise UsageError("archives need a file to merge into: --into FILE")
    if len({path.resolve() for path in paths}) < max(2, len(paths)):
        raise UsageError("name two or more different archives to merge")
    archives = [read_archive(path) for path in paths]
    whole = joined(archives)
    more = []
    if twice := sum(len(archive.runs) for archive in archives) - len(whole.runs):
        were = "run was" if twice == 1 else "runs were"
        more.append(f"{twice:,} {were} in several archives, and the last one's is taken")
    write_archive(whole, into, output, *more, repeated=twice)
