"""Store results as the reference that CI compares with: results/reference.

    hpobench run smoke --seeds 0-19 --only 'optuna-tpe/*' --results new --no-report
    python -m benchmarks.reference new/smoke

Leaves out what no comparison reads: trials, what is said of the machine, and when it was. To do so
is to accept that the results are other ones than before; say why in the commit.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import pyarrow as pa

from hpobench.store.format import disk, schema
from tests import ROOT

REFERENCE = ROOT / "results" / "reference"
KEPT = ("versions", "library", "seeds")
"""Of a cell's provenance."""


def slim(cells: pa.Table) -> pa.Table:
    """``cells`` without trials, times on a wall, and the machine."""
    rows = [
        {
            **row,
            "provenance": json.dumps({k: json.loads(row["provenance"])[k] for k in KEPT}),
            **dict.fromkeys(("suggest_s", "observe_s", "harness_s"), 0.0),
            **dict.fromkeys(("peak_memory", "trials_shard")),
        }
        for row in cells.to_pylist()
    ]
    return pa.Table.from_pylist(rows, schema=schema.CELLS)


def store(folder: Path, target: Path) -> None:
    """Write what a comparison reads of the results in ``folder`` into the folder ``target``."""
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    for pattern in ("events-*.parquet", "problems.parquet", "plan.json"):
        for path in folder.glob(pattern):
            shutil.copy(path, target)
    cells = slim(disk.read_table(folder / "cells.parquet"))
    disk.replace(target / "cells.parquet", disk.table_bytes(cells))
    size = sum(path.stat().st_size for path in target.iterdir())
    print(f"{target}: {len(cells)} runs, {size / 1e3:.0f} kB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="results of a whole run")
    folder = parser.parse_args().folder
    store(folder, REFERENCE / folder.resolve().name)


if __name__ == "__main__":
    main()
