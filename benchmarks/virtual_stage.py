"""Results and trials per second of the virtual stage: 27-step curves, 4 workers.

    python -m benchmarks.virtual_stage [--schedulers fifo asha] [--trials 100 1000] [--exact]

Processor time of this process, medians of interleaved repeats. ``--exact`` measures in turn with
``exact: ray`` too, Ray's own code for the decisions. Its median rule is quadratic in the trials,
so beyond 1,000 of them that runs only where ``--schedulers`` names it, and so does PB2, whose
Gaussian processes take tens of milliseconds a result, beyond 16.
"""

from __future__ import annotations

import argparse
import gc
import logging
import math
import statistics
from time import process_time
from typing import NamedTuple

from hpobench.algorithms.schedulers.asha import Asha
from hpobench.algorithms.schedulers.fifo import Fifo
from hpobench.algorithms.schedulers.hyperband import HyperBand
from hpobench.algorithms.schedulers.hyperband_bohb import HyperBandBohb
from hpobench.algorithms.schedulers.median import Median
from hpobench.algorithms.schedulers.pb2 import Pb2
from hpobench.algorithms.schedulers.pbt import Pbt
from hpobench.contract.cell import Exact
from hpobench.testing.doubles import make_run

SCHEDULERS = {
    "fifo": Fifo,
    "asha": Asha,
    "hyperband": HyperBand,
    "hyperband-bohb": HyperBandBohb,
    "median": Median,
    "pbt": Pbt,
    "pb2": Pb2,
}
UNASKED: dict[tuple[str, Exact | None], int] = {
    ("median", "ray"): 1000,
    ("pb2", "ray"): 16,
    ("pb2", None): 16,
}
"""The most trials of what is slow, unless ``--schedulers`` names it."""


class Row(NamedTuple):
    scheduler: str
    trials: int
    exact: Exact | None


def measure(row: Row) -> tuple[float, int]:
    """Seconds and results of one run; the configurations are drawn beforehand."""
    run = make_run(SCHEDULERS[row.scheduler](), trials=row.trials, exact=row.exact)
    gc.collect()
    begin = process_time()
    run.finish()
    return process_time() - begin, len(run.events)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--schedulers", nargs="+", choices=SCHEDULERS)
    parser.add_argument("--trials", nargs="+", type=int, default=[16, 100, 1000, 4000, 16000])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--exact", action="store_true")
    options = parser.parse_args()
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    kinds: list[Exact | None] = [None, "ray"] if options.exact else [None]
    rows = [
        Row(scheduler, trials, exact)
        for scheduler in options.schedulers or SCHEDULERS
        for trials in options.trials
        for exact in kinds
        if options.schedulers or trials <= UNASKED.get((scheduler, exact), math.inf)
    ]
    for scheduler in {row.scheduler for row in rows}:
        measure(Row(scheduler, 20, None))  # imports and first calls
    seconds: dict[Row, list[float]] = {row: [] for row in rows}
    results = {}
    for _ in range(options.repeat):
        for row in rows:
            took, results[row] = measure(row)
            seconds[row].append(took)
    print(f"{'scheduler':14} {'trials':>6} {'code':>5} {'results':>8} {'results/s':>10} trials/s")
    for row in rows:
        middle = statistics.median(seconds[row])
        print(
            f"{row.scheduler:14} {row.trials:6} {row.exact or 'ours':>5} {results[row]:8} "
            f"{results[row] / middle:10.0f} {row.trials / middle:8.0f}"
        )


if __name__ == "__main__":
    main()
