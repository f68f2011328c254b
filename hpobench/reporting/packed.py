"""Tables inside of a page: what its charts are drawn from and its download buttons save."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import numpy as np
import pandas as pd

from hpobench.analysis.settings import FloatArray

DIGITS = 6
"""Significant digits of a number that is not whole; the CSV files beside the page have all."""


def packed(table: pd.DataFrame) -> str:
    """``table`` gzipped and in base64: JSON, a list for each column by its name, in their order.

    What is missing or infinite is ``null``, for JSON has no word for it. The same table gives the
    same text.
    """
    columns = {str(name): _values(table[name]) for name in table.columns}
    text = json.dumps(columns, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    data = gzip.compress(text.encode("utf-8", "backslashreplace"), 6, mtime=0)
    return base64.b64encode(data).decode("ascii")


def _values(column: pd.Series) -> list[Any]:
    if pd.api.types.is_float_dtype(column.dtype):
        numbers = _rounded(column.to_numpy(np.float64))
        known = np.isfinite(numbers)
        return [v if ok else None for v, ok in zip(numbers.tolist(), known.tolist(), strict=True)]
    return [_plain(value) for value in column.tolist()]


def _rounded(numbers: FloatArray) -> FloatArray:
    """To :data:`DIGITS`."""
    known = np.isfinite(numbers) & (numbers != 0)
    places = np.zeros(len(numbers))
    places[known] = DIGITS - 1 - np.floor(np.log10(np.abs(numbers[known])))
    # A power of ten beyond what a float holds leaves the number as it is.
    power = 10.0 ** np.clip(places, -300, 300)
    rounded = np.where(np.abs(places) < 300, np.round(numbers * power) / power, numbers)
    return np.where(known, rounded, numbers)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        if not np.isfinite(value):
            return None
        return value if value.is_integer() else float(f"{value:.{DIGITS}g}")
    if value is None or value is pd.NA:
        return None
    return value if isinstance(value, str | bool | int) else str(value)
