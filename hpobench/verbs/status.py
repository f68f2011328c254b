"""How far the run of a results folder is, and who leads by now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpobench.contract.errors import StoreError

if TYPE_CHECKING:
    from hpobench.reporting.answer import Answer

STATUSES = ("done", "failed", "timeout", "missing")
_MOST = 5_000_000
"""Results of which the answer is computed here: it takes about ten seconds. Of more, the report
computes it."""


@dataclass(frozen=True)
class Status:
    """How far a run is."""

    cells: int
    """Planned."""
    counts: Mapping[str, int]
    """Cells by :data:`STATUSES`."""
    errors: Mapping[str, str | None]
    """Of cells that did not end well, by their ids."""
    missing: tuple[str, ...]
    answer: Answer | None
    silence: str
    """Why there is no answer, where it could be expected; else empty."""

    def to_json(self) -> dict[str, Any]:
        """The facts for programs."""
        from hpobench.reporting.answer_text import answer_json

        counts = {name: self.counts[name] for name in STATUSES}
        lists = {"errors": dict(self.errors), "missing_cells": list(self.missing)}
        return {**counts, **lists, **answer_json(self.answer)}


def status(folder: Path, *, answer: bool = True) -> Status:
    """How far the run in ``folder`` is; without ``answer`` it is not computed who leads."""
    from hpobench.store.read.reader import load_cells, load_plan

    planned = load_plan(folder)["cells"]
    columns = ("cell", "status", "error", "results")
    stored = {row["cell"]: row for row in load_cells(folder, columns)}
    rows = [stored[name] for name in planned if name in stored]
    missing = tuple(name for name in planned if name not in stored)
    counts = Counter(row["status"] for row in rows) + Counter(missing=len(missing))
    errors = {row["cell"]: row["error"] for row in rows if row["status"] != "done"}
    results = sum(row["results"] for row in rows)
    found, why = _answer(folder, results) if answer and counts["done"] else (None, "")
    return Status(len(planned), counts, errors, missing, found, why)


def _answer(folder: Path, results: int) -> tuple[Answer | None, str]:
    """Who leads in so many stored ``results``, or why that is not said here."""
    from hpobench.reporting.answer import up_to_date
    from hpobench.verbs.reports import answer_of

    if (kept := up_to_date(folder)) is not None:
        return kept, ""
    here = any(folder.glob("events-*.parquet"))
    if not here or results > _MOST:
        return None, "`hpobench report` says who leads: it reads all that was stored"
    try:
        return answer_of(folder), ""
    except StoreError as error:
        return None, f"who leads cannot be told now: {error}"
