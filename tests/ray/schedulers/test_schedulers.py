"""Options of the scheduler plugins, and what their notes claim about Ray's schedulers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ray.tune.schedulers import AsyncHyperBandScheduler, HyperBandScheduler, TrialScheduler

from hpobench.algorithms.schedulers.asha import Asha
from hpobench.algorithms.schedulers.hyperband import HyperBand
from hpobench.algorithms.schedulers.median import Median
from hpobench.api import Scheduler
from hpobench.contract.errors import UsageError
from hpobench.contract.seeding import global_generators
from hpobench.testing.doubles import CurveProblem


class Trial:
    """As much of a ``ray.tune`` trial as schedulers look at."""

    status = "RUNNING"
    is_saving = False

    def __init__(self, number: int) -> None:
        self.trial_id = f"{number:08d}"


class Controller:
    """A controller whose trials all run."""

    def get_live_trials(self) -> set[Trial]:
        return set()


def built(plugin: Scheduler, steps: int, trials: int) -> tuple[Any, list[Trial]]:
    scheduler, added = plugin.build(CurveProblem(steps)), []
    scheduler.set_search_properties("loss", "min")
    for number in range(trials):
        added.append(Trial(number))
        scheduler.on_trial_add(Controller(), added[-1])
    return scheduler, added


def decide(scheduler: Any, trial: Trial, step: int, loss: float) -> str:
    result = {"training_iteration": step, "loss": loss}
    return str(scheduler.on_trial_result(Controller(), trial, result))


@pytest.mark.parametrize(
    ("cls", "options", "message"),
    [
        (Asha, {"reduction_factor": 1}, "asha: reduction_factor must be greater than 1, not 1"),
        (Asha, {"reduction_factor": float("nan")}, "greater than 1, not nan"),
        (Asha, {"brackets": 0}, "asha: brackets must be at least 1, not 0"),
        (Asha, {"grace_period": 0}, "between 1 and the problem's 27 steps (epoch), not be 0"),
        (Asha, {"grace_period": 28}, "not be 28"),
        (Asha, {"brackets": 5}, "ask for at most 4 brackets"),
        (HyperBand, {"reduction_factor": 0.5}, "hyperband: reduction_factor must be greater"),
        (Median, {"grace_period": 28}, "median: grace_period must lie between 1"),
        (Median, {"min_samples_required": 0}, "median: min_samples_required must be at least 1"),
    ],
)
def test_senseless_options(cls: type[Scheduler], options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        cls(**options).build(CurveProblem(27))


@pytest.mark.parametrize("steps", [1, 2, 9, 27, 52, 81, 100, 200, 243, 1000])
@pytest.mark.parametrize("factor", [2, 3, 4, 2.5])
@pytest.mark.parametrize("grace_period", [1, 2])
def test_asha_allows_brackets_with_a_rung(steps: int, factor: float, grace_period: int) -> None:
    grace_period = min(grace_period, steps)
    for brackets in range(1, 13):
        ray = AsyncHyperBandScheduler(
            max_t=steps, grace_period=grace_period, reduction_factor=factor, brackets=brackets
        )
        plugin = Asha(reduction_factor=factor, grace_period=grace_period, brackets=brackets)
        if all(bracket._rungs for bracket in ray._brackets):
            plugin.build(CurveProblem(steps))
        else:
            with pytest.raises(UsageError, match="brackets need as many rungs"):
                plugin.build(CurveProblem(steps))


def test_asha_stops_for_good_and_lets_the_first_trial_pass() -> None:
    scheduler, (good, bad) = built(Asha(), steps=9, trials=2)
    assert decide(scheduler, good, 1, 0.1) == TrialScheduler.CONTINUE
    assert decide(scheduler, bad, 1, 0.9) == TrialScheduler.STOP
    scheduler, (bad, good) = built(Asha(), steps=9, trials=2)
    assert decide(scheduler, bad, 1, 0.9) == TrialScheduler.CONTINUE
    assert decide(scheduler, good, 1, 0.1) == TrialScheduler.CONTINUE


def test_asha_grace_period_is_the_first_rung() -> None:
    scheduler, (good, bad) = built(Asha(grace_period=3), steps=9, trials=2)
    for step in (1, 2, 3):
        assert decide(scheduler, good, step, 0.1) == TrialScheduler.CONTINUE
    decisions = [decide(scheduler, bad, step, 0.9) for step in (1, 2, 3)]
    assert decisions == ["CONTINUE", "CONTINUE", "STOP"]


def test_asha_draws_brackets_from_the_global_generator() -> None:
    def brackets(seed: int) -> list[int]:
        with global_generators(seed):
            scheduler, trials = built(Asha(brackets=3), steps=27, trials=20)
        return [scheduler._brackets.index(scheduler._trial_info[t.trial_id]) for t in trials]

    assert brackets(0) == brackets(0) != brackets(1)
    assert set(brackets(0)) == {0, 1, 2}


def last_rungs(steps: int, factor: float) -> list[int | None]:
    """The last rung of each of HyperBand's brackets; None for one that is left out."""
    scheduler = HyperBandScheduler(max_t=steps, reduction_factor=factor)
    rungs: list[int | None] = []
    for s in range(scheduler._s_max_1):
        rung = scheduler._get_r0(s)
        for _ in range(s):
            rung = int(min(rung * factor, steps))
        rungs.append(rung or None)
    return rungs


def test_hyperband_rungs_are_as_its_notes_say() -> None:
    assert last_rungs(81, 3) == [81] * 5
    assert last_rungs(52, 3) == [52, 51, 45, 27, None]
    assert last_rungs(729, 3) == [729] * 6 + [None]


def test_hyperband_ends_a_lone_trial_at_the_rounded_rung() -> None:
    # The first bracket holds 5 trials of 52 steps, the second starts at 17 and ends at 51.
    scheduler, trials = built(HyperBand(), steps=52, trials=6)
    lone = trials[-1]
    decisions = [decide(scheduler, lone, step, 1 / step) for step in range(1, 52)]
    assert decisions == ["CONTINUE"] * 50 + ["STOP"]


def test_median_counts_in_steps_and_waits_for_samples() -> None:
    scheduler, trials = built(Median(grace_period=2, min_samples_required=2), steps=9, trials=3)
    first, second, bad = trials
    for step in (1, 2, 3):
        for good in (first, second):
            assert decide(scheduler, good, step, 0.1) == TrialScheduler.CONTINUE
    assert [decide(scheduler, bad, step, 0.9) for step in (1, 2)] == ["CONTINUE", "STOP"]
    scheduler, (other, bad) = built(Median(min_samples_required=2), steps=9, trials=2)
    assert decide(scheduler, other, 1, 0.1) == TrialScheduler.CONTINUE
    assert decide(scheduler, bad, 1, 0.9) == TrialScheduler.CONTINUE


def test_median_pauses_unless_it_stops_hard() -> None:
    plugin = Median(min_samples_required=1, hard_stop=False)
    scheduler, (good, bad) = built(plugin, steps=9, trials=2)
    assert decide(scheduler, good, 1, 0.1) == TrialScheduler.CONTINUE
    assert decide(scheduler, bad, 1, 0.9) == TrialScheduler.PAUSE
    assert decide(scheduler, bad, 2, 0.9) == TrialScheduler.CONTINUE
