"""Look-ups per second of tables, recordings, pools and surrogates, and the memory they share.

    python -m benchmarks.tables [--problems fcnet taskset] [--repeat 5]

One core, through ``problem.curve(config, seed)`` on random configurations that are drawn
beforehand; medians of interleaved repeats. Memory is what each of several processes is charged
for one table, its proportional share (PSS), once all of them have read all of it. Problems without
their data are left out.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import re
import statistics
import tempfile
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path
from random import Random
from time import perf_counter, process_time

import numpy as np

from hpobench.api import Config, TabulatedProblem
from hpobench.contract.parameters import Float, Int
from hpobench.contract.space import Space
from hpobench.problems.pools.icml2020_deepar import DeepAR
from hpobench.problems.pools.icml2020_nas import NASBench102
from hpobench.problems.pools.icml2020_xgboost import XGBoostPool
from hpobench.problems.pools.taskset import TaskSet
from hpobench.problems.recorded.recorded import Recorded
from hpobench.problems.surrogate.yahpo_lcbench import LCBench
from hpobench.problems.surrogate.yahpo_xgboost import YahpoXGBoost
from hpobench.problems.tabular.fcnet import FCNet
from hpobench.problems.tabular.hpobench_mlp import HPOBenchMLP
from hpobench.problems.tabular.nasbench201 import NASBench201
from hpobench.recording.record import grid_space
from hpobench.recording.table import Table, write_table

LOOKUPS, CURVES = 20_000, 500
"""Configurations of a repeat: of tables, and of what computes."""
STEPS = 34


def recorded(folder: Path, *, grid: bool) -> Recorded:
    """A made-up recording of 3,125 trials in five parameters."""
    space = Space([Float("lr", 1e-4, 1.0, log=True), *(Int(f"n{i}", 1, 5) for i in range(4))])
    rng, draw = np.random.default_rng(0), Random(0)
    configs = list(space.grid(5)) if grid else [space.sample(draw) for _ in range(5**5)]
    curves = {name: rng.random((len(configs), STEPS)) for name in ("loss", "cpu", "wall")}
    about = {
        "version": 1,
        "problem": "made up",
        "space": (grid_space(space, configs) if grid else space).to_json(),
        "trained": space.to_json(),
        "fidelity": {"name": "round", "steps": STEPS, "unit": 1.0},
        "objective": {"metric": "loss", "direction": "minimize"},
        "mutable": None,
        "heldout": False,
    }
    name = "grid.parquet" if grid else "sample.parquet"
    write_table(folder / name, Table(about, configs, curves, [None] * len(configs)))

    class Here(Recorded):
        suite_folder = folder

    return Here(table=name)


def problems(folder: Path) -> dict[str, Callable[[], TabulatedProblem]]:
    return {
        "fcnet": lambda: FCNet(dataset="protein_structure"),
        "fcnet draw": lambda: FCNet(dataset="protein_structure", observe="draw"),
        "fcnet repeats": lambda: FCNet(dataset="protein_structure", observe="repeats"),
        "hpobench-mlp": lambda: HPOBenchMLP(dataset="car"),
        "nasbench201": lambda: NASBench201(dataset="cifar10"),
        "recorded grid": lambda: recorded(folder, grid=True),
        "recorded sample": lambda: recorded(folder, grid=False),
        "taskset": lambda: TaskSet(task=TaskSet.tasks[0]),
        "icml2020-deepar": lambda: DeepAR(task="solar"),
        "icml2020-xgboost": lambda: XGBoostPool(task="heart"),
        "icml2020-nas": lambda: NASBench102(task="cifar10"),
        "lcbench": lambda: LCBench(instance=3945),
        "yahpo-xgboost": lambda: YahpoXGBoost(instance=16),
    }


def measure(problem: TabulatedProblem, configs: list[Config]) -> float:
    """Curves a second of this process's processor time."""
    gc.collect()
    begin = process_time()
    for config in configs:
        problem.curve(config, 0)
    return len(configs) / (process_time() - begin)


def first(problem: TabulatedProblem, config: Config) -> float:
    """Seconds until the first curve."""
    begin = perf_counter()
    problem.curve(config, 0)
    return perf_counter() - begin


# -- memory --------------------------------------------------------------------------------


def share() -> int:
    """This process's share of the memory that it has mapped, in bytes."""
    text = Path("/proc/self/smaps_rollup").read_text("utf-8")
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def _hold(barrier: Barrier, told: multiprocessing.Queue[tuple[int, int]]) -> None:
    FCNet(dataset="naval_propulsion").table  # noqa: B018 - imports, so that they do not count
    problem = FCNet(dataset="slice_localization")  # which nothing else here has mapped
    barrier.wait()
    before, table = share(), problem.table
    arrays = [array for array in vars(table).values() if isinstance(array, np.ndarray)]
    for array in arrays:
        array.sum()
    barrier.wait()
    told.put((sum(array.nbytes for array in arrays), share() - before))
    barrier.wait()


def memory(processes: int) -> tuple[int, int]:
    """Bytes of FCNet's table, and the most that one of ``processes`` is charged for it."""
    spawn = multiprocessing.get_context("spawn")
    barrier, told = spawn.Barrier(processes), spawn.Queue()
    running = [spawn.Process(target=_hold, args=(barrier, told)) for _ in range(processes)]
    for process in running:
        process.start()
    sizes = [told.get(timeout=120) for _ in running]
    for process in running:
        process.join()
    return sizes[0][0], max(charged for _, charged in sizes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", nargs="+")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        made = {
            label: build()
            for label, build in problems(Path(temporary)).items()
            if options.problems is None or label in options.problems
        }
        made = {label: p for label, p in made.items() if p.missing() is None}
        rng, configs, firsts = Random(0), {}, {}
        for label, problem in made.items():
            count = CURVES if hasattr(problem, "network") else LOOKUPS
            configs[label] = [problem.space.sample(rng) for _ in range(count)]
            firsts[label] = first(problem, configs[label][0])
        rates: dict[str, list[float]] = {label: [] for label in made}
        for _ in range(options.repeat):
            for label, problem in made.items():
                rates[label].append(measure(problem, configs[label]))
    print(f"{'problem':18} {'steps':>6} {'curves/s':>10} {'first, s':>9}")
    for label, problem in made.items():
        rate = statistics.median(rates[label])
        print(f"{label:18} {problem.fidelity.steps:6} {rate:10,.0f} {firsts[label]:9.3f}")
    memory(1)  # leaves the table mappable if nobody has before
    for processes in (1, 2, 4):
        size, charged = memory(processes)
        print(f"{processes} processes: {size / 1e6:.2f} MB of table, {charged / 1e6:.2f} MB each")


if __name__ == "__main__":
    main()
