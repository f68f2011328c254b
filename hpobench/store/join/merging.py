"""Brings results folders into one: the shards of a plan, or results of different suites."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hpobench.contract.errors import UsageError
from hpobench.contract.files import is_regular, is_there, own_folder, read_whole
from hpobench.store.format import disk, index
from hpobench.store.join.plan_of_shards import Store, plan_of_shards
from hpobench.store.join.plan_of_union import plan_of_union
from hpobench.store.write.batch import Batch
from hpobench.store.write.writer import open_writer

_ROWS = 2**14
"""Cells that are taken over at a time."""


def merge(folders: Sequence[Path], into: Path | None = None) -> tuple[Path, int, int]:
    """Bring the results in ``folders`` into one; returns its folder, and how many cells of how many
    planned ones it has.

    All shards of one run, made by ``run --shard``, become what one run of all cells would have
    stored, by default in the folder of the suite's name beside them. Results of other suites
    become those of their union, in the new folder ``into``. Cells that a folder lacks are missing
    there too, and a run of the suite adds them.

    Raises :class:`UsageError`, before anything is written, if the folders do not go together
    (:func:`plan_of_shards`, :func:`plan_of_union`), and :class:`StoreError` for damage.
    """
    stores, plan, suite = merged_plan(folders)
    shards = "shard" in stores[0].plan
    into = (into or stores[0].folder.parent / plan["name"]) if shards else _new(into)
    if into.resolve() in {store.folder.resolve() for store in stores}:
        raise UsageError(f"{into}: is one of the folders to merge; name another one (--into)")
    labels = _labels(stores, plan["cells"])
    stored = len(labels)
    labels |= dict.fromkeys(set(plan["cells"]) - set(labels), ("", ""))
    with open_writer(into) as writer:
        writer.begin(suite, plan, labels, _problems(stores))
        for store in stores:
            for batch in _batches(store.folder, into, writer.added()):
                writer.add([batch])
        writer.compact()
    return into, stored, len(plan["cells"])


def merged_plan(folders: Sequence[Path]) -> tuple[list[Store], dict[str, Any], str]:
    """The results in ``folders`` in an order of their own, the plan of all, and its suite.

    Raises as :func:`merge`.
    """
    stores = [Store.of(folder) for folder in folders]
    shards = any("shard" in store.plan for store in stores)
    return plan_of_shards(stores) if shards else plan_of_union(stores)


def _new(into: Path | None) -> Path:
    """``into``, which must be a folder without results."""
    if into is None:
        raise UsageError("results of different suites need a folder to merge into: --into FOLDER")
    if any(is_there(into / name) for name in index.READERS):
        raise UsageError(f"{into}: holds results already; merge into another folder (--into)")
    return into


def _labels(stores: Sequence[Store], planned: Collection[str]) -> dict[str, tuple[str, str]]:
    """The labels of searcher and scheduler of the ``planned`` cells that are stored."""
    known = set(planned)
    tables = [index.load_cells(p.folder, ("cell", "searcher", "scheduler")) for p in stores]
    return {
        row["cell"]: (row["searcher"], row["scheduler"])
        for table in tables
        for row in table.to_pylist()
        if row["cell"] in known
    }


def _problems(stores: Sequence[Store]) -> dict[str, dict[str, Any]]:
    """The rows of all problems; of several those with the latest reference losses."""
    found: dict[str, dict[str, Any]] = {}
    for store in stores:
        for row in index.load_problems(store.folder):
            known = found.setdefault(row["problem"], row)
            if (row["version"] or 0) > (known["version"] or 0):
                found[row["problem"]] = row
    return found


def _batches(folder: Path, into: Path, taken: Collection[str]) -> Iterator[Batch]:
    """The cells of ``folder`` that are not ``taken``, with the files that they name, which are
    copied before."""
    rows = index.load_cells(folder)
    known = pc.is_in(rows["cell"], value_set=pa.array(sorted(taken), pa.string()))
    rows = rows.filter(pc.invert(known))
    names = {name for kind in disk.COUNTS for name in rows[f"{kind}_shard"].unique().to_pylist()}
    for name in sorted(names - {None}):
        if not disk.is_whole(folder / name):
            raise disk.DamagedError(folder / name, "its content is not what was written")
        disk.replace(into / name, read_whole(folder / name))
    signatures = frozenset(
        (row["problem"], row["signature"])
        for row in index.load_problems(folder)
        if row["signature"] is not None
    )
    for begin in range(0, len(rows), _ROWS):
        some = rows.slice(begin, _ROWS)
        yield Batch((), some, signatures, dict(_output(folder, some)), {})


def _output(folder: Path, rows: pa.Table) -> Iterator[tuple[str, dict[int, str]]]:
    """What trials printed, by cell and number."""
    if not (folder / "output").exists():
        return
    for cell in rows["cell"].to_pylist():
        found = sorted((own_folder(folder / "output") / cell).glob("trial-*.txt"))
        texts = {int(path.stem.partition("-")[2]): path for path in found if is_regular(path)}
        if texts:
            yield cell, {n: read_whole(p).decode("utf-8", "replace") for n, p in texts.items()}
