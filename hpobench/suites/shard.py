"""Shards: shares of a plan's cells that run on machines which know nothing of each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from hpobench.contract.errors import UsageError

T = TypeVar("T")

_TEXT = re.compile(r"(\d{1,6})/(\d{1,6})", re.ASCII)


@dataclass(frozen=True)
class Shard:
    """Shard ``number`` (from 1) of ``count``, of a plan with so many ``combinations`` for each
    seed.

    Neighbouring cells are in different shards, and so are the cells of one combination, so that no
    shard has all the expensive ones.
    """

    number: int
    count: int
    combinations: int = 1

    @classmethod
    def of(cls, text: str) -> Shard:
        """The shard that ``text`` like ``3/16`` names; raises :class:`UsageError`."""
        if found := _TEXT.fullmatch(text):
            number, count = map(int, found.groups())
            if 1 <= number <= count:
                return cls(number, count)
        raise UsageError(f"--shard {text}: give the number of the shard and how many, like 3/16")

    @property
    def suffix(self) -> str:
        """What the name of the results folder ends with."""
        return f".shard-{self.number}-of-{self.count}"

    def owner(self, place: int) -> int:
        """The number of the shard that has the cell at ``place`` of the plan."""
        return (place + place // self.combinations) % self.count + 1

    def places(self, cells: int) -> list[int]:
        """The places of this shard's cells in a plan of so many ``cells``."""
        return [place for place in range(cells) if self.owner(place) == self.number]

    def whole(self, shards: Sequence[Sequence[T]]) -> list[T]:
        """The cells of all ``shards``, which are in their order, in the order of the plan.

        Raises ``StopIteration`` if they are not the shards of one plan.
        """
        left = [iter(shard) for shard in shards]
        return [next(left[self.owner(place) - 1]) for place in range(sum(map(len, shards)))]
