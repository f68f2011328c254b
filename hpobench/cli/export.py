"""``export``: stored results in the formats of other tools."""

from __future__ import annotations

from pathlib import Path

import click

from hpobench.cli.shared import Output, ResultsFolder, Written, output_options
from hpobench.verbs import folders


@click.command()
@click.argument("folder", type=ResultsFolder())
@click.option("--to", required=True, type=click.Choice(folders.FORMATS), help="The format.")
@click.argument("out", type=Written())
@output_options(quiet="Print only the new folder.")
def export(folder: Path, to: str, out: Path, output: Output) -> None:
    """Write the results in FOLDER (like results/quick) into the new folder OUT.

    coco and iohprofiler: every run, for cocopp and iohinspector to read. latex: the report's
    tables. README.txt in OUT says what its numbers are.
    """
    notes = folders.export(folder, to, out)
    output.end({"format": to, "folder": str(out), "notes": notes}, out, *notes, f"{to}: {out}")
