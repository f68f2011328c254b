"""The descriptions of data sets in ``datasets.json``, read with the standard library only."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from hpobench.kit import NotAvailableError

FOLDER = Path(__file__).parent
DESCRIPTIONS = FOLDER / "datasets.json"


@dataclass(frozen=True)
class Entry:
    """The description of a data set, which is a parquet file in this folder or in scikit-learn."""

    description: str
    rows: int
    features: int
    classes: int | None
    """The number of classes; ``None`` for regression."""
    missing: int
    """The number of feature values that are NaN."""
    licence: str
    """The SPDX identifier of the licence."""
    source: str
    citation: str
    changes: str
    """The differences from the source's data set."""
    package: str
    """The package that the data set was taken from, or ``scikit-learn``, which contains it."""
    members: tuple[str, ...]
    """The files of the package that hold the data set."""
    sha256: str | None
    """The hash of the parquet file; ``None`` for scikit-learn's own sets."""

    @property
    def training_rows(self) -> int:
        """The number of rows for training: a fifth of all rows is for testing, and a quarter of the
        rest for validation."""
        rest = self.rows - math.ceil(self.rows * 0.2)
        return rest - math.ceil(rest * 0.25)


@cache
def entries() -> Mapping[str, Entry]:
    """All data sets by name; raises :class:`NotAvailableError` if a description is incomplete."""
    stored = json.loads(DESCRIPTIONS.read_text("utf-8"))
    return {name: _entry(name, row) for name, row in stored.items()}


def _entry(name: str, row: Mapping[str, Any]) -> Entry:
    missing = [field.name for field in fields(Entry) if field.name not in row]
    missing += [key for key in ("licence", "source", "citation") if row.get(key) == ""]
    if missing:
        raise NotAvailableError(f"{DESCRIPTIONS}: {name} has no {', '.join(missing)}")
    return Entry(**{**row, "members": tuple(row["members"])})


def short_hash(dataset: str) -> str:
    """A hash of the version of ``dataset``; empty for scikit-learn's own sets, whose version is
    that of the library."""
    entry = entries().get(dataset)
    return (entry.sha256 or "")[:8] if entry else ""
