"""The files that say what a results folder holds: their copies, and their checks on reading.

Shards hold rows; which cells there are, how they ended and where they came from stand in a few
small files alone. Each is written twice, the second time into ``copies/``, from where
``hpobench verify --repair`` restores it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from hpobench.contract.errors import StoreError, UsageError
from hpobench.contract.files import is_there, own_folder, read_text
from hpobench.store import checks, files, seal, shapes

SUITE, PLAN, CELLS, PROBLEMS, DECISION = (
    "suite.yaml",
    "plan.json",
    "cells.parquet",
    "problems.parquet",
    "decision.json",
)
COPIES = "copies"
_LONGEST = 2**28
"""Bytes of the longest JSON file that is read: a plan of a million cells has a quarter of them."""


def write(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` in a results folder, and then its copy."""
    files.replace(path, data)
    with files.explained(path.parent / COPIES):
        own_folder(path.parent / COPIES)
    files.replace(path.parent / COPIES / path.name, data)


def write_table(path: Path, table: pa.Table) -> None:
    """Put ``table`` at ``path``, sealed, and then its copy."""
    write(path, files.table_bytes(table, sealed=True))


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Put ``content`` at ``path``, sealed, and then its copy."""
    ordered = json.loads(json.dumps(content, sort_keys=True))
    text = json.dumps({**ordered, seal.KEY: seal.BLANK}, indent=1)
    write(path, seal.sealed(text.encode()))


def write_suite(path: Path, text: str) -> None:
    """Put the YAML ``text`` at ``path``, sealed in a comment, and then its copy."""
    write(path, seal.sealed(f'{text.rstrip()}\n# "{seal.KEY}": "{seal.BLANK}"\n'.encode()))


def read_sealed(path: Path) -> str:
    """The text in the file ``path``."""
    with files.explained(path):
        text = read_text(path, limit=_LONGEST)
    if not seal.intact(text.encode()):
        raise files.DamagedError(path, "its content is not what was written")
    return text


def _read_json(path: Path) -> Any:
    text = read_sealed(path)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise files.DamagedError(path, f"not readable as JSON ({error})") from error
    if isinstance(content, dict):
        content.pop(seal.KEY, None)
    return content


def read_plan(path: Path) -> dict[str, Any]:
    """The plan in the file ``path``; raises :class:`UsageError` if there is none."""
    if not is_there(path):
        raise UsageError(f"{path.parent}: not a results folder (it has no {PLAN})")
    content = _read_json(path)
    with _told_of(path):
        return shapes.plan(content)


def read_decision(path: Path) -> dict[str, Any] | None:
    """The decision in the file ``path``; ``None`` where nothing was decided."""
    if not is_there(path):
        return None
    content = _read_json(path)
    with _told_of(path):
        return shapes.decision(content)


def read_cells(path: Path) -> pa.Table:
    """The rows of all cells that are stored, of earlier suites too."""
    table = files.read_table(path)
    with _told_of(path):
        checks.cells(table)
    return table


def read_problems(path: Path) -> pa.Table:
    """The rows of all problems that stored cells ran on."""
    table = files.read_table(path)
    with _told_of(path):
        checks.problems(table)
    return table


@contextlib.contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """Add where and what to do to the finding of a check."""
    try:
        yield
    except shapes.Unfit as error:
        raise files.DamagedError(path, str(error)) from error


READERS: Mapping[str, Callable[[Path], object]] = {
    SUITE: read_sealed,
    PLAN: read_plan,
    CELLS: read_cells,
    PROBLEMS: read_problems,
    DECISION: read_decision,
}
"""The function that reads and checks each of the files."""


def reason(path: Path) -> str | None:
    """Why the file ``path`` cannot be read, or ``None`` if it can.

    Raises :class:`OtherVersionError` for a table of another version, which is no damage.
    """
    try:
        READERS[path.name](path)
    except files.OtherVersionError:
        raise
    except files.DamagedError as error:
        return error.what
    except StoreError as error:
        return str(error)
    return None
