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


def _of_command(*parts: str) -> Strike:
    """SIGKILL to one process of the run whose command line has one of ``parts``."""

    def strike(driver: Driver, log: Path, rng: random.Random) -> bool:
        found = [p for p in of_run(log) if any(part in title_of(p) for part in parts)]
        if not found:
            return False
        with contextlib.suppress(psutil.NoSuchProcess):
            rng.choice(found).kill()
            return True
        return False

    return strike


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
LOCAL: Mapping[str, Strike] = {"cell": _of_command("hpobench.running.local.fork_server")}
"""The processes of cells where there is no Ray, and the one that they are forked from."""
LIVE: Mapping[str, Strike] = {"cell": _of_command(CELL), "worker": _of_command(WORKER)}
