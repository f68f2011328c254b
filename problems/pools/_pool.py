"""Configurations that somebody drew at random and evaluated once."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from hpobench.api import Config, Curve
from hpobench.kit import SpaceError, UnknownNameError, data
from hpobench.problems.data._fetched import FetchedProblem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpobench.problems.pools._rows import Rows


class PoolProblem(FetchedProblem):
    """A task of a pool. A configuration is answered by the nearest one of the pool, by the rule
    of ``recorded``; every seed is given the same.
    """

    licence = "Apache-2.0"

    file: ClassVar[str]
    """In the data set."""
    tasks: ClassVar[tuple[str, ...]]

    def __init__(self, task: str) -> None:
        if task not in self.tasks:
            raise UnknownNameError(f"{self.name} task", task, self.tasks)
        self.task = task

    @property
    def key(self) -> str:
        return self.task

    @property
    def path(self) -> Path:
        """Raises :class:`NotAvailableError` where there is no data."""
        return data.find(self.data) / self.file

    @abstractmethod
    def read(self) -> Mapping[str, NDArray[Any]]:
        """What the file holds of the task: ``losses``, ``costs`` and, where there is that,
        ``heldout``, all ``[configurations, steps]``, and ``places``, where the configurations are.

        Raises :class:`ValueError` or :class:`KeyError` where the file is not what it should be.
        """

    @cached_property
    def rows(self) -> Rows:
        # NumPy comes with it, which listing the problems must not wait for.
        from hpobench.problems.pools._rows import Rows

        return Rows(self.path, self.space, self.task, self.read)

    def row(self, config: Config) -> int:
        """The one that answers for ``config``; raises :class:`SpaceError` where a parameter is
        missing."""
        if missing := [name for name in self.space.names if name not in config]:
            raise SpaceError(f"{self.name}: {', '.join(missing)} missing in {config}")
        return self.rows.nearest.row(config)

    def curve(self, config: Config, seed: int) -> Curve:
        return self.rows.curve(self.row(config))

    def optimum(self) -> tuple[float, str]:
        """Exact, for no configuration is given any other loss than those of the pool."""
        losses = self.rows.heldout
        return min(losses), f"exact: the least of the pool's {len(losses):,} losses"
