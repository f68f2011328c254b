"""Results of different suites as those of one: the union of their plans.

Stores are taken in an order of their own, so that the union does not depend on the order in which
they are named. A cell that several of them hold must have the same bytes in all, and is taken once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hpobench.contract.errors import UsageError, indented
from hpobench.contract.files import read_whole
from hpobench.plugins.signature import moved
from hpobench.store.format import index
from hpobench.store.join.plan_of_shards import Store
from hpobench.store.prove.sameness import CELLS, Difference, first_difference, of_cell, tables_of
from hpobench.store.read.reader import stored_suite
from hpobench.suites.resolved import LISTS, plugins_named, suite_text, union

_AT_ONCE = 2**10
"""Cells that are compared at a time."""


def plan_of_union(stores: Sequence[Store]) -> tuple[list[Store], dict[str, Any], str]:
    """``stores`` in an order of their own, the union of their plans, and its suite.

    Raises :class:`UsageError` if there is none: suites that do not go together, problems that
    changed, or cells of which two stores hold other bytes.
    """
    if len({store.folder.resolve() for store in stores}) < max(2, len(stores)):
        raise UsageError("name two or more different results folders to merge")
    ordered = sorted(stores, key=_place)
    suite = union([(str(store.folder), stored_suite(store.folder)) for store in ordered])
    _refuse_moved(ordered)
    _refuse_conflicts(ordered)
    plan = {"name": suite["name"], "suite": json.loads(json.dumps(suite))}
    plan["cells"] = [*dict.fromkeys(cell for store in ordered for cell in store.plan["cells"])]
    for name in LISTS:
        planned = {label for store in ordered for label in store.plan[name]}
        plan[name] = [entry["as"] for entry in suite[name] if entry["as"] in planned]
    plan["skipped"] = _skipped(ordered)
    plugins = [json.loads(file) for store in ordered for file in plugins_named(store.suite)]
    return ordered, plan, suite_text(suite, dict.fromkeys(plugins))


def _place(store: Store) -> tuple[int, str, str]:
    """Where a store comes among others: most cells first, then by content."""
    content = hashlib.sha256()
    for path in index.cell_files(store.folder):
        content.update(read_whole(path))
    return -len(store.plan["cells"]), store.suite, content.hexdigest()


def _skipped(stores: Sequence[Store]) -> list[dict[str, Any]]:
    """The combinations that every store which planned them skipped."""
    names = ("searcher", "scheduler", "problem")
    tables = [index.load_cells(store.folder, ("cell", *names)) for store in stores]
    run = {tuple(row[n] for n in names) for table in tables for row in table.to_pylist()}
    rows = {tuple(row[n] for n in names): row for p in stores[::-1] for row in p.plan["skipped"]}
    return [rows[labels] for labels in sorted(rows.keys() - run)]


def _refuse_moved(stores: Sequence[Store]) -> None:
    """Refuse stores in which one label stands for problems with other losses."""
    known: dict[str, tuple[Path, str]] = {}
    for store in stores:
        for row in index.load_problems(store.folder):
            if row["signature"] is None:
                continue
            first, text = known.setdefault(row["problem"], (store.folder, row["signature"]))
            if (change := moved(json.loads(text), json.loads(row["signature"]))) is not None:
                raise UsageError(
                    f"{first} and {store.folder}: the problem {row['problem']} is not the same: "
                    f"{change}"
                )


def _refuse_conflicts(stores: Sequence[Store]) -> None:
    """Refuse stores that hold other bytes of one cell."""
    found = []
    for one, other in combinations(stores, 2):
        for cell, what in _conflicts(one.folder, other.folder):
            found.append(
                f"{cell}: {what}: {what.stored!r} in {one.folder}, {what.other!r} in {other.folder}"
            )
    if found:
        raise UsageError(
            "the stores hold other bytes of the same cells, and nothing is merged:\n"
            f"{indented(found)}\n"
            "`hpobench verify FOLDER --sample N` shows which store repeats"
        )


def _conflicts(one: Path, other: Path) -> Iterator[tuple[str, Difference]]:
    """The cells of which two stores hold other bytes, each with the first difference.

    What a cell did until it was given up depends on wall time and is not compared.
    """
    tables = [index.load_cells(folder, CELLS) for folder in (one, other)]
    one_ended, other_ended = (
        dict(zip(table["cell"].to_pylist(), table["status"].to_pylist(), strict=True))
        for table in tables
    )
    common = sorted(
        cell
        for cell in one_ended.keys() & other_ended.keys()
        if {one_ended[cell], other_ended[cell]} != {"timeout"}
    )
    for begin in range(0, len(common), _AT_ONCE):
        some = pa.array(common[begin : begin + _AT_ONCE], pa.string())
        left, right = (
            tables_of(folder, table.filter(pc.is_in(table["cell"], value_set=some)))
            for folder, table in zip((one, other), tables, strict=True)
        )
        if first_difference(left, right) is None:
            continue
        for cell in some.to_pylist():
            what = first_difference(of_cell(left, cell), of_cell(right, cell))
            if what is not None:
                yield cell, what
