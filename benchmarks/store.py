"""What the run's own process takes to store cells that are ready, however many there are.

    python -m benchmarks.store [--cells 1000 10000 100000 1000000]

Cells of five results each, made in batches as worker processes make them (untimed), go through the
driver and the store of a run: its plan, batch after batch with its commits, the tally, and
compaction. Then the same command again, which finds all of them, and `status`. Cells a second by
wall time without the making, and the most memory that the process had. Each size in a process of
its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hpobench.contract.cell import Cell
from hpobench.running.cells.batches import Cells
from hpobench.running.plan import experiment
from hpobench.store.format import disk, schema
from hpobench.store.write.batch import Batch, CellEnd
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite
from hpobench.verbs.tally import Tally

BATCH, RESULTS = 256, 5
SUITE = """
name: ready
searchers: [random, sobol, optuna-tpe, hyperopt-tpe]
schedulers: [fifo]
problems: [branin, jenatton]
seeds: {seeds}
budget: {{evaluations: 5}}
"""


class ReadyCells(Cells):
    """Cells that are finished already. ``making`` is what it took to make them."""

    running = 2

    def __init__(self, folder: Path) -> None:
        self._folder, self.making = folder, 0.0

    def run(self, cells: Sequence[Cell]) -> Iterator[list[Batch]]:
        for begin in range(0, len(cells), BATCH):
            start = time.perf_counter()
            batch = ready(cells[begin : begin + BATCH], self._folder)
            self.making += time.perf_counter() - start
            yield [batch]

    def cancel(self) -> None:
        pass

    def close(self) -> None:
        pass


def ready(cells: Sequence[Cell], folder: Path) -> Batch:
    """The batch of ``cells`` as a worker hands it over, without running them."""
    found = list(cells)
    count = len(found)
    names = [cell.id for cell in found]
    events = _table("events", names, np.random.default_rng(found[0].seed))
    trials = _table("trials", names, np.random.default_rng(1))
    files = {}
    for kind, table in (("events", events), ("trials", trials)):
        file = disk.RowFile.of(kind, table)
        file.write(folder)
        files[f"{kind}_shard"] = [file.name] * count
    ends = tuple(
        CellEnd(c.id, c.searcher.label, c.scheduler.label, c.problem.label, c.seed, 1, "done", 1.0)
        for c in found
    )
    numbers = dict.fromkeys(
        ("resource", "clock", "evaluation_s", "suggest_s", "observe_s", "harness_s"), [1.0] * count
    )
    rows = {
        "cell": names,
        "searcher": [end.searcher for end in ends],
        "scheduler": [end.scheduler for end in ends],
        "problem": [end.problem for end in ends],
        "seed": [end.seed for end in ends],
        "workers": [1] * count,
        "stage": ["virtual"] * count,
        "status": ["done"] * count,
        "error": [None] * count,
        "trials": [RESULTS] * count,
        "results": [RESULTS] * count,
        **numbers,
        "peak_memory": [2**28] * count,
        **files,
        "in_suite": [True] * count,
        "spec": [cell.spec for cell in found],
        "provenance": [json.dumps({"versions": {"ray": "2.60.0"}, "padding": "x" * 600})] * count,
    }
    return Batch(ends, pa.table(rows, schema=schema.CELLS), frozenset(), {}, {})


def _table(kind: str, names: Sequence[str], random: np.random.Generator) -> pa.Table:
    count = len(names) * RESULTS
    known: dict[str, Any] = {
        "cell": np.repeat(names, RESULTS),
        "trial": np.tile(np.arange(RESULTS), len(names)),
        "step": np.ones(count, dtype=int),
        "loss": random.random(count),
        "clock": np.ones(count),
        "config": [json.dumps({"x1": x, "x2": 0.5}) for x in random.random(count).tolist()],
        "decision": ["STOP"] * count,
        "status": ["completed"] * count,
    }
    nothing = {"heldout", "parent", "parent_step", "error"} | (
        {"config"} if kind == "events" else set()
    )
    columns = {
        field.name: pa.nulls(count, field.type)
        if field.name in nothing
        else pa.array(known.get(field.name, np.zeros(count)), field.type)
        for field in schema.plain(schema.TABLES[kind])
    }
    return pa.table(columns)


def measure(count: int) -> None:
    """Print the row of ``count`` cells."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "suite.yaml").write_text(SUITE.format(seeds=count // 8), encoding="utf-8")
        first, making = _run(folder, ready=True)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        again, _ = _run(folder, ready=False)
        begin = time.perf_counter()
        command = [sys.executable, "-m", "hpobench", "status", str(folder / "ready")]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        status = time.perf_counter() - begin
        size = sum(path.stat().st_size for path in (folder / "ready").glob("*")) / 2**20
    print(
        f"{count:>9,} {count / (first - making):>9,.0f} {first - making:>9.1f} {again:>9.1f} "
        f"{status:>8.1f} {memory:>8.2f} {size:>8.0f}",
        flush=True,
    )


def _run(folder: Path, *, ready: bool) -> tuple[float, float]:
    """The seconds of a run, its plan included, and those in which batches were made."""
    begin = time.perf_counter()
    cells = ReadyCells(folder / "ready")
    vars(experiment)["LocalCells"] = lambda *_: cells if ready else None
    suite = load_suite(folder / "suite.yaml")
    plan = build_plan(suite)
    summary = experiment.run_plan(suite, plan, folder / "ready", Tally(), start=lambda: None)  # type: ignore[arg-type, return-value]
    assert summary.counts == {"done": len(plan.cells)}
    return time.perf_counter() - begin, cells.making


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", nargs="+", type=int, default=[1000, 10_000, 100_000])
    parser.add_argument("--alone", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        measure(options.alone)
        return
    heads = f"{'cells':>9} {'cells/s':>9} {'run, s':>9} {'again, s':>9}"
    print(f"{heads} {'status':>8} {'GiB':>8} {'MiB':>8}")
    for count in options.cells:
        subprocess.run(
            [sys.executable, "-m", "benchmarks.store", "--alone", str(count)], check=True
        )


if __name__ == "__main__":
    main()
