"""``merge``: results folders or archives as one: the shards of a run, or what different runs
gave."""

from __future__ import annotations

from pathlib import Path

import click

from hpobench.cli.shared import Output, ResultsFolder, output_options
from hpobench.contract.errors import UsageError
from hpobench.verbs import folders


@click.command()
@click.argument(
    "stored", nargs=-1, required=True, metavar="FOLDERS|FILES", type=ResultsFolder(archive=True)
)
@click.option(
    "--into",
    type=ResultsFolder(writes=True, exists=False, archive=True),
    help="The folder to write; by default that of the suite's name beside the shards of a run. Of "
    "archives the file to write.",
)
@output_options(quiet="Print only the folder or the archive.")
def merge(stored: tuple[Path, ...], into: Path | None, output: Output) -> None:
    """Bring the results in FOLDERS into one results folder, or archives of evidence in FILES into
    one archive; `evidence` is the one that comes with hpobench.

    All shards of a run (like results/quick.shard-*) become what one run would have made. Results of
    other suites, which may differ in searchers, schedulers, problems and seeds, become those of
    their union. A cell that several hold is taken once; if its bytes are not the same in all, it is
    named, nothing is written, and the code is 2. Ends with code 1 if cells are missing, which
    `hpobench run SUITE` adds.

    Of runs in archives that differ only in the versions of programs, the last archive's are taken.
    """
    # A folder is told from an archive by what it is, not by its name.
    results = [path for path in stored if path.is_dir()]
    if not results:
        from hpobench.verbs import archives  # it brings pyarrow

        line, facts = archives.merge(stored, into)
        were = "1 run was" if facts["repeated"] == 1 else f"{facts['repeated']:,} runs were"
        taken = f"{were} in several archives, and the last one's is taken"
        output.end(facts, into, line, *([taken] if facts["repeated"] else []))
        return
    if len(results) < len(stored):
        raise UsageError(
            f"{results[0]} is a results folder, and others are archives; "
            f"`hpobench evidence make {results[0]} --into FILE` makes an archive of it, which "
            "merges with others"
        )
    folder, cells, planned = folders.merge(results, into)
    output.end(
        {"folder": str(folder), "stored": cells, "planned": planned, "from": len(results)},
        folder,
        f"{folder}: {cells} of {planned} cells from {len(results)} folders",
        f"`hpobench report {folder}` writes the report",
    )
    if cells < planned:
        raise SystemExit(1)
