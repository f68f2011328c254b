"""The CSV files of ICML 2020's pools, each alone in a zip archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpobench.api import Config, Int, Parameter, Space
from hpobench.problems.recorded._nearest import places

LARGEST = 64 * 2**20
"""Bytes that a file may unpack to; the largest has 9 million."""


def read_task(file: Path, task: str, columns: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """``columns`` of the rows of ``task``.

    Raises :class:`ValueError` where they are not there, or not finite numbers.
    """
    from pyarrow import csv, float64, string

    types = {"task": string(), **dict.fromkeys(columns, float64())}
    table = csv.read_csv(
        io.BytesIO(_unpacked(file)),
        read_options=csv.ReadOptions(use_threads=False),
        convert_options=csv.ConvertOptions(include_columns=list(types), column_types=types),
    )
    chosen = np.array(table["task"].to_pylist(), object) == task
    if not chosen.any():
        raise ValueError(f"no rows of task {task}")
    values = {name: table[name].to_numpy()[chosen] for name in columns}
    for name, column in values.items():
        if not np.isfinite(column).all():
            raise ValueError(f"column {name} holds what is no finite number")
    return values


def _unpacked(file: Path) -> bytes:
    """The only member of ``file``; its name, which may be any path, is not used."""
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if len(members) != 1:
            raise ValueError(f"{len(members)} files in the archive instead of one")
        # Read to the end, where the checksum is compared, but no further than allowed, whatever
        # the archive says of the size.
        with archive.open(members[0]) as stream:
            content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"more than {LARGEST:,} bytes in the archive")
    return content


def places_of(
    space: Space, columns: Mapping[str, tuple[str, float | None]], values: Mapping[str, Any]
) -> NDArray[np.float64]:
    """Where the rows are in ``space``; ``columns`` says for each parameter in which column it is,
    and as the logarithm to what base, if it is one."""
    natural = {}
    for p in space:
        column, base = columns[p.name]
        natural[p.name] = _natural(p, values[column] if base is None else base ** values[column])
    rows = zip(*natural.values(), strict=True)
    configs: list[Config] = [dict(zip(natural, row, strict=True)) for row in rows]
    return places(space, configs)


def _natural(p: Parameter, values: NDArray[np.float64]) -> list[float]:
    natural: list[float] = (np.rint(values).astype(int) if isinstance(p, Int) else values).tolist()
    return natural
