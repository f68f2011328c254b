"""Problems whose data `hpobench data fetch` brings."""

from __future__ import annotations

from typing import ClassVar

from hpobench.api import TabulatedProblem
from hpobench.kit import data


class FetchedProblem(TabulatedProblem):
    """A problem of the data set ``data``, which is not shipped."""

    data: ClassVar[str]

    @classmethod
    def missing(cls) -> str | None:
        return data.missing(cls.data)

    def fingerprint(self) -> str:
        return data.fingerprint(self.data)
