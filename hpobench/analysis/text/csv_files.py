"""Tables as CSV files: what stands in them, and what they are called."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What the text of a formula begins with, in spreadsheets of today (OWASP, "CSV injection"); the
last four are the wide forms of the first."""


def csv_bytes(table: pd.DataFrame) -> bytes:
    """``table`` as CSV without its index. The same table gives the same bytes.

    Labels and errors come from users. Text that a spreadsheet would run as a formula gets an
    apostrophe before it; numbers stay as they are, also those in columns of text.
    """
    safe = table.rename(columns=_harmless)
    for i, dtype in enumerate(table.dtypes):
        if not pd.api.types.is_numeric_dtype(dtype):
            # A list, because `Series.map` would turn whole numbers beside others into floats.
            cells = [_harmless(cell) for cell in table.iloc[:, i]]
            safe.isetitem(i, pd.array(cells, dtype=object))
    text: str = safe.to_csv(index=False, lineterminator="\n")
    return text.encode("utf-8", "backslashreplace")


def _harmless(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    # pandas does not quote a carriage return, which readers take for the end of a row.
    cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    if not cell.startswith(_FORMULA):
        return cell
    with contextlib.suppress(ValueError):
        float(cell)
        return cell
    return f"'{cell}"


class Names:
    """Hands out file names, none twice."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, stem: str) -> str:
        """``stem``, numbered when two labels shorten to the same one (or differ in case only,
        which some file systems do not keep apart)."""
        found, n = stem, 1
        while found.lower() in self._taken:
            n += 1
            found = f"{stem}-{n}"
        self._taken.add(found.lower())
        return found


def slug(label: str) -> str:
    """A file name made of ``label``."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", label).strip("-")[:100] or "unnamed"
