"""The files that say what a results folder holds: their copies, and their checks on reading.

Files of events and trials hold rows; which cells there are, how they ended and where they came from
stand in a few small files alone. Each is written twice, the second time into ``copies/``, from
where ``hpobench verify --repair`` restores it.

While a run goes on, every batch of finished cells adds a file ``cells-00000001.parquet``,
``cells-00000002.parquet``, ... with their rows, so that storing a cell costs the same however many
there are. Later rows of a cell replace earlier ones. The end of a run folds them into
``cells.parquet``.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import BaseModel

from hpobench.contract.errors import StoreError, UsageError
from hpobench.contract.files import is_there, own_folder, read_text
from hpobench.store.format import checks, disk, schema, seal

SUITE, PLAN, DECISION = "suite.yaml", "plan.json", "decision.json"
CELLS, PROBLEMS = "cells.parquet", "problems.parquet"
COPIES = "copies"
_LONGEST = 2**28
"""Bytes of the longest JSON file that is read: a plan of a million cells has a quarter of them."""


def write(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` in a results folder, and then its copy."""
    disk.replace(path, data)
    with disk.explained(path.parent / COPIES):
        own_folder(path.parent / COPIES)
    disk.replace(path.parent / COPIES / path.name, data)


def write_table(path: Path, table: pa.Table) -> None:
    """Put ``table`` at ``path``, sealed, and then its copy."""
    write(path, disk.table_bytes(table, sealed=True))


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Put ``content`` at ``path``, sealed, and then its copy."""
    text = json.dumps(content, sort_keys=True, indent=1)
    write(path, seal.sealed(f'{text[:-2]},\n "{seal.KEY}": "{seal.BLANK}"\n}}'.encode()))


def write_suite(path: Path, text: str) -> None:
    """Put the YAML ``text`` at ``path``, sealed in a comment, and then its copy."""
    write(path, seal.sealed(f'{text.rstrip()}\n# "{seal.KEY}": "{seal.BLANK}"\n'.encode()))


def read_sealed(path: Path) -> str:
    """The text in the file ``path``."""
    with disk.explained(path):
        text = read_text(path, limit=_LONGEST)
    if not seal.intact(text.encode()):
        raise disk.DamagedError(path, "its content is not what was written")
    return text


def _read_json(path: Path, shape: type[BaseModel]) -> dict[str, Any]:
    text = read_sealed(path)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise disk.DamagedError(path, f"not readable as JSON ({error})") from error
    if isinstance(content, dict):
        content.pop(seal.KEY, None)
    with _told_of(path):
        return checks.fit(shape, content)


def what_is_there(folder: Path) -> str:
    """Why ``folder`` is no results folder, and which one is."""
    if not folder.exists():
        return f"no such folder (from {Path.cwd()}); `hpobench run SUITE` writes results/SUITE"
    if not folder.is_dir():
        return f"not a folder; name the one that holds {PLAN} and {CELLS}"
    inside = sorted(found.parent.name for found in folder.glob(f"*/{PLAN}"))
    if others := [name for name in inside if name != COPIES]:
        return f"holds the results of several runs; name one: {', '.join(others)}"
    if (folder.parent / PLAN).exists():
        return f"a part of results; name {folder.parent}"
    return f"not a results folder (it has no {PLAN})"


def read_plan(path: Path) -> dict[str, Any]:
    """The plan in the file ``path``; raises :class:`UsageError` if there is none."""
    if not is_there(path):
        raise UsageError(f"{path.parent}: {what_is_there(path.parent)}")
    return _read_json(path, checks.StoredPlan)


def read_decision(path: Path) -> dict[str, Any] | None:
    """The decision in the file ``path``; ``None`` where nothing was decided."""
    return _read_json(path, checks.StoredDecision) if is_there(path) else None


def read_cells(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of cells in the file ``path``, or only their ``columns``, checked."""
    table = disk.read_table(path, columns=columns)
    with _told_of(path):
        checks.cells(table)
    return table


