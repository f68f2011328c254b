"""Recorded trainings as a problem."""

from __future__ import annotations

import hashlib
import os
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from hpobench.api import Config, Curve, Fidelity, Objective, Reference, Space, TabulatedProblem
from hpobench.errors import UsageError
from hpobench.problems.recorded._nearest import Nearest
from hpobench.recording.table import Array, Table, read_about, read_table


class Recorded(TabulatedProblem):
    """Trainings that `hpobench problems record` made, replayed in no time.

    ``table`` is a file in the suite's folder or below, or else under ``$HPOBENCH_DATA``. ``cost``
    is what a step costs: the processor's seconds, which depend little on what else its machine
    did, or wall seconds, for trainings on a GPU or in processes of their own.

    The space of a recorded grid is the grid. That of a sample is the original one, and a
    configuration that was not recorded is answered by the nearest one that was: in the unit cube
    of the space, on a logarithmic scale where the parameter has one, with a distance of 1 between
    categories that differ and between a value and none; of several that are as near, by the one
    that was recorded first.

    Every seed is given the same curves: those of the seed that they were recorded with. A trial
    that failed fails again at the same step. Under the original's label (``as:``) and that seed a
    searcher proposes here what it proposes where the original really trains.
    """

    name = "recorded"

    def __init__(self, *, table: str, cost: Literal["cpu", "wall"] = "cpu") -> None:
        self._file = self._find(table)
        self._cost = cost
        self._about: dict[str, Any] = read_about(self._file)
        self.space = Space.from_json(self._about["space"])
        self.fidelity = Fidelity(**self._about["fidelity"])
        self.objective = Objective(**self._about["objective"])
        self.heldout = self._about["heldout"]
        mutable = self._about["mutable"]
        if mutable is not None:
            self.mutable = tuple(name for name in mutable if name in self.space.names)

    def _find(self, table: str) -> Path:
        beside = self.inside(table)
        places = [beside]
        if data := os.environ.get("HPOBENCH_DATA"):
            places.append(Path(data, table))
        for file in places:
            if file.is_file():
                return file
        raise UsageError(f"recorded: table: no file {' and no '.join(map(str, places))}")

    def fingerprint(self) -> str:
        with self._file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()[:16]

    def estimate(self) -> float:
        totals = self._table.curves[self._cost].sum(axis=1)
        return float(np.nanmedian(totals))

    def reference(self) -> Reference | None:
        """The best and the median of the recorded losses at full fidelity: exact, for no
        configuration is given any other. ``None`` if they are all the same."""
        final = self._table.curves["heldout" if self.heldout else "loss"][:, -1]
        optimum, clip = float(np.nanmin(final)), float(np.nanmedian(final))
        if not optimum < clip:
            return None
        about = self._about
        source = f"{about['trials']} recorded trials of {about['problem']}, seed {about['seed']}"
        return Reference(optimum, clip, source)

    def curve(self, config: Config, seed: int) -> Curve:
        row = self._rows.get(tuple(map(config.get, self._names)))
        if row is None:
            row = self._answer(config)
        curves = self._table.curves
        return Curve(
            curves["loss"][row].tolist(),
            self._costs[row].tolist(),
            curves["heldout"][row].tolist() if self.heldout else None,
        )

    def _answer(self, config: Config) -> int:
        """The row for a configuration that was not recorded."""
        self.space.check(config)
        return self._nearest.row(config)

    @cached_property
    def _table(self) -> Table:
        return read_table(self._file)

    @cached_property
    def _costs(self) -> Array:
        """Of each step; a step that failed costs as much as others in the middle."""
        costs = self._table.curves[self._cost]
        return np.where(np.isnan(costs), np.nanmedian(costs), costs)

    @cached_property
    def _names(self) -> list[str]:
        return self.space.names

    @cached_property
    def _rows(self) -> dict[tuple[Any, ...], int]:
        """Rows by the values of their configuration; the first, where it was recorded twice."""
        configs = self._table.configs
        keys = [tuple(map(config.get, self._names)) for config in configs]
        return {key: row for row, key in reversed(list(enumerate(keys)))}

    @cached_property
    def _nearest(self) -> Nearest:
        return Nearest(self.space, self._table.configs)
