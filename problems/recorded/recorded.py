"""Recorded trainings as a problem."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Literal

from hpobench.api import Config, Curve, Fidelity, Objective, Reference, Space, TabulatedProblem
from hpobench.data.local import sha256
from hpobench.errors import UsageError

if TYPE_CHECKING:
    from hpobench.problems.recorded._trials import Trials


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
        from hpobench.recording.table import read_about

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

    @cached_property
    def _trials(self) -> Trials:
        # NumPy and more come with it, which listing the problems must not wait for.
        from hpobench.problems.recorded._trials import Trials

        return Trials(self._file, self.space, self._cost)

    def fingerprint(self) -> str:
        return sha256(self._file)[:16]

    def estimate(self) -> float:
        return self._trials.cost

    def optimum(self) -> tuple[float, str]:
        """Exact, for no configuration is given any other loss than the recorded ones."""
        losses = self._trials.heldout
        return float(losses.min()), f"exact: the least of {len(losses):,} recorded trials"

    def everything(self) -> Sequence[tuple[float, float]] | None:
        """The trials of a grid without conditions."""
        if not self._trials.complete:
            return None
        return [(visible, heldout) for visible, heldout in self._trials.finals.tolist()]

    def reference(self) -> Reference | None:
        """The best and the median of the recorded losses at full fidelity; ``None`` if they are
        all the same."""
        (optimum, _), clip = self.optimum(), median(self._trials.heldout.tolist())
        if not optimum < clip:
            return None
        about = self._about
        source = f"{about['trials']} recorded trials of {about['problem']}, seed {about['seed']}"
        return Reference(optimum, clip, source)

    def curve(self, config: Config, seed: int) -> Curve:
        return self._trials.curve(config)
