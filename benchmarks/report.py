"""How long a report takes by the number of result rows, and how much memory.

    python -m benchmarks.report [ROWS ...] [--folder DIR]

Made-up runs of six searchers under three schedulers on ten problems with ten seeds are stored by
the writer itself; `hpobench report` then runs on the folder, as a user would.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.results_factory import MadeProblem, make_results
from tests.support.stored import write

SEARCHERS = ("random", "tpe", "gp", "cmaes", "sobol", "bohb")
SCHEDULERS = ("fifo", "asha", "hyperband")
PROBLEMS, SEEDS = 10, 10
ROWS = (10_000, 100_000, 1_000_000)


def store(rows: int, folder: Path) -> None:
    """Store runs of about ``rows`` results in all."""
    cells = len(SEARCHERS) * len(SCHEDULERS) * PROBLEMS * SEEDS
    seconds = max(rows / cells / 4 * 10.0, 1.0)
    problems = [MadeProblem(f"problem-{i}", steps=9, budget=seconds) for i in range(PROBLEMS)]
    results = make_results(SEARCHERS, SCHEDULERS, problems, seeds=SEEDS, failed=())
    write(results, folder)


def measure(folder: Path) -> tuple[float, float, float]:
    """Seconds and MB of ``hpobench report``, and MB of its page."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "hpobench", "report", str(folder)], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    if status:
        raise SystemExit(f"hpobench report ended with {os.waitstatus_to_exitcode(status)}")
    page = folder / "report" / "index.html"
    return seconds, usage.ru_maxrss / 1024, page.stat().st_size / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", type=int, default=list(ROWS))
    parser.add_argument("--folder", type=Path, help="keep the results here")
    options = parser.parse_args()
    print(f"{'rows':>10} {'seconds':>8} {'peak MB':>8} {'page MB':>8}")
    with tempfile.TemporaryDirectory() as scratch:
        for rows in options.rows:
            folder = (options.folder or Path(scratch)) / f"made-{rows}"
            if not folder.exists():
                store(rows, folder)
            seconds, memory, page = measure(folder)
            print(f"{rows:>10,} {seconds:8.1f} {memory:8.0f} {page:8.2f}", flush=True)


if __name__ == "__main__":
    main()
