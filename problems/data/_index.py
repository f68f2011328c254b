"""What ``datasets.json`` says of each data set; standard library only."""

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
    """One data set, of a parquet file in this folder or of scikit-learn."""

    description: str
    rows: int
    features: int
    classes: int | None
    """How many; ``None`` for regression."""
    missing: int
    """How many values of the features are NaN."""
    licence: str
    """SPDX identifier."""
    source: str
    citation: str
    changes: str
    """What distinguishes it from the source's."""
    package: str
    """That it was taken from, or that brings it: scikit-learn."""
    members: tuple[str, ...]
    """Files of the package."""
    sha256: str | None
    """Of the parquet file; ``None`` for scikit-learn's own sets."""

    @property
    def training_rows(self) -> int:
        """How many rows are trained on, once a fifth tests and a quarter of the rest validates."""
        rest = self.rows - math.ceil(self.rows * 0.2)
        return rest - math.ceil(rest * 0.25)


@cache
def entries() -> Mapping[str, Entry]:
    """All data sets by name; raises :class:`NotAvailableError` where one is ill described."""
    stored = json.loads(DESCRIPTIONS.read_text("utf-8"))
    return {name: _entry(name, row) for name, row in stored.items()}


def _entry(name: str, row: Mapping[str, Any]) -> Entry:
    missing = [field.name for field in fields(Entry) if field.name not in row]
    missing += [key for key in ("licence", "source", "citation") if row.get(key) == ""]
    if missing:
        raise NotAvailableError(f"{DESCRIPTIONS}: {name} has no {', '.join(missing)}")
    return Entry(**{**row, "members": tuple(row["members"])})


def short_hash(dataset: str) -> str:
    """Tells versions of ``dataset`` apart; empty where a library's version does."""
    entry = entries().get(dataset)
    return (entry.sha256 or "")[:8] if entry else ""
