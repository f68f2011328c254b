"""This harness's side of :mod:`benchmarks.peers`: CURVES SCHEDULER TRIALS SEED."""

from __future__ import annotations

import json
import logging
import sys
from time import process_time

import numpy as np

from hpobench.algorithms.schedulers.asha import Asha
from hpobench.algorithms.schedulers.fifo import Fifo
from hpobench.algorithms.searchers.random_search import RandomSearch
from hpobench.api import Budget, Config, Curve, Fidelity, Float, Reference, Space, TabulatedProblem
from hpobench.running.cells.tuning import Run
from hpobench.running.stages.virtual import VirtualStage


class Recorded(TabulatedProblem):
    """Curves of a file, picked by the first of three parameters."""

    name = "recorded"
    space = Space([Float(name, 0, 1) for name in ("pick", "b", "c")])

    def __init__(self, file: str) -> None:
        with np.load(file) as data:
            self._losses, self._costs = data["losses"], data["costs"]
        self.fidelity = Fidelity("epoch", self._losses.shape[1])

    def curve(self, config: Config, seed: int) -> Curve:
        row = min(int(config["pick"] * len(self._losses)), len(self._losses) - 1)
        return Curve(self._losses[row].tolist(), self._costs[row].tolist())

    def reference(self) -> Reference:
        return Reference(0.0, 1.0, "made up", known=False)


def make_run(problem: Recorded, scheduler: str, trials: int, seed: int) -> Run:
    return Run(
        problem,
        RandomSearch(problem.space, seed=seed, fidelity=problem.fidelity),
        Asha(reduction_factor=3, grace_period=1) if scheduler == "asha" else Fifo(),
        VirtualStage(problem, seed=seed, workers=4, budget=Budget(trials=trials)),
        trials=trials,
        scheduler_seed=seed,
    )


def main(curves: str, scheduler: str, trials: int, seed: int) -> None:
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    problem = Recorded(curves)
    make_run(problem, scheduler, 20, seed).finish()  # imports and first calls
    begin = process_time()
    run = make_run(problem, scheduler, trials, seed)
    run.finish()
    seconds = process_time() - begin
    assert len(run.source.trials) == trials
    print(json.dumps({"seconds": seconds, "trials": trials, "results": len(run.events)}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
