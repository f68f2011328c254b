"""Environments on a cluster: every node builds its own, from the lock, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hpobench.plugins.isolation.environments import FOLDER_VARIABLE
from hpobench.store.read.reader import load_results
from tests.ray.faults.commands import finish
from tests.support.night import night

SUITE = """{
name: far, searchers: [cma], problems: [{hartmann: {dimension: 3}}], seeds: 6,
budget: {trials: 6}
}"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Any]:
    """Three nodes of one processor, each with a folder of its own for environments."""
    from ray.cluster_utils import Cluster

    def options(number: int) -> dict[str, Any]:
        folder = tmp_path / "nodes" / str(number)
        return {"num_cpus": 1, "env_vars": {FOLDER_VARIABLE: str(folder)}}

    head = {"include_dashboard": False, **options(0)}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        for number in (1, 2):
            cluster.add_node(**options(number))
        cluster.wait_for_nodes()
        yield cluster
    finally:
        cluster.shutdown()


@night  # by day environments are built beside the driver
def test_nodes_build_theirs(tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the driver names no folder; one that it names is that of all nodes."""
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    (tmp_path / "far.yaml").write_text(SUITE)
    options = ("--results", tmp_path, "--address", cluster.address, "--no-report")
    finish("run", tmp_path / "far.yaml", *options)
    assert list(load_results(tmp_path / "far").cells["status"]) == ["done"] * 6
    for number in range(3):
        (built,) = (tmp_path / "nodes" / str(number)).glob("cma-*/built.json")
        assert built.with_name("env").is_dir()
