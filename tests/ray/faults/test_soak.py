"""A short soak: see ``tests.soak``, whose command runs for as long as one likes."""

from __future__ import annotations

import pytest

from tests.soak.rounds import run_round


@pytest.mark.parametrize("name", ["virtual", "live-asha"])
def test_killed_in_every_way_a_run_ends_as_if_undisturbed(name: str) -> None:
    tally = run_round(name, seed=1, kills=6, seconds=60)
    assert not tally.faults, str(tally)
    assert tally.kills.total() >= 2
