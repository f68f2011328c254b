"""The virtual stage: clock, workers, budgets, failures, stalls."""

from __future__ import annotations

import contextlib
import itertools
import random
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest

from hpobench.algorithms.schedulers.asha import Asha
from hpobench.algorithms.schedulers.fifo import Fifo
from hpobench.algorithms.schedulers.hyperband import HyperBand
from hpobench.api import Budget, Config, Curve, Fidelity
from hpobench.contract.errors import CellError, StallError
from hpobench.testing.doubles import CurveProblem, ListedSearcher, make_run, random_configs
from tests.support.finished import finished
from tests.support.global_state import numpy_state


def statuses(run: Any) -> Counter[str]:
    return Counter(run.trial_status(trial) for trial in run.source.trials)


def losses(run: Any) -> Any:
    """Losses by (trial, step)."""
    return {(event.trial, event.step): event.loss for event in run.events}


# -- what must hold under every scheduler ----------------------------------------------------


def test_same_seed_same_history_and_globals_untouched(scheduler: Any) -> None:
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    before = random.getstate(), numpy_state()
    first, second = make_run(scheduler), make_run(scheduler)
    first.finish()
    np.random.rand(5)  # noqa: NPY002 - someone else draws in between
    second.finish()
    assert first.events == second.events
    np.random.seed(3)  # noqa: NPY002
    assert (random.getstate(), numpy_state()) == before


def test_invariants(scheduler: Any) -> None:
    run = finished(scheduler, trials=60)
    clocks = [event.clock for event in run.events]
    assert clocks == sorted(clocks)
    steps = defaultdict(list)
    for event in run.events:
        steps[event.trial].append(event.step)
    for trial, seen in steps.items():
        assert seen == list(range(1, len(seen) + 1)), f"trial {trial} repeats or skips a step"
    assert set(steps) == set(range(60))
    busy = defaultdict(list)
    for event in run.events:
        busy[event.worker].append((event.clock - event.cost, event.clock))
    assert set(busy) == {0, 1, 2, 3}
    for spans in busy.values():
        for (_, end), (start, _) in itertools.pairwise(spans):
            assert start >= end - 1e-9, "a worker does two things at once"
    assert run.stage.busy == pytest.approx(sum(event.cost for event in run.events))
    assert run.stage.paid == len(run.events)


@pytest.mark.parametrize("workers", [1, 2, 9])
@pytest.mark.parametrize("equal_costs", [False, True])
def test_ends_for_all_workers_and_ties(scheduler: Any, workers: int, equal_costs: bool) -> None:
    problem = CurveProblem(9, equal_costs=equal_costs)
    run = finished(scheduler, problem=problem, trials=30, workers=workers)
    assert len(run.source.trials) == 30
    assert set(statuses(run)) <= {"completed", "stopped"}


def test_clock_of_a_lone_worker_is_the_sum_of_costs(fifo: Fifo) -> None:
    run = finished(fifo, trials=5, workers=1)
    assert run.stage.now == pytest.approx(sum(event.cost for event in run.events))


def test_workers_share_the_work(fifo: Fifo) -> None:
    def clock(workers: int) -> float:
        run = finished(fifo, problem=CurveProblem(5, equal_costs=True), trials=16, workers=workers)
        return run.stage.now

    assert [clock(workers) for workers in (1, 2, 4, 16, 32)] == [80, 40, 20, 5, 5]


# -- budgets ----------------------------------------------------------------------------------


def test_time_budget(scheduler: Any) -> None:
    run = finished(scheduler, budget=Budget(time=50), trials=10_000)
    assert run.stage.now == 50
    assert max(event.clock for event in run.events) <= 50
    assert statuses(run)["cut"] > 0


def test_a_result_at_the_deadline_counts(fifo: Fifo) -> None:
    problem = CurveProblem(5, equal_costs=True)
    run = finished(fifo, problem=problem, budget=Budget(time=5), workers=1)
    assert [event.clock for event in run.events] == [1, 2, 3, 4, 5]
    assert statuses(run)["completed"] == 1


def test_trial_budget(scheduler: Any) -> None:
    assert len(finished(scheduler, budget=Budget(trials=7), trials=100).source.trials) == 7


def test_resource_budget_is_paid_exactly(scheduler: Any) -> None:
    problem = CurveProblem(9)
    problem.fidelity = Fidelity("draws", 9, unit=3.0)
    run = finished(scheduler, problem=problem, budget=Budget(resource=300), trials=1000)
    assert len(run.events) == 100
    assert run.stage.paid == 300


def test_nothing_is_asked_for_that_cannot_be_paid_for(fifo: Fifo) -> None:
    run = finished(fifo, problem=CurveProblem(1), budget=Budget(resource=5), workers=1, trials=100)
    assert len(run.source.trials) == 5


