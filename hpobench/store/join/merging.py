"""Several results folders as one, stored or only read: the shards of a plan, or other suites."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hpobench.contract.errors import UsageError
from hpobench.contract.files import is_regular, is_there, own_folder, read_whole
from hpobench.store.format import disk, index
from hpobench.store.join.plans import merged_plan
from hpobench.store.read.reader import Results, by_cell, in_order, load_results
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
    (:func:`merged_plan`), and :class:`StoreError` for damage.
    """
    stores, plan, suite = merged_plan(folders)
    if "shard" in stores[0].plan:
        into = into or stores[0].folder.parent / plan["name"]
    elif into is None:
        raise UsageError("results of different suites need a folder to merge into: --into FOLDER")
    elif any(is_there(into / name) for name in index.READERS):
        raise UsageError(f"{into}: holds results already; merge into another folder (--into)")
    if into.resolve() in {store.folder.resolve() for store in stores}:
        raise UsageError(f"{into}: is one of the folders to merge; name another one (--into)")
    labels = dict.fromkeys(plan["cells"], ("", ""))
    stored = set[str]()
    problems: dict[str, dict[str, Any]] = {}
    for store in stores:
        rows = index.load_cells(store.folder, ("cell", "searcher", "scheduler")).to_pylist()
        own = {row["cell"]: (row["searcher"], row["scheduler"]) for row in rows}
        stored |= own.keys() & labels.keys()
        labels |= {cell: own[cell] for cell in own.keys() & labels.keys()}
        for row in index.load_problems(store.folder):
            known = problems.setdefault(row["problem"], row)
            if (row["version"] or 0) > (known["version"] or 0):
                problems[row["problem"]] = row  # the one with the latest reference losses
    with open_writer(into) as writer:
        writer.begin(suite, plan, labels, problems)
        for store in stores:
            for batch in _batches(store.folder, into, writer.added()):
                writer.add([batch])
        writer.compact()
    return into, len(stored), len(plan["cells"])


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
    if not (folder / "output").exists():
        return
    for cell in rows["cell"].to_pylist():
        found = sorted((own_folder(folder / "output") / cell).glob("trial-*.txt"))
        texts = {int(path.stem.partition("-")[2]): path for path in found if is_regular(path)}
        if texts:
            yield cell, {n: read_whole(p).decode("utf-8", "replace") for n, p in texts.items()}


def load_together(folders: Sequence[Path]) -> Results:
    """The results in ``folders`` read as those of one suite, as a merge would store them. A cell
    that several hold is taken once. Raises what :func:`merge` and :func:`load_results` raise."""
    stores, plan, _ = merged_plan(folders)
    every = [load_results(store.folder) for store in stores]
    own, taken = [], set[str]()
    for results in every:
        own.append(results.select(~results.cells["cell"].isin(taken)))
        taken.update(results.cells["cell"])
    cells = in_order(_joined([one.cells for one in own]), plan)
    problems = _joined([one.problems for one in every])
    version = problems["version"].fillna(0).sort_values(ascending=False, kind="stable")
    latest = problems.loc[version.index].drop_duplicates("problem").sort_index()
    return Results(
        name=plan["name"],
        suite=plan["suite"],
        cells=cells,
        events=by_cell(_joined([one.events for one in own]), cells),
        trials=by_cell(_joined([one.trials for one in own]), cells),
        problems=latest.reset_index(drop=True),
        plan=plan,
    )


def _joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all ``frames``, which have the same columns."""
    # pandas warns of types that it would guess from frames without rows.
    joined = pd.concat([one for one in frames if len(one)] or frames[:1], ignore_index=True)
    labels = [name for name, kind in frames[0].dtypes.items() if kind == "category"]
    return joined.astype(dict.fromkeys(labels, "category"))  # other labels make them plain objects
