"""How long users wait for verbs, and for how much memory, at a revision and in the working tree.

    python -m benchmarks.waiting --base REVISION [ROW ...] [--times N] [--folder DIR]

Each row is a command. After a first run, which compiles the bytecode, it runs N times in a git
worktree of REVISION and in the working tree, in turns. What counts are the processor's seconds and
the peak memory of the process with all its children, of which the medians are shown. Results are
made up and stored once by the working tree, or by a run of the suite, and both trees get a copy.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.made_results import Made, store
from tests import ROOT
from tests.support.results_factory import MadeProblem, make_results
from tests.support.stored import write

PYTHON = sys.executable
SEARCHERS = ("random", "tpe", "gp", "cmaes", "sobol", "bohb")
SCHEDULERS = ("fifo", "asha", "hyperband")
TINY = """
name: tiny
searchers: [random, sobol]
schedulers: [fifo]
problems: [branin, {name: hartmann, dimension: 3}]
seeds: 2500
budget: {trials: 1}
"""
"""10,000 cells."""


def store_rows(rows: int, folder: Path) -> None:
    """Store runs of about ``rows`` results in all."""
    cells = len(SEARCHERS) * len(SCHEDULERS) * 10 * 10
    seconds = max(rows / cells / 4 * 10.0, 1.0)
    problems = [MadeProblem(f"problem-{i}", steps=9, budget=seconds) for i in range(10)]
    write(make_results(SEARCHERS, SCHEDULERS, problems, seeds=10, failed=()), folder)


def store_run(suite: str, folder: Path) -> None:
    """Run ``suite``, whose name is that of ``folder``."""
    file = folder.with_suffix(".yaml")
    if suite == TINY:
        file.write_text(TINY, encoding="utf-8")
    command = f"run {file if file.exists() else suite} --results {folder.parent} -q"
    measure(ROOT, command, folder.parent)


@dataclass(frozen=True)
class Row:
    """A command, in which FOLDER stands for results and TINY for the suite of this name."""

    command: str
    results: str = ""
    """A key of :data:`RESULTS`."""
    anew: bool = False
    """Whether a report that is there is removed first."""


RESULTS: dict[str, Callable[[Path], None]] = {
    "quick": partial(store_run, "quick"),
    "tiny": partial(store_run, TINY),
    "1e5": partial(store_rows, 100_000),
    "1e6": partial(store_rows, 1_000_000),
    "algorithms": partial(store, Made(algorithms=82, problems=3)),
    "problems": partial(store, Made(problems=240, seeds=20)),
    "cells": partial(store, Made(algorithms=10, problems=20, seeds=500)),
}
ROWS = {
    "list": Row("list searchers"),
    "plan": Row("plan quick"),
    "plan-10000": Row("plan TINY", "tiny"),
    "again-10000": Row("run TINY --results FOLDER/.. -q", "tiny"),
    "recommend": Row("recommend --floats 5 --categories 2 --evaluations 40"),
    "evaluate": Row("recommend --evaluate"),
    "report": Row("report FOLDER", "quick", anew=True),
    "status": Row("status FOLDER", "quick"),
    "status-anew": Row("status FOLDER", "quick", anew=True),
    "report-1e5": Row("report FOLDER", "1e5", anew=True),
    "report-1e6": Row("report FOLDER", "1e6", anew=True),
    "report-82-algorithms": Row("report FOLDER", "algorithms", anew=True),
    "report-240-problems": Row("report FOLDER", "problems", anew=True),
    "status-100000-cells": Row("status FOLDER", "cells", anew=True),
    "report-100000-cells": Row("report FOLDER", "cells", anew=True),
    "site": Row("site OUT"),
}


def measure(tree: Path, command: str, place: Path) -> tuple[float, float]:
    """The processor's seconds and the peak MB of ``command`` by the hpobench in ``tree``."""
    process = subprocess.Popen(
        [PYTHON, "-m", "hpobench", *command.split()],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(tree)},
        stdout=subprocess.DEVNULL,
    )
    peak = 0.0
    while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
        peak = max(peak, sum(map(_memory, _family(process.pid))))
        time.sleep(0.05)
    _, status, usage = ended
    process.returncode = os.waitstatus_to_exitcode(status)  # it must not be waited for again
    if process.returncode:
        raise SystemExit(f"hpobench {command} in {tree} ended with {process.returncode}")
    # A process may end before it is looked at.
    return usage.ru_utime + usage.ru_stime, max(peak, usage.ru_maxrss / 1024)


def _family(pid: int) -> Iterator[int]:
    """The process ``pid`` and all that it started."""
    yield pid
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from _family(int(child))


def _memory(pid: int) -> float:
    """MB of a process; what it shares with others counts in parts."""
    with contextlib.suppress(OSError, IndexError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return int(text.split("\nPss:")[1].split()[0]) / 1024
    return 0.0


def compare(row: Row, trees: dict[str, Path], kept: Path, times: int) -> list[list[float]]:
    """The median seconds and MB of ``row`` in each of ``trees``."""
    folder = kept / row.results
    if row.results and not folder.exists():
        RESULTS[row.results](folder)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in trees}
    with tempfile.TemporaryDirectory() as scratch:
        for name in trees:
            if row.results:
                shutil.copytree(folder, Path(scratch, name, row.results))
            Path(scratch, name).mkdir(exist_ok=True)
        for i in range(times + 1):
            for name, tree in trees.items():
                place = Path(scratch, name)
                own = place / row.results
                words = {"FOLDER": str(own), "OUT": str(place / f"out-{i}")}
                command = row.command.replace("TINY", str(folder.with_suffix(".yaml")))
                for word, value in words.items():
                    command = command.replace(word, value)
                if row.anew:
                    shutil.rmtree(own / "report", ignore_errors=True)
                elif i == 0 and row.command.startswith("status"):
                    measure(tree, f"report {own}", place)
                taken = measure(tree, command, place)
                if i:
                    found[name].append(taken)
    return [[median(column) for column in zip(*one, strict=True)] for one in found.values()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", default=list(ROWS), metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--base", required=True, metavar="REVISION")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="keep the results here")
    options = parser.parse_args()
    git = ("git", "-C", str(ROOT), "worktree")
    with tempfile.TemporaryDirectory() as scratch:
        base, kept = Path(scratch, "base"), (options.folder or Path(scratch, "made")).resolve()
        kept.mkdir(parents=True, exist_ok=True)
        subprocess.run([*git, "add", "--quiet", "--detach", base, options.base], check=True)
        try:
            print("| row | base s | now s | ratio | base MB | now MB |\n|---|---|---|---|---|---|")
            for name in options.rows:
                trees = {"base": base, "now": ROOT}
                (s0, mb0), (s1, mb1) = compare(ROWS[name], trees, kept, options.times)
                cells = f"{s0:.2f} | {s1:.2f} | {s1 / s0:.2f} | {mb0:.0f} | {mb1:.0f}"
                print(f"| {name} | {cells} |", flush=True)
        finally:
            subprocess.run([*git, "remove", "--force", base], check=True)


if __name__ == "__main__":
    main()
