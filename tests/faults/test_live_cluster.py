"""Live cells on clusters: nodes that join, nodes that die, and a cluster behind ``ray://``."""

from __future__ import annotations

import time

import pytest

from tests.faults.commands import finish, start
from tests.faults.live_watch import Witness, lines, survivors, wait_for_steps
from tests.faults.test_live import CHAIN, check, write_suite


@pytest.fixture
def log(tmp_path, monkeypatch):
    path = tmp_path / "steps.log"
    monkeypatch.setenv("CHAIN_LOG", str(path))
    # Ray's test cluster asks for no token, whatever this machine's other clusters do.
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    return path


@pytest.fixture
def cluster(log):
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
        assert survivors(log) == []


def wait_for_node(log, node, process):
    """Until a step was executed on ``node``."""
    deadline = time.monotonic() + 120
    while not any(line["node"] == node for line in lines(log)):
        assert process.poll() is None
        assert time.monotonic() < deadline, "the node gets nothing to do"
        time.sleep(0.05)


def test_nodes_that_join_are_used_and_nodes_that_die_cost_what_ran_there(tmp_path, log, cluster):
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


def test_a_cluster_whose_tokens_are_others_is_an_error_of_the_cell(tmp_path, log, cluster):
    """Ray destroys the workers at once then; waiting for them would be waiting for ever."""
    suite = write_suite(tmp_path, "fifo", trials=2, seeds=1)
    options = ("--plugin", CHAIN, "--results", tmp_path, "--no-report", "--timeout", 60)
    tokens = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 64}
    finish("run", suite, *options, "--address", cluster.address, code=1, **tokens)
    told = finish("status", tmp_path / "chains", code=1)
    assert "Ray cannot start or restart a worker" in told
