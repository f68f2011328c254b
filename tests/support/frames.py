"""Frames, whose columns have types that only the run knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd


def tuples(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows of ``frame`` as named tuples."""
    yield from frame.itertuples()