@pytest.mark.parametrize("steps", [3, 7, 27, 49])
@pytest.mark.parametrize("evaluations", [1, 4, 25, 40])
def test_sums_of_units_do_not_overrun_the_budget(fifo: Fifo, steps: int, evaluations: int) -> None:
    problem = CurveProblem(steps)
    problem.fidelity = Fidelity("z", steps, unit=100 / steps)
    run = finished(fifo, problem=problem, budget=Budget(evaluations=evaluations), trials=1000)
    assert len(run.events) == steps * evaluations
    assert run.stage.paid == pytest.approx(100 * evaluations)


def test_full_evaluations(scheduler: Any) -> None:
    run = finished(scheduler, problem=CurveProblem(9), budget=Budget(evaluations=4), trials=1000)
    assert len(run.events) == 36


def test_the_first_budget_to_run_out_ends_the_cell(fifo: Fifo) -> None:
    run = finished(fifo, budget=Budget(trials=100, evaluations=1, time=1e9), trials=100)
    assert len(run.events) == 27


def test_an_exhausted_searcher_ends_the_cell(fifo: Fifo) -> None:
    run = finished(fifo, searcher=ListedSearcher(random_configs(3)), budget=Budget(trials=100))
    assert statuses(run) == {"completed": 3}


# -- failures ---------------------------------------------------------------------------------


class Broken(CurveProblem):
    """Trials whose width is odd fail in the way that is asked for."""

    def __init__(self, how: Any) -> None:
        super().__init__(9)
        self.how = how

    def curve(self, config: Config, seed: int) -> Curve:
        curve = super().curve(config, seed)
        if config["width"] % 2 == 0:
            return curve
        losses, costs = list(curve.losses), list(curve.costs)
        if self.how == "raises":
            raise ZeroDivisionError("no such width")
        if self.how in ("nan", "inf"):
            losses[2] = float(self.how)
        elif self.how == "free":
            costs[2] = 0.0
        else:
            losses.pop()
        return Curve(losses, costs)


@pytest.mark.parametrize(
    ("how", "steps", "message"),
    [
        ("raises", 0, "ZeroDivisionError: no such width"),
        ("nan", 2, "loss is nan at step 3"),
        ("inf", 2, "loss is inf at step 3"),
        ("free", 2, "cost is 0.0 s at step 3"),
        ("short", 0, "8 losses and 9 costs for 9 steps"),
    ],
)
def test_a_failed_trial_is_recorded_and_told_and_the_cell_goes_on(
    scheduler: Any, how: str, steps: int, message: str
) -> None:
    searcher = ListedSearcher(random_configs(30))
    run = make_run(scheduler, problem=Broken(how), searcher=searcher, trials=30)
    if isinstance(scheduler, HyperBand):
        # Ray's brackets do not always notice that the trial they wait for has failed.
        with contextlib.suppress(StallError):
            run.finish()
    else:
        run.finish()
    odd = [i for i, config in enumerate(searcher.configs) if config["width"] % 2]
    failed = [t.number for t in run.source.trials if run.trial_status(t) == "failed"]
    assert failed
    # Some may be stopped before they get as far as failing.
    assert set(failed) <= set(odd)
    for number in failed:
        assert message in str(run.source.trials[number].error)
        assert Counter(event.trial for event in run.events)[number] == steps
        assert ("failed", number) in searcher.calls
        assert not any(call[:2] == ("tell", number) for call in searcher.calls)
    assert len(run.source.trials) == 30


class Raising(ListedSearcher):
    def __init__(self, where: Any) -> None:
        super().__init__(random_configs(20))
        self.where = where

    def ask(self, trial: int) -> Any:
        if self.where == "ask" and trial == 5:
            raise ValueError("no more ideas")
        return super().ask(trial)

    def tell(self, trial: int, step: Any, loss: Any, *, final: Any) -> None:
        if self.where == "tell":
            raise ValueError("did not want to know")


@pytest.mark.parametrize("where", ["ask", "tell"])
def test_a_searcher_that_raises_fails_the_cell_in_its_words(scheduler: Any, where: str) -> None:
    run = make_run(scheduler, searcher=Raising(where))
    words = r"^ValueError: (no more ideas|did not want to know)"
    with pytest.raises(CellError, match=words) as info:
        run.finish()
    assert info.value.__cause__ is not None
    assert len(run.events) > 0, "what happened before is kept"


def test_an_impossible_proposal_fails_the_cell(fifo: Fifo) -> None:
    searcher = ListedSearcher([{"lr": 5.0, "decay": 1e-3, "width": 8}])
    with pytest.raises(CellError, match=r"listed proposed an impossible configuration.*lr = 5\.0"):
        make_run(fifo, searcher=searcher).finish()


def test_a_scheduler_that_raises_fails_the_cell(fifo: Fifo) -> None:
    from ray.tune.schedulers import FIFOScheduler

    class Bad(FIFOScheduler):
        def on_trial_complete(self, tune_controller: Any, trial: int, result: Any) -> None:
            raise LookupError("lost count")

    fifo.build = lambda fidelity: Bad()  # type: ignore[method-assign, assignment]
    with pytest.raises(CellError, match="LookupError: lost count"):
        make_run(fifo).finish()


