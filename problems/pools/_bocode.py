"""The arrays of pools in the wheel of the package BOCoDe, one array for each task.

A row is a configuration. Its last column is the accuracy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hpobench.api import Config, Space
from hpobench.problems.recorded._nearest import places


def read(file: Path, array: str, columns: Sequence[str]) -> Mapping[str, NDArray[np.float64]]:
    """The columns of ``array`` in ``file`` by their names, and ``accuracy``.

    Raises :class:`ValueError` or :class:`KeyError` if the file is not as expected.
    """
    # The file is opened here, because NumPy would not close a file that is not an archive.
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        table = stored[array]
    names = [*columns, "accuracy"]
    if table.ndim != 2 or len(table) == 0 or table.shape[1] != len(names):
        raise ValueError(f"{array} has the shape {table.shape}, not {len(names)} columns")
    table = table.astype(float)
    if not np.isfinite(table).all():
        raise ValueError(f"{array} holds what is no finite number")
    return dict(zip(names, table.T, strict=True))


def arrays(
    space: Space, configs: Sequence[Config], accuracy: NDArray[np.float64]
) -> Mapping[str, NDArray[np.float64]]:
    """What :meth:`PoolProblem.read` returns; an evaluation costs one second."""
    return {
        "losses": -accuracy[:, None],
        "costs": np.ones((len(accuracy), 1)),
        "places": places(space, configs),
    }
