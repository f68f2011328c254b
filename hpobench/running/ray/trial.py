"""Ray's trials without files, so that they cost next to nothing, and where they come from.

Every searcher, a wrapped ``ray.tune.search.Searcher`` too, is told losses by one of these rules:

- ``last``: once a trial is over, its last loss. Under early stopping the losses of
  different fidelities mix in a model that cannot tell them apart.
- ``full``: only losses at full fidelity; a trial that ends earlier is ``dropped``.
- ``every``: every loss with its step, the last one as ``final``.

By default searchers that learn from all fidelities are told ``every``, all others ``last``.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from types import SimpleNamespace
from typing import Any

from ray.tune import CheckpointConfig
from ray.tune.execution.placement_groups import PlacementGroupFactory
from ray.tune.experiment import Trial as _Trial
from ray.tune.search import SearchAlgorithm
from ray.tune.trainable.metadata import _TrainingRunMetadata

from hpobench.contract.algorithms import Exhausted, NothingYet, Searcher
from hpobench.contract.cell import Tell
from hpobench.contract.errors import CellError
from hpobench.contract.space import Space
from hpobench.plugins.shape import check_proposal


class _NoStorage:
    """Answers what Ray asks of a trial's storage, though nothing is stored."""

    experiment_dir_name = "hpobench"
    trial_dir_name = "trial"

    def _update_checkpoint_index(self, metrics: dict[str, Any]) -> None:
        pass

    def __copy__(self) -> _NoStorage:
        return self  # every trial takes a copy of its own


class _Resources(PlacementGroupFactory):
    """What a trial asks for, which no stage looks at."""

    def __repr__(self) -> str:
        return "one worker"  # Ray's log lines, which nobody reads, would list what it was made of


STORAGE = _NoStorage()
_RESOURCES = _Resources([{"CPU": 1}])
_ONLY_WHEN_ASKED = CheckpointConfig()


class Trial(_Trial):
    """Ray's trial without directories and running averages, hashed by its number. Ray keeps trials
    in sets; hashing by number instead of by address makes their order, and with it every history,
    the same in any process."""

    def __init__(self, number: int, config: dict[str, Any], stop_at: int | None) -> None:
        self.number = number
        self.proposed = dict(config)
        """The configuration that was asked for; a scheduler may give the trial another."""
        self.error: Exception | None = None
        super().__init__(
            "hpobench",
            config=config,
            trial_id=f"{number:06d}",
            storage=STORAGE,
            checkpoint_config=_ONLY_WHEN_ASKED,
            stopping_criterion={} if stop_at is None else {"training_iteration": stop_at},
            stub=True,
        )

    def __hash__(self) -> int:
        return self.number

    def __eq__(self, other: object) -> bool:
        return self is other

    def __str__(self) -> str:
        return self.trial_id  # type: ignore[no-any-return]

    __repr__ = __str__

    def create_placement_group_factory(self) -> None:
        self.placement_group_factory = _RESOURCES

    def get_trainable_cls(self) -> type:
        return object  # Ray wants a class, which is never built: the stage trains itself

    def init_local_path(self) -> None:
        pass

    def set_ray_actor(self, ray_actor: object) -> None:
        self.temporary_state.ray_actor = ray_actor

    def update_last_result(self, result: dict[str, Any]) -> None:
        self.run_metadata.last_result = result

    def handle_error(self, exc: Exception | None = None) -> None:
        self.error = exc
        self.run_metadata.num_failures += 1


class RunMetadata(_TrainingRunMetadata):
    """Ray's notes on a trial without their text in JSON, which every change would drop."""

    __setattr__ = object.__setattr__

    def invalidate_cache(self) -> None:
        pass


def actor_arguments(trial: Trial) -> dict[str, Any]:
    """What an actor is made with: the trial, and its configuration as it is now."""
    return {"trial": trial.number, "config": dict(trial.config)}


class TrialSource(SearchAlgorithm):
    """Asks ``searcher`` for at most ``limit`` trials of ``steps`` steps and tells it losses. With a
    ``population`` it is finished after that many trials, and each :meth:`next_population` lets it
    give out as many again. ``suggest_s`` and ``observe_s`` are the wall seconds that the searcher
    took for each trial."""

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
        self.ended: dict[int, float] = {}
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
        # The step after which the trial is complete; without one the scheduler ends it itself.
        stop_at = None if self._ends_trials else self._steps
        if self._searcher.schedules_itself:
            stop_at = self._searcher.steps(number)
            if not 1 <= stop_at <= self._steps:
                raise CellError(
                    f"{self._name}: steps({number}) returned {stop_at}, not 1 to {self._steps}"
                )
        trial = Trial(number, config, stop_at)
        self.trials.append(trial)
        self.started.append(self._clock())
        self._over = len(self.trials) == self._limit
        filled = self._population is not None and len(self.trials) % self._population == 0
        self._finished = self._over or filled
        return trial

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
        # Ray never shows a searcher the result at which a trial was stopped: it comes only here.
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
        """Tell the searcher when the trial pauses or resumes, and note when it ends."""
        if new == Trial.PAUSED:
            self._observe(trial.number, self._searcher.paused, trial.number)
        elif old == Trial.PAUSED and new in (Trial.PENDING, Trial.RUNNING):
            self._observe(trial.number, self._searcher.resumed, trial.number)
        if new in (Trial.TERMINATED, Trial.ERROR):
            self.ended[trial.number] = self._clock()
