"""Data inside of a page: JSON for its scripts, and tables, which its charts are drawn from and its
download buttons save."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

DIGITS = 6
"""Significant digits of a number that is not whole; the CSV files beside the page have all."""


def embedded(data: Any) -> Markup:
    """``data`` as JSON that may stand in a page's script, whatever its texts hold."""
    # A label with `</script>` would end the script.
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))


def packed(table: pd.DataFrame) -> str:
    """``table`` gzipped and in base64: JSON, a list for each column by its name, in their order.

    What is missing or infinite is ``null``, for JSON has no word for it. The same table gives the
    same text.
    """
    columns = {str(name): _values(table[name]) for name in table.columns}
    text = json.dumps(columns, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    # UTF-8 has no bytes for half of a surrogate pair, which labels may hold. Without `mtime` the
    # same table would give other bytes.
    data = gzip.compress(text.encode("utf-8", "backslashreplace"), 6, mtime=0)
    return base64.b64encode(data).decode("ascii")


def _values(column: pd.Series) -> list[Any]:
    if not pd.api.types.is_float_dtype(column.dtype):
        return [_plain(value) for value in column.tolist()]
    numbers = column.to_numpy(np.float64)
    known = np.isfinite(numbers)
    places = np.zeros(len(numbers))
    some = known & (numbers != 0)
    places[some] = DIGITS - 1 - np.floor(np.log10(np.abs(numbers[some])))
    # A power of ten beyond what a float holds leaves the number as it is.
    power = 10.0 ** np.clip(places, -300, 300)
    rounded = np.where(some & (np.abs(places) < 300), np.round(numbers * power) / power, numbers)
    return [v if ok else None for v, ok in zip(rounded.tolist(), known.tolist(), strict=True)]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or (isinstance(value, float) and not np.isfinite(value)):
        return None
    if isinstance(value, float):
        return value if value.is_integer() else float(f"{value:.{DIGITS}g}")
    return value if isinstance(value, str | bool | int) else str(value)
