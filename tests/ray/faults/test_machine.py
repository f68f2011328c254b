"""Failures of the machine are no outcomes: Ray's servers die, and a machine stays broken."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from hpobench.store.read.reader import load_results
from tests.ray.faults.commands import SUITE, events, finish, start
from tests.ray.faults.live_watch import Witness, survivors, wait_for_steps
from tests.ray.faults.test_live import arguments, check, write_suite
from tests.ray.faults.test_runs import wait_for_cells
from tests.support.night import night
from tests.support.tiny_plugins import line, suite_file

SERVERS = ("gcs_server", "raylet", "ray::DashboardAgent", "ray::RuntimeEnvAgent")


def server(name: str, process: Any) -> psutil.Process:
    """The server of the Ray that ``process`` started, once it is there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for child in psutil.Process(process.pid).children(recursive=True):
            line = child.cmdline() if child.is_running() else []
            if line and (Path(line[0]).name == name or line[0].startswith(name)):
                return child
        time.sleep(0.05)
    raise AssertionError(f"there is no {name}")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("undisturbed")
    finish("run", SUITE, "--results", folder, "--cpus", 2, "--no-report")
    return events(folder / "fragile")


@night  # by day live cells outlive it, below
@pytest.mark.parametrize("name", SERVERS)
def test_a_run_outlives_its_ray(undisturbed: dict[str, bytes], tmp_path: Path, name: str) -> None:
    options = ("--address", "local", "--cpus", 2, "--no-report")
    process = start("run", SUITE, "--results", tmp_path, *options)
    wait_for_cells(tmp_path / "fragile", process)
    server(name, process).kill()
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    died = "gcs_server" if name == "gcs_server" else "raylet"
    assert f"Ray's {died} on this machine died (killed, or out of memory)" in output
    assert "they go on with a new Ray" in output
    assert "state-dump" not in output  # Ray's own pages
    assert events(tmp_path / "fragile") == undisturbed
    assert set(load_results(tmp_path / "fragile").cells["status"]) == {"done"}


@pytest.mark.parametrize("name", ["gcs_server", pytest.param("raylet", marks=night)])
def test_live_cells_go_on_from_their_journals(tmp_path: Path, log: Any, name: str) -> None:
    suite = write_suite(tmp_path, "hyperband", workers=2, trials=12, problem="{chain: {pause: .1}}")
    process = start(*arguments(suite, tmp_path, cpus=2))
    witness = Witness(log, tmp_path / "chains" / "journals")
    assert wait_for_steps(log, 12, process)
    witness.look()
    server(name, process).kill()
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert "they go on with a new Ray" in output
    check(suite, tmp_path, witness)
    assert survivors(log, 10) == []


DEADLY = """
if "MEND" not in os.environ:
    (raylet,) = [p for p in psutil.Process().parents() if p.name() == "raylet"]
    raylet.kill()
    time.sleep(600)
"""


@night  # by day it breaks once
def test_a_machine_that_stays_broken_ends_the_run_and_nothing_is_stored(tmp_path: Path) -> None:
    (tmp_path / "deadly.py").write_text(line("Deadly", DEADLY, "os, time, psutil"))
    keys = {"problems": ["deadly", "branin"], "budget": {"trials": 4}, "plugins": ["deadly.py"]}
    suite = suite_file(tmp_path, "deadly", **keys)
    options = ("--address", "local", "--cpus", 1, "--no-report")
    command = ("run", suite, "--results", tmp_path, *options)
    output = finish(*command, code=1)
    assert output.count("go on with a new Ray") in (2, 3, 4)
    assert "error: Ray's raylet on this machine died" in output
    assert "nothing is stored of them; the same command goes on" in output
    assert "Traceback" not in output
    assert ", 0 failed, " in finish("status", tmp_path / "deadly", code=1)
    assert "in all 2 done" in finish(*command, MEND="1")


def test_nothing_of_a_killed_driver_is_left(tmp_path: Path, log: Any) -> None:
    suite = write_suite(tmp_path, "fifo", trials=24, problem="{chain: {pause: 0.1}}")
    process = start(*arguments(suite, tmp_path, cpus=2))
    assert wait_for_steps(log, 4, process)
    folder = Path(server("raylet", process).environ()["HPOBENCH_SESSION"])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert folder.stat().st_uid == os.geteuid()
    process.kill()
    process.communicate()
    assert survivors(log, 10) == []
    assert not folder.exists()


def test_no_home_and_an_odd_folder_for_temporary_files(tmp_path: Path) -> None:
    (odd := tmp_path / ("ünd lang" * 10)).mkdir()
    options = ("--results", tmp_path, "--cpus", 2, "--no-report", "--seeds", "0-0")
    on_ray = ("--address", "local")
    # Not even root can write below a device.
    environment: Any = {"HOME": "/dev/null", "TMPDIR": str(odd), "RAY_AUTH_MODE": "token"}
    assert "in all 18 done" in finish("run", SUITE, *options, *on_ray, **environment)
