"""Results and trials per second of the virtual stage: 27-step curves, 4 workers.

    python -m benchmarks.virtual_stage [--schedulers fifo asha] [--trials 100 1000]

Processor time of this process, medians of interleaved repeats. ``median`` is quadratic in the
trials (Ray's own rule), so beyond 1,000 of them it runs only where ``--schedulers`` names it.
"""

from __future__ import annotations

import argparse
import gc
import logging
import statistics
from time import process_time

from hpobench.algorithms.schedulers.asha import Asha
from hpobench.algorithms.schedulers.fifo import Fifo
from hpobench.algorithms.schedulers.hyperband import HyperBand
from hpobench.algorithms.schedulers.median import Median
from hpobench.testing.doubles import make_run

SCHEDULERS = {"fifo": Fifo, "asha": Asha, "hyperband": HyperBand, "median": Median}
QUADRATIC, UNASKED_LIMIT = "median", 1000


def measure(scheduler: str, trials: int) -> tuple[float, int]:
    """Seconds and results of one run; the configurations are drawn beforehand."""
    run = make_run(SCHEDULERS[scheduler](), trials=trials)
    gc.collect()
    begin = process_time()
    run.finish()
    return process_time() - begin, len(run.events)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--schedulers", nargs="+", choices=SCHEDULERS)
    parser.add_argument("--trials", nargs="+", type=int, default=[100, 1000, 4000])
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    rows = [
        (scheduler, trials)
        for scheduler in options.schedulers or SCHEDULERS
        for trials in options.trials
        if options.schedulers or scheduler != QUADRATIC or trials <= UNASKED_LIMIT
    ]
    for scheduler in {scheduler for scheduler, _ in rows}:
        measure(scheduler, 20)  # imports and first calls
    seconds: dict[tuple[str, int], list[float]] = {row: [] for row in rows}
    results = {}
    for _ in range(options.repeat):
        for row in rows:
            took, results[row] = measure(*row)
            seconds[row].append(took)
    print(f"{'scheduler':10} {'trials':>6} {'results':>8} {'results/s':>10} {'trials/s':>9}")
    for row in rows:
        (scheduler, trials), middle = row, statistics.median(seconds[row])
        print(
            f"{scheduler:10} {trials:6} {results[row]:8} "
            f"{results[row] / middle:10.0f} {trials / middle:9.0f}"
        )


if __name__ == "__main__":
    main()
