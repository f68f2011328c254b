"""Run one searcher under one scheduler on one problem, on a stage."""

from __future__ import annotations

from collections import Counter

from ray.tune.error import TuneError

from hpobench.contract.algorithms import Scheduler, Searcher
from hpobench.contract.cell import Exact, Tell
from hpobench.contract.errors import CellError, HpobenchError, StallError, describe
from hpobench.contract.problem import Problem
from hpobench.contract.seeding import global_generators
from hpobench.running.ray.controller import Controller
from hpobench.running.ray.fast import equal, foresight
from hpobench.running.ray.internals import ray_names
from hpobench.running.ray.trial import Trial, TrialSource
from hpobench.running.stages.stage import TrainingStage
from hpobench.store.write.batch import Event
from hpobench.suites.estimate import MAX_RESULTS, MAX_TRIALS


class Run:
    """One run under way; after :meth:`finish` its events, trials and times stay readable. ``stage``
    must be made for the same problem. Under ``exact="ray"`` Ray's own schedulers run, not ours,
    which decide the same (``ray/fast/``). When :meth:`finish` raises, the events are complete up to
    the failure."""

    def __init__(
        self,
        problem: Problem,
        searcher: Searcher,
        scheduler: Scheduler,
        stage: TrainingStage,
        *,
        trials: int | None,
        scheduler_seed: int,
        tell: Tell = "last",
        exact: Exact | None = None,
    ) -> None:
        self.problem, self.stage = problem, stage
        self.events: list[Event] = []
        """All results with the scheduler's decisions, in the order in which they came."""
        self._scheduler, self._scheduler_seed, self._exact = scheduler, scheduler_seed, exact
        # For schedulers that compare the trials of a population. It is never smaller than the
        # number of workers, so that none of them is idle.
        size: int | None = scheduler.population
        self._population = None if size is None else max(size, stage.count)
        self.source = TrialSource(
            searcher,
            problem.space,
            steps=problem.fidelity.steps,
            limit=trials,
            tell=tell,
            ends_trials=scheduler.ends_trials,
            clock=lambda: self.stage.now,
            population=self._population,
        )
        self.ended = self.source.ended

    def finish(self) -> None:
        """Run to the end of the budget, under a fresh scheduler for each population. Raises
        :class:`CellError` where the searcher or the scheduler raises, or no trial can go on
        (:class:`StallError`). Global generators, which some of Ray's schedulers draw from, are
        seeded inside and restored."""
        try:
            with ray_names(), global_generators(self._scheduler_seed):
                self._loop(self._controller())
                while not self.stage.exhausted and self.source.next_population():
                    self._loop(self._controller())
        except HpobenchError:
            raise
        except Exception as error:
            cause: BaseException = error
            seen: set[int] = set()  # a plugin may tie errors into a circle
            while isinstance(cause, TuneError) and cause.__context__ and id(cause) not in seen:
                seen.add(id(cause))
                cause = cause.__context__  # Ray's controller wraps it once or more
            raise CellError(describe(cause)) from error

    def _controller(self) -> Controller:
        scheduler = self._scheduler.build(self.problem)
        if self._exact is None:
            scheduler = equal(scheduler)
        if not scheduler.set_search_properties("loss", "min"):
            raise CellError(
                f"{type(scheduler).__name__} sets metric or mode itself; build it without them"
            )
        if foresee := foresight(scheduler):
            trials = self.source.trials
            self.stage.next_decision = lambda number, step: foresee(trials[number], step)
        return Controller(
            source=self.source,
            scheduler=scheduler,
            manager=self.stage,
            slots=self._population or self.stage.count + self._scheduler.lookahead,
            on_event=self.events.append,
            on_status=self.source.on_status,
        )

    def _loop(self, controller: Controller) -> None:
        idle, stage, trials = 0, self.stage, self.source.trials
        while not controller.is_finished():
            controller.step()
            if stage.exhausted:
                return
            if stage.steps >= MAX_RESULTS or len(trials) >= MAX_TRIALS:
                over = stage.steps >= MAX_RESULTS
                most, what = (MAX_RESULTS, "results") if over else (MAX_TRIALS, "trials")
                raise CellError(
                    f"{most:,} {what} at {stage.now:g} s, the most of one cell; give it a "
                    "smaller budget, or one of trials or evaluations"
                )
            # Two idle steps in a row: nothing is queued and a further step changes nothing.
            idle = idle + 1 if stage.idle else 0
            if idle > 1:
                statuses = Counter(trial.status for trial in trials)
                counts = ", ".join(f"{n} {status}" for status, n in sorted(statuses.items()))
                raise StallError(
                    f"stalled at {stage.now:g} s: no trial runs and none can start "
                    f"({counts or 'no trials'})"
                )

    def trial_status(self, trial: Trial) -> str:
        """The status of a trial at the end: completed, stopped, paused, cut (budget) or failed."""
        if trial.status == Trial.ERROR:
            return "failed"
        if trial.status == Trial.PAUSED:
            return "paused"
        if trial.status != Trial.TERMINATED:
            return "cut"
        return "completed" if self.steps_of(trial) >= self.problem.fidelity.steps else "stopped"

    @staticmethod
    def steps_of(trial: Trial) -> int:
        """The step that the last result of ``trial`` belongs to, 0 if it has none."""
        return int(trial.run_metadata.last_result.get("training_iteration", 0))
