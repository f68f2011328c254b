"""What the harness adds to a trial of one step, over the bare ask/tell loop of its searcher.

    python -m benchmarks.overhead [--searchers random optuna-tpe] [--trials 500]

A whole cell on Branin, from its plan to the tables for the store, against the same searcher
asked and told in a loop on the same problem: the same configurations in the same order, for one
worker. Milliseconds of this process's processor time, medians of interleaved repeats.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

from benchmarks.cells import column, plan, run
from hpobench.api import TabulatedProblem
from hpobench.contract.cell import Cell
from hpobench.plugins.building import build_problem, build_searcher
from tests.support.present import present


def in_the_harness(cell: Cell) -> list[float]:
    """The losses of ``cell``."""
    return column(run(cell), "loss")


def bare(cell: Cell) -> list[float]:
    """The losses of the loop that ``cell`` comes to."""
    problem = build_problem(cell.problem)
    assert isinstance(problem, TabulatedProblem)
    searcher = build_searcher(
        cell.searcher, problem.space, cell.role_seed("searcher"), problem.fidelity
    )
    seed, losses = cell.role_seed("problem"), []
    for trial in range(present(cell.budget.trials)):
        losses.append(problem.curve(searcher.ask(trial), seed).losses[-1])
        searcher.tell(trial, 1, losses[-1], final=True)
    return losses


def timed(loop: Callable[[Cell], list[float]], cell: Cell) -> tuple[float, list[float]]:
    gc.collect()
    begin = process_time()
    losses = loop(cell)
    return process_time() - begin, losses


def measure(cell: Cell, repeat: int) -> tuple[float, float, float]:
    """Milliseconds a trial: in the harness, bare, and the difference of the pairs."""
    pairs = []
    for i in range(repeat + 1):
        # Each goes first in every second pair.
        loops = [in_the_harness, bare] if i % 2 else [bare, in_the_harness]
        took = {loop: timed(loop, cell) for loop in loops}
        assert took[in_the_harness][1] == took[bare][1], "the two loops differ"
        pairs.append((took[in_the_harness][0], took[bare][0]))
    del pairs[0]  # imports and first calls
    columns = [*zip(*pairs, strict=True), [whole - loop for whole, loop in pairs]]
    whole, loop, added = (statistics.median(c) * 1000 / cell.budget.trials for c in columns)
    return whole, loop, added


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--searchers", nargs="+", default=["random", "optuna-tpe"])
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()
    suite = {
        "searchers": options.searchers,
        "problems": ["branin"],
        "seeds": [0],
        "workers": 1,
        "budget": {"trials": options.trials},
    }
    with tempfile.TemporaryDirectory() as folder:
        cells = plan(Path(folder), suite)
    print(f"{'ms a trial':12} {'harness':>8} {'bare':>8} {'added':>8}")
    for cell in cells:
        whole, loop, added = measure(cell, options.repeat)
        print(f"{cell.searcher.label:12} {whole:8.3f} {loop:8.3f} {added:8.3f}")


if __name__ == "__main__":
    main()
