"""Syne Tune's side of :mod:`benchmarks.peers`: CURVES SCHEDULER TRIALS SEED.

Runs on an interpreter with Syne Tune alone: nothing of hpobench is imported. Set up as Syne
Tune's own examples are for its simulator (no sleeping, its callback), and then in its favour: no
printing, no files written during the search or after it, the tuner not saved.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
from time import process_time
from typing import Any

import numpy as np
from syne_tune import StoppingCriterion, Tuner
from syne_tune.backend.simulator_backend.simulator_callback import SimulatorCallback
from syne_tune.blackbox_repository import UserBlackboxBackend
from syne_tune.blackbox_repository.blackbox import Blackbox
from syne_tune.config_space import randint, uniform
from syne_tune.optimizer.baselines import ASHA, RandomSearch

NEVER = 1e9
"""Seconds between what is not to happen."""


class Recorded(Blackbox):
    """Curves of a file, picked by the first of three parameters."""

    def __init__(self, file: str) -> None:
        with np.load(file) as data:
            losses, times = data["losses"], data["costs"].cumsum(axis=1)
        # The layout that the simulator asks for: [configuration, step, objective].
        self._table = np.stack([losses, times], axis=2)
        self.steps = losses.shape[1]
        super().__init__(
            configuration_space={name: uniform(0.0, 1.0) for name in ("pick", "b", "c")},
            fidelity_space={"epoch": randint(1, self.steps)},
            objectives_names=["loss", "elapsed_time"],
        )

    def _objective_function(
        self, configuration: Any, fidelity: Any = None, seed: Any = None
    ) -> Any:
        row = min(int(configuration["pick"] * len(self._table)), len(self._table) - 1)
        return self._table[row]

    @property
    def fidelity_values(self) -> Any:
        return np.arange(1, self.steps + 1)


class Unwritten(SimulatorCallback):
    """Keeps the results in memory only."""

    def store_results(self) -> None:
        pass


def make_scheduler(blackbox: Recorded, name: str, seed: int) -> Any:
    if name == "fifo":
        return RandomSearch(blackbox.configuration_space, metrics=["loss"], random_seed=seed)
    return ASHA(
        blackbox.configuration_space,
        metric="loss",
        time_attr="epoch",
        max_t=blackbox.steps,
        grace_period=1,
        reduction_factor=3,
        random_seed=seed,
    )


def make_tuner(
    blackbox: Recorded, scheduler: str, trials: int, seed: int
) -> tuple[Tuner, Unwritten]:
    callback = Unwritten()
    tuner = Tuner(
        trial_backend=UserBlackboxBackend(blackbox, elapsed_time_attr="elapsed_time"),
        scheduler=make_scheduler(blackbox, scheduler, seed),
        stop_criterion=StoppingCriterion(max_num_trials_started=trials),
        n_workers=4,
        sleep_time=0,
        results_update_interval=NEVER,
        print_update_interval=NEVER,
        callbacks=[callback],
        save_tuner=False,
        wait_trial_completion_when_stopping=True,
    )
    return tuner, callback


def main(curves: str, scheduler: str, trials: int, seed: int) -> None:
    logging.disable(logging.CRITICAL)
    blackbox = Recorded(curves)
    with contextlib.redirect_stdout(io.StringIO()):
        make_tuner(blackbox, scheduler, 20, seed)[0].run()  # imports and first calls
        begin = process_time()
        tuner, callback = make_tuner(blackbox, scheduler, trials, seed)
        tuner.run()
        seconds = process_time() - begin
    started = len({result["trial_id"] for result in callback.results})
    print(json.dumps({"seconds": seconds, "trials": started, "results": len(callback.results)}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
