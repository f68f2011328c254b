"""Frames, whose columns have types that only the run knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd


def tuples(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows of ``frame`` as named tuples."""
    yield from frame.itertuples()


def by_stretch(table: pd.DataFrame) -> pd.DataFrame:
    """One row per stretch of the table of the exhibit of lineage.

    Columns ``stretch, trial, parent, parent_step, parent_stretch``; ``first_`` and ``last_`` of
    ``step, clock, value``; ``ancestor``, whether any of its results is one.
    """
    first = table.drop_duplicates("stretch").set_index("stretch")
    last = table.drop_duplicates("stretch", keep="last").set_index("stretch")
    ends = {
        f"{end}_{column}": frame[column]
        for end, frame in (("first", first), ("last", last))
        for column in ("step", "clock", "value")
    }
    found = first[["trial", "parent", "parent_step", "parent_stretch"]].assign(**ends)
    return found.assign(ancestor=table.groupby("stretch")["ancestor"].any()).reset_index()
