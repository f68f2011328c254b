"""The reader of the file with TaskSet's curves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpobench.api import Config, Space
from hpobench.problems.recorded._nearest import places

COMPLEMENT = "one_minus_"
"""The prefix of a parameter's name if the file holds 1 minus its value."""


def read(file: Path, task: str, space: Space, steps: int) -> Mapping[str, NDArray[Any]]:
    """The arrays of ``task``; see :meth:`PoolProblem.read`.

    The first point of each curve is before any training. It is left out, because it tells nothing
    about the configuration and costs nothing.

    Raises :class:`ValueError` if the file is not as expected.
    """
    # The file is opened here, because NumPy would not close a file that is not an archive.
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        tasks, names, values = stored["tasks"].tolist(), stored["hp_names"].tolist(), stored["hp"]
        curves = [stored[part][tasks.index(task)] for part in ("valid", "test")]
    for curve in curves:
        if curve.shape != (len(values), 1 + steps):
            raise ValueError(f"curves of shape {curve.shape}, not {(len(values), 1 + steps)}")
    if not np.isfinite(values).all():
        raise ValueError("a parameter that is no finite number")
    # A training has failed from the first step at which either loss is not finite.
    failed = np.logical_or.accumulate(~np.isfinite(curves).all(axis=0), axis=1)
    losses, heldout = (np.where(failed, np.nan, curve)[:, 1:] for curve in curves)
    columns = [_column(p.name, names, values) for p in space]
    configs: list[Config] = [
        dict(zip(space.names, row, strict=True)) for row in zip(*columns, strict=True)
    ]
    return {
        "losses": losses,
        "heldout": heldout,
        "costs": np.ones_like(losses),
        "places": places(space, configs),
    }


def _column(name: str, names: list[str], values: NDArray[np.float64]) -> list[float]:
    column = values[:, names.index(name.removeprefix(COMPLEMENT))]
    natural: list[float] = (1 - column if name.startswith(COMPLEMENT) else column).tolist()
    return natural
