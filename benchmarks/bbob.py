"""What the Problem interface adds to ioh's BBOB functions.

    python -m benchmarks.bbob [--dimensions 2 5 20] [--points 2000] [--repeat 9]

Configurations asked for one by one through ``curve`` against the bare ioh function called with
the same points as lists, ready-made: nanoseconds of this process's processor time an evaluation,
medians of interleaved repeats. The functions with the least, the middle and the greatest ratio,
and all together.

    python -m benchmarks.bbob --references

Seconds for the losses of 100,000 random configurations, as references need them: drawn and
evaluated through the interface, and all as one array drawn by NumPy and evaluated by one call.
"""

from __future__ import annotations

import argparse
import gc
import statistics
from random import Random
from time import process_time

import numpy as np
from ioh import problem as ioh

from hpobench.problems.bbob.bbob import BBOB

FUNCTIONS = range(1, 25)
LIMIT = 3
"""What the interface may multiply the time of a bare evaluation with."""
RANDOM_POINTS = 100_000


def measure(function: int, dimension: int, points: int, repeat: int) -> tuple[float, float]:
    """Nanoseconds an evaluation through the interface and bare."""
    problem = BBOB(function=function, dimension=dimension)  # type: ignore[arg-type]
    bare = ioh.BBOB.create(function, 1, dimension)
    rng = Random(0)
    configs = [problem.space.sample(rng) for _ in range(points)]
    rows = [[float(value) for value in config.values()] for config in configs]
    curve = problem.curve
    assert [curve(config, 0).losses[0] for config in configs] == [bare(row) for row in rows]
    took: list[list[float]] = [[], []]
    for i in range(repeat):
        gc.collect()
        # Each goes first in every second repeat.
        for side in (0, 1) if i % 2 else (1, 0):
            begin = process_time()
            if side == 0:
                for config in configs:
                    curve(config, 0)
            else:
                for row in rows:
                    bare(row)
            took[side].append(process_time() - begin)
    through, alone = (statistics.median(t) * 1e9 / points for t in took)
    return through, alone


def interface(dimensions: list[int], points: int, repeat: int) -> None:
    print(f"{'dimension':>9} {'function':>8} {'curve ns':>9} {'bare ns':>8} {'ratio':>6}")
    for dimension in dimensions:
        rows = [(*measure(f, dimension, points, repeat), f) for f in FUNCTIONS]
        rows.sort(key=lambda row: row[0] / row[1])
        for through, bare, f in (rows[0], rows[len(rows) // 2], rows[-1]):
            print(f"{dimension:9} {f:8} {through:9.0f} {bare:8.0f} {through / bare:6.2f}")
        through, bare = (statistics.mean(row[side] for row in rows) for side in (0, 1))
        print(f"{dimension:9} {'all':>8} {through:9.0f} {bare:8.0f} {through / bare:6.2f}")
        beyond = sum(row[0] > LIMIT * row[1] for row in rows)
        print(f"{dimension:9} {beyond} of {len(rows)} functions beyond {LIMIT}x")


def references(dimensions: list[int]) -> None:
    print(f"{'dimension':>9} {'function':>8} {'interface s':>11} {'array s':>8}")
    for dimension in dimensions:
        for function in (1, 16):  # among the cheapest and the dearest
            problem, rng = BBOB(function=function, dimension=dimension), Random(0)
            begin = process_time()
            problem.finals([problem.space.sample(rng) for _ in range(RANDOM_POINTS)], 0)
            one_by_one = process_time() - begin
            bare = ioh.BBOB.create(function, 1, dimension)
            begin = process_time()
            bare(np.random.default_rng(0).uniform(-5, 5, (RANDOM_POINTS, dimension)))
            array = process_time() - begin
            print(f"{dimension:9} {function:8} {one_by_one:11.2f} {array:8.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dimensions", nargs="+", type=int, default=[2, 5, 20])
    parser.add_argument("--points", type=int, default=2000)
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--references", action="store_true")
    options = parser.parse_args()
    if options.references:
        references(options.dimensions)
    else:
        interface(options.dimensions, options.points, options.repeat)


if __name__ == "__main__":
    main()
