"""A suite on a cluster of many nodes, all of them on this machine: what their number alone costs.

    python -m benchmarks.nodes [--nodes 10 50] [--cells 10000]

Each node is a raylet of its own with one processor, as in Ray's own tests of large clusters, so
that scheduling, health checks and what the driver does for every task are those of so many nodes,
while the processors of this machine are what they share. The cells are of random search with five
evaluations. Seconds until the nodes are there, seconds of a command with a tenth of the cells and
of one with all, the rate of the cells between them, the worker processes, and the driver's memory.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from ray.cluster_utils import Cluster

SUITE = """
name: tiny
searchers: [random]
schedulers: [fifo]
problems: [branin]
seeds: {cells}
budget: {{evaluations: 5}}
"""
_STORE = 80 * 2**20
"""Bytes of a node's object store, the least that Ray takes."""


def _ran(suite: Path, address: str, seeds: str) -> float:
    """Wall seconds of the command for these seeds."""
    begin = time.perf_counter()
    command = [sys.executable, "-m", "hpobench", "run", str(suite), "--address", address]
    command += ["--results", str(suite.parent), "--no-report", "--seeds", seeds]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def _workers() -> int:
    """Processes of Ray on this machine that run tasks or have run some."""
    titles = (process.info["cmdline"] for process in psutil.process_iter(["cmdline"]))
    return sum(bool(title) and title[0].startswith("ray::") for title in titles)


def measure(nodes: int, cells: int) -> None:
    """Print the row of a cluster with so many nodes."""
    begin = time.perf_counter()
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    try:
        for _ in range(nodes):
            cluster.add_node(wait=False, num_cpus=1, object_store_memory=_STORE)
        cluster.wait_for_nodes()
        start = time.perf_counter() - begin
        with tempfile.TemporaryDirectory() as folder:
            suite = Path(folder) / "tiny.yaml"
            suite.write_text(SUITE.format(cells=cells), encoding="utf-8")
            tenth = _ran(suite, cluster.address, f"0-{cells // 10 - 1}")
            processes = _workers()
            whole = _ran(suite, cluster.address, f"{cells}-{2 * cells - 1}")
    finally:
        # `Cluster.shutdown` waits for every node to drain, in turn, for minutes.
        for node in [*cluster.worker_nodes, cluster.head_node]:
            node.kill_all_processes(check_alive=False, allow_graceful=False)
    rate = (cells - cells // 10) / (whole - tenth)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(
        f"{nodes:>6} {start:>9.1f} {tenth:>9.1f} {whole:>9.1f} {rate:>9.0f} "
        f"{processes:>10} {memory:>9.2f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nodes", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--cells", type=int, default=10_000)
    options = parser.parse_args()
    print(
        f"{'nodes':>6} {'start, s':>9} {'tenth, s':>9} {'whole, s':>9} {'cells/s':>9} "
        f"{'processes':>10} {'GiB':>9}"
    )
    for nodes in options.nodes:
        measure(nodes, options.cells)


if __name__ == "__main__":
    main()
