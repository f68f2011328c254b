"""The virtual stage takes the decisions that a plain ``tune.Tuner(...).fit()`` takes.

With one worker results arrive in one order only, so the histories must be equal, result by
result and trial by trial.
"""

from __future__ import annotations

import gc
import logging
import warnings
from pathlib import Path

import pytest
import ray
from ray import tune
from ray.tune.search import Searcher as RaySearcherBase

from hpobench.algorithms.schedulers.asha import Asha
from hpobench.algorithms.schedulers.fifo import Fifo
from hpobench.algorithms.schedulers.hyperband import HyperBand
from hpobench.algorithms.schedulers.median import Median
from hpobench.api import Scheduler
from tests.tune.doubles import Curves, make_run, random_configs
from tests.tune.trainable import STEPS, CurveTrainable


class FixedList(RaySearcherBase):
    """Ray's side of the same list of configurations."""

    def __init__(self, configs):
        super().__init__(metric="loss", mode="min")
        self.waiting = [{**config, "number": i} for i, config in enumerate(configs)]

    def suggest(self, trial_id):
        return self.waiting.pop(0) if self.waiting else self.FINISHED

    def on_trial_complete(self, trial_id, result=None, error=False):
        pass


class History(tune.Callback):
    def __init__(self):
        self.rows = []

    def on_trial_result(self, iteration, trials, trial, result, **info):
        self.rows.append((result["number"], result["training_iteration"], result["loss"]))


@pytest.fixture(scope="module")
def one_worker():
    ray.init(
        address="local",
        num_cpus=1,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        runtime_env={"env_vars": {"PYTHONPATH": str(Path(__file__).parents[2])}},
    )
    yield
    ray.shutdown()
    # Ray lets go of processes that are still ending; not in a test that is yet to come.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def real_history(scheduler: Scheduler, trials: int, folder: Path) -> list[tuple[int, int, float]]:
    history = History()
    stop = None if scheduler.ends_trials else {"training_iteration": STEPS}
    tune.Tuner(
        CurveTrainable,
        tune_config=tune.TuneConfig(
            scheduler=scheduler.build(Curves(STEPS)),
            search_alg=FixedList(random_configs(trials)),
            metric="loss",
            mode="min",
            num_samples=trials,
            reuse_actors=False,
        ),
        run_config=tune.RunConfig(
            storage_path=str(folder), stop=stop, callbacks=[history], verbose=0
        ),
    ).fit()
    return history.rows


@pytest.mark.filterwarnings("ignore")  # Ray's own, about its own deprecations
@pytest.mark.parametrize(
    ("scheduler", "trials"),
    [
        pytest.param(Fifo(), 4, id="fifo"),
        pytest.param(Asha(reduction_factor=3), 14, id="asha"),
        pytest.param(HyperBand(reduction_factor=3), 12, id="hyperband"),
        pytest.param(Median(), 8, id="median"),
    ],
)
def test_same_history_as_a_plain_tuner(scheduler, trials, one_worker, tmp_path):
    real = real_history(scheduler, trials, tmp_path)
    run = make_run(scheduler, problem=Curves(STEPS), trials=trials, workers=1)
    run.finish()
    assert list(zip(run.log.trial, run.log.step, run.log.loss, strict=True)) == real
    if scheduler.needs_fidelity:
        assert len(real) < trials * STEPS, "the scheduler stopped nothing, so nothing was compared"
