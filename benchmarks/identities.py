"""Give stored cells the ids that the present sources give them, without running them again.

    hpobench data fetch yahpo-lcbench ...      # all of `hpobench data list`
    python -m benchmarks.identities REVISION

For edits of shipped plugins, or of how ids are made, that change no result. Both stores of the
repository are rewritten: the archive of evidence and ``results/reference``. REVISION is a commit
that gave the ids stored now. Their suites are planned there and here. The specification that a
cell had there, with the versions of the programs that it ran with, must give the stored id, and
what differs between the specifications there and here is taken over. Nothing is written if one
cell is not found so. ``hpobench verify evidence --sample 60`` then shows that results have not
changed.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from benchmarks import reference
from hpobench.contract.package import SMOKE
from hpobench.evidence.archive import KEYS, Archive, evidence_suites, hash_of, read_archive, shipped
from hpobench.store.format import disk, index, schema
from tests import ROOT

Spec: TypeAlias = dict[str, Any]
Plans: TypeAlias = Mapping[tuple[Any, ...], list[tuple[Spec, Spec]]]
"""The specifications of cells there and here, by the labels of searcher, scheduler and problem, the
seed and the number of workers. Cells of several suites may differ in their budgets."""

_PLAN = """
import json, sys, hpobench
for suite in sys.argv[1:]:
    name, _, seeds = suite.partition(":")
    for cell in hpobench.plan(name, seeds=seeds or None).cells:
        labels = cell.searcher.label, cell.scheduler.label, cell.problem.label
        print(json.dumps([[suite, *labels, cell.seed, cell.workers], json.loads(cell.spec)]))
"""
"""Runs at both revisions, so it takes public names only."""


class UnmappedError(Exception):
    """A stored cell is not one that the revision plans."""


def plans(revision: str, suites: list[str]) -> Plans:
    """What is planned for ``suites`` at ``revision`` and here, with the packages of here."""
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder, "there")
        worktree = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*worktree, "add", "--quiet", "--detach", there, revision], check=True)
        try:
            before, now = (_planned(root, suites) for root in (there, ROOT))
        finally:
            subprocess.run([*worktree, "remove", "--force", there], check=True)
    found = defaultdict(list)
    for place in before.keys() & now.keys():
        found[place[1:]].append((before[place], now[place]))
    return found


def _planned(root: Path, suites: list[str]) -> dict[tuple[Any, ...], Spec]:
    command = [sys.executable, "-c", _PLAN, *suites]
    env = {**os.environ, "PYTHONPATH": str(root)}
    made = subprocess.run(command, cwd=root, env=env, check=True, text=True, stdout=subprocess.PIPE)
    return {tuple(place): spec for place, spec in map(json.loads, made.stdout.splitlines())}


def moved(stored: Any, before: Any, now: Any) -> Any:
    """``stored`` with what differs between ``before`` and ``now``.

    Raises :class:`UnmappedError` if ``stored`` has something else than either there.
    """
    if before == now:
        return stored
    if isinstance(before, dict) and isinstance(now, dict) and isinstance(stored, dict):
        members = ({**stored, **now}).keys() - (before.keys() - now.keys())
        return {name: moved(stored.get(name), before.get(name), now.get(name)) for name in members}
    if stored not in (before, now):
        raise UnmappedError(f"{stored!r} was stored, and the revision gives {before!r}")
    return now


def text_of(spec: Spec) -> str:
    return json.dumps(spec, sort_keys=True, separators=(",", ":"))


def digest(spec: Spec) -> bytes:
    return hashlib.blake2b(text_of(spec).encode(), digest_size=6).digest()


def archive_of_today(archive: Archive, planned: Plans) -> Archive:
    """``archive`` with the ids of today."""
    rows = zip(*(archive.runs[name].to_pylist() for name in (*KEYS, "cell")), strict=True)
    hashes = []
    for *key, cell in rows:
        library = archive.searchers[key[0]].library
        known = {
            digest(spec): digest(moved(spec, before, now))
            for before, now in planned.get(tuple(key), ())
            for spec in _with_versions(before, library)
        }
        if cell not in known and cell not in known.values():
            raise UnmappedError(f"{'/'.join(map(str, key))}: no plan has the id of this run")
        hashes.append(known.get(cell, cell))
    place = archive.runs.schema.get_field_index("cell")
    column = pa.array(hashes, archive.runs.schema.field("cell").type)
    return replace(archive, runs=archive.runs.set_column(place, "cell", column))


def _with_versions(spec: Spec, library: str) -> Iterator[Spec]:
    """``spec`` with the versions of here, and with those of ``library``, like ``optuna 5.0.0``."""
    yield spec
    for name, _, version in (one.partition(" ") for one in library.split(", ")):
        if name in spec["searcher"]["packages"]:
            other = copy.deepcopy(spec)
            other["searcher"]["packages"][name] = version
            yield other


def results_of_today(folder: Path, planned: Plans, into: Path) -> None:
    """Write the results in ``folder``, which has events alone, into ``into`` with the ids of
    today."""
    cells = index.load_cells(folder)
    rows = cells.to_pylist()
    for row in rows:
        spec = json.loads(row["spec"])
        if digest(spec) != hash_of(row["cell"]):
            raise UnmappedError(f"{row['cell']}: its id is no hash of its specification")
        ((before, now),) = planned[tuple(row[key] for key in KEYS)]
        row["spec"] = text_of(moved(spec, before, now))
        digest_now = digest(json.loads(row["spec"])).hex()
        row["cell"] = f"{row['cell'].rpartition('-')[0]}-{digest_now}"
    ids = dict(zip(cells["cell"].to_pylist(), (row["cell"] for row in rows), strict=True))
    events = disk.read_rows(folder, "events", cells)
    place = pc.index_in(events["cell"], value_set=pa.array(ids))
    events = events.set_column(0, events.schema.field("cell"), pa.array(ids.values()).take(place))
    file = disk.RowFile.of("events", events.take(pc.sort_indices(events["cell"])))
    file.write(into)
    rows = sorted(({**row, "events_shard": file.name} for row in rows), key=lambda r: r["cell"])
    index.write_table(into / index.CELLS, pa.Table.from_pylist(rows, schema=schema.CELLS))
    plan = index.read_plan(folder / index.PLAN)
    index.write_json(into / index.PLAN, {**plan, "cells": [ids[name] for name in plan["cells"]]})
    (into / index.PROBLEMS).write_bytes((folder / index.PROBLEMS).read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("revision", help="the commit that gave the ids which are stored")
    revision = parser.parse_args().revision
    archive = read_archive(shipped())
    seeds = len({row["seed"] for row in index.load_cells(SMOKE, ("cell", "seed")).to_pylist()})
    with tempfile.TemporaryDirectory() as name:
        try:
            ours = archive_of_today(archive, plans(revision, evidence_suites()))
            results_of_today(SMOKE, plans(revision, [f"{SMOKE.name}:{seeds}"]), Path(name))
        except UnmappedError as error:
            sys.exit(f"nothing is written: {error}")
        ours.write(shipped())
        reference.store(Path(name), SMOKE)
    changed = pc.sum(pc.not_equal(ours.runs["cell"], archive.runs["cell"])).as_py()
    print(f"{changed:,} of {len(ours.runs):,} runs of the archive have another id")


if __name__ == "__main__":
    main()
