"""Ray's schedulers and ours over more random histories than the tests of `tests/ray` play.

All 100,000: ``python -m tests.scheduler_histories``
"""

from __future__ import annotations

from tests.scheduler_histories.compare import difference
from tests.support.night import count


def test_random_histories_are_answered_as_by_ray() -> None:
    assert difference(count(1_000, 20_000), first=100_000) is None
