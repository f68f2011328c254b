"""Mutated inputs of every kind end as answers or as errors of the user's: see ``tests.fuzz``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.frame import run_kind
from tests.fuzz.kinds import KINDS

MUTANTS = 20
"""Of each kind, the same ones every time; `python -m tests.fuzz` runs as many as one likes."""
SECONDS = 60.0
"""A kind's time, which a very slow machine may not be done in."""
LEAST = 5
# MLflow asks SQLAlchemy for what is deprecated, once in a process.
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")


@pytest.mark.parametrize("name", KINDS)
def test_no_mutant_is_a_fault_of_hpobench(name: str, tmp_path: Path) -> None:
    tally = run_kind(KINDS[name], tmp_path, iter(range(MUTANTS)), seed=1, seconds=SECONDS)
    assert not tally.faults, "\n".join(map(str, tally.faults))
    assert tally.mutants >= LEAST
