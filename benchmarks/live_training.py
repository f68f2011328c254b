"""What the live stage adds to real training, and what a second worker brings.

    python -m benchmarks.live_training [--seconds 20] [--datasets magic satimage]

XGBoost cells of the same budget of wall time, with one and with two workers in turn. Overhead:
the share of the workers' time that was no step of training, from the first worker's arrival to
the end: orders, results, journal, saving, the scheduler and the searcher. Efficiency: steps a
second with two workers over twice those with one.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.cells import plan
from hpobench.contract.cell import Cell
from hpobench.running.cluster.connect import LOCAL, connected

if TYPE_CHECKING:
    from hpobench.running.cluster.live_cells import LiveCells


def planned(folder: Path, dataset: str, scheduler: str, workers: int, seconds: float) -> Cell:
    (cell,) = plan(
        folder,
        {
            "searchers": ["random"],
            "schedulers": [scheduler],
            "problems": [{"xgboost": {"dataset": dataset}}],
            "seeds": [0],
            "workers": workers,
            "stage": "live",
            "budget": {"time": seconds},
        },
    )
    return cell


def measure(cells: LiveCells, cell: Cell) -> tuple[float, float]:
    """The overhead's share, and results a second."""
    (outcome,) = [outcome for some in cells.outcomes([cell]) for outcome in some]
    assert outcome.cell["status"] == "done", outcome.cell["error"]
    cells.stored({cell.id: "done"})
    # What was being trained at the end is no result, but no overhead either: up to the last one.
    clock: list[float] = outcome.events["clock"].to_pylist()
    busy = sum(outcome.events["cost"].to_pylist())
    return 1 - busy / (clock[-1] * cell.workers), len(clock) / clock[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--datasets", nargs="+", default=["magic", "satimage"])
    parser.add_argument("--schedulers", nargs="+", default=["fifo", "asha", "hyperband"])
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    print(f"{'':22} {'overhead, 1 and 2 workers':>26} {'steps/s':>18} {'efficiency':>11}")
    with tempfile.TemporaryDirectory() as folder, connected(LOCAL, 2) as ray:
        from hpobench.running.cluster.live_cells import LiveCells

        cells = LiveCells(ray, commit=None, timeout=600, journals=Path(folder))
        warm = planned(Path(folder), options.datasets[0], "fifo", 2, 5.0)
        measure(cells, warm)  # imports and first calls
        for dataset in options.datasets:
            for scheduler in options.schedulers:
                runs: dict[int, list[Any]] = {1: [], 2: []}
                for _ in range(options.repeat):
                    for workers, rows in runs.items():
                        cell = planned(Path(folder), dataset, scheduler, workers, options.seconds)
                        rows.append(measure(cells, cell))
                (one, rate), (two, both) = (
                    [statistics.median(column) for column in zip(*rows, strict=True)]
                    for rows in runs.values()
                )
                print(
                    f"{dataset:12}{scheduler:10} {one:12.1%} {two:12.1%} {rate:10.1f} {both:8.1f} "
                    f"{both / (2 * rate):10.0%}"
                )


if __name__ == "__main__":
    main()
