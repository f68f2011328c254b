"""The base class of problems that look up published evaluations of fixed configurations."""

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
    """A task of a pool.

    A configuration gets the losses and costs of the nearest one in the pool, by the rule of the
    problem ``recorded``. They are the same for every seed.
    """

    licence = "Apache-2.0"

    file: ClassVar[str]
    """The name of the pool's file in the data set."""
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
        """The pool's file; raises :class:`NotAvailableError` if the data is missing."""
        return data.find(self.data) / self.file

    @abstractmethod
    def read(self) -> Mapping[str, NDArray[Any]]:
        """The arrays of the task in the file.

        ``losses``, ``costs`` and, if there are held-out losses, ``heldout`` have the shape
        ``[configurations, steps]``. ``places`` holds the :func:`places` of the configurations, if
        the nearest one is to be found.

        Raises :class:`ValueError` or :class:`KeyError` if the file is not as expected.
        """

    @cached_property
    def rows(self) -> Rows:
        # The import is here because it loads NumPy, which would slow down listing the problems.
        from hpobench.problems.pools._rows import Rows

        return Rows(self.path, self.space, self.task, self.read)

    def row(self, config: Config) -> int:
        """The row of the pool whose results ``config`` gets.

        Raises :class:`SpaceError` if a parameter is missing.
        """
        plain = {k: v.item() if hasattr(v, "item") else v for k, v in config.items()}  # of NumPy
        try:
            active = self.space.build(plain)
        except KeyError as error:
            raise SpaceError(f"{self.name}: {error.args[0]} missing in {config}") from None
        return self.rows.nearest.row(active)

    def curve(self, config: Config, seed: int) -> Curve:
        return self.rows.curve(self.row(config))

    def optimum(self) -> tuple[float, str]:
        """The optimum is exact, because every configuration gets a loss of the pool."""
        losses = self.rows.heldout
        return min(losses), f"exact: the least of the pool's {len(losses):,} losses"
