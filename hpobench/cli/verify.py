"""``verify``: whether stored results are undamaged, their repair, and whether they repeat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hpobench.cli import shared
from hpobench.contract.errors import UsageError
from hpobench.contract.wording import count, listed
from hpobench.verbs import verification


@click.command()
@click.argument(
    "stored", metavar="FOLDER|FILE|evidence", type=shared.ResultsFolder(writes=True, archive=True)
)
@click.option("--repair", is_flag=True, help="Restore what can be restored and drop the rest.")
@click.option(
    "--sample",
    "cells",
    type=shared.COUNT,
    help="Run so many stored cells again, drawn at random, and demand the same bytes. This runs "
    "what the suite names, as `hpobench run` does.",
)
@click.option("--seed", type=int, help="Draw the sample with another seed than 0.")
@shared.plugin_option
@shared.cpus_option
@click.option(
    "--timeout",
    type=shared.POSITIVE,
    help="Wall seconds after which a cell of the sample is given up, by default 3600.",
)
@shared.output_options(quiet="Print only the verdict.")
def verify(stored: Path, repair: bool, output: shared.Output, **options: Any) -> None:
    """Check every stored file of the results in FOLDER (like results/quick), or an archive of
    evidence in FILE; `evidence` is the one that comes with hpobench.

    Names what is damaged and the cells that it costs, and ends with code 1 if anything is. With
    --repair, files of which there is a copy are restored, and cells whose results are damaged are
    dropped, so that the next `hpobench run` makes them anew; files that cannot be used are moved
    into FOLDER/damaged. What trials printed and journals of running cells are not checked. A file
    that is no undamaged archive ends it with code 2.

    With --sample N, N cells of undamaged results run again; those of an archive are found in the
    suites of the evidence. Says which altered cells this would have shown, with what probability,
    and ends with code 1 if a cell differs or none could run.
    """
    # Left out where not given: what they are by default stands in one place, SampleOptions.
    given = {name: value for name, value in options.items() if value not in (None, ())}
    if "cells" not in given and given:
        raise UsageError("--seed, --plugin, --cpus and --timeout are for --sample")
    found = verification.verify(stored, given, output.display(), repair=repair)
    facts = {"path": str(stored), **found.to_json()}
    if found.sample is not None:
        lines = list(found.sentences(found.sample))
        output.end(facts, lines[0], *lines)
    elif found.damage:
        lines = []
        for one in found.damage:
            cells = f"{count(len(one.cells), 'cell')} ({listed(one.cells, 3)})"
            lines.append(f"{one.path}: {one.reason}{f'; costs {cells}' if one.cells else ''}")
        next_ = (
            "`hpobench run` with the same suite makes anew what is missing"
            if repair
            else f"`hpobench verify {stored} --repair` restores what it can and drops the rest"
        )
        output.end(facts, found.line, *lines, *found.repaired, next_)
    else:
        output.end(facts, found.line, found.line)
    if (found.damage and not repair) or (found.sample is not None and not found.sample.ok):
        raise SystemExit(1)
