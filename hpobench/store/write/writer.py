"""Writing a results folder: one writer, whole cells.

A cell is stored once a file of cells names it. Files of events and trials are written first,
under names made of their content. A crash may leave files that no cell names; they are removed the
next time the folder is opened. :meth:`Writer.compact` brings the folder into one canonical form, so
that the same finished cells are the same bytes, however often the run was interrupted.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hpobench.contract.errors import StoreError
from hpobench.contract.files import TEMPORARY, place_for
from hpobench.plugins.signature import moved
from hpobench.store.format import disk, index, schema
from hpobench.store.write import compaction
from hpobench.store.write.batch import Batch
from hpobench.store.write.compaction import Members
from hpobench.store.write.problem_rows import ProblemRows

_NAMED = ("cell", "events_shard", "trials_shard")
_COLUMNS = (*_NAMED, "searcher", "scheduler", "problem", "status", "in_suite")


class Writer:
    """The one writer of ``folder``; use :func:`open_writer`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        disk.refuse_links(folder)
        stored = index.load_cells(folder, _COLUMNS)
        self._problems = {row["problem"]: row for row in index.load_problems(folder)}
        self._problems_stored = dict(self._problems)
        self._members: Members | None = None
        known = pc.is_in(stored["problem"], value_set=pa.array([*self._problems], pa.string()))
        whole = pc.or_(known, pc.not_equal(stored["status"], "done"))
        for kind in disk.COUNTS:
            column = stored[f"{kind}_shard"]
            files = column.unique().drop_null().to_pylist()
            broken = [file for file in files if not disk.is_whole(folder / file)]
            lacking = pc.is_in(column, value_set=pa.array(broken, pa.string()))
            whole = pc.and_(whole, pc.invert(lacking))
        self.lost: list[str] = stored["cell"].filter(pc.invert(whole)).to_pylist()
        """Stored cells that are forgotten, because their rows or problem are missing or damaged."""
        self._sweep(stored)
        self._stored = stored.filter(whole)
        self._commits = max(map(index.commit_number, index.commits(folder)), default=0)
        self._commits_before = self._commits

    @property
    def statuses(self) -> dict[str, str]:
        """The status of every cell that was stored when the folder was opened, by its id."""
        names, statuses = (self._stored[name].to_pylist() for name in ("cell", "status"))
        return dict(zip(names, statuses, strict=True))

    def statuses_of(self, cells: Sequence[str]) -> list[str]:
        """The status of each of ``cells``, ``missing`` if it was not stored by then."""
        place = pc.index_in(pa.array(cells, pa.string()), value_set=self._stored["cell"])
        found: list[str] = pc.fill_null(self._stored["status"].take(place), "missing").to_pylist()
        return found

    def forget(self, cells: Iterable[str]) -> None:
        """Forget ``cells`` and those in :attr:`lost`, and nothing else of what is stored."""
        drop = {*cells, *self.lost}
        self._write_problems()
        compaction.fold(self.folder, None, drop=drop)
        self._sweep(index.load_cells(self.folder, _NAMED))

    def begin(
        self,
        suite: str,
        plan: Mapping[str, Any],
        labels: Mapping[str, tuple[str, str]],
        problems: ProblemRows,
    ) -> None:
        """Store what is about to run: the suite as resolved, its plan, the ids of its cells with
        the labels that the suite gives their searchers and schedulers now, and the rows of its
        problems by their label."""
        index.write_suite(self.folder / index.SUITE, suite)
        index.write_json(self.folder / index.PLAN, plan)
        self._members = Members.of(labels)
        stored = self._stored
        now = self._members.applied(stored)
        signed = set(now.filter(now["in_suite"])["problem"].unique().to_pylist())
        for label, row in problems.items():
            known = self._problems.get(label, {}) if label in signed else {}
            self._problems[label] = {**row, "signature": known.get("signature")}
        if len(stored):
            self._write_problems()
        if self.lost or not now.equals(stored):
            compaction.fold(self.folder, self._members, drop=self.lost)
        self._stored = stored.select(["cell", "status"])

    def add(self, batches: Sequence[Batch]) -> None:
        """Store finished cells, replacing earlier attempts at them.
        Raises :class:`StoreError` if a problem is no longer the one that stored cells ran on. Its
        old and new cells cannot be compared, so that no new one is stored."""
        for batch in batches:
            for problem, signature in sorted(batch.signatures):
                self._recognise(problem, signature)
        for batch in batches:
            for name, data in batch.files.items():
                disk.RowFile(name, data).write(self.folder)
            for cell, output in batch.output.items():
                for trial, text in output.items():
                    if text:
                        name = f"output/{cell}/trial-{trial:06d}.txt"
                        with disk.explained(self.folder / name):
                            path = place_for(self.folder, name)
                        disk.replace(path, text.encode("utf-8", "replace"))
        self._write_problems()
        rows = pa.concat_tables([batch.rows for batch in batches])
        self._commits += 1
        index.write_table(index.commit_path(self.folder, self._commits), rows)

    def added(self) -> set[str]:
        """The ids of the cells that this writer has added."""
        paths = index.commits(self.folder)
        new = [path for path in paths if index.commit_number(path) > self._commits_before]
        return {name for p in new for name in index.read_cells(p, ("cell",))["cell"].to_pylist()}

    def _recognise(self, problem: str, signature: str) -> None:
        """Compare the problem's signature with that of stored cells, or keep it as the first."""
        row = self._problems[problem]
        if row["signature"] is None:
            self._problems[problem] = {**row, "signature": signature}
        elif (change := moved(json.loads(row["signature"]), json.loads(signature))) is not None:
            raise StoreError(
                f"{problem}: the problem is no longer the one that cells in {self.folder} "
                f"ran on: {change}; run into another folder (--results), or remove this one"
            )

    def compact(self) -> None:
        """Bring the folder into its canonical form, if it is not in it already."""
        compaction.compact(self.folder, self._members)
        self._sweep(index.load_cells(self.folder, _NAMED))

    def _write_problems(self) -> None:
        if self._problems != self._problems_stored:
            rows = [row for _, row in sorted(self._problems.items())]
            table = pa.Table.from_pylist(rows, schema=schema.PROBLEMS)
            index.write_table(self.folder / index.PROBLEMS, table)
            self._problems_stored = dict(self._problems)

    def _sweep(self, stored: pa.Table) -> None:
        """Remove files of rows that no cell names, and temporary files, which a crash may leave."""
        named = {name for column in _NAMED[1:] for name in stored[column].unique().to_pylist()}
        for pattern in ("events-*.parquet", "trials-*.parquet", TEMPORARY):
            for path in self.folder.glob(pattern):
                if path.name not in named:
                    path.unlink(missing_ok=True)


@contextlib.contextmanager
def open_writer(folder: Path) -> Iterator[Writer]:
    """Open ``folder`` for writing, made if need be; one writer at a time.
    Raises :class:`StoreError` if it cannot be written, is in use, or holds another schema."""
    with disk.explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with disk.lock(folder):
        yield Writer(folder)
