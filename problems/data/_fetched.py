"""The base class of problems whose data is downloaded by `hpobench data fetch`."""

from __future__ import annotations

from typing import ClassVar

from hpobench.api import TabulatedProblem
from hpobench.kit import data


class FetchedProblem(TabulatedProblem):
    """A problem that needs the data set ``data``, which does not ship with hpobench."""

    data: ClassVar[str]

    @classmethod
    def missing(cls) -> str | None:
        return data.missing(cls.data)

    def fingerprint(self) -> str:
        return data.fingerprint(self.data)
