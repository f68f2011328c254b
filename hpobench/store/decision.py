"""``decision.json`` beside the results: what was decided by adding seeds step by step.

It holds the rule and the finding of each look.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hpobench.contract.errors import StoreError
from hpobench.contract.files import read_text
from hpobench.store import files
from hpobench.store.reader import load_plan

FILE = "decision.json"


def write_decision(folder: Path, content: Mapping[str, Any]) -> None:
    """Write ``content`` into ``folder``, replacing an earlier decision."""
    files.replace(folder / FILE, json.dumps(content, indent=1, sort_keys=True).encode())


def decision_sentence(folder: Path) -> str | None:
    """The decision on the results in ``folder`` in words.

    It is ``None`` where nothing was decided, or where the results have changed since, for example
    by other seeds or by failed cells that ran again.
    """
    found = read_decision(folder)
    return found["sentence"] if found and found["results"] == stored_digest(folder) else None


def read_decision(folder: Path) -> dict[str, Any] | None:
    """The decision stored in ``folder``; ``None`` where nothing was decided."""
    path = folder / FILE
    if not path.exists():
        return None
    with files.explained(path):
        text = read_text(path)
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise StoreError(f"{path}: {error}; remove it and run the suite again") from error
    return found


def stored_digest(folder: Path) -> str:
    """A digest of the cells of the present plan and how each ended."""
    table = files.read_table(folder / "cells.parquet")
    statuses = dict(zip(*(table[name].to_pylist() for name in ("cell", "status")), strict=True))
    return digest(f"{name} {statuses.get(name)}" for name in load_plan(folder)["cells"])


def digest(lines: Iterable[str]) -> str:
    """A hash of ``lines`` in any order."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
