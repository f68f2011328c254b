"""Schedulers of ours decide as Ray's own do, to the last bit."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest
from ray.tune.experiment import Trial
from ray.tune.schedulers import (
    AsyncHyperBandScheduler,
    HyperBandScheduler,
    MedianStoppingRule,
    PopulationBasedTraining,
    TrialScheduler,
)

from hpobench.algorithms.schedulers.asha import Asha
from hpobench.algorithms.schedulers.fifo import Fifo
from hpobench.algorithms.schedulers.hyperband import HyperBand
from hpobench.algorithms.schedulers.hyperband_bohb import HyperBandBohb
from hpobench.algorithms.schedulers.median import Median
from hpobench.contract.algorithms import Scheduler
from hpobench.contract.cell import Budget, Exact
from hpobench.contract.errors import CellError
from hpobench.contract.problem import Curve
from hpobench.contract.seeding import uniform
from hpobench.contract.space import Config
from hpobench.running.ray.fast import EQUAL, equal, foresight
from hpobench.running.ray.fast.asha import Rung, percentile
from hpobench.testing.doubles import CurveProblem, ListedSearcher, make_run, random_configs
from tests.scheduler_histories.compare import difference
from tests.scheduler_histories.player import Player
from tests.scheduler_histories.schedulers import BUILD as BUILD_RAYS


def test_thousands_of_random_histories_are_answered_as_by_ray() -> None:
    assert difference(4000) is None


class _Failing(CurveProblem):
    """Curves of which some fail, some are equal, and some have steps that take no time."""

    def __init__(self, steps: int, seed: int) -> None:
        super().__init__(steps)
        self._seed = seed

    def curve(self, config: Config, seed: int) -> Curve:
        curve = super().curve(config, seed)
        drawn = uniform(self._seed, config["lr"])
        if drawn < 0.1:
            losses = [*curve.losses]
            losses[int(drawn * 10 * len(losses))] = math.nan
            return Curve(losses, curve.costs, curve.heldout)
        if drawn < 0.4:
            return Curve([round(loss, 1) for loss in curve.losses], curve.costs, curve.heldout)
        return curve


BUILD: dict[str, Callable[[Random], Scheduler]] = {
    "fifo": lambda rng: Fifo(),
    "asha": lambda rng: Asha(
        reduction_factor=rng.choice([2, 3, 2.5]), brackets=rng.choice([1, 1, 2])
    ),
    "hyperband": lambda rng: HyperBand(reduction_factor=rng.choice([2, 3, 2.5])),
    "hyperband-bohb": lambda rng: HyperBandBohb(reduction_factor=rng.choice([2, 3, 2.5])),
    "median": lambda rng: Median(
        grace_period=rng.randint(1, 3),
        min_samples_required=rng.randint(1, 4),
        hard_stop=rng.random() < 0.6,
    ),
}


def _whole_run(name: str, seed: int, exact: Exact | None) -> list[Any]:
    """Everything that a random run of a scheduler leaves behind."""
    rng = Random(f"{name} {seed}")
    trials, steps = rng.randint(5, 60), rng.choice([9, 16, 27])
    budget = Budget(trials=trials, time=rng.choice([None, None, 40.0, 200.0]))
    searcher = ListedSearcher(random_configs(trials, seed))
    run = make_run(
        BUILD[name](rng),
        problem=_Failing(steps, seed),
        searcher=searcher,
        budget=budget,
        workers=rng.randint(1, 6),
        exact=exact,
    )
    end: str | None = None
    try:
        run.finish()
    except CellError as error:  # HyperBand may wait for ever for a trial that failed
        end = str(error)
    statuses = [run.trial_status(trial) for trial in run.source.trials]
    return [repr(run.events), end, statuses, run.ended, searcher.calls]


@pytest.mark.parametrize("name", BUILD)
def test_whole_runs_leave_the_same_events_as_with_ray(name: str) -> None:
    for seed in range(25):
        assert _whole_run(name, seed, None) == _whole_run(name, seed, "ray")


@pytest.mark.parametrize("q", [0.0, 50.0, 200 / 3, 75.0, (1 - 1 / 2.7) * 100, 99.9, 100.0])
def test_the_percentile_is_numpys_to_the_last_bit(q: float) -> None:
    rng = np.random.default_rng(0)
    for count in range(1, 200):
        losses = rng.normal(size=count) * 10.0 ** rng.integers(-300, 300, size=count)
        due = float(np.nanpercentile([*losses, math.nan], q))
        assert percentile(sorted(losses.tolist()), q) == due


def test_infinite_losses_make_the_percentile_nan_where_they_do_in_numpy() -> None:
    for losses in ([math.inf], [-math.inf, 1.0], [1.0, math.inf], [math.inf, math.inf, math.inf]):
        for q in (0.0, 30.0, 50.0, 70.0, 100.0):
            with np.errstate(invalid="ignore"):
                due = float(np.nanpercentile(losses, q))
            assert repr(percentile(losses, q)) == repr(due)


def test_only_rays_own_classes_are_exchanged() -> None:
    class Mine(AsyncHyperBandScheduler):
        pass

    mine, theirs = Mine(), AsyncHyperBandScheduler()
    assert equal(mine) is mine
    assert type(mine) is Mine
    assert equal(theirs) is theirs
    assert isinstance(theirs, AsyncHyperBandScheduler)
    assert type(theirs) is EQUAL[AsyncHyperBandScheduler]
    pbt = PopulationBasedTraining(hyperparam_mutations={"a": [1, 2]})
    assert type(equal(pbt)) is PopulationBasedTraining


class _Watching(Scheduler):
    """ASHA, which remembers the scheduler that it built."""

    name = "watching"
    built: TrialScheduler = None

    def build(self, problem: object) -> TrialScheduler:
        self.built = AsyncHyperBandScheduler(max_t=27)
        return self.built


def test_a_plugin_sees_the_scheduler_that_runs_and_exact_leaves_it_rays() -> None:
    ours, theirs = _Watching(), _Watching()
    make_run(ours, trials=30).finish()
    make_run(theirs, trials=30, exact="ray").finish()
    assert type(ours.built) is EQUAL[AsyncHyperBandScheduler]
    assert type(theirs.built) is AsyncHyperBandScheduler
    assert ours.built.debug_string() == theirs.built.debug_string()
    assert ours.built._num_stopped > 0


class _Foreseeing(Player):
    """A player that notes decisions which came sooner than foreseen."""

    def __init__(self, scheduler: Any, rng: Random) -> None:
        super().__init__(scheduler, rng)
        self._advance = self._one
        self.met, self.missed = 0, 0
        decide, foresee = scheduler.on_trial_result, foresight(scheduler)
        due: dict[Any, float] = {}
        assert foresee is not None

        def on_trial_result(controller: Any, trial: Any, result: Any) -> str:
            step = result["training_iteration"] = result["time"]
            if due.get(trial, 0) < step:
                due[trial] = foresee(trial, step - 1)
            decision: str = decide(controller, trial, result)
            self.met += decision != TrialScheduler.CONTINUE and step == due[trial]
            self.missed += decision != TrialScheduler.CONTINUE and step < due[trial]
            return decision

        scheduler.on_trial_result = on_trial_result


@pytest.mark.parametrize("name", ["asha", "fifo", "hyperband", "hyperband-bohb"])
def test_no_decision_comes_sooner_than_foreseen(name: str) -> None:
    met = 0
    for seed in range(300):
        rng = Random(f"{name} {seed}")
        scheduler: Any = equal(BUILD_RAYS[name](rng))
        scheduler.set_search_properties("loss", "min")
        scheduler._time_attr = "training_iteration"
        player = _Foreseeing(scheduler, rng)
        player.play(60)
        assert player.missed == 0
        met += player.met
    assert (met > 500) == (name != "fifo")


def test_only_schedulers_of_ours_that_count_steps_foresee() -> None:
    theirs = HyperBandScheduler(time_attr="training_iteration")
    assert foresight(theirs) is None
    assert foresight(equal(theirs)) is not None
    assert foresight(equal(HyperBandScheduler(time_attr="time_total_s"))) is None
    assert foresight(equal(MedianStoppingRule())) is None


def test_a_rung_outlives_pickle() -> None:
    rung = Rung({"a": 2.0, "b": math.nan, "c": 1.0})
    again = pickle.loads(pickle.dumps(rung))  # noqa: S301 - written one line above
    assert (dict(again).keys(), again.sorted) == (rung.keys(), [1.0, 2.0])
    rung["d"] = np.float32(1)
    assert rung.sorted is None


@pytest.mark.parametrize("waits", [True, False])
def test_a_bracket_whose_progress_is_nan_is_sorted_as_by_ray(waits: bool) -> None:
    """Infinite times make such progress; NaN has no place in an order.

    It counts whether or not a trial of that bracket waits.
    """
    for spoilt in range(3):
        chosen = []
        for exchange in (False, True):
            scheduler = HyperBandScheduler(time_attr="time", max_t=9, reduction_factor=3)
            scheduler = equal(scheduler) if exchange else scheduler
            scheduler.set_search_properties("loss", "min")
            player = Player(scheduler, Random(0))
            player._most = 20
            for _ in range(20):
                player._add()
            band = [bracket for bracket in scheduler._hyperbands[0] if bracket]
            assert len(band) == 3
            band[spoilt]._completed_progress = math.nan
            band[(spoilt + 2) % 3]._completed_progress = 1
            if not waits:
                for trial in band[spoilt]._live_trials:
                    trial.status = Trial.RUNNING
            chosen.append(str(scheduler.choose_trial_to_run(player)))
        assert chosen[0] == chosen[1]
