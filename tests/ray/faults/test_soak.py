"""A short soak: see ``tests.soak``, whose command runs for as long as one likes."""

from __future__ import annotations

import pytest

from tests.soak.rounds import ROUNDS, run_round
from tests.support.night import night


@night  # by day test_runs.py kills a virtual run again and again, and test_live.py a live one
@pytest.mark.parametrize("name", ROUNDS)
def test_killed_in_every_way_a_run_ends_as_if_undisturbed(name: str) -> None:
    tally = run_round(name, seed=1, kills=40, seconds=600)
    assert not tally.faults, str(tally)
    assert tally.kills.total() >= 2
