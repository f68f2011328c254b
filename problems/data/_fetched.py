"""Problems whose data `hpobench data fetch` brings."""

from __future__ import annotations

from typing import ClassVar

from hpobench import data
from hpobench.api import TabulatedProblem


class FetchedProblem(TabulatedProblem):
    """A problem of the data set ``data``, which is not shipped."""

    data: ClassVar[str]

    @classmethod
    def missing(cls) -> str | None:
        return data.missing(cls.data)

    def fingerprint(self) -> str:
        return data.fingerprint(self.data)
