"""The CSV files of ICML 2020's pools, each of which is the only file of a zip archive."""

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
"""The most bytes that a file may unpack to; the largest known file has 9 million."""


def read_task(file: Path, task: str, columns: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """The ``columns`` of the rows of ``task``.

    Raises :class:`ValueError` if there are no such rows, or if a value is not a finite number.
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
    """The content of the only member of ``file``.

    The member's name is not used, because it may be any path.
    """
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if len(members) != 1:
            raise ValueError(f"{len(members)} files in the archive instead of one")
        # The member is read to its end, where its checksum is compared, but never beyond the limit,
        # because the size in the archive may be wrong.
        with archive.open(members[0]) as stream:
            content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"more than {LARGEST:,} bytes in the archive")
    return content


def places_of(
    space: Space, columns: Mapping[str, tuple[str, float | None]], values: Mapping[str, Any]
) -> NDArray[np.float64]:
    """The places of the rows in ``space``; see :func:`places`.

    ``columns`` gives for each parameter its column in ``values``, and the base if the column holds
    logarithms.
    """
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
