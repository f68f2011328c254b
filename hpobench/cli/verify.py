"""``verify``: whether stored results are undamaged, their repair, and whether they repeat."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpobench.cli.shared import (
    Output,
    ResultsFolder,
    cpus_option,
    output_options,
    plugin_option,
)
from hpobench.contract.errors import UsageError
from hpobench.contract.wording import count, listed

if TYPE_CHECKING:
    from hpobench.running.proof.verify_sample import Verification

_SHARE = 0.05
_CELLS = 20
"""Cells with other bytes that are shown of many."""


@click.command()
@click.argument(
    "stored", metavar="FOLDER|FILE|evidence", type=ResultsFolder(writes=True, archive=True)
)
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
@output_options(quiet="Print only the verdict.")
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
    from hpobench.verbs.sample import SampleOptions
    from hpobench.verbs.verification import verify as verified

    given = {name: value for name, value in options.items() if value not in (None, ())}
    if "cells" not in given and given:
        raise UsageError("--seed, --plugin, --cpus and --timeout are for --sample")
    sample = SampleOptions(**given) if given else None
    found = verified(stored, sample, output.display(), repair=repair)
    facts = {"path": str(stored), **found.to_json(), "sample": None}
    if found.sample is not None:
        facts["sample"] = dataclasses.asdict(found.sample) | {
            "detection_of_5_percent": found.sample.detection(_SHARE),
            "fewest_detected": found.sample.fewest_detected,
        }
        lines = list(_sentences(found.sample, found.plugins))
        output.end(facts, lines[0], *lines)
    elif found.damage:
        costs = (f"; costs {_cells(one.cells)}" if one.cells else "" for one in found.damage)
        damage = zip(found.damage, costs, strict=True)
        lines = [f"{one.path}: {one.reason}{cost}" for one, cost in damage]
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


def _cells(names: Sequence[str]) -> str:
    return f"{count(len(names), 'cell')} ({listed(names, 3)})"


def _sentences(found: Verification, plugins: Sequence[str]) -> Iterator[str]:
    yield _answer(found)
    if found.ok:
        yield from _strength(found)
    yield f"{found.sample:,} of {found.cells:,} cells drawn with --seed {found.seed}"
    for cell, other in [*found.different.items()][:_CELLS]:
        d = other.difference
        yield f"{cell}: {d}: {d.stored!r} is stored, {d.other!r} came of it now"
        if other.error:
            yield f"  it failed: {other.error.partition(chr(10))[0]}"
        if other.changed:
            yield f"  a likely reason: {', '.join(other.changed)}"
    if len(found.different) > _CELLS:
        yield f"and {len(found.different) - _CELLS:,} more"
    for cell, reason in found.unfinished.items():
        yield f"{cell}: could not be run again: {reason}"
    for reason, cells in found.left_out.items():
        yield f"left out: {count(cells, 'cell')}: {reason}"
    if found.left_out and plugins:
        yield f"the results were made with --plugin {' --plugin '.join(plugins)}"


def _answer(found: Verification) -> str:
    if not found.cells:
        return "no cell can be run again here"
    if not found.compared:
        return f"none of the {count(found.sample, 'cell')} could be run again"
    if found.different:
        return f"{len(found.different):,} of {count(found.compared, 'cell')} gave other bytes"
    late = f"; {count(len(found.unfinished), 'cell')} did not end" if found.unfinished else ""
    return f"all {count(found.compared, 'cell')} gave the same bytes{late}"


def _strength(found: Verification) -> Iterator[str]:
    """What the sample says of all cells."""
    if found.compared == found.cells:
        yield "these are all cells that can run again here"
        return
    # Rounded down, so that only certainty is 100 %.
    chance = math.floor(found.detection(_SHARE) * 1000 + 1e-9) / 10
    yield (
        f"if {_SHARE * 100:g} % of the {found.cells:,} cells that can run again had been altered "
        f"({found.altered(_SHARE):,}), this would have shown it with a probability of {chance:g} %"
    )
    if fewest := found.fewest_detected:
        yield (
            f"with 95 % confidence fewer than {fewest:,} of them "
            f"({fewest / found.cells * 100:.1f} %) are altered"
        )
