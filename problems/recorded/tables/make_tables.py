"""Make the tables of this folder again.

Usage: python problems/recorded/tables/make_tables.py FOLDER [NAME ...]

The script records the tables that are missing in FOLDER with `hpobench problems record`, which
continues an interrupted recording. It then writes the part that problems need into this folder.
With NAME, like `cnn-digits`, it makes only these files.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy as np

from hpobench.kit import Table, read_table, write_table
from hpobench.problems.recorded import cnn_sample, xgboost_grid

HERE = Path(__file__).parent
FAMILIES = {
    xgboost_grid.XGBoostGrid: (get_args(xgboost_grid.Dataset), ["--grid", "6"]),
    cnn_sample.CNNSample: (get_args(cnn_sample.Dataset), ["--sample", "300"]),
}


def slim(table: Table) -> Table:
    """``table`` without wall seconds and the machine's name, with numbers rounded to 32 bits.

    This reduces the size to a third.
    """
    about = dict(table.about)
    about["host"] = {key: value for key, value in about["host"].items() if key != "name"}
    curves = {
        name: curve.astype(np.float32) for name, curve in table.curves.items() if name != "wall"
    }
    return Table(about, table.configs, curves, table.errors)  # type: ignore[arg-type]


def commands() -> dict[str, list[str]]:
    """For each file, the arguments of `hpobench problems record` except ``--out``."""
    return {
        f"{family.trained}-{dataset}": [family.trained, "-o", f"dataset={dataset}", *size]  # type: ignore[attr-defined]
        for family, (datasets, size) in FAMILIES.items()
        for dataset in datasets
    }


def main(folder: Path, names: list[str]) -> None:
    known = commands()
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"no table {', '.join(unknown)}; there are {', '.join(known)}")
    for name in names or known:
        out = folder / f"{name}.parquet"
        record = ["problems", "record", *known[name], "--out", str(out)]
        subprocess.run([sys.executable, "-m", "hpobench", *record], check=True)
        write_table(HERE / out.name, slim(read_table(out)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
