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
    """Trainings recorded by `hpobench problems record`, replayed in no time.

    ``table``: a file in the suite's folder or below, or else under ``$HPOBENCH_DATA``.
    ``cost``: the cost of a step. ``cpu`` is processor seconds, which depend little on other work of
    the machine. ``wall`` is wall seconds, for trainings on a GPU or in processes of their own.
    ``space``: by default the recorded space. For a grid this is the grid itself, and ``original``
    chooses the original space instead, for searchers that need numbers. For a sample, the recorded
    space is the original one.

    In an original space, a configuration that was not recorded gets the results of the nearest
    recorded one. Distances are taken in the unit cube of the space, with logarithms for parameters
    on a log scale. The distance is 1 between different categories, and between a value and an
    inactive parameter. Of several nearest configurations, the one recorded first is chosen.

    The curves are the same for every seed: those of the seed of the recording. A trial that failed
    fails again at the same step. With the original's label (``as:``) and the seed of the recording,
    a searcher proposes the same configurations as when the original really trains.
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
        """The best and the median recorded loss at full fidelity; ``None`` if all are equal."""
        (optimum, _), clip = self.optimum(), median(self.trials.heldout.tolist())
        if not optimum < clip:
            return None
        about = self._about
        source = f"{about['trials']} recorded trials of {about['problem']}, seed {about['seed']}"
        return Reference(optimum, clip, source)
