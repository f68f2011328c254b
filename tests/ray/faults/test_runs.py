"""Whole runs: the same bytes whatever happens around them."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest

from hpobench.store.read.reader import load_results
from tests.ray.faults.commands import SUITE, events, finish, kill, start
from tests.support.present import present
from tests.support.ray_session import free_ports, started_head
from tests.support.tiny_plugins import line, suite_file

CELLS = 2 * (1 + 4 + 4) * 4


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("undisturbed")
    assert f"{CELLS} done" in finish("run", SUITE, "--results", folder, "--cpus", 2)
    assert (folder / "fragile" / "report" / "index.html").exists()
    return folder / "fragile"


def test_one_worker_another_hash_seed_another_folder(undisturbed: Any, tmp_path: Path) -> None:
    (elsewhere := tmp_path / "elsewhere").mkdir()
    finish("run", SUITE, "--cpus", 1, "--no-report", cwd=elsewhere, PYTHONHASHSEED="77")
    assert events(elsewhere / "results" / "fragile") == events(undisturbed)


def test_again_runs_nothing(undisturbed: Any) -> None:
    before = events(undisturbed)
    assert "ran 0 cells" in finish("run", SUITE, "--results", undisturbed.parent, "--no-report")
    assert events(undisturbed) == before


def test_a_changed_suite_runs_what_changed(undisturbed: Any, tmp_path: Path) -> None:
    results = tmp_path / "fragile"
    shutil.copytree(undisturbed, results)
    suite = tmp_path / "changed.yaml"
    # A comment, a new label and a new seed; the seeds 0-3 stay as they are.
    text = "# more\n" + SUITE.read_text().replace("seeds: 4", "seeds: 5")
    suite.write_text(text.replace("random,", "{name: random, as: dice},"))
    output = finish("run", suite, "--results", tmp_path, "--no-report")
    assert f"{CELLS // 4 * 5} cells, {CELLS} of them stored" in output
    assert f"ran {CELLS // 4} cells" in output
    assert "ran 0 cells" in finish("run", SUITE, "--results", tmp_path, "--no-report")
    assert sorted(load_results(results).cells["seed"].unique()) == [0, 1, 2, 3]


def wait_for_cells(folder: Path, process: Any) -> None:
    """Until ``process`` has stored something, or has ended."""

    def stored() -> Any:
        with contextlib.suppress(FileNotFoundError):  # the run folds its files
            return max((p.stat().st_mtime_ns for p in folder.glob("cells*.parquet")), default=0)
        return 0

    before = stored()
    changes = 0
    while changes < 2 and process.poll() is None:
        # The first change is the beginning of the run, unless nothing was stored before.
        if stored() != before:
            changes += 1 if before else 2
            before = stored()
        time.sleep(0.01)


def test_killed_again_and_again_the_events_are_the_same(undisturbed: Any, tmp_path: Path) -> None:
    frames = (pd.read_parquet(undisturbed / name) for name in events(undisturbed))
    expected = pd.concat(frame.astype({"cell": str}) for frame in frames)
    rng = random.Random(0)
    kills = 0
    for attempt in range(6):
        process = start("run", SUITE, "--results", tmp_path, "--no-report", "--cpus", 2)
        if attempt:  # the first dies while it starts
            wait_for_cells(tmp_path / "fragile", process)
        time.sleep(rng.uniform(0, 0.6))
        kills += process.poll() is None
        kill(process, everything=attempt % 2 == 0)
    finish("run", SUITE, "--results", tmp_path, "--no-report", "--cpus", 2)
    folder = tmp_path / "fragile"
    assert kills >= 3
    names = events(folder)
    assert len(names) == 1
    again = pd.concat(pd.read_parquet(folder / name).astype({"cell": str}) for name in names)
    planned = set(load_results(undisturbed).cells["cell"])
    expected = expected[expected["cell"].isin(planned)].reset_index(drop=True)
    pd.testing.assert_frame_equal(again.reset_index(drop=True), expected)


def test_ctrl_c_keeps_what_is_finished(tmp_path: Path) -> None:
    process = start("run", SUITE, "--results", tmp_path, "--no-report", "--cpus", 2)
    folder = tmp_path / "fragile"
    deadline = time.monotonic() + 120
    while not list(folder.glob("cells-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert "the same command goes on" in output
    assert "Traceback" not in output
    done = load_results(folder).cells
    assert 0 < len(done) < CELLS
    assert f"{CELLS - len(done)} missing" in finish("status", folder, code=1)


def test_ctrl_c_ends_a_report_and_prints_no_traceback(undisturbed: Any) -> None:
    """A terminal sends it to the processes that draw too, which are deaf to it from the first
    moment on: they could only print tracebacks."""
    process = start("report", undisturbed, "--figures")
    while not (drawing := draws(process)):
        assert process.poll() is None
        time.sleep(0.01)
    deaf = [int(present(re.search(r"SigBlk:\s*(\w+)", p.read_text()))[1], 16) for p in drawing]
    output = ""
    for seconds in (5, 60):
        os.killpg(process.pid, signal.SIGINT)
        # Python drops an interrupt that reaches it in a destructor; who waits presses again.
        with contextlib.suppress(subprocess.TimeoutExpired):
            output, _ = process.communicate(timeout=seconds)
            break
    assert process.returncode == 130, output
    assert re.fullmatch(r"drawing \d+ figures\n+interrupted\n", output), output
    assert all(mask & 1 << signal.SIGINT - 1 for mask in deaf)


def draws(process: Any) -> list[Path]:
    """What the system tells of each process that draws for ``process``."""
    found = []
    for child in psutil.Process(process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):  # it asks git, too
            if "popen_loky" in " ".join(child.cmdline()):
                found.append(Path(f"/proc/{child.pid}/status"))
    return found


def test_a_named_cluster_that_is_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    begin = time.monotonic()
    output = finish("run", SUITE, "--results", tmp_path, "--address", "127.0.0.1:1", code=1)
    assert "cannot connect to a Ray cluster at '127.0.0.1:1'" in output
    assert "ray start --head" in output
    assert "Traceback" not in output
    assert time.monotonic() - begin < 30


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a Ray cluster of its own, as ``ray start`` makes it: it asks for a token."""
    monkeypatch.delenv("RAY_AUTH_MODE")
    (port,) = free_ports(1)
    with started_head(port, waits_for=port):
        yield f"127.0.0.1:{port}"


