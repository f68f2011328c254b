"""A short soak: see ``tests.soak``, whose command runs for as long as one likes."""

from __future__ import annotations

import pytest

from tests.soak.rounds import ROUNDS, run_round
from tests.support.night import count, night

DAY = ("virtual",)  # live workers are killed in test_live.py, by day too


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in DAY else [night]) for name in ROUNDS]
)
def test_killed_in_every_way_a_run_ends_as_if_undisturbed(name: str) -> None:
    tally = run_round(name, seed=1, kills=count(2, 40), seconds=count(60, 600))
    assert not tally.faults, str(tally)
    assert tally.kills.total() >= 2