def cell_files(folder: Path) -> list[Path]:
    """The files with rows of cells; those of a later one replace those of an earlier one."""
    whole = folder / CELLS
    return [*([whole] if is_there(whole) else []), *commits(folder)]


def latest(names: Sequence[pa.ChunkedArray]) -> list[NDArray[np.bool_]]:
    """Which rows of each of the files are the latest of their cell, by the names in each file."""
    chunks = [chunk for column in names for chunk in column.chunks]
    whole = pa.table({"cell": pa.chunked_array(chunks, pa.string())})
    numbered = whole.append_column("row", [pa.array(range(len(whole)), pa.int64())])
    last = numbered.group_by("cell").aggregate([("row", "max")])["row_max"]
    mask = np.zeros(len(whole), dtype=bool)
    mask[last.to_numpy()] = True
    return np.split(mask, np.cumsum([len(column) for column in names])[:-1]) if names else []


def load_cells(folder: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """The row of each cell that is stored in ``folder``, of earlier suites too, or its ``columns``,
    of which ``cell`` must be the first."""
    tables = [read_cells(path, columns) for path in cell_files(folder)]
    keep = latest([table["cell"] for table in tables])
    some = [schema.CELLS.empty_table().select(columns or schema.CELLS.names)]
    some += [table.filter(pa.array(mask)) for table, mask in zip(tables, keep, strict=True)]
    return pa.concat_tables(some)


def commits(folder: Path) -> list[Path]:
    """The files of cells that are not folded into ``cells.parquet`` yet, the earliest first."""
    pattern = r"cells-\d{8}\.parquet"
    return sorted(p for p in folder.glob("cells-*.parquet") if re.fullmatch(pattern, p.name))


def commit_path(folder: Path, number: int) -> Path:
    """The ``number``-th file of cells since the last fold."""
    return folder / f"cells-{number:08d}.parquet"


def commit_number(path: Path) -> int:
    """Which of the files of cells ``path`` is."""
    return int(path.stem.partition("-")[2])


def names(folder: Path) -> list[str]:
    """The files of the index that ``folder`` may have, or has had."""
    places = (folder, folder / COPIES)
    return [*READERS, *sorted({path.name for place in places for path in commits(place)})]


def remove(path: Path) -> None:
    """Remove the file ``path`` of the index, and first its copy: a copy alone looks like a loss."""
    for file in (path.parent / COPIES / path.name, path):
        with disk.explained(file):
            file.unlink(missing_ok=True)


def load_problems(folder: Path) -> list[dict[str, Any]]:
    """The row of each problem that cells in ``folder`` ran on."""
    path = folder / PROBLEMS
    return read_problems(path).to_pylist() if is_there(path) else []


def read_problems(path: Path) -> pa.Table:
    """The rows of all problems that stored cells ran on."""
    table = disk.read_table(path)
    with _told_of(path):
        checks.problems(table)
    return table


@contextlib.contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """Add where and what to do to the finding of a check."""
    try:
        yield
    except checks.Unfit as error:
        raise disk.DamagedError(path, str(error)) from error


READERS: Mapping[str, Callable[[Path], object]] = {
    SUITE: read_sealed,
    PLAN: read_plan,
    CELLS: read_cells,
    PROBLEMS: read_problems,
    DECISION: read_decision,
}
"""The function that reads and checks each of the files; ``read_cells`` those of commits."""


def reason(path: Path) -> str | None:
    """Why the file ``path`` cannot be read, or ``None`` if it can.
    Raises :class:`OtherVersionError` for a table of another version, which is no damage."""
    read: Callable[[Path], object] = READERS.get(path.name, read_cells)
    try:
        read(path)
    except disk.OtherVersionError:
        raise
    except disk.DamagedError as error:
        return error.what
    except StoreError as error:
        return str(error)
    return None
