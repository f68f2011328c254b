"""Advice for what one has: a suite, trials of one's own, a space, or numbers of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from hpobench.bridges.imports.inferred_space import read_space
from hpobench.contract.errors import UsageError
from hpobench.evidence.advice import advise
from hpobench.evidence.archive import read_archive, shipped
from hpobench.evidence.question import Spending, of_counts, of_space, of_suite
from hpobench.evidence.recommendation import Recommendation
from hpobench.evidence.standing import ADVICE, WAYS, StandingRow, standing
from hpobench.store.format import disk
from hpobench.suites.suite import load_suite

_COUNTS: Any = {"floats": 0, "ints": 0, "categories": 0, "logs": None, "conditional": False}


def recommended(
    suite: str | None, plugins: Sequence[Path], evidence: Path | None, **options: Any
) -> list[tuple[str, Recommendation]]:
    """What is recommended for each problem of a suite by its label, or for the one problem that
    ``options`` tell of, by the shipped ``evidence`` or another archive.

    ``options``: the fields of :class:`Spending`, and those that say what is tuned: ``trials`` with
    ``metric``, ``mode`` and ``cost``; ``space``; or how many parameters of each kind there are.
    Raises :class:`UsageError` where two of these say what is tuned, or none.
    """
    archive = read_archive(evidence or shipped())
    spending = Spending(**{field.name: options.pop(field.name) for field in fields(Spending)})
    given = {name: value for name, value in options.items() if value is not None}
    counts = {name: given.pop(name) for name in _COUNTS if name in given}
    ways = {"SUITE": suite, "--trials": given.get("trials"), "--floats and the like": counts}
    if "trials" not in given:
        ways["--space"] = given.get("space")
        if others := [name for name in ("metric", "mode", "cost") if name in given]:
            raise UsageError(f"--{others[0]} is of --trials")
    said = [name for name, value in ways.items() if value]
    if len(said) > 1:
        raise UsageError(f"give either {' or '.join(said)}, not both")
    if suite is not None:
        loaded = load_suite(suite, plugins=plugins)
        return [
            (label, Recommendation(advise(archive, question), archive, loaded))
            for label, question in of_suite(loaded, spending)
        ]
    if "trials" in given:
        # Storages bring the libraries that read them.
        from hpobench.bridges.imports.importing import of_trials

        question = of_trials(given, spending)
    elif "space" in given:
        question = of_space(read_space(given["space"]), spending)
    else:
        question = of_counts(spending, **_COUNTS | counts)
    return [("", Recommendation(advise(archive, question), archive))]


def settle(file: Path, found: Sequence[tuple[str, Recommendation]]) -> None:
    """Write the suite ``file`` that would tell apart what the evidence does not."""
    if len(found) > 1:
        raise UsageError("--settle writes one suite, and this one has several problems")
    if file.exists():
        raise UsageError(f"{file}: is there already")
    disk.replace(file, found[0][1].settling().encode())


def evaluated(evidence: Path | None) -> list[StandingRow]:
    """How good advice is on families of problems that are left out."""
    rows = list(standing(read_archive(evidence or shipped())))
    if not rows:
        raise UsageError(
            "advice is judged against random search on three families of problems or more; the "
            "archive has fewer"
        )
    return rows


def facts(row: StandingRow) -> dict[str, Any]:
    """A row of :func:`evaluated` for programs."""
    return {
        "problems": row.kind,
        "budget": row.budget,
        "advised": row.advised,
        "regrets": {way: row.judged.mean(way) for way in WAYS},
        "gains": {way: row.gain(way) for way in WAYS if way != ADVICE},
        "coverage": row.judged.coverage,
    }
