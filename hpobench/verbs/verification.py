"""Running stored cells again: ``verify``, ``agreement`` and :func:`hpobench.verify` come here."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hpobench.contract.errors import UsageError
from hpobench.contract.wording import count
from hpobench.suites.run_options import RunOptions, SampleOptions, taking
from hpobench.verbs.execution import workers
from hpobench.verbs.planned import planned

if TYPE_CHECKING:
    from hpobench.running.proof.verify_sample import Verification
    from hpobench.store.prove.damage import Damage
    from hpobench.suites.suite import Source
    from hpobench.verbs.progress import Display

_SHARE = 0.05
"""Of the cells: what is said of a sample is said of so many altered ones."""
_CELLS = 20
"""Cells with other bytes that are named of many."""


class Verified(NamedTuple):
    """What was found of stored results or of an archive."""

    line: str
    damage: Sequence[Damage] = ()
    repaired: Sequence[str] = ()
    """What was done, a sentence for each file."""
    sample: Verification | None = None
    plugins: Sequence[str] = ()
    """The plugin files with which the results were made."""

    def to_json(self) -> dict[str, Any]:
        """The facts for programs."""
        damage = [
            {"path": str(one.path), "reason": one.reason, "cells": list(one.cells)}
            for one in self.damage
        ]
        sample = None
        if self.sample is not None:
            sample = dataclasses.asdict(self.sample) | {
                "detection_of_5_percent": self.sample.detection(_SHARE),
                "fewest_detected": self.sample.fewest_detected,
            }
        return {"damage": damage, "repaired": list(self.repaired), "sample": sample}

    def sentences(self, found: Verification) -> Iterator[str]:
        """What came of the sample, the answer first."""
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
        if found.left_out and self.plugins:
            yield f"the results were made with --plugin {' --plugin '.join(self.plugins)}"


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


def verify(
    stored: Path, sample: Mapping[str, Any], display: Display, *, repair: bool = False
) -> Verified:
    """Look for damage in a results folder or an archive of evidence, and ``repair`` it, or else
    run a ``sample`` of what is undamaged again, if any :class:`SampleOptions` are given.

    ``display`` is told what is undamaged before a sample runs. Raises :class:`StoreError` for an
    archive that cannot be read, and :class:`UsageError` for what cannot be repaired or sampled.
    """
    options = SampleOptions(**sample) if sample else None
    if repair and options:
        raise UsageError("--sample is for undamaged results; run --repair alone before")
    if not stored.is_dir():
        if repair:
            raise UsageError(f"{stored}: an archive has no copies to repair it from; take it anew")
        from hpobench.evidence.archive import read_archive

        archive = read_archive(stored)
        line = f"{stored}: undamaged: {archive.summary}"
        if options is None:
            return Verified(line)
        display.note(line)
        from hpobench.evidence.archive import evidence_suites
        from hpobench.verbs.archive_sample import verify_archive

        found = verify_archive(archive, evidence_suites(), options, display.warn)
        return Verified(line, sample=found)
    from hpobench.store.format import index
    from hpobench.store.prove import damage
    from hpobench.suites.resolved import plugins_named

    if damaged := damage.find_damage(stored):
        line = f"{stored}: {len(damaged)} damaged{', repaired' if repair else ''}"
        return Verified(line, damaged, damage.repair(stored) if repair else ())
    line = f"{stored}: undamaged"
    if options is None:
        return Verified(line)
    display.note(line)
    suite = stored / index.SUITE
    plugins = plugins_named(index.read_sealed(suite)) if suite.exists() else []
    return Verified(line, sample=run_sample(stored, options, display), plugins=plugins)


def run_sample(folder: Path, options: SampleOptions, display: Display) -> Verification:
    """Run a sample of the undamaged results in ``folder`` again and compare; ``folder`` stays as
    it is."""
    with workers("nothing was changed", display.warn) as start:
        # Its imports take as long as the first process of workers needs to start.
        from hpobench.running.proof.verify_sample import verify_sample

        return verify_sample(folder, options, start, display.warn)


@taking(RunOptions)
def agreement(suite: Source, options: RunOptions) -> Iterator[tuple[int, dict[str, Any]]]:
    """Run every cell of a suite on each stage and through a plain Tuner; yields the number of
    cells, and for each the ``results`` by where it ran and the ``differences`` in words."""
    from hpobench.running.cluster.connect import LOCAL, connected
    from hpobench.running.proof.stage_agreement import compare

    cells = planned(suite, options).plan.cells
    with connected(LOCAL, options.cpus) as ray:
        for found in compare(ray, cells):
            results = {where: len(history) for where, history in found.histories.items()}
            differences = list(found.differences())
            facts = {"cell": found.cell.id, "results": results, "differences": differences}
            yield len(cells), facts
