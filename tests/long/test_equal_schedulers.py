"""Ray's schedulers and ours over more random histories than the tests of `tests/ray` play.

All 100,000: ``python -m tests.scheduler_histories``
"""

from __future__ import annotations

from tests.scheduler_histories import differing


def test_tens_of_thousands_of_random_histories_are_answered_as_by_ray() -> None:
    assert next(differing(20_000, first=100_000), None) is None
