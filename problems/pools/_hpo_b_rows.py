"""The configurations in the arrays of HPO-B."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hpobench.api import Categorical, Config, Float, Parameter, Space


def configs(space: Space, columns: Mapping[str, NDArray[np.float64]]) -> list[Config]:
    """The configuration of each row of ``columns``.

    Raises :class:`ValueError` if a row has no category or two, or a number outside of 0 to 1.
    """
    values = [_values(p, columns) for p in space]
    return [
        space.build(dict(zip(space.names, row, strict=True))) for row in zip(*values, strict=True)
    ]


def _values(p: Parameter, columns: Mapping[str, NDArray[np.float64]]) -> list[str] | list[float]:
    if isinstance(p, Categorical):
        chosen = np.stack([columns[f"{p.name}={choice}"] for choice in p.choices])
        if not ((chosen.sum(axis=0) == 1) & (chosen.max(axis=0) == 1)).all():
            raise ValueError(f"a row has not one {p.name}")
        return [str(p.choices[i]) for i in chosen.argmax(axis=0)]
    assert isinstance(p, Float)
    column = columns[p.name]
    if column.min() < 0 or column.max() > 1:
        raise ValueError(f"column {p.name} holds a number outside of 0 to 1")
    lifted: list[float] = np.maximum(column, p.low).tolist()  # a number that was not set is 0
    return lifted
