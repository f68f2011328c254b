"""What went wrong, sorted into the kinds that reports count apart."""

from __future__ import annotations

import re

import pandas as pd

from hpobench.stats.curves import algorithm_names

KINDS = ("crashed", "timed out", "invalid", "out of memory")

_OUT_OF_MEMORY = re.compile(r"MemoryError|OutOfMemory|out of memory|oom.?kill", re.IGNORECASE)
_INVALID = re.compile(r"\bnan\b|\binf\b|not finite|not a number|SpaceError|invalid", re.IGNORECASE)


def failure_kind(status: str, error: str | None) -> str:
    """The kind of a failure, from its recorded status and error text."""
    text = error or ""
    if status == "timeout":
        return "timed out"
    if _OUT_OF_MEMORY.search(text):
        return "out of memory"
    return "invalid" if _INVALID.search(text) else "crashed"


def failures(cells: pd.DataFrame) -> pd.DataFrame:
    """Every failed run: ``algorithm, searcher, scheduler, problem, seed, kind, error``."""
    failed = cells[cells["status"] != "done"]
    errors = [e if isinstance(e, str) else "" for e in failed["error"]]
    kinds = [failure_kind(s, e) for s, e in zip(failed["status"], errors, strict=True)]
    frame = failed[["searcher", "scheduler", "problem", "seed"]].reset_index(drop=True)
    frame.insert(0, "algorithm", algorithm_names(cells)[failed.index].to_numpy())
    return frame.assign(kind=pd.Series(kinds, dtype=object), error=pd.Series(errors, dtype=object))
