"""The base class of problems that replay a recorded table."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hpobench.api import Config, Curve, Fidelity, Objective, Space, TabulatedProblem
from hpobench.kit import sha256

if TYPE_CHECKING:
    from hpobench.problems.recorded._trials import Trials

Asked = Literal["recorded", "original"]


class Replay(TabulatedProblem):
    """The trainings in ``file``.

    ``space`` is ``recorded`` for the space that was recorded, which for a grid is the grid itself,
    or ``original`` for the space of the original problem. In the latter, a configuration gets the
    results of the nearest recorded one. ``cost`` is the name of a column of seconds.
    """

    def __init__(self, file: Path, space: Asked, cost: str) -> None:
        from hpobench.kit import read_about

        self._file, self._cost = file, cost
        self._about: dict[str, Any] = read_about(file)
        self.space = Space.from_json(self._about["trained" if space == "original" else "space"])
        self.fidelity = Fidelity(**self._about["fidelity"])
        self.objective = Objective(**self._about["objective"])
        self.heldout = self._about["heldout"]
        mutable = self._about["mutable"]
        if mutable is not None:
            self.mutable = tuple(name for name in mutable if name in self.space.names)

    @cached_property
    def trials(self) -> Trials:
        # The import is here because it loads NumPy and other libraries, which would slow down
        # listing the problems.
        from hpobench.problems.recorded._trials import Trials

        return Trials(self._file, self.space, self._cost)

    def fingerprint(self) -> str:
        return sha256(self._file)[:16]

    def estimate(self) -> float:
        return self.trials.cost

    def optimum(self) -> tuple[float, str]:
        """The optimum is exact, because every configuration gets a recorded loss."""
        losses = self.trials.heldout
        return float(losses.min()), f"exact: the least of {len(losses):,} recorded trials"

    def evaluated(self) -> Sequence[tuple[Config, float]]:
        from hpobench.kit import read_table

        table = read_table(self._file)
        return list(zip(table.configs, table.curves["loss"][:, -1].tolist(), strict=True))

    def everything(self) -> Sequence[tuple[float, float]] | None:
        """All trials of a grid without conditions; ``None`` for any other table."""
        if not self.trials.complete:
            return None
        return [(visible, heldout) for visible, heldout in self.trials.finals.tolist()]

    def curve(self, config: Config, seed: int) -> Curve:
        return self.trials.curve(config)
