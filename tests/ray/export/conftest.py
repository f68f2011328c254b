"""Real runs to export."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.stored_results import run_suite

SUITE = """{
name: round-trip, searchers: [random, sobol], schedulers: [fifo, asha],
problems: [{bbob: {function: [1, 8], dimension: [2, 5], instance: [1, 3]}}, branin,
  {mf-hartmann: {dimension: 3, quality: good}}],
seeds: 3, workers: 2, budget: {evaluations: 25}
}"""


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder: members of BBOB, another single-step problem, and one of several steps."""
    return run_suite(SUITE, tmp_path_factory.mktemp("real") / "results")
