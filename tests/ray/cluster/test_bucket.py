"""A cluster whose results go to a bucket, as those of Kubernetes and of spot nodes do."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from hpobench.store.remote.remote_folder import RemoteFolder
from tests.ray.faults.commands import events, finish, kill, start, three_nodes
from tests.ray.object_store import s3_server
from tests.support.night import night

SEEDS = 200
SUITE = f"""
name: tiny
searchers: [random, sobol]
schedulers: [fifo]
problems: [branin]
seeds: {SEEDS}
budget: {{evaluations: 40}}
"""
URL = "s3://bucket/results"


def wait_for_commits(count: int, process: subprocess.Popen[str]) -> None:
    """Until the bucket has so many files of cells."""
    deadline = time.monotonic() + 120
    while sum(name.startswith("cells-") for name in RemoteFolder(f"{URL}/tiny")._listed()) < count:
        assert process.poll() is None, "the run is over already"
        assert time.monotonic() < deadline, "the run stores nothing"
        time.sleep(0.1)


@night  # by day running/test_object_stores.py has a bucket
def test_a_node_dies_and_then_the_driver_and_another_machine_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (suite := tmp_path / "tiny.yaml").write_text(SUITE)
    with s3_server() as bucket, three_nodes() as cluster:
        for name, value in bucket.items():
            monkeypatch.setenv(name, value)
        command = ("run", suite, "--results", URL, "--no-report", "--address", cluster.address)
        first = start(*command, XDG_CACHE_HOME=str(tmp_path / "first"))
        wait_for_commits(1, first)
        cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)
        wait_for_commits(3, first)
        kill(first, everything=False)
        told = finish(*command, XDG_CACHE_HOME=str(tmp_path / "second"))
    assert f"in all {2 * SEEDS} done" in told
    assert f"ran {2 * SEEDS} cells" not in told
    (copy,) = (tmp_path / "second").glob("hpobench/stores/*/tiny")
    finish("run", suite, "--results", tmp_path, "--no-report")
    assert events(copy) == events(tmp_path / "tiny")
