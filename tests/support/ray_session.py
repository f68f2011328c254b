"""Ray on this machine, in this process or as `ray start` makes it."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from typing import Any

from hpobench.running.cluster.connect import LOCAL, connected
from tests import ROOT


@contextlib.contextmanager
def local_ray(cpus: int) -> Iterator[Any]:
    with connected(LOCAL, cpus) as ray:
        yield ray
    # Ray lets go of processes that are still ending; not in a test that is yet to come.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@contextlib.contextmanager
def started_head(port: int, *options: str, waits_for: int) -> Iterator[None]:
    """A Ray cluster as ``ray start`` makes it, once something listens at the port ``waits_for``."""
    from tests.ray.faults.commands import kill

    common = "--num-cpus=2 --include-dashboard=false --node-ip-address=127.0.0.1 --block"
    with tempfile.TemporaryDirectory(prefix="ray-") as folder:
        head = subprocess.Popen(
            [
                *(sys.executable, "-m", "ray.scripts.scripts", "start", "--head"),
                *(f"--port={port}", f"--temp-dir={folder}", *options, *common.split()),
            ],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
        try:
            _wait_for(waits_for)
            yield
        finally:
            kill(head, everything=True)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, "the cluster does not start"
            time.sleep(0.2)
