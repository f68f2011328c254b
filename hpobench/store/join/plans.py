"""The plan of several results folders: of the shards of a run, or the union of several suites.

Stores are taken in an order of their own, so that the union does not depend on the order in which
they are named. A cell that several of them hold must have the same bytes in all, and is taken once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hpobench.contract.errors import UsageError, indented
from hpobench.contract.files import is_there, read_whole
from hpobench.plugins.signature import moved
from hpobench.store.format import index, seal
from hpobench.store.prove.sameness import CELLS, Difference, first_difference, of_cell, tables_of
from hpobench.store.read.reader import load_plan, stored_suite
from hpobench.suites.resolved import LISTS, plugins_named, suite_text, union
from hpobench.suites.run_options import Shard

_AT_ONCE = 2**10
"""Cells that are compared at a time."""


@dataclass(frozen=True)
class Store:
    """A results folder that is merged with others."""

    folder: Path
    plan: dict[str, Any]
    suite: str
    """The text of the suite, without its seal."""

    @classmethod
    def of(cls, folder: Path) -> Store:
        file = folder / index.SUITE
        suite = index.read_sealed(file) if is_there(file) else ""
        text, _, last = suite.rstrip().rpartition("\n")
        return cls(folder, load_plan(folder), text if seal.KEY in last else suite)

    @property
    def shard(self) -> Shard:
        """Which shard of a plan it is; raises :class:`UsageError` if it is none."""
        if "shard" not in self.plan:
            raise UsageError(
                f"{self.folder}: is no shard of a run, as others are; merge all shards of a "
                "run first, then their result with this folder"
            )
        return Shard(**self.plan["shard"])


def merged_plan(folders: Sequence[Path]) -> tuple[list[Store], dict[str, Any], str]:
    """The results in ``folders`` in an order of their own, the plan of all, and its suite.
    Raises :class:`UsageError` if they do not go together: shards that are not all those of one
    plan, suites without a union, problems that changed, or cells of which two hold other bytes."""
    stores = [Store.of(folder) for folder in folders]
    shards = any("shard" in store.plan for store in stores)
    return _plan_of_shards(stores) if shards else _plan_of_union(stores)


def _plan_of_shards(stores: Sequence[Store]) -> tuple[list[Store], dict[str, Any], str]:
    found = {store.shard.number: store for store in stores}
    first = stores[0]
    for store in stores[1:]:
        for what, one, other in (
            ("suite", first.suite, store.suite),
            ("plan", _common(first.plan), _common(store.plan)),
            ("number of shards", first.shard.count, store.shard.count),
        ):
            if one != other:
                raise UsageError(f"{store.folder} and {first.folder}: not of the same {what}")
    if len(found) < len(stores):
        raise UsageError("two of the folders are the same shard")
    if missing := sorted(set(range(1, first.shard.count + 1)) - set(found)):
        name = f"{first.plan['name']}{Shard(missing[0], first.shard.count).suffix}"
        raise UsageError(
            f"{len(missing)} of {first.shard.count} shards are not there, such as {name}; run "
            f"`hpobench run SUITE --shard {missing[0]}/{first.shard.count}`, or name it"
        )
    ordered = [found[number] for number in sorted(found)]
    try:
        cells = ordered[0].shard.whole([store.plan["cells"] for store in ordered])
    except StopIteration:
        names = ", ".join(store.folder.name for store in ordered)
        raise UsageError(f"{names}: their cells are not those of one plan") from None
    plan = {key: value for key, value in ordered[0].plan.items() if key != "shard"}
    return ordered, plan | {"cells": cells}, ordered[0].suite


def _common(plan: dict[str, Any]) -> dict[str, Any]:
    """What the plans of all shards have in common."""
    return {**plan, "cells": None, "shard": plan["shard"]["combinations"]}


def _plan_of_union(stores: Sequence[Store]) -> tuple[list[Store], dict[str, Any], str]:
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
    # The combinations that every store which planned them skipped.
    names = ("searcher", "scheduler", "problem")
    tables = [index.load_cells(store.folder, ("cell", *names)) for store in ordered]
    run = {tuple(row[n] for n in names) for table in tables for row in table.to_pylist()}
    rows = {tuple(row[n] for n in names): row for p in ordered[::-1] for row in p.plan["skipped"]}
    plan["skipped"] = [rows[labels] for labels in sorted(rows.keys() - run)]
    plugins = [json.loads(file) for store in ordered for file in plugins_named(store.suite)]
    return ordered, plan, suite_text(suite, dict.fromkeys(plugins))


def _place(store: Store) -> tuple[int, str, str]:
    """Where a store comes among others: most cells first, then by content."""
    content = hashlib.sha256()
    for path in index.cell_files(store.folder):
        content.update(read_whole(path))
    return -len(store.plan["cells"]), store.suite, content.hexdigest()


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
    found = [
        f"{cell}: {what}: {what.stored!r} in {one.folder}, {what.other!r} in {other.folder}"
        for one, other in combinations(stores, 2)
        for cell, what in _conflicts(one.folder, other.folder)
    ]
    if found:
        raise UsageError(
            "the stores hold other bytes of the same cells, and nothing is merged:\n"
            f"{indented(found)}\n"
            "`hpobench verify FOLDER --sample N` shows which store repeats"
        )


def _conflicts(one: Path, other: Path) -> Iterator[tuple[str, Difference]]:
    """The cells of which two stores hold other bytes, each with the first difference."""
    tables = [index.load_cells(folder, CELLS) for folder in (one, other)]
    ended, other_ended = (
        dict(zip(table["cell"].to_pylist(), table["status"].to_pylist(), strict=True))
        for table in tables
    )
    # What a cell did until it was given up depends on wall time and is not compared.
    common = sorted(
        cell
        for cell in ended.keys() & other_ended.keys()
        if {ended[cell], other_ended[cell]} != {"timeout"}
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
