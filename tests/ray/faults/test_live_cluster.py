"""Live cells on clusters: nodes that join, nodes that die, and a cluster behind ``ray://``."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hpobench.store.read.reader import load_results
from tests.ray.faults.commands import finish, kill, start, three_nodes
from tests.ray.faults.live_watch import Witness, faults, lines, wait_for_steps
from tests.ray.faults.test_live import CHAIN, check, planned, write_suite
from tests.support.night import night
from tests.support.ray_session import free_ports, started_head


@pytest.fixture
def cluster(log: Any) -> Iterator[Any]:
    with three_nodes() as cluster:
        yield cluster


def wait_for_node(log: Any, node: Any, process: Any) -> None:
    """Until a step was executed on ``node``."""
    deadline = time.monotonic() + 120
    while not any(line["node"] == node for line in lines(log)):
        assert process.poll() is None
        assert time.monotonic() < deadline, "the node gets nothing to do"
        time.sleep(0.05)


@night  # by day a node dies in cluster/test_slurm.py
def test_joined_nodes_are_used_and_lost_ones_cost(tmp_path: Path, log: Any, cluster: Any) -> None:
    problem = "{chain: {pause: 0.15}}"
    suite = write_suite(tmp_path, "fifo", workers=4, trials=30, problem=problem, seeds=1)
    options = ("--plugin", CHAIN, "--results", tmp_path, "--no-report")
    process = start("run", suite, *options, "--address", cluster.address)
    witness = Witness(log, tmp_path / "chains" / "journals")
    assert wait_for_steps(log, 12, process)

    joined = cluster.add_node(num_cpus=1)
    wait_for_node(log, joined.node_id, process)

    cluster.remove_node(joined, allow_graceful=False)
    witness.look()
    assert wait_for_steps(log, 12, process)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    check(suite, tmp_path, witness)
    assert len({line["node"] for line in lines(log)}) == 4
    assert witness.again() <= 2  # a batch


@pytest.mark.night
def test_a_cluster_of_other_tokens_fails_the_cell(tmp_path: Path, log: Any, cluster: Any) -> None:
    """Ray destroys the workers at once then; waiting for them would be waiting for ever."""
    suite = write_suite(tmp_path, "fifo", trials=2, seeds=1)
    options = ("--plugin", CHAIN, "--results", tmp_path, "--no-report", "--timeout", 60)
    tokens: Any = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 64}
    finish("run", suite, *options, "--address", cluster.address, code=1, **tokens)
    assert "Ray cannot start or restart a worker" in finish("status", tmp_path / "chains", code=1)


@pytest.mark.night
def test_node_after_node_joins_and_dies(tmp_path: Path, log: Any, cluster: Any) -> None:
    suite = write_suite(tmp_path, "hyperband", workers=4, trials=60, seeds=2)
    options = ("--plugin", CHAIN, "--results", tmp_path, "--no-report")
    process = start("run", suite, *options, "--address", cluster.address)
    witness = Witness(log, tmp_path / "chains" / "journals")
    rng, kills = random.Random(5), 0
    while wait_for_steps(log, rng.randint(10, 40), process):
        time.sleep(rng.uniform(0, 0.1))
        nodes = [node for node in cluster.list_all_nodes() if node is not cluster.head_node]
        if kills % 2 == 0:
            cluster.add_node(num_cpus=1)
        cluster.remove_node(rng.choice(nodes), allow_graceful=False)
        if kills % 2 == 1:
            cluster.add_node(num_cpus=1)
        kills += 1
        witness.look()
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    check(suite, tmp_path, witness)
    assert kills >= 4
    assert witness.again() <= 2 * kills


@pytest.fixture
def client_server(log: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The ``ray://`` address of a cluster whose head has a home folder of its own."""
    pytest.importorskip("grpc", reason="ray:// needs ray[client]")
    (home := tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(home))
    port, client = free_ports(2)
    with started_head(port, f"--ray-client-server-port={client}", waits_for=client):
        yield f"ray://127.0.0.1:{client}"


@pytest.mark.night
def test_cells_of_a_killed_far_driver_go_on(tmp_path: Path, log: Any, client_server: Any) -> None:
    """The cluster waits half a minute for a client to come back; so the first attempt at the
    cell outlives its driver, and the second waits for it."""
    problem = "{chain: {pause: 1.0}}"
    suite = write_suite(tmp_path, "hyperband", workers=2, trials=24, problem=problem, seeds=1)
    options = ("--plugin", CHAIN, "--results", tmp_path, "--no-report")
    command = ("run", suite, *options, "--address", client_server)
    process = start(*command)
    journals = tmp_path / "home" / ".cache" / "hpobench" / "journals"
    witness = Witness(log, journals)
    assert wait_for_steps(log, 12, process)
    kill(process, everything=False)
    witness.look()
    assert list(journals.glob("*/*.journal"))
    finish(*command)
    assert faults(load_results(tmp_path / "chains"), planned(suite)) == []
    assert witness.faults() == []
    assert not list(journals.glob("*/*"))
