"""Compare a results folder made by another version of hpobench with one made by this version.

    python -m benchmarks.same_results BASE NEW

BASE and NEW are results folders of one suite, like ``results/smoke``. Compared are the cells' ids,
the bytes of every cell's events, and, where both folders have a report, its tables and figures.
Ends with 1 and a list of what differs. Wall times, which no two runs share, are not compared.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa

from hpobench.store.format import disk

MEASURED = {"cost", "setting", "thinking", "runs"}
"""Tables and figures that show wall times, dates or the folder that a run was stored in."""


def differences(base: Path, new: Path) -> Iterator[str]:
    """One line for each thing that is not the same."""
    cells = [disk.read_table(folder / "cells.parquet").to_pandas() for folder in (base, new)]
    ids = [set(frame["cell"]) for frame in cells]
    if ids[0] != ids[1]:
        yield f"cell ids: {len(ids[0] - ids[1])} only in BASE, {len(ids[1] - ids[0])} only in NEW"
    for cell in sorted(ids[0] & ids[1]):
        one, other = (
            _events(folder, frame, cell) for folder, frame in zip((base, new), cells, strict=True)
        )
        if one != other:
            yield f"events of {cell}"
    yield from _reports(base / "report", new / "report")


def _events(folder: Path, cells: pd.DataFrame, cell: str) -> bytes:
    (row,) = cells.loc[cells["cell"] == cell].to_dict("records")
    return disk.table_bytes(disk.read_shards(folder, "events", pa.Table.from_pylist([row])))


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
