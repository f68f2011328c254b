"""The evaluated configurations of a pool, in memory that processes share."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpobench.api import Curve, Space
from hpobench.kit import NotAvailableError, mapped
from hpobench.problems.recorded._nearest import Nearest


class Rows:
    """The arrays that ``read`` reads from ``file`` for ``task``; see :meth:`PoolProblem.read`.

    Raises :class:`NotAvailableError` if the file cannot be read or is not as expected.
    """

    def __init__(
        self, file: Path, space: Space, task: str, read: Callable[[], Mapping[str, NDArray[Any]]]
    ) -> None:
        self._space = space
        try:
            self._arrays = mapped(file, (task, space), read)
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
            raise NotAvailableError(
                f"{file} is not the pool it should be ({error}); `hpobench data verify` says what "
                "is wrong with it, `hpobench data fetch` brings it anew"
            ) from error

    def curve(self, row: int) -> Curve:
        arrays = self._arrays
        return Curve(
            arrays["losses"][row].tolist(),
            arrays["costs"][row].tolist(),
            arrays["heldout"][row].tolist() if "heldout" in arrays else None,
        )

    @property
    def losses(self) -> list[float]:
        """The visible losses at full fidelity."""
        final: list[float] = self._arrays["losses"][:, -1].tolist()
        return final

    @property
    def heldout(self) -> list[float]:
        """The finite held-out losses at full fidelity, or the visible ones if none are held out."""
        losses = self._arrays.get("heldout", self._arrays["losses"])[:, -1]
        finite: list[float] = losses[np.isfinite(losses)].tolist()
        return finite

    @cached_property
    def nearest(self) -> Nearest:
        return Nearest(self._space, self._arrays["places"])
