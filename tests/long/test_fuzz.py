"""Mutated inputs of every kind end as answers or as errors of the user's: see ``tests.fuzz``."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import DataObject, data

from tests.fuzz import archives, imports, plugins, stores, suites, tables
from tests.fuzz.commands import require_clear_end
from tests.support.night import count

MUTANTS = count(4, 500)
# MLflow asks SQLAlchemy for what is deprecated, once in a process.
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")


@pytest.mark.parametrize("kind", [archives, imports, plugins, stores, suites, tables])
def test_no_mutant_is_a_fault_of_hpobench(kind: ModuleType, tmp_path: Path) -> None:
    (origin := tmp_path / "origin").mkdir()
    kind.prepare(origin)

    # By day the same mutants every time.
    @settings(
        max_examples=MUTANTS,
        derandomize=MUTANTS < 100,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data())
    def run(chance: DataObject) -> None:
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        for command in kind.mutate(chance.draw, origin, folder):
            require_clear_end(command, folder)
        shutil.rmtree(folder, ignore_errors=True)

    run()
