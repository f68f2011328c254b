"""Reading a results folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Results:
    """What a report is made of; frames have the columns of :mod:`hpobench.store.schema`.

    Only cells of the present suite, sorted by searcher, scheduler, problem, seed in the suite's
    order; events sorted by cell, then in the order in which they happened.
    """

    name: str
    suite: dict[str, Any]
    """The suite as resolved, plain YAML types."""
    cells: pd.DataFrame
    events: pd.DataFrame
    trials: pd.DataFrame
    problems: pd.DataFrame
