"""Prints what came of stored cells that ran again."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hpobench.cli.shared import Output

if TYPE_CHECKING:
    from hpobench.running.proof.verify_sample import AnotherResult, Verification

_SHARE = 0.05
_NAMED = 20
"""Cells with other bytes that are shown of many."""


def end_with_sample(
    found: Verification, facts: Mapping[str, Any], output: Output, plugins: Sequence[str] = ()
) -> None:
    """Print what came of a sample, after the ``facts`` about what it was drawn from, and end with
    code 1 if a cell differs or none ran.

    ``plugins``: the files with which the stored cells were made.
    """
    lines = list(_sentences(found, plugins))
    output.end({**facts, "sample": _facts(found)}, lines[0], *lines)
    if not found.ok:
        raise SystemExit(1)


def _sentences(found: Verification, plugins: Sequence[str]) -> Iterator[str]:
    yield _answer(found)
    if found.ok:
        yield from _strength(found)
    yield f"{found.sample:,} of {found.cells:,} cells drawn with --seed {found.seed}"
    for cell, other in [*found.different.items()][:_NAMED]:
        yield from _difference(cell, other)
    if len(found.different) > _NAMED:
        yield f"and {len(found.different) - _NAMED:,} more"
    for cell, reason in found.unfinished.items():
        yield f"{cell}: could not be run again: {reason}"
    for reason, count in found.left_out.items():
        yield f"left out: {_cells(count)}: {reason}"
    if found.left_out and plugins:
        yield f"the results were made with --plugin {' --plugin '.join(plugins)}"


def _answer(found: Verification) -> str:
    if not found.cells:
        return "no cell can be run again here"
    if not found.compared:
        return f"none of the {_cells(found.sample)} could be run again"
    if found.different:
        return f"{len(found.different):,} of {_cells(found.compared)} gave other bytes"
    late = f"; {_cells(len(found.unfinished))} did not end" if found.unfinished else ""
    return f"all {_cells(found.compared)} gave the same bytes{late}"


def _strength(found: Verification) -> Iterator[str]:
    """What the sample says of all cells."""
    if found.compared == found.cells:
        yield "these are all cells that can run again here"
        return
    yield (
        f"if {_SHARE * 100:g} % of the {found.cells:,} cells that can run again had been altered "
        f"({found.altered(_SHARE):,}), this would have shown it with a probability of "
        f"{_percent(found.detection(_SHARE))}"
    )
    if fewest := found.fewest_detected:
        yield (
            f"with 95 % confidence fewer than {fewest:,} of them "
            f"({fewest / found.cells * 100:.1f} %) are altered"
        )


def _percent(share: float) -> str:
    """Rounded down, so that only certainty is 100 %."""
    return f"{math.floor(share * 1000 + 1e-9) / 10:g} %"


def _cells(count: int) -> str:
    return f"{count:,} cell{'' if count == 1 else 's'}"


def _difference(cell: str, other: AnotherResult) -> Iterator[str]:
    d = other.difference
    yield f"{cell}: {d}: {d.stored!r} is stored, {d.other!r} came of it now"
    if other.error:
        yield f"  it failed: {other.error.partition(chr(10))[0]}"
    if other.changed:
        yield f"  a likely reason: {', '.join(other.changed)}"


def _facts(found: Verification) -> dict[str, Any]:
    return dataclasses.asdict(found) | {
        "detection_of_5_percent": found.detection(_SHARE),
        "fewest_detected": found.fewest_detected,
    }
