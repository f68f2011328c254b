"""A limit of wall time that ends code without its cooperation."""

from __future__ import annotations

import time

import pytest

from hpobench.running.cells import time_limit as module
from hpobench.running.cells.time_limit import OutOfTime, time_limit


def spin(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


class Slow:
    """Python drops what a signal's handler raises while this is destroyed."""

    def __del__(self) -> None:
        spin(0.5)


def destroy_and_spin(limit: float) -> None:
    with time_limit(limit):
        Slow()
        spin(30)


def spin_within_two(outer: float, inner: float) -> None:
    with time_limit(outer):
        with pytest.raises(OutOfTime), time_limit(inner):
            spin(30)
        spin(30)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_limit_dropped_in_a_destructor_speaks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AGAIN_S", 0.6)
    begin = time.monotonic()
    with pytest.raises(OutOfTime):
        destroy_and_spin(0.2)
    assert time.monotonic() - begin < 20


def test_limits_may_be_nested() -> None:
    with pytest.raises(OutOfTime):
        spin_within_two(0.4, 0.1)
