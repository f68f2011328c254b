"""Verifying results: ``hpobench verify`` and :func:`hpobench.verify` both come here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hpobench.contract.errors import UsageError
from hpobench.verbs.sample import SampleOptions, run_sample

if TYPE_CHECKING:
    from hpobench.running.proof.verify_sample import Verification
    from hpobench.store.prove.damage import Damage
    from hpobench.verbs.progress import Display


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
        """The facts of all but the sample, for programs."""
        damage = [
            {"path": str(one.path), "reason": one.reason, "cells": list(one.cells)}
            for one in self.damage
        ]
        return {"damage": damage, "repaired": list(self.repaired)}


def verify(
    stored: Path, sample: SampleOptions | None, display: Display, *, repair: bool = False
) -> Verified:
    """Look for damage in a results folder or an archive of evidence, and ``repair`` it, or else
    run a ``sample`` of what is undamaged again and compare.

    ``display`` is told what is undamaged before a sample runs. Raises :class:`StoreError` for an
    archive that cannot be read, and :class:`UsageError` for what cannot be repaired or sampled.
    """
    if repair and sample:
        raise UsageError("--sample is for undamaged results; run --repair alone before")
    if not stored.is_dir():
        if repair:
            raise UsageError(f"{stored}: an archive has no copies to repair it from; take it anew")
        return _verify_archive(stored, sample, display)
    from hpobench.store.format import index
    from hpobench.store.prove import damage
    from hpobench.suites.suitetext import plugins_named

    if found := damage.find_damage(stored):
        line = f"{stored}: {len(found)} damaged{', repaired' if repair else ''}"
        return Verified(line, found, damage.repair(stored) if repair else ())
    line = f"{stored}: undamaged"
    if sample is None:
        return Verified(line)
    display.note(line)
    suite = stored / index.SUITE
    plugins = plugins_named(index.read_sealed(suite)) if suite.exists() else []
    return Verified(line, sample=run_sample(stored, sample, display), plugins=plugins)


def _verify_archive(file: Path, sample: SampleOptions | None, display: Display) -> Verified:
    from hpobench.evidence.archive import evidence_suites, read_archive

    archive = read_archive(file)
    line = f"{file}: undamaged: {archive.summary}"
    if sample is None:
        return Verified(line)
    display.note(line)
    from hpobench.verbs.archive_sample import verify_archive

    found = verify_archive(archive, evidence_suites(), sample, display.warn)
    return Verified(line, sample=found)
