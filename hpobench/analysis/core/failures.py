"""What went wrong, sorted into the kinds that reports count apart."""

from __future__ import annotations

import re

import pandas as pd

from hpobench.analysis.core.curves import algorithm_names

KINDS = ("crashed", "stalled", "timed out", "invalid", "out of memory", "lost")
"""``crashed``: the searcher, the scheduler or the problem raised. ``stalled``: nothing could
happen any more. ``invalid``: a configuration outside the space, or a result that is no number.
``lost``: the process died without a word."""

_LOST = ("the process died", "the cell was lost")
_OUT_OF_MEMORY = re.compile(r"\b\w*(MemoryError|OutOfMemory(Error)?)\b|\bout of memory\b", re.I)
_INVALID = re.compile(
    r"(SpaceError|TrialError): "
    r"|CellError: (.* proposed an impossible configuration "
    r"|.* returned .*, not a configuration|.* suggested no value for )",
    re.DOTALL,
)


def failure_kind(status: str, error: str | None) -> str:
    """The kind of a failure, from its recorded status and error text.

    Only the message is looked at, never the traceback below it, whose lines of code may hold
    any word.
    """
    if status == "timeout":
        return "timed out"
    message, _, rest = (error or "").partition("\n\n")
    if message.startswith(_LOST):
        # Its own words name memory as one possible reason; Ray's below them, when it was.
        return "out of memory" if _OUT_OF_MEMORY.match(rest) else "lost"
    if message.startswith("StallError:"):
        return "stalled"
    if _INVALID.match(message):
        return "invalid"
    return "out of memory" if _OUT_OF_MEMORY.search(message) else "crashed"


def failures(cells: pd.DataFrame) -> pd.DataFrame:
    """Every failed run: ``algorithm, searcher, scheduler, problem, seed, kind, error``."""
    failed = cells[cells["status"] != "done"]
    errors = [e if isinstance(e, str) else "" for e in failed["error"]]
    kinds = [failure_kind(s, e) for s, e in zip(failed["status"], errors, strict=True)]
    frame = failed[["searcher", "scheduler", "problem", "seed"]].reset_index(drop=True)
    frame.insert(0, "algorithm", algorithm_names(cells)[failed.index].to_numpy())
    return frame.assign(kind=pd.Series(kinds, dtype=object), error=pd.Series(errors, dtype=object))
