"""Results folders whose tables and files are changed, given to the verbs that read them.

Changed tables are sealed and named anew, so that it is their content which is looked at.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis.strategies import integers, sampled_from

from hpobench.store.format import disk, index, seal
from tests.fuzz.arrow import changed
from tests.fuzz.commands import Command
from tests.fuzz.values import NOT_JSON, Draw, damaged, misplace, now_and_then, reshaped

SUITE = """\
name: small
searchers: [random]
schedulers: [fifo, asha, pbt]
problems: [{name: mf-hartmann, dimension: 3, quality: good}]
seeds: 3
budget: {evaluations: 6}
"""
READINGS = (
    "report store",
    "compare good store",
    "compare store good",
    *(f"export store --to {format_} {format_}" for format_ in ("coco", "iohprofiler", "latex")),
    "verify store",
    "verify store --repair",
)


def prepare(folder: Path) -> None:
    from tests.support.stored_results import run_suite

    run_suite(SUITE, folder / "store")
    path = folder / "store" / index.CELLS
    rows = index.read_cells(path).to_pylist()
    rows[0] |= {"status": "failed", "error": "CellError: \x1b[31mred"}
    index.write_table(path, pa.Table.from_pylist(rows, schema=pq.read_schema(path)))


def mutate(draw: Draw, origin: Path, folder: Path) -> Sequence[Command]:
    """A small real store with one thing wrong, or two."""
    shutil.copytree(origin / "store", folder / "good")
    shutil.copytree(origin / "store", folder / "store")
    if now_and_then(draw, 5):
        _file(draw, folder / "store")
    else:
        for _ in range(draw(integers(1, 2))):
            draw(sampled_from((_table, _table, _table, _json)))(draw, folder / "store")
    return [["status", "store"], draw(sampled_from(READINGS)).split()]


def rewrite(folder: Path, kind: str, change: Callable[[pa.Table], pa.Table]) -> None:
    """Change a table of ``folder`` and seal it anew; of files the first one, which cells then
    name."""
    if kind in ("cells", "problems"):
        path = folder / f"{kind}.parquet"
        path.write_bytes(disk.table_bytes(change(pq.read_table(path)), sealed=True))
        return
    file = min(folder.glob(f"{kind}-*.parquet"))
    data = disk.table_bytes(change(pq.read_table(file)))
    name = disk.file_name(kind, data)
    file.unlink()
    (folder / name).write_bytes(data)

    def renamed(cells: pa.Table) -> pa.Table:
        at = cells.schema.get_field_index(f"{kind}_shard")
        names = [name if old == file.name else old for old in cells.column(at).to_pylist()]
        return cells.set_column(at, cells.schema.field(at), pa.array(names, pa.string()))

    rewrite(folder, "cells", renamed)


def _table(draw: Draw, folder: Path) -> None:
    kind = draw(sampled_from(("cells", "cells", "problems", "events", "trials")))
    try:
        rewrite(folder, kind, lambda table: changed(draw, table))
    except (ValueError, pa.ArrowException, OSError):
        return  # an earlier change made it unreadable


def _json(draw: Draw, folder: Path) -> None:
    path = folder / index.PLAN
    if now_and_then(draw, 5):
        path.write_text(draw(sampled_from(NOT_JSON)))
        return
    try:
        content = reshaped(draw, json.loads(path.read_text()))
    except (ValueError, RecursionError):
        return  # an earlier change made it unreadable
    if isinstance(content, dict):
        content.pop(seal.KEY, None)
        index.write_json(path, content)
    else:
        path.write_text(json.dumps(content))


def _file(draw: Draw, folder: Path) -> None:
    """A file is something else, or its bytes are."""
    names = ("copies", "report", "output", ".lock", index.DECISION)
    paths = [*folder.glob("*.parquet"), *folder.glob("*.json"), *(folder / name for name in names)]
    path = draw(sampled_from(sorted(paths)))
    data = path.read_bytes() if path.is_file() else b"{}"
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    match draw(sampled_from(("misplaced", "misplaced", "nothing", "empty", "bytes", "bytes"))):
        case "misplaced":
            misplace(draw, path)
        case "empty":
            path.touch()
        case "bytes":
            path.write_bytes(damaged(draw, data or b"{}"))
