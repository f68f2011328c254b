"""The rules for schedulers, a function each."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ray.tune.schedulers import TrialScheduler

from hpobench.api import Config, Curve, Scheduler
from hpobench.contract.errors import CellError, UsageError
from hpobench.plugins.building import build_scheduler
from hpobench.running.cells.tuning import Run
from hpobench.running.ray.trial import Trial
from hpobench.testing import plugin_check as common
from hpobench.testing.doubles import CurveProblem, ListedSearcher, make_run, random_configs
from hpobench.testing.plugin_check import Misbehaved
from hpobench.testing.sentinel import leaves_other_cells_alone

STEPS = (1, 3, 27, 52, 81)
SHORT = (1, 6)  # steps with which whole cells run: with more, PB2 takes minutes
TRIALS = 16


@dataclass(frozen=True)
class SchedulerSubject(common.PluginSubject):
    def build(self) -> Scheduler:
        return build_scheduler(self.ref)

    def problems(self, steps: Sequence[int] = STEPS) -> list[CurveProblem]:
        """Those of so many ``steps`` that it can serve."""
        served = []
        for problem in map(CurveProblem, steps):
            scheduler = self.build()
            with contextlib.suppress(UsageError):
                if problem.fidelity.steps > 1 or not scheduler.needs_fidelity:
                    scheduler.check(problem)
                    served.append(problem)
        if not served:
            raise Misbehaved(f"its check() refuses problems of {steps} steps, all of them")
        return served

    def exercise(self) -> None:
        for problem in self.problems(SHORT):
            _finished(self, problem, 4)


class SomeFail(CurveProblem):
    """A third of the trials fail at their second step or at the first."""

    def curve(self, config: Config, seed: int) -> Curve:
        curve = super().curve(config, seed)
        if int(config["width"]) % 3:
            return curve
        return curve._replace(losses=[*curve.losses[:1], *[math.nan] * (len(curve.losses) - 1)])


class _LoneController:
    """The part of a controller that schedulers look at when they are given a trial."""

    search_alg = None


def fresh(subject: SchedulerSubject) -> None:
    """Every build gives a new one of Ray's schedulers, which shares nothing with others."""
    plugin = subject.build()
    for problem in subject.problems():
        first, second = plugin.build(problem), plugin.build(problem)
        if not isinstance(first, TrialScheduler):
            raise Misbehaved(f"build() returned a {type(first).__name__}, no TrialScheduler of Ray")
        if first is second:
            raise Misbehaved("build() returned the same scheduler twice; make a new one")
        for built in (first, second):
            if not built.set_search_properties("loss", "min"):
                raise Misbehaved("build() set metric or mode, which the controller does; leave out")
        first.on_trial_add(_LoneController(), Trial(0, random_configs(1)[0], None))
        shared = [
            name
            for name, value in vars(first).items()
            if isinstance(value, dict | list | set) and value is vars(second).get(name)
        ]
        if shared:
            raise Misbehaved(f"two builds share {', '.join(shared)}; make them anew in each")


def ends_trials(subject: SchedulerSubject) -> None:
    """`ends_trials` says whether it stops trials at the last step."""
    claim = bool(subject.build().ends_trials)
    for problem in subject.problems():
        plugin = subject.build()
        vars(plugin)["ends_trials"] = True  # keeps the stage from ending trials
        run = make_run(plugin, problem=problem, trials=1, workers=1)
        run.finish()
        (trial,) = run.source.trials
        # A trial that nobody ends runs past its last step, which fails it.
        if (run.trial_status(trial) in ("completed", "stopped")) != claim:
            raise Misbehaved(
                f"with {problem.fidelity.steps} steps it {'does not end' if claim else 'ends'} a "
                f"trial; set `ends_trials = {not claim}`"
            )


def pauses(subject: SchedulerSubject) -> None:
    """`pauses` and `clones` are set where it pauses running trials or changes them."""
    plugin = subject.build()
    for problem in subject.problems(SHORT):
        searcher = ListedSearcher(random_configs(TRIALS))
        scheduler = subject.build()
        run = make_run(scheduler, problem=problem, searcher=searcher, trials=TRIALS, workers=3)
        run.finish()
        clones = [json.loads(event.config) for event in run.events if event.config]
        for config in clones:
            problem.space.check(config)
        if clones and not plugin.clones:
            raise Misbehaved("it gives trials other configurations; set `clones = True`")
        paused = any(call[0] == "paused" for call in searcher.calls)
        if (paused or clones) and not plugin.pauses:
            raise Misbehaved("it pauses trials; set `pauses = True`")


def comes_to_an_end(subject: SchedulerSubject) -> str:
    """Cells on one and on four workers end, and so do all their trials."""
    served = []
    for problem in subject.problems(SHORT):
        for workers in (1, 4):
            run = _finished(subject, problem, workers)
            trials = run.source.trials
            where = f"with {problem.fidelity.steps} steps and {workers} workers"
            statuses = {run.trial_status(trial) for trial in trials}
            if left := statuses - {"completed", "stopped"}:
                raise Misbehaved(f"{where}: trials are left {', '.join(left)}")
            if len(trials) != TRIALS:
                raise Misbehaved(f"{where}: {len(trials)} of {TRIALS} trials ran")
        served.append(f"{problem.fidelity.steps}")
    return f"{TRIALS} trials of {', '.join(served)} steps"


def failing_trials(subject: SchedulerSubject) -> None:
    """A cell in which trials fail comes to an end too."""
    for problem in subject.problems(SHORT):
        _finished(subject, SomeFail(problem.fidelity.steps), 4)


def repeatable(subject: SchedulerSubject) -> None:
    """The same cell twice takes the same decisions."""
    for problem in subject.problems(SHORT):
        first, second = (_finished(subject, problem, 4).events for _ in range(2))
        if first != second:
            raise Misbehaved(
                f"with {problem.fidelity.steps} steps and 4 workers: decisions differ; draw from "
                "random or numpy.random, which are seeded for every cell, and keep nothing between "
                "builds"
            )


def _finished(subject: SchedulerSubject, problem: CurveProblem, workers: int) -> Run:
    run = make_run(subject.build(), problem=problem, trials=TRIALS, workers=workers)
    try:
        run.finish()
    except CellError as error:
        where = f"with {problem.fidelity.steps} steps and {workers} workers"
        raise Misbehaved(f"{where}: {error}") from error
    return run


CHECKS: tuple[Callable[[SchedulerSubject], str | None], ...] = (
    common.description,
    common.options,
    fresh,
    ends_trials,
    pauses,
    comes_to_an_end,
    failing_trials,
    repeatable,
    leaves_other_cells_alone,
)
