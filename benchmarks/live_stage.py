"""The live stage beside Ray Tune's own Tuner, on trials that cost nothing; and what it adds to
trials that do.

    python -m benchmarks.live_stage [--trials 400] [--repeat 3]

Trials a second on two processors, two trials at a time, in turn on the same Ray: from the first
result to the last, so that starting up does not count for either. The Tuner reuses its actors.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.cells import column, plan
from hpobench.contract.cell import Cell
from hpobench.running.cluster.connect import LOCAL, connected

if TYPE_CHECKING:
    from hpobench.running.cluster.live_cells import LiveCells

TUNER_TRIALS = 40


def live(cells: LiveCells, cell: Cell) -> float:
    """Trials a second of ``cell``."""
    (outcome,) = [outcome for some in cells.outcomes([cell]) for outcome in some]
    assert outcome.cell["status"] == "done", outcome.cell["error"]
    cells.stored({cell.id: "done"})
    clock = column(outcome, "clock")
    return float((outcome.cell["trials"] - 1) / (clock[-1] - clock[0]))


def tuner(steps: int, trials: int) -> float:
    """Trials a second of a Tuner whose trials report ``steps`` times."""
    from ray import tune

    class Trivial(tune.Trainable):
        def setup(self, config: dict[str, Any]) -> None:
            self.x = config["x"]

        def step(self) -> dict[str, float]:
            return {"loss": self.x}

        def save_checkpoint(self, checkpoint_dir: str) -> None:
            pass

        def load_checkpoint(self, checkpoint_dir: str) -> None:
            pass

        def reset_config(self, new_config: dict[str, Any]) -> bool:
            self.setup(new_config)
            return True

    class Clock(tune.Callback):
        times: list[float] = []

        def on_trial_result(self, *args: Any, **kwargs: Any) -> None:
            self.times.append(time.monotonic())

    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        tune.Tuner(
            tune.with_resources(Trivial, {"CPU": 1}),
            param_space={"x": tune.uniform(0, 1)},
            tune_config=tune.TuneConfig(
                metric="loss", mode="min", num_samples=trials, reuse_actors=True
            ),
            run_config=tune.RunConfig(
                storage_path=folder,
                stop={"training_iteration": steps},
                callbacks=[clock],
                verbose=0,
            ),
        ).fit()
    return (trials - 1) / (clock.times[-1] - clock.times[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")
    problems = {1: "branin", 27: {"mf-hartmann": {"dimension": 3, "quality": "good"}}}
    rates: dict[tuple[str, int], list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, connected(LOCAL, 2) as ray:
        cells = {
            steps: plan(
                Path(folder),
                {
                    "searchers": ["random"],
                    "problems": [problem],
                    "seeds": [0],
                    "workers": 2,
                    "stage": "live",
                    "pace": 0.0,
                    "budget": {"trials": options.trials},
                },
            )[0]
            for steps, problem in problems.items()
        }
        from hpobench.running.cluster.live_cells import LiveCells

        for _ in range(options.repeat):
            ours = LiveCells(ray, commit=None, timeout=600, journals=Path(folder))
            for steps, cell in cells.items():
                rates.setdefault(("hpobench", steps), []).append(live(ours, cell))
            ours.close()
            for steps in problems:
                rates.setdefault(("tuner", steps), []).append(tuner(steps, TUNER_TRIALS))
    for steps in problems:
        us, them = (statistics.median(rates[who, steps]) for who in ("hpobench", "tuner"))
        print(f"{steps:3} reports: {us:8.1f} trials/s live, {them:6.2f} Tuner: {us / them:.0f}x")


if __name__ == "__main__":
    main()
