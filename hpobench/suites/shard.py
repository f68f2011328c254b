"""Parts of a plan that run apart, without knowing of each other."""

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
    """Part ``number`` (from 1) of ``count``, for plans of so many ``combinations`` with each seed.

    Neighbouring cells are in different parts, and the cells of one combination too, so that no part
    has all the expensive ones.
    """

    number: int
    count: int
    combinations: int = 1

    @classmethod
    def of(cls, text: str) -> Shard:
        """The part that ``text`` like ``3/16`` names; raises :class:`UsageError`."""
        if found := _TEXT.fullmatch(text):
            number, count = map(int, found.groups())
            if 1 <= number <= count:
                return cls(number, count)
        raise UsageError(f"--shard {text}: give the number of the part and how many, like 3/16")

    @property
    def suffix(self) -> str:
        """What the name of the results folder ends with."""
        return f".shard-{self.number}-of-{self.count}"

    def owner(self, place: int) -> int:
        """The number of the part that has the cell at ``place`` of the plan."""
        return (place + place // self.combinations) % self.count + 1

    def places(self, cells: int) -> list[int]:
        """The places of this part's cells in a plan of so many ``cells``."""
        return [place for place in range(cells) if self.owner(place) == self.number]

    def whole(self, parts: Sequence[Sequence[T]]) -> list[T]:
        """What all ``parts``, in their order, have of a plan, in the plan's order.

        Raises ``StopIteration`` if they are not the parts of one.
        """
        left = [iter(part) for part in parts]
        return [next(left[self.owner(place) - 1]) for place in range(sum(map(len, parts)))]
