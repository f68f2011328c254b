"""Compare a results folder made by another version of hpobench with one made by this version.

    python -m benchmarks.same_results BASE NEW

BASE and NEW are results folders of one suite, like ``results/smoke``. Compared are which cells
they have, the bytes of every cell's events, and, where both folders have a report, its tables and
figures. Ends with 1 and a list of what differs. Wall times, which no two runs share, are not
compared, nor are the cells' ids, which change with the code.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from hpobench.store.format import disk

CELL = ("searcher", "scheduler", "problem", "seed", "workers", "stage")
"""What tells the cells of a suite apart, with their budgets."""
MEASURED = {"cost", "setting", "thinking", "runs"}
"""Tables and figures that show wall times, dates or the folder that a run was stored in."""


def differences(base: Path, new: Path) -> Iterator[str]:
    """One line for each thing that is not the same."""
    ones, others = _cells(base), _cells(new)
    for where, cells in (
        ("BASE", ones.keys() - others.keys()),
        ("NEW", others.keys() - ones.keys()),
    ):
        yield from (f"cell only in {where}: {' '.join(cell)}" for cell in sorted(cells))
    for cell in sorted(ones.keys() & others.keys()):
        if _events(base, ones[cell]) != _events(new, others[cell]):
            yield f"events of {' '.join(cell)}"
    yield from _reports(base / "report", new / "report")


def _cells(folder: Path) -> dict[tuple[str, ...], dict[str, Any]]:
    """The rows of the cells of the suite, by what a cell is whatever its id."""
    rows = disk.read_table(folder / "cells.parquet").to_pylist()
    return {
        (*(str(row[name]) for name in CELL), json.dumps(json.loads(row["spec"])["budget"])): row
        for row in rows
        if row["in_suite"]
    }


def _events(folder: Path, row: dict[str, Any]) -> bytes:
    events = disk.read_rows(folder, "events", pa.Table.from_pylist([row]))
    return disk.table_bytes(events.drop_columns(["cell"]))


def _reports(base: Path, new: Path) -> Iterator[str]:
    if not (base.is_dir() and new.is_dir()):
        return
    for kind in ("tables/*.csv", "figures/*"):
        names = [{path.name for path in folder.glob(kind)} for folder in (base, new)]
        yield from (f"only one report has {name}" for name in sorted(names[0] ^ names[1]))
        for name in sorted(names[0] & names[1]):
            if name.partition(".")[0] in MEASURED:
                continue
            place = Path(kind).parent / name
            if (base / place).read_bytes() != (new / place).read_bytes():
                yield f"report: {place}"


def main() -> None:
    base, new = map(Path, sys.argv[1:3])
    found = list(differences(base, new))
    print(*found, sep="\n")
    print(f"{len(found)} differences")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
