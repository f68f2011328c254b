"""Writing a results folder: one writer, whole cells.

A cell is stored once ``cells.parquet`` names it. Shards of events and trials are written first,
under names made of their content. A crash may leave shards that no cell names; they are removed the
next time the folder is opened. :meth:`Writer.compact` brings the shards into one canonical form, so
that the same finished cells are the same bytes, however often the run was interrupted.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from hpobench.contract.errors import StoreError
from hpobench.contract.files import TEMPORARY, own_folder
from hpobench.plugins.signature import moved
from hpobench.store import files, index, schema
from hpobench.store.reader import load_cells, load_problems

if TYPE_CHECKING:
    from hpobench.store.problems import ProblemRows

SHARD_ROWS = 1_000_000
"""Events in a canonical shard, as whole cells; only the last shard holds fewer."""


@dataclass(frozen=True)
class Outcome:
    """The result of one cell, finished or failed."""

    cell: dict[str, Any]
    """A row of ``cells`` without the shard names and ``in_suite``."""
    events: pa.Table
    trials: pa.Table
    signature: str | None = None
    """The problem's, as JSON; ``None`` if the problem could not be built."""
    output: Mapping[int, str] = field(default_factory=dict)
    """What trials printed, by their number."""


class Writer:
    """The one writer of ``folder``; use :func:`open_writer`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        files.refuse_links(folder)
        self._cells: dict[str, dict[str, Any]] = {}
        self._problems: dict[str, dict[str, Any]] = {}
        self._members: set[str] = set()
        self.lost: list[str] = []
        """Stored cells that are forgotten, because their rows or problem are missing or damaged."""
        self._cells = {row["cell"]: row for row in load_cells(folder)}
        self._problems = {row["problem"]: row for row in load_problems(folder)}
        self._forget_lost()
        self._sweep()

    def _forget_lost(self) -> None:
        whole: dict[str | None, bool] = {None: True}
        for name, row in list(self._cells.items()):
            shards = [row[f"{kind}_shard"] for kind in ("events", "trials")]
            for shard in shards:
                if shard not in whole:
                    whole[shard] = files.is_whole(self.folder / shard)
            known = row["problem"] in self._problems or row["status"] != "done"
            if not (known and all(whole[shard] for shard in shards)):
                self.lost.append(name)
                del self._cells[name]

    def forget(self, cells: Iterable[str]) -> None:
        """Forget ``cells`` and those in :attr:`lost`, and nothing else of what is stored."""
        for name in set(cells) & set(self._cells):
            del self._cells[name]
        self._members = {name for name, row in self._cells.items() if row["in_suite"]}
        self._commit()
        self._sweep()

    @property
    def statuses(self) -> dict[str, str]:
        """The status of every stored cell by its id."""
        return {name: row["status"] for name, row in self._cells.items()}

    def begin(
        self,
        suite: str,
        plan: Mapping[str, Any],
        members: Mapping[str, Mapping[str, str]],
        problems: ProblemRows,
    ) -> None:
        """Store what is about to run: the suite as resolved, its plan, the ids of its cells with
        the labels that the suite gives them now, and the rows of its problems by their label."""
        index.write_suite(self.folder / index.SUITE, suite)
        index.write_json(self.folder / index.PLAN, plan)
        self._members = set(members)
        signed = {self._cells[name]["problem"] for name in self._members & set(self._cells)}
        for label, row in problems.items():
            known = self._problems.get(label, {}) if label in signed else {}
            self._problems[label] = {**row, "signature": known.get("signature")}
        for name in self._members & set(self._cells):
            self._cells[name].update(members[name])
        if self._cells:
            self._commit()

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Store finished cells, replacing earlier attempts at them.

        Raises :class:`StoreError` if a problem is no longer the one that stored cells ran on. Its
        old and new cells cannot be compared, so that no new one is stored.
        """
        for outcome in outcomes:
            self._recognise(outcome)
        shards = {}
        for kind in ("events", "trials"):
            table = pa.concat_tables([getattr(outcome, kind) for outcome in outcomes])
            shards[f"{kind}_shard"] = self._shard(kind, table)
        for outcome in outcomes:
            self._print(outcome)
            self._cells[outcome.cell["cell"]] = {**outcome.cell, **shards}
        self._commit()

    def _recognise(self, outcome: Outcome) -> None:
        """Compare the problem's signature with that of stored cells, or keep it as the first."""
        if outcome.signature is None:
            return
        row = self._problems[outcome.cell["problem"]]
        before = row["signature"] = row["signature"] or outcome.signature
        if (change := moved(json.loads(before), json.loads(outcome.signature))) is not None:
            raise StoreError(
                f"{row['problem']}: the problem is no longer the one that cells in {self.folder} "
                f"ran on: {change}; run into another folder (--results), or remove this one"
            )

    def _print(self, outcome: Outcome) -> None:
        """Store what each trial printed in a file of its own."""
        folder = self.folder / "output" / outcome.cell["cell"]
        for trial, text in outcome.output.items():
            if text:
                with files.explained(folder):
                    own_folder(self.folder / "output")
                    own_folder(folder)
                files.replace(folder / f"trial-{trial:06d}.txt", text.encode("utf-8", "replace"))

    def compact(self) -> None:
        """Bring events and trials into their canonical shards, if they are not there already."""
        groups = self._groups()
        if not self._canonical(groups):
            for kind in ("events", "trials"):
                column = f"{kind}_shard"
                shards = {name: row[column] for name, row in self._cells.items() if row[column]}
                counts = {name: self._cells[name][files.COUNTS[kind]] for name in shards}
                table = files.read_shards(self.folder, kind, shards, counts)
                self._regroup(kind, table, groups)
            self._commit()
        self._sweep()

    def _groups(self) -> list[list[str]]:
        """Ids of cells by canonical shard: sorted, cut whenever enough rows are together."""
        groups: list[list[str]] = []
        rows = SHARD_ROWS
        for name in sorted(self._cells):
            if rows >= SHARD_ROWS:
                groups.append([])
                rows = 0
            groups[-1].append(name)
            rows += self._cells[name]["results"]
        return groups

    def _canonical(self, groups: list[list[str]]) -> bool:
        for column in ("events_shard", "trials_shard"):
            shards = [{self._cells[name][column] for name in group} for group in groups]
            if any(len(names) > 1 for names in shards):
                return False
            named = [name for names in shards for name in names if name]
            if len(named) > len(set(named)):
                return False
        return True

    def _regroup(self, kind: str, table: pa.Table, groups: list[list[str]]) -> None:
        """Replace the shards of ``kind`` by one for each group, sorted by cell; the rows of a
        cell keep their order."""
        where = {name: i for i, name in enumerate(sorted(self._cells))}
        position = pc.index_in(table["cell"], value_set=pa.array(sorted(self._cells)))
        order = pc.sort_indices(  # stable
            pa.table({"position": position, "row": pa.array(range(len(table)))}),
            sort_keys=[("position", "ascending"), ("row", "ascending")],
        )
        table, position = table.take(order), position.take(order)
        for group in groups:
            low, high = where[group[0]], where[group[-1]]
            inside = pc.and_(pc.greater_equal(position, low), pc.less_equal(position, high))
            name = self._shard(kind, table.filter(inside))
            for cell in group:
                self._cells[cell][f"{kind}_shard"] = name

    def _shard(self, kind: str, table: pa.Table) -> str | None:
        if not len(table):
            return None
        return files.write_shard(self.folder, kind, table)

    def _commit(self) -> None:
        rows = [
            {**row, "in_suite": name in self._members} for name, row in sorted(self._cells.items())
        ]
        problems = [row for _, row in sorted(self._problems.items())]
        for kind, content in (("problems", problems), ("cells", rows)):
            table = pa.Table.from_pylist(content, schema=schema.TABLES[kind])
            index.write_table(self.folder / f"{kind}.parquet", table)

    def _sweep(self) -> None:
        """Remove shards that no cell names and temporary files, which a crash may leave."""
        named = {row[f"{k}_shard"] for row in self._cells.values() for k in ("events", "trials")}
        for pattern in ("events-*.parquet", "trials-*.parquet", TEMPORARY):
            for path in self.folder.glob(pattern):
                if path.name not in named:
                    path.unlink(missing_ok=True)


@contextlib.contextmanager
def open_writer(folder: Path) -> Iterator[Writer]:
    """Open ``folder`` for writing, made if need be; one writer at a time.

    Raises :class:`StoreError` if it cannot be written, is in use, or holds another schema.
    """
    with files.explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with files.lock(folder):
        yield Writer(folder)
