"""Virtual cells in processes of this machine, which die, hang and are killed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from hpobench.contract.errors import WorkersError
from hpobench.running.local.local_cells import LocalCells
from hpobench.running.local.worker_processes import ForkServer, Work
from hpobench.store.read.reader import load_results
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite
from tests.ray.faults.commands import finish, start
from tests.support.tiny_plugins import line, suite_file

PLUGIN = line(
    "Odd",
    """
if self.how == "fragile" and seed % 5 == 1:
    os._exit(3)
if self.how == "parricide":
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(600)
if self.how == "slow":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open(self.where, "a") as file:
        print(os.getpid(), child.pid, file=file, flush=True)
    with open(self.where) as file:
        first = len(file.readlines()) == 1
    time.sleep(600 if first else 0.01)
""",
    "os, signal, subprocess, sys, time",
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where cells note their processes."""
    return tmp_path / "log"


def suite(folder: Path, how: str, seeds: int) -> Path:
    (folder / "odd.py").write_text(PLUGIN)
    problems = [{"odd": {"how": how, "where": f"{folder}/log"}}]
    keys = {"seeds": seeds, "workers": 1, "budget": {"trials": 2}, "plugins": ["odd.py"]}
    return suite_file(folder, how, problems=problems, **keys)


def run(folder: Path, how: str, seeds: int, *options: object) -> tuple[object, ...]:
    where = ("--results", folder, "--cpus", 2, "--no-report")
    return ("run", suite(folder, how, seeds), *where, *options)


def noted(log: Path, process: Any, count: int) -> list[int]:
    """The processes that the first ``count`` cells that began have noted."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        numbers = [int(word) for word in log.read_text().split()] if log.exists() else []
        if len(numbers) >= 2 * count:
            return numbers[: 2 * count]
        assert process.poll() is None
        time.sleep(0.05)
    raise AssertionError("no cell begins")


def alive(numbers: list[int]) -> list[int]:
    """Those of the processes that are still there after a moment."""
    deadline = time.monotonic() + 10
    while left := [n for n in numbers if psutil.pid_exists(n)]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return left


def test_cells_that_kill_their_process_cost_no_other_cell_of_their_batch(tmp_path: Path) -> None:
    finish(*run(tmp_path, "fragile", 60), code=1)
    cells = load_results(tmp_path / "fragile").cells
    assert len(cells) == 60
    failed = cells[cells["status"] == "failed"]
    assert 0 < len(failed) < 30
    assert failed["error"].str.contains("in each of 4 attempts").all()
    assert set(cells["status"]) == {"done", "failed"}


def test_a_cell_that_kills_the_process_that_workers_come_from_fails_alone(tmp_path: Path) -> None:
    output = finish(*run(tmp_path, "parricide", 1), code=1)
    assert "in all 1 failed" in output
    assert "Traceback" not in output


def test_a_cell_whose_process_is_killed_runs_again(tmp_path: Path, log: Path) -> None:
    process = start(*run(tmp_path, "slow", 1))
    worker, child = noted(log, process, 1)
    os.kill(worker, signal.SIGKILL)
    output, _ = process.communicate(timeout=120)
    assert "in all 1 done" in output
    assert alive([worker, child]) == []


def test_nothing_of_a_killed_run_is_left(tmp_path: Path, log: Path) -> None:
    process = start(*run(tmp_path, "slow", 1))
    numbers = noted(log, process, 1)
    family = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    process.kill()
    process.communicate()
    assert alive([*numbers, *family]) == []


def test_ctrl_c_ends_every_process(tmp_path: Path, log: Path) -> None:
    process = start(*run(tmp_path, "slow", 1))
    numbers = noted(log, process, 1)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert "Traceback" not in output
    assert alive(numbers) == []


def test_workers_that_cannot_start_are_an_error_that_says_why(tmp_path: Path) -> None:
    work = Work(None, 9.0, str(tmp_path))
    cells = LocalCells(lambda: ForkServer({"PYTHONHOME": str(tmp_path)}), work, 1)
    with pytest.raises(WorkersError, match=r"(?s)do not start on this machine: .*encodings"):
        list(cells.run(build_plan(load_suite(suite(tmp_path, "fine", 1))).cells))
    cells.close()
