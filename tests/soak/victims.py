"""What a soak kills, and how."""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import psutil

from tests.ray.faults.commands import kill
from tests.ray.faults.live_watch import CELL, WORKER, of_run, title_of

Driver: TypeAlias = "subprocess.Popen[str]"
Strike: TypeAlias = Callable[[Driver, Path, random.Random], bool]
"""Kills one victim of the run with that driver and log; false if there is none."""

_FORKED = "hpobench.running.local.fork_server"


def _of_command(*parts: str, forked: bool | None = None) -> Strike:
    """SIGKILL to one process of the run whose command line has one of ``parts``, and is that of the
    process that it is ``forked`` from, or is not."""

    def strike(driver: Driver, log: Path, rng: random.Random) -> bool:
        found = [p for p in of_run(log) if any(part in title_of(p) for part in parts)]
        if forked is not None:
            found = [p for p in found if _is_forked(p) == forked]
        if not found:
            return False
        with contextlib.suppress(psutil.NoSuchProcess):
            rng.choice(found).kill()
            return True
        return False

    return strike


def _is_forked(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        parent = process.parent()
        return parent is not None and _FORKED in title_of(parent)
    return False


def _driver(*, everything: bool) -> Strike:
    def strike(driver: Driver, log: Path, rng: random.Random) -> bool:
        hit = driver.poll() is None
        kill(driver, everything=everything)
        return hit

    return strike


def _signals(*numbers: signal.Signals) -> Strike:
    """Signals to the driver, each a moment after the one before."""

    def strike(driver: Driver, log: Path, rng: random.Random) -> bool:
        hit = driver.poll() is None
        for number in numbers:
            driver.send_signal(number)
            time.sleep(rng.uniform(0, 0.5))
        return hit

    return strike


DRIVER: Mapping[str, Strike] = {
    "driver": _driver(everything=False),
    "driver and all": _driver(everything=True),
    "SIGINT": _signals(signal.SIGINT),
    "SIGINT twice": _signals(signal.SIGINT, signal.SIGINT),
    "SIGTERM": _signals(signal.SIGTERM),
    "SIGTERM twice": _signals(signal.SIGTERM, signal.SIGTERM),
    "SIGHUP": _signals(signal.SIGHUP),
}
"""After these the run has to be started again."""
MACHINE: Mapping[str, Strike] = {
    "raylet": _of_command("/raylet/raylet"),
    "gcs": _of_command("/gcs/gcs_server"),
    "agent": _of_command("dashboard/agent.py", "runtime_env/agent/main.py"),
}
"""After these the run goes on, or ends with a message and exit code 1."""
VIRTUAL: Mapping[str, Strike] = {"cell": _of_command("ray::_run_batch")}
LOCAL: Mapping[str, Strike] = {
    "cell": _of_command(_FORKED, forked=True),
    "template": _of_command(_FORKED, forked=False),
    "searcher": _of_command("isolation/host.py"),
}
"""The processes of cells where there is no Ray."""
LIVE: Mapping[str, Strike] = {"cell": _of_command(CELL), "worker": _of_command(WORKER)}
GOES_ON, DISK_FULL = "the same command goes on", "the disk is full; free some space"
TOLD: Mapping[str, str] = {
    **dict.fromkeys(MACHINE, GOES_ON),
    "searcher": r"\d failed",
    "disk ENOSPC": DISK_FULL,
    "disk EIO": "Input/output error",
    "disk EROFS": "Read-only file system",
    "store": f"{GOES_ON}|run the same command again",
}
"""What a run says that ends with code 1 after one of these, or after one whose name begins so."""
