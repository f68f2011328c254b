"""``verify``: whether stored results are undamaged, their repair, and whether they repeat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpobench.cli.sample import end_with_sample
from hpobench.cli.shared import Output, Stored, cpus_option, output_options, plugin_option

if TYPE_CHECKING:
    from hpobench.store.prove.damage import Damage


@click.command()
@click.argument("stored", metavar="FOLDER|FILE|evidence", type=Stored(writes=True))
@click.option("--repair", is_flag=True, help="Restore what can be restored and drop the rest.")
@click.option(
    "--sample",
    "cells",
    type=click.IntRange(min=1),
    help="Run so many stored cells again, drawn at random, and demand the same bytes. This runs "
    "what the suite names, as `hpobench run` does.",
)
@click.option("--seed", type=int, help="Draw the sample with another seed than 0.")
@plugin_option
@cpus_option
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    help="Wall seconds after which a cell of the sample is given up, by default 3600.",
)
@output_options(quiet="Print the verdict alone.")
def verify(stored: Path, repair: bool, output: Output, **options: Any) -> None:
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
    from hpobench.contract.errors import UsageError

    given = {name: value for name, value in options.items() if value not in (None, ())}
    if "cells" not in given and given:
        raise UsageError("--seed, --plugin, --cpus and --timeout are for --sample")
    if repair and given:
        raise UsageError("--sample is for undamaged results; run --repair alone before")
    if stored.is_dir():
        _verify_folder(stored, given, output, repair=repair)
    elif repair:
        raise UsageError(f"{stored}: an archive has no copies to repair it from; take it anew")
    else:
        _verify_archive(stored, given, output)


def _verify_folder(folder: Path, given: Mapping[str, Any], output: Output, *, repair: bool) -> None:
    from hpobench.store.prove.damage import find_damage
    from hpobench.verbs.verification import SampleOptions, run_sample

    if damage := find_damage(folder):
        _end_damaged(folder, damage, output, repair=repair)
        return
    facts, line = {"path": str(folder), "damage": [], "repaired": []}, f"{folder}: undamaged"
    if not given:
        output.end({**facts, "sample": None}, line, line)
        return
    output.note(line)
    found = run_sample(folder, SampleOptions(**given), output.display().warn)
    end_with_sample(found, facts, output, _plugins(folder))


def _verify_archive(file: Path, given: Mapping[str, Any], output: Output) -> None:
    from hpobench.evidence.archive import read_archive
    from hpobench.evidence.suites import evidence_suites

    archive = read_archive(file)
    facts = {"path": str(file), "damage": [], "repaired": []}
    line = f"{file}: undamaged: {archive.summary}"
    if not given:
        output.end({**facts, "sample": None}, line, line)
        return
    from hpobench.verbs.archive_sample import verify_archive
    from hpobench.verbs.verification import SampleOptions

    output.note(line)
    warn = output.display().warn
    found = verify_archive(archive, evidence_suites(), SampleOptions(**given), warn)
    end_with_sample(found, facts, output)


def _plugins(folder: Path) -> list[str]:
    """The plugin files with which the results in ``folder`` were made."""
    from hpobench.store.format import index
    from hpobench.suites.suitetext import plugins_named

    file = folder / index.SUITE
    return plugins_named(index.read_sealed(file)) if file.exists() else []


def _end_damaged(folder: Path, damage: Sequence[Damage], output: Output, *, repair: bool) -> None:
    """Say what is damaged, and repair it if that is asked; else end with code 1."""
    from hpobench.store.format.disk import listed
    from hpobench.store.prove.damage import repair as repaired

    done = repaired(folder) if repair else []
    lines = []
    for one in damage:
        cost = f"; costs {listed(one.cells)}" if one.cells else ""
        lines.append(f"{one.path}: {one.reason}{cost}")
    lines += done
    if repair:
        lines.append("`hpobench run` with the same suite makes anew what is missing")
    else:
        what = "restores what it can and drops the rest"
        lines.append(f"`hpobench verify {folder} --repair` {what}")
    found = [
        {"path": str(one.path), "reason": one.reason, "cells": list(one.cells)} for one in damage
    ]
    facts = {"path": str(folder), "damage": found, "repaired": done, "sample": None}
    verdict = f"{folder}: {len(damage)} damaged{', repaired' if repair else ''}"
    output.end(facts, verdict, *lines)
    if not repair:
        raise SystemExit(1)
