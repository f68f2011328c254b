"""By day a check runs at a small count, by night, ``pytest --night``, at its full one."""

from __future__ import annotations

import pytest

night = pytest.mark.night
"""Marks what runs by night only. Something of its kind runs by day, too."""

_full = False


def set_night(full: bool) -> None:
    global _full
    _full = full


def count(by_day: int, by_night: int) -> int:
    return by_night if _full else by_day
