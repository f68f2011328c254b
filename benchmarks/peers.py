"""FIFO and ASHA on recorded curves: this harness against Syne Tune's simulator.

    python -m venv peer && peer/bin/pip install syne-tune==0.16.0 huggingface_hub
    python -m benchmarks.peers --python peer/bin/python

Both look up the same recorded curves of 27 steps with their costs, draw configurations at
random, and run FIFO or ASHA (the stopping variant, factor 3) on 4 workers until so many trials are
started and ended. Each run is a process of its own, the two sides in turn; the processor time of
the search alone, without imports, loading, and writing results. Medians.

A step costs about a second. That suits Syne Tune, whose simulated tuner sleeps for 5 s at a time
(its default) and then takes all that has come in: with steps of a minute it wakes up in vain
more often than not, and its rate falls to less than half. This harness goes from event to event.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

import numpy as np

from hpobench.testing.doubles import SPACE, CurveProblem

ROWS = 4096
FOLDER = Path(__file__).parent
SIDES = {"hpobench": "peer_hpobench.py", "syne-tune": "peer_syne_tune.py"}


def record(file: Path) -> None:
    """Save ``losses`` and ``costs``, both ``[configuration, step]``."""
    problem, rng = CurveProblem(), Random(0)
    curves = [problem.curve(SPACE.sample(rng), 0) for _ in range(ROWS)]
    np.savez(file, losses=[c.losses for c in curves], costs=[c.costs for c in curves])


def measure(
    python: str, script: str, curves: Path, scheduler: str, trials: int, seed: int
) -> dict[str, float]:
    """``seconds``, ``trials`` and ``results`` of one run."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "PYTHONPATH": str(FOLDER.parent),
            "OMP_NUM_THREADS": "1",
            "SYNETUNE_FOLDER": folder,
        }
        done = subprocess.run(
            [python, FOLDER / script, curves, scheduler, str(trials), str(seed)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        sys.exit(f"{script} failed:\n{done.stderr}")
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", required=True, help="the interpreter that has Syne Tune")
    parser.add_argument("--trials", nargs="+", type=int, default=[100, 1000, 4000])
    parser.add_argument("--schedulers", nargs="+", default=["fifo", "asha"])
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    pythons = {"hpobench": sys.executable, "syne-tune": options.python}
    print(
        f"{'':5} {'trials':>6} {'side':10} {'results':>8} {'seconds':>8} {'results/s':>10} "
        f"{'trials/s':>9}"
    )
    with tempfile.TemporaryDirectory() as folder:
        curves = Path(folder) / "curves.npz"
        record(curves)
        for scheduler, trials in itertools.product(options.schedulers, options.trials):
            runs: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
            for seed, (side, script) in itertools.product(range(options.repeat), SIDES.items()):
                found = measure(pythons[side], script, curves, scheduler, trials, seed)
                runs[side].append(found)
            report(scheduler, trials, runs)


def report(scheduler: str, trials: int, runs: dict[str, list[dict[str, float]]]) -> None:
    rates = {}
    for side, rows in runs.items():
        seconds, results = (
            statistics.median(r[key] for r in rows) for key in ("seconds", "results")
        )
        rates[side] = statistics.median(row["results"] / row["seconds"] for row in rows)
        started = statistics.median(row["trials"] / row["seconds"] for row in rows)
        print(
            f"{scheduler:5} {trials:6} {side:10} {results:8.0f} {seconds:8.3f} {rates[side]:10.0f} "
            f"{started:9.0f}"
        )
    ratio = rates["hpobench"] / rates["syne-tune"]
    print(f"{scheduler:5} {trials:6} {ratio:.1f} times the results per second", flush=True)


if __name__ == "__main__":
    main()
