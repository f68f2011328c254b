"""One of our searchers behind Ray's ``SearchAlgorithm``, from which the controller gets trials.

Every searcher, a wrapped ``ray.tune.search.Searcher`` too, is told losses by one of these rules:

- ``last``: once a trial is over, its last loss. Under early stopping the losses of
  different fidelities mix in a model that cannot tell them apart.
- ``full``: only losses at full fidelity; a trial that ends earlier is ``dropped``.
- ``every``: every loss with its step, the last one as ``final``.

By default searchers that learn from all fidelities are told ``every``, all others ``last``.

Ray's controller never shows a searcher the result at which a trial was stopped. That result comes
with the completion of the trial, and the searcher is told it then.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from types import SimpleNamespace
from typing import Any

from ray.tune.search import SearchAlgorithm

from hpobench.contract.algorithms import Exhausted, NothingYet, Searcher
from hpobench.contract.cell import Tell
from hpobench.contract.errors import CellError
from hpobench.contract.space import Space
from hpobench.plugins.shape import check_proposal
from hpobench.running.ray.trial import Trial


class TrialSource(SearchAlgorithm):
    """Asks ``searcher`` for at most ``limit`` trials of ``steps`` steps and tells it losses.

    With a ``population`` it is finished after that many trials, and each :meth:`next_population`
    lets it give out as many again.

    ``suggest_s`` and ``observe_s`` are the wall seconds that the searcher took for each trial.
    """

    def __init__(
        self,
        searcher: Searcher,
        space: Space,
        *,
        steps: int,
        limit: int | None,
        tell: Tell,
        ends_trials: bool,
        clock: Callable[[], float],
        population: int | None = None,
    ) -> None:
        self._searcher, self._space = searcher, space
        self._steps, self._limit, self._tell, self._ends_trials = steps, limit, tell, ends_trials
        self._clock, self._population = clock, population
        self._over = False
        self._name = getattr(searcher, "name", type(searcher).__name__)
        # HyperBandForBOHB notifies this one past the ``SearchAlgorithm``. It ignores the notices,
        # because :meth:`on_status` already tells searchers of every pause under any scheduler.
        self.searcher = SimpleNamespace(on_pause=lambda _: None, on_unpause=lambda _: None)
        self.trials: list[Trial] = []
        self.started: list[float] = []
        self.suggest_s: list[float] = []
        self.observe_s: list[float] = []

    def is_finished(self) -> bool:
        return self._finished

    def set_finished(self) -> None:
        self._finished = True

    def end(self) -> None:
        """Give out no more trials."""
        self._over = self._finished = True

    def next_population(self) -> bool:
        """Allow the trials of another population. False if there are none left."""
        self._finished = self._over
        return not self._over

    def next_trial(self) -> Trial | None:
        if self._finished:
            return None
        number = len(self.trials)
        begin = perf_counter()
        try:
            config = self._searcher.ask(number)
        except NothingYet:
            return None
        except Exhausted:
            self.end()
            return None
        self.suggest_s.append(perf_counter() - begin)
        self.observe_s.append(0.0)
        check_proposal(self._name, self._space, number, config)
        trial = Trial(number, config, self._last_step(number))
        self.trials.append(trial)
        self.started.append(self._clock())
        self._over = len(self.trials) == self._limit
        filled = self._population is not None and len(self.trials) % self._population == 0
        self._finished = self._over or filled
        return trial

    def _last_step(self, number: int) -> int | None:
        """The step after which the trial is complete; ``None`` if the scheduler ends it itself."""
        if self._searcher.schedules_itself:
            steps = self._searcher.steps(number)
            if not 1 <= steps <= self._steps:
                raise CellError(
                    f"{self._name}: steps({number}) returned {steps}, not 1 to {self._steps}"
                )
            return steps
        return None if self._ends_trials else self._steps

    def _observe(self, number: int, notice: Callable[..., None], *args: Any, **kw: Any) -> None:
        begin = perf_counter()
        notice(*args, **kw)
        self.observe_s[number] += perf_counter() - begin

    def _charge(self, number: int, result: dict[str, Any]) -> None:
        if self._searcher.cost_aware and "time_total_s" in result:
            self._observe(number, self._searcher.charged, number, result["time_total_s"])

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        if self._tell == "every":
            number, step = int(trial_id), result["training_iteration"]
            self._charge(number, result)
            self._observe(number, self._searcher.tell, number, step, result["loss"], final=False)

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        number = int(trial_id)
        # Ray gives no result when it stops a paused trial, but the trial keeps its last one.
        last = result or self.trials[number].run_metadata.last_result
        self._charge(number, last)
        if error or "loss" not in last:
            self._observe(number, self._searcher.failed, number)
        elif self._tell == "full" and not (
            last["training_iteration"] >= self._steps or self._searcher.schedules_itself
        ):
            self._observe(number, self._searcher.dropped, number)
        else:
            step, loss = last["training_iteration"], last["loss"]
            self._observe(number, self._searcher.tell, number, step, loss, final=True)

    def on_status(self, trial: Trial, old: str, new: str) -> None:
        """Tell the searcher when the trial pauses or resumes."""
        if new == Trial.PAUSED:
            self._observe(trial.number, self._searcher.paused, trial.number)
        elif old == Trial.PAUSED and new in (Trial.PENDING, Trial.RUNNING):
            self._observe(trial.number, self._searcher.resumed, trial.number)