def test_a_stall_ends_the_cell_with_the_statuses(fifo: Fifo) -> None:
    from ray.tune.schedulers import FIFOScheduler, TrialScheduler

    class Forgetful(FIFOScheduler):
        """Pauses every trial and never lets one go on."""

        def on_trial_result(self, tune_controller: Any, trial: int, result: Any) -> str:
            return str(TrialScheduler.PAUSE)

        def choose_trial_to_run(self, tune_controller: Any) -> None:
            return None

    fifo.build = lambda fidelity: Forgetful()  # type: ignore[method-assign, assignment]
    run = make_run(fifo, trials=6)
    with pytest.raises(StallError, match=r"no trial runs and none can start \(6 PAUSED\)"):
        run.finish()
    assert len(run.events) == 6


def test_a_scheduler_that_never_ends_a_trial_fails_it_at_the_last_step() -> None:
    class Endless(Fifo):
        ends_trials = True

    run = finished(Endless(), problem=CurveProblem(3), trials=2)
    assert statuses(run) == {"failed": 2}
    assert "past its last step, 3" in str(run.source.trials[0].error)


# -- pausing ----------------------------------------------------------------------------------


def test_a_paused_trial_goes_on_where_it_was(fifo: Fifo) -> None:
    searcher = ListedSearcher(random_configs(27))
    run = finished(HyperBand(), problem=CurveProblem(9), searcher=searcher, trials=27)
    paused = [call[1] for call in searcher.calls if call[0] == "paused"]
    resumed = [call[1] for call in searcher.calls if call[0] == "resumed"]
    assert resumed
    assert set(resumed) <= set(paused)
    again = ListedSearcher(searcher.configs)
    alone = finished(fifo, problem=CurveProblem(9), searcher=again, trials=27)
    expected = losses(alone)
    assert all(expected[key] == loss for key, loss in losses(run).items())


def test_hyperband_fills_its_brackets() -> None:
    """The first brackets of max_t 9 and factor 3 hold 3, 5 and 9 trials; from rung to rung a
    third goes on."""
    run = finished(HyperBand(), problem=CurveProblem(9), trials=17, workers=4)
    reached = Counter(Counter(event.trial for event in run.events).values())
    assert reached == {9: 3 + 2 + 1, 3: 3 + 2, 1: 6}


def test_hyperband_without_lookahead_would_be_fifo() -> None:
    """The hazard that ``lookahead`` is there for: one worker, asked just in time."""

    class Starved(HyperBand):
        lookahead = 0

    run = finished(Starved(), problem=CurveProblem(9), trials=17, workers=1)
    assert statuses(run) == {"completed": 17}


@pytest.mark.parametrize("factor", [2, 3, 4, 5])
@pytest.mark.parametrize("steps", [1, 2, 3, 5, 8, 10, 16, 27, 52, 81])
def test_hyperband_does_not_stall(steps: int, factor: int) -> None:
    for trials in (1, 7, 40):
        problem = CurveProblem(steps, equal_costs=True)
        scheduler = HyperBand(reduction_factor=factor)
        run = finished(scheduler, problem=problem, trials=trials, workers=4)
        assert len(run.source.trials) == trials


# -- what the searcher is told ----------------------------------------------------------------


@pytest.mark.parametrize("tell", ["last", "full", "every"])
def test_telling(scheduler: Any, tell: Any) -> None:
    searcher = ListedSearcher(random_configs(40))
    run = finished(scheduler, searcher=searcher, tell=tell)
    reported = losses(run)
    told = {(c[1], c[2]): (c[3], c[4]) for c in searcher.calls if c[0] == "tell"}
    reached = Counter(event.trial for event in run.events)
    finals = {(trial, step) for (trial, step), (_, final) in told.items() if final}
    calls = [(c[1], c[2], c[4]) for c in searcher.calls if c[0] == "tell"]
    assert len(calls) == len(set(calls)), "told twice"
    assert len([trial for trial, _, final in calls if final]) == len(finals)
    assert all(reported[key] == loss for key, (loss, _) in told.items())
    ended = {(trial, step) for trial, step in reached.items()}
    full = {key for key in ended if key[1] == 27}
    if tell == "last":
        assert set(told) == finals == ended
    elif tell == "full":
        assert set(told) == finals == full
        dropped = {c[1] for c in searcher.calls if c[0] == "dropped"}
        assert dropped == {trial for trial, step in ended if step < 27}
    else:
        # Also the result that a trial was stopped at, which Ray itself hides.
        assert set(told) == set(reported)
        assert finals == ended


def test_asked_just_in_time(fifo: Fifo) -> None:
    searcher = ListedSearcher(random_configs(6))
    make_run(fifo, searcher=searcher, trials=6, workers=1, problem=CurveProblem(2)).finish()
    assert [call[0] for call in searcher.calls] == ["ask", "tell"] * 6


def test_asha_with_brackets_draws_them_from_the_cells_seed() -> None:
    def history(seed: int) -> Any:
        run = make_run(Asha(brackets=3), trials=60)
        run._scheduler_seed = seed
        run.finish()
        return run.events

    assert history(1) == history(1)
    assert history(1) != history(2)
