"""The driver's deadline: it holds whatever a cell's process does."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psutil
import pytest

from hpobench.running.cells.batches import Cells
from hpobench.running.cluster import ray_cells
from hpobench.running.cluster.connect import LOCAL, connected
from hpobench.running.cluster.ray_cells import VirtualCells
from hpobench.running.local import local_cells
from hpobench.running.local.local_cells import LocalCells
from hpobench.running.local.worker_processes import ForkServer, Work
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite
from tests.support.night import night
from tests.support.tiny_plugins import line, suite_file

STUCK = """
if self.how == "stops":
    os.kill(os.getpid(), signal.SIGSTOP)
while self.how == "swallows":
    try:
        time.sleep(600)
    except BaseException:
        pass
if self.how == "native":
    sum(itertools.repeat(0))
if self.how in ("waits", "slow"):
    time.sleep(600 if self.how == "waits" else 0.1)
"""
LIMIT, GRACE = 3.0, 2.0


@contextlib.contextmanager
def on_ray(folder: Path) -> Iterator[Cells]:
    with connected(LOCAL, 1) as ray:
        yield VirtualCells(ray, commit=None, timeout=LIMIT)


@contextlib.contextmanager
def here(folder: Path) -> Iterator[Cells]:
    with contextlib.closing(
        LocalCells(lambda: ForkServer({}), Work(None, LIMIT, str(folder)), 1)
    ) as c:
        yield c


@pytest.mark.parametrize("where", [pytest.param(on_ray, marks=night), here])
def test_it_holds_whatever_a_cell_does(
    where: Callable[[Path], AbstractContextManager[Cells]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also for cells that wait for a processor meanwhile: their time has not begun."""
    for module in (ray_cells, local_cells):
        monkeypatch.setattr(module, "GRACE_S", GRACE)
    (tmp_path / "stuck.py").write_text(line("Stuck", STUCK, "itertools, os, signal, time"))
    problems = [{"stuck": {"how": ["stops", "swallows", "native", "waits", "slow"]}}]
    keys = {"problems": problems, "budget": {"trials": 4}, "plugins": ["stuck.py"]}
    suite = suite_file(tmp_path, "stuck", **keys)
    ends: dict[str, tuple[dict[str, Any], float]] = {}
    begin = time.monotonic()
    with where(tmp_path) as cells:
        for batches in cells.run(build_plan(load_suite(suite)).cells):
            rows = [row for batch in batches for row in batch.rows.to_pylist()]
            ends |= {row["problem"]: (row, time.monotonic() - begin) for row in rows}
        family = psutil.Process().children(recursive=True)
        assert not [process for process in family if "_run_batch" in process.name()]
    assert not [p for p in family if p.is_running() and p.status() == psutil.STATUS_STOPPED]
    told = {name: (cell["status"], cell["error"]) for name, (cell, _) in ends.items()}
    late = f"not finished after {LIMIT:g} s of wall time"
    killed = f"{late}; its process did not end and was killed"
    assert told == {
        "stuck[how=stops]": ("timeout", killed),
        "stuck[how=swallows]": ("timeout", killed),
        "stuck[how=native]": ("timeout", killed),
        "stuck[how=waits]": ("timeout", late),
        "stuck[how=slow]": ("done", None),
    }
