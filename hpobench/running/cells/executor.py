"""The cells of a run, wherever they run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from hpobench.contract.cell import Cell

if TYPE_CHECKING:
    from hpobench.store.write.batch import Batch


class Cells(ABC):
    """Runs cells whenever there is room for them and yields what they leave as it comes.

    A cell is given up after a limit of wall time, also if its process does not hear of it.
    """

    @property
    @abstractmethod
    def running(self) -> int:
        """About how many cells run now."""

    @abstractmethod
    def run(self, cells: Sequence[Cell]) -> Iterator[list[Batch]]:
        """Yields what has finished, about every half second (maybe nothing).

        Raises :class:`StoreError` if a cell cannot write. What has not finished by then has no
        outcome.
        """

    @abstractmethod
    def cancel(self) -> None:
        """End the running cells."""

    @abstractmethod
    def close(self) -> None:
        """Leave nothing behind."""

    def stored(self, statuses: Mapping[str, str]) -> None:  # noqa: B027 - only live cells keep journals
        """Drop what is kept for cells that are in the store now, given with their statuses."""
