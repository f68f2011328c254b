"""Recorded trainings of any problem, replayed as a table."""

from __future__ import annotations

import os
from pathlib import Path
from statistics import median
from typing import Literal

from hpobench.api import Reference
from hpobench.kit import UsageError
from hpobench.problems.recorded._replay import Asked, Replay


class Recorded(Replay):
    """Trainings that `hpobench problems record` made, replayed in no time.

    ``table`` is a file in the suite's folder or below, or else under ``$HPOBENCH_DATA``. ``cost``
    is what a step costs: the processor's seconds, which depend little on what else its machine
    did, or wall seconds, for trainings on a GPU or in processes of their own.

    The space of a recorded grid is the grid, or with ``space: original`` what the grid was laid
    over, for searchers that want numbers. Of a sample it is the original one. There a configuration
    that was not recorded is answered by the nearest one that was: in the unit cube
    of the space, on a logarithmic scale where the parameter has one, with a distance of 1 between
    categories that differ and between a value and none; of several that are as near, by the one
    that was recorded first.

    Every seed is given the same curves: those of the seed that they were recorded with. A trial
    that failed fails again at the same step. Under the original's label (``as:``) and that seed a
    searcher proposes here what it proposes where the original really trains.
    """

    name = "recorded"

    def __init__(
        self,
        *,
        table: str,
        space: Asked = "recorded",
        cost: Literal["cpu", "wall"] = "cpu",
    ) -> None:
        super().__init__(self._find(table), space, cost)

    def _find(self, table: str) -> Path:
        beside = self.inside(table)
        places = [beside]
        if data := os.environ.get("HPOBENCH_DATA"):
            places.append(Path(data, table))
        for file in places:
            if file.is_file():
                return file
        raise UsageError(f"recorded: table: no file {' and no '.join(map(str, places))}")

    def reference(self) -> Reference | None:
        """The best and the median of the recorded losses at full fidelity; ``None`` if they are
        all the same."""
        (optimum, _), clip = self.optimum(), median(self.trials.heldout.tolist())
        if not optimum < clip:
            return None
        about = self._about
        source = f"{about['trials']} recorded trials of {about['problem']}, seed {about['seed']}"
        return Reference(optimum, clip, source)
