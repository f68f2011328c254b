"""Results in the formats of other tools: a module per format, with ``write(results, folder)``."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from hpobench.contract.errors import StoreError, UnknownNameError, UsageError, writing

if TYPE_CHECKING:
    from hpobench.store.read.reader import Results

FORMATS = ("coco", "iohprofiler", "latex")


def export(results: Results, to: str, folder: Path) -> list[str]:
    """Write ``results`` in the format ``to`` into ``folder``; returns what a reader must know.

    Raises :class:`UnknownNameError` unless ``to`` is one of :data:`FORMATS`, :class:`UsageError`
    if something lies in ``folder`` (tools read all that they find in one) and :class:`StoreError`
    when there is nothing to export or no room to write.
    """
    if to not in FORMATS:
        raise UnknownNameError("format", to, FORMATS)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: is there already and not an empty folder; name another one")
    if not len(results.cells):
        raise StoreError(f"{results.name}: no run has ended yet; run the suite first")
    with writing("the export", folder):
        folder.mkdir(parents=True, exist_ok=True)
        found: list[str] = importlib.import_module(f"{__name__}.{to}").write(results, folder)
    return found
