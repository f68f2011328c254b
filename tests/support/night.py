"""By day a check runs at a small count, by night, ``pytest --night``, at its full one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import pytest

T = TypeVar("T")

night = pytest.mark.night
"""Marks what runs by night only. Something of its kind runs by day, too."""

_full = False


def set_night(full: bool) -> None:
    global _full
    _full = full


def some(values: Iterable[T], most: int) -> list[T]:
    """By day at most so many of ``values``, with the same distance between them; by night all."""
    every = list(values)
    return every if _full else every[:: -(-len(every) // most)]


def count(by_day: int, by_night: int) -> int:
    return by_night if _full else by_day
