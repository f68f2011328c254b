"""``decision.json`` beside the results: what was decided by adding seeds step by step.

It holds the rule and the finding of each look.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hpobench.store.format import index
from hpobench.store.read.reader import load_cells, load_plan

FILE = index.DECISION


def write_decision(folder: Path, content: Mapping[str, Any]) -> None:
    """Write ``content`` into ``folder``, replacing an earlier decision."""
    index.write_json(folder / FILE, content)


def decision_sentence(folder: Path) -> str | None:
    """The decision on the results in ``folder`` in words.

    It is ``None`` where nothing was decided, or where the results have changed since, for example
    by other seeds or by failed cells that ran again.
    """
    found = read_decision(folder)
    return found["sentence"] if found and found["results"] == stored_digest(folder) else None


def read_decision(folder: Path) -> dict[str, Any] | None:
    """The decision stored in ``folder``; ``None`` where nothing was decided."""
    return index.read_decision(folder / FILE)


def stored_digest(folder: Path) -> str:
    """A digest of the cells of the present plan and how each ended."""
    statuses = {row["cell"]: row["status"] for row in load_cells(folder, ("cell", "status"))}
    return digest(f"{name} {statuses.get(name)}" for name in load_plan(folder)["cells"])


def digest(lines: Iterable[str]) -> str:
    """A hash of ``lines`` in any order."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
