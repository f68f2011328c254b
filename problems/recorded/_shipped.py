"""The base class of recorded tables that ship with hpobench, with one file a data set.

``tables/make_tables.py`` made the files, and ``tables/README.md`` says on which machine.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from hpobench.problems.recorded._replay import Asked, Replay

TABLES = Path(__file__).parent / "tables"


class Shipped(Replay):
    """The recording of the problem ``trained`` on ``dataset``.

    Losses are those of the trained problem, rounded to 32 bits. Costs are processor seconds of one
    thread. The curves are the same for every seed.
    """

    source = "recorded by hpobench: problems/recorded/tables/README.md"
    licence = "Apache-2.0"

    trained: ClassVar[str]
    """The name of a trained problem with an option ``dataset``."""

    def __init__(self, dataset: str, space: Asked = "recorded") -> None:
        super().__init__(TABLES / f"{self.trained}-{dataset}.parquet", space, "cpu")
        self.dataset, self._asked = dataset, space

    @property
    def key(self) -> str:
        return self.dataset if self._asked == "recorded" else f"{self.dataset}-{self._asked}"
