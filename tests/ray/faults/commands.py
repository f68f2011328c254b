"""Running hpobench as a user does: in a process of its own, to be looked at or killed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from tests import ROOT

SUITE = Path(__file__).with_name("suite.yaml")


def start(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.Popen[str]:
    """``python -m hpobench ...`` in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "hpobench", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(*arguments: object, cwd: Path | None = None, code: int = 0, **environment: str) -> str:
    """Run to the end, check the exit code, return what was printed."""
    process = start(*arguments, cwd=cwd, **environment)
    try:
        output, _ = process.communicate(timeout=300)
    except subprocess.TimeoutExpired:
        kill(process, everything=True)
        raise
    assert process.returncode == code, output
    return output


def kill(process: subprocess.Popen[str], *, everything: bool) -> None:
    """SIGKILL to the driver, and if ``everything`` to each process it started, Ray's included."""
    with contextlib.suppress(psutil.NoSuchProcess):  # it may have ended by itself
        driver = psutil.Process(process.pid)
        children = driver.children(recursive=True) if everything else []
        driver.kill()
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
    process.communicate()


@contextlib.contextmanager
def three_nodes() -> Iterator[Any]:
    """Ray's own test cluster: three nodes of one processor, each with its own raylet."""
    from ray.cluster_utils import Cluster

    options = {"num_cpus": 1, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=options)
    try:
        for _ in range(2):
            cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        yield cluster
    finally:
        cluster.shutdown()


def events(folder: Path) -> dict[str, bytes]:
    """The bytes of the stored events, by file."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("events-*.parquet"))}
