"""The trials of a recorded table, in memory that processes share."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpobench.api import Config, Curve, Space
from hpobench.kit import UsageError, mapped, read_table
from hpobench.problems.recorded._nearest import Nearest, places

Array = NDArray[np.float64]
COSTS = ("cpu", "wall")


class Trials:
    """The trials in ``file``, for replay in ``space``.

    ``cost`` is the name of a column of seconds; raises :class:`UsageError` if it is missing.
    """

    def __init__(self, file: Path, space: Space, cost: str) -> None:
        self._space, self._cost = space, cost
        self._arrays = mapped(file, space, lambda: _read(file, space))
        if cost not in self._arrays:
            kept = ", ".join(c for c in COSTS if c in self._arrays)
            raise UsageError(f"{file} has no {cost} seconds; it has {kept}")

    def curve(self, config: Config) -> Curve:
        """The curve of ``config``, or of the recorded configuration that is nearest to it.

        Raises :class:`SpaceError` if ``config`` is not in the space.
        """
        row = self._rows.get(tuple(map(config.get, self._names)))
        if row is None:
            plain = {k: v.item() if isinstance(v, np.generic) else v for k, v in config.items()}
            self._space.check(plain)
            row = self._nearest.row(plain)
        arrays = self._arrays
        return Curve(
            arrays["loss"][row].tolist(),
            arrays[self._cost][row].tolist(),
            arrays["heldout"][row].tolist() if "heldout" in arrays else None,
        )

    @cached_property
    def finals(self) -> Array:
        """``[trials, 2]``: the visible and the held-out loss at full fidelity; NaN if the trial
        failed."""
        visible = self._arrays["loss"]
        return np.stack([visible[:, -1], self._arrays.get("heldout", visible)[:, -1]], axis=1)

    @property
    def heldout(self) -> Array:
        """The finite held-out losses at full fidelity."""
        losses = self.finals[:, 1]
        return losses[np.isfinite(losses)]

    @property
    def cost(self) -> float:
        """The median cost of complete trials, in seconds."""
        whole = np.isfinite(self.finals[:, 0])
        return float(np.median(self._arrays[self._cost][whole].sum(axis=1)))

    @property
    def complete(self) -> bool:
        """Whether the trials are all configurations of the space, each once, and all are equally
        likely under random search.

        With conditions they are not, because configurations with fewer active parameters are drawn
        more often.
        """
        size = math.prod(p.size for p in self._space)
        return not self._space.conditional and len(self._rows) == len(self.finals) == size

    @cached_property
    def configs(self) -> list[Config]:
        """The recorded configurations, in the order in which they were recorded."""
        return json.loads(self._arrays["configs"].tobytes())  # type: ignore[no-any-return]

    @cached_property
    def _names(self) -> list[str]:
        return self._space.names

    @cached_property
    def _rows(self) -> dict[tuple[Any, ...], int]:
        """Rows by the values of their configuration; the first row if one was recorded twice.

        Configurations that differ only in values that Python considers equal, like 1 and True, are
        left out.
        """
        keys = [tuple(map(config.get, self._names)) for config in self.configs]
        spelled = {
            (key, json.dumps(config)) for key, config in zip(keys, self.configs, strict=True)
        }
        counts = Counter(key for key, _ in spelled)
        return {key: row for row, key in reversed(list(enumerate(keys))) if counts[key] == 1}

    @cached_property
    def _nearest(self) -> Nearest:
        return Nearest(self._space, self._arrays["places"])


def _read(file: Path, space: Space) -> Mapping[str, NDArray[Any]]:
    """The curves of ``file``, its configurations as JSON, and their places."""
    table = read_table(file)
    return {
        **table.curves,
        # A step that failed has no cost of its own, so it costs the median of all steps.
        **{cost: _filled(table.curves[cost]) for cost in COSTS if cost in table.curves},
        "configs": np.frombuffer(json.dumps(table.configs).encode(), np.uint8),
        "places": places(space, table.configs),
    }


def _filled(costs: Array) -> Array:
    return np.where(np.isnan(costs), np.nanmedian(costs), costs)
