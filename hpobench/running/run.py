"""Run one searcher under one scheduler on one problem, on a stage."""

from __future__ import annotations

from collections import Counter

from ray.tune.error import TuneError

from hpobench.contract.algorithms import Scheduler, Searcher
from hpobench.contract.cell import Tell
from hpobench.contract.errors import CellError, HpobenchError, StallError
from hpobench.contract.problem import Problem
from hpobench.contract.seeding import global_generators
from hpobench.running.ray.controller import Controller, Trial, ray_names
from hpobench.running.ray.source import TrialSource
from hpobench.running.stages.stage import Workers
from hpobench.store.event import Event


class Run:
    """One run under way; after :meth:`finish` its events, trials and times stay readable.

    ``workers`` is the stage that it runs on, made for the same problem. When :meth:`finish`
    raises, the events are complete up to the failure.
    """

    def __init__(
        self,
        problem: Problem,
        searcher: Searcher,
        scheduler: Scheduler,
        workers: Workers,
        *,
        trials: int | None,
        scheduler_seed: int,
        tell: Tell = "last",
    ) -> None:
        self.problem, self.workers = problem, workers
        self.events: list[Event] = []
        """All results with the scheduler's decisions, in the order in which they came."""
        self._scheduler, self._scheduler_seed = scheduler, scheduler_seed
        # Of schedulers that compare the trials of a population; no worker need be idle for it.
        size: int | None = scheduler.population
        self._population = None if size is None else max(size, workers.count)
        steps = problem.fidelity.steps
        self.source = TrialSource(
            searcher,
            problem.space,
            steps=steps,
            limit=trials,
            tell=tell,
            ends_trials=scheduler.ends_trials,
            clock=lambda: self.workers.now,
            population=self._population,
        )
        self.ended: dict[int, float] = {}

    def finish(self) -> None:
        """Run to the end of the budget, under a fresh scheduler for each population.

        Raises :class:`CellError`: the searcher or the scheduler raised, or nothing moves any
        more (:class:`StallError`). Global generators, which some of Ray's schedulers draw from,
        are seeded inside and put back.
        """
        try:
            with ray_names(), global_generators(self._scheduler_seed):
                self._loop(self._controller())
                while not self.workers.exhausted and self.source.next_population():
                    self._loop(self._controller())
        except HpobenchError:
            raise
        except Exception as error:
            cause = _cause(error)
            raise CellError(f"{type(cause).__name__}: {cause}") from error

    def _controller(self) -> Controller:
        scheduler = self._scheduler.build(self.problem)
        if not scheduler.set_search_properties("loss", "min"):
            raise CellError(
                f"{type(scheduler).__name__} brings its own metric or mode; build it without"
            )
        return Controller(
            source=self.source,
            scheduler=scheduler,
            manager=self.workers,
            slots=self._population or self.workers.count + self._scheduler.lookahead,
            on_event=self._on_event,
            on_status=self._on_status,
        )

    def _loop(self, controller: Controller) -> None:
        idle = 0
        while not controller.is_finished():
            controller.step()
            if self.workers.exhausted:
                return
            # Two idle steps in a row: nothing is queued and a further step changes nothing.
            idle = idle + 1 if self.workers.idle else 0
            if idle > 1:
                statuses = Counter(trial.status for trial in self.source.trials)
                told = ", ".join(f"{n} {status}" for status, n in sorted(statuses.items()))
                raise StallError(
                    f"stalled at {self.workers.now:g} s: no trial runs and none can start "
                    f"({told or 'no trials'})"
                )

    # -- what the controller reports ---------------------------------------------------------

    def _on_event(self, event: Event, decision: str) -> None:
        event.decision = decision
        self.events.append(event)

    def _on_status(self, trial: Trial, old: str, new: str) -> None:
        self.source.on_status(trial, old, new)
        if new in (Trial.TERMINATED, Trial.ERROR):
            self.ended[trial.number] = self.workers.now

    def trial_status(self, trial: Trial) -> str:
        """How a trial stands at the end: completed, stopped, paused, cut (budget) or failed."""
        if trial.status == Trial.ERROR:
            return "failed"
        if trial.status == Trial.PAUSED:
            return "paused"
        if trial.status != Trial.TERMINATED:
            return "cut"
        steps = trial.run_metadata.last_result.get("training_iteration", 0)
        return "completed" if steps >= self.problem.fidelity.steps else "stopped"


def _cause(error: BaseException) -> BaseException:
    """The error below the ``TuneError`` texts that Ray's controller wraps it in."""
    while isinstance(error, TuneError) and error.__context__ is not None:
        error = error.__context__
    return error