def test_a_named_cluster_is_the_same(undisturbed: Any, cluster: Any, tmp_path: Path) -> None:
    seeds = ("--seeds", "0-0", "--no-report")
    finish("run", SUITE, "--results", tmp_path / "there", "--address", cluster, *seeds)
    finish("run", SUITE, "--results", tmp_path / "here", *seeds)
    assert events(tmp_path / "there" / "fragile") == events(tmp_path / "here" / "fragile")


CRASHES = """
if self.how == "segfault":
    ctypes.string_at(0)
if self.how == "exit":
    os._exit(3)
if self.how == "hang":
    time.sleep(600)
"""


def test_a_cell_that_crashes_or_hangs_fails_alone(tmp_path: Path) -> None:
    (tmp_path / "crash.py").write_text(line("Crash", CRASHES, "ctypes, os, time"))
    problems = [{"crash": {"how": ["segfault", "exit", "hang", "fine"]}}]
    keys = {"problems": problems, "budget": {"trials": 4}, "plugins": ["crash.py"]}
    suite = suite_file(tmp_path, "crash", **keys)
    output = finish("run", suite, "--results", tmp_path, "--timeout", 3, code=1)
    assert "in all 1 done, 2 failed, 1 timeout" in output
    assert (tmp_path / "crash" / "report" / "index.html").exists()
    told = finish("status", tmp_path / "crash", code=1)
    assert "Segmentation fault" in "".join(load_results(tmp_path / "crash").cells["error"].dropna())
    assert told.count("the process died") == 2
    assert told.count("not finished after 3 s of wall time") == 1
