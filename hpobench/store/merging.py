"""Bringing the parts of a plan, which ran apart, into one results folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from hpobench.contract.errors import UsageError
from hpobench.contract.files import is_regular, own_folder, read_whole
from hpobench.store import files, index, seal
from hpobench.store.batch import Batch
from hpobench.store.reader import load_plan
from hpobench.store.writer import open_writer
from hpobench.suites.shard import Shard

_ROWS = 2**14
"""Cells that are taken over at a time."""


@dataclass(frozen=True)
class _Part:
    folder: Path
    shard: Shard
    plan: dict[str, Any]
    suite: str

    @classmethod
    def of(cls, folder: Path) -> _Part:
        plan = load_plan(folder)
        if "shard" not in plan:
            raise UsageError(f"{folder}: not a part of a run; `hpobench run --shard 1/4` makes one")
        return cls(folder, Shard(**plan["shard"]), plan, index.read_sealed(folder / index.SUITE))


def merge(folders: Sequence[Path], into: Path | None = None) -> tuple[Path, int, int]:
    """Bring the parts in ``folders`` into one; returns its folder, and how many cells of how many
    planned ones it has.

    The result is what one run of all cells would have stored. ``into`` is by default the folder of
    the suite's name beside the parts. Cells that a part lacks are missing there too, and a run of
    the suite adds them. Raises :class:`UsageError` if the folders are not all the parts of one
    plan, and :class:`StoreError` for damage.
    """
    parts = _checked([_Part.of(folder) for folder in folders])
    first = parts[0]
    plan = {key: value for key, value in first.plan.items() if key != "shard"}
    plan["cells"] = _whole(parts)
    into = into or first.folder.parent / plan["name"]
    if into.resolve() in {part.folder.resolve() for part in parts}:
        raise UsageError(f"{into}: is one of the parts; merge them into another folder (--into)")
    labels: dict[str, tuple[str, str]] = {}
    for part in parts:
        rows = index.load_cells(part.folder, ("cell", "searcher", "scheduler")).to_pylist()
        labels |= {row["cell"]: (row["searcher"], row["scheduler"]) for row in rows}
    stored = len(labels)
    labels |= dict.fromkeys(set(plan["cells"]) - set(labels), ("", ""))
    problems = {row["problem"]: row for part in parts for row in index.load_problems(part.folder)}
    with open_writer(into) as writer:
        writer.begin(_unsealed(first.suite), plan, labels, problems)
        for part in parts:
            for batch in _batches(part.folder, into):
                writer.add([batch])
        writer.compact()
    return into, stored, len(plan["cells"])


def _checked(parts: list[_Part]) -> list[_Part]:
    """``parts`` in their order, which must be all of one plan."""
    first = parts[0]
    for part in parts[1:]:
        for what, one, other in (
            ("suite", first.suite, part.suite),
            ("plan", _common(first.plan), _common(part.plan)),
            ("number of parts", first.shard.count, part.shard.count),
        ):
            if one != other:
                raise UsageError(f"{part.folder} and {first.folder}: not of the same {what}")
    found = {part.shard.number: part for part in parts}
    if len(found) < len(parts):
        raise UsageError("two of the folders are the same part")
    if missing := sorted(set(range(1, first.shard.count + 1)) - set(found)):
        name = f"{first.plan['name']}{Shard(missing[0], first.shard.count).suffix}"
        raise UsageError(
            f"{len(missing)} of {first.shard.count} parts are not there, such as {name}; run "
            f"`hpobench run SUITE --shard {missing[0]}/{first.shard.count}`, or name it"
        )
    return [found[number] for number in sorted(found)]


def _whole(parts: Sequence[_Part]) -> list[str]:
    """The ids of all cells, in the plan's order."""
    try:
        return parts[0].shard.whole([part.plan["cells"] for part in parts])
    except StopIteration:
        names = ", ".join(part.folder.name for part in parts)
        raise UsageError(f"{names}: their cells are not those of one plan") from None


def _common(plan: dict[str, Any]) -> dict[str, Any]:
    """What the plans of all parts have in common."""
    own = {"cells", "shard"}
    return {key: value for key, value in plan.items() if key not in own} | {
        "combinations": plan["shard"]["combinations"]
    }


def _unsealed(suite: str) -> str:
    """The text of a suite without the line of its seal."""
    text, _, last = suite.rstrip().rpartition("\n")
    return text if seal.KEY in last else suite


def _batches(folder: Path, into: Path) -> Iterator[Batch]:
    """The cells of ``folder`` with the shards that they name, which are copied before."""
    rows = index.load_cells(folder)
    names = {name for kind in files.COUNTS for name in rows[f"{kind}_shard"].unique().to_pylist()}
    for name in sorted(names - {None}):
        if not files.is_whole(folder / name):
            raise files.DamagedError(folder / name, "its content is not what was written")
        files.replace(into / name, read_whole(folder / name))
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
