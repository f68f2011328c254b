"""A run of a cell that has come to its end."""

from __future__ import annotations

from typing import Any

from hpobench.contract.algorithms import Scheduler
from hpobench.running.cells.tuning import Run
from hpobench.testing.doubles import make_run


def finished(scheduler: Scheduler, **options: Any) -> Run:
    """What ``make_run`` makes, run to its end."""
    (run := make_run(scheduler, **options)).finish()
    return run
