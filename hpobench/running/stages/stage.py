"""The stage under Ray's controller: it trains trials on workers, and keeps the clock.

The controller asks for two kinds of things. Steps of training have results that take time.
Everything else (starting, saving, restoring and stopping a trial) takes none: it happens at once,
in the order in which it was asked for, before the next result. So a history depends on nothing
but the order of the results, and a subclass decides nothing but that order: the virtual stage by an
event queue, and the live stage by the arrival of real ones.

It matters that everything else goes first. Where two trials of a HyperBand bracket report at the
same instant and the first is still being saved, Ray's bracket overlooks it when it closes, and the
paused trial waits for ever (``cleanup_full`` in ray 2.60; ray#6780). Real Ray can run into it.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import heapq
import json
import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from hpobench.contract.cell import Budget
from hpobench.contract.errors import CellError, Interruption, ReplayError, StoreError
from hpobench.contract.problem import Problem
from hpobench.contract.space import Config
from hpobench.running.ray.controller import EVENT
from hpobench.running.ray.internals import saved
from hpobench.store.write.batch import Event


class TrainedStep(NamedTuple):
    """One step of training that ended."""

    loss: float
    heldout: float | None
    cost: float
    """Seconds."""
    worker: int
    """The worker that made it."""
    error: Exception | None = None
    """The reason why there is no loss. A failed step is paid for like any other."""


@dataclass(frozen=True)
class SavedTrial:
    """A trial as it was when it was saved."""

    trial: int
    step: int
    elapsed: float
    config: Config
    state: Any
    """What the stage needs to go on from here."""


class Actor:
    """A trial on a worker. It replaces Ray's tracked actor and the trainable inside it."""

    def __init__(self, trial: int, config: Config, on_start: Any, on_stop: Any) -> None:
        self.trial, self.config = trial, config
        self.on_start, self.on_stop = on_start, on_stop
        self.state: Any = None
        self.step = 0
        self.elapsed = 0.0
        self.result: dict[str, Any] = {}
        self.worker: int | None = None
        self.parent: tuple[int, int] | None = None
        """Trial and step that its state was cloned from, until the first result after that."""
        self.tasks = 0
        """The generation of its tasks; tasks of an older generation are void."""

    @functools.cached_property
    def digest(self) -> str:
        """A short hash of the configuration, by which a replay notices another one."""
        text = json.dumps(self.config, sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()

    def set_on_stop(self, on_stop: Callable[[Actor], None] | None) -> None:
        self.on_stop = on_stop

    def set_on_error(self, on_error: Callable[[Actor, Exception], None] | None) -> None:
        """Do nothing: the stage itself handles workers that die."""


class StageFailure(Interruption):
    """The stage itself failed, for the reason ``error``, and the cell cannot say how it ends.
    Plugins raise the same errors, and theirs cost the cell."""

    def __init__(self, error: StoreError | ReplayError) -> None:
        super().__init__(str(error))
        self.error = error


@contextlib.contextmanager
def own_failures() -> Iterator[None]:
    """Raise the file and replay errors of the block, in which no plugin runs, as
    :class:`StageFailure`."""
    try:
        yield
    except (StoreError, ReplayError) as error:
        raise StageFailure(error) from error


class TrainingStage(ABC):
    """Trials in training on ``workers`` workers, with the interface of Ray's actor manager. ``now``
    is the clock. Nothing happens later than ``budget.time``, nor once the budget's resource is paid
    for; then ``exhausted`` is true."""

    _clones_keep_states: ClassVar[bool] = True
    """Whether a trial can go on from the state of another configuration."""

    def __init__(self, problem: Problem, *, workers: int, budget: Budget) -> None:
        self.count = workers
        self._steps_of_trial = problem.fidelity.steps
        self._unit = problem.fidelity.unit
        self._deadline = math.inf if budget.time is None else budget.time
        # Counted in whole steps, because sums of units drift. A limit may be such a sum itself,
        # hence the epsilon.
        limit = budget.resource_limit(problem.fidelity)
        self._limit = limit if math.isinf(limit) else math.floor(limit / self._unit * (1 + 1e-9))
        self._free = list(range(workers))
        self._waiting: deque[Actor] = deque()
        self._instant_tasks: deque[tuple[Actor, int | None, Callable[[], None]]] = deque()
        # Ray's controller reads this attribute to find an actor's handle.
        self._live_actors_to_ray_actors_resources: dict[Actor, tuple[None, None]] = {}
        self.now = 0.0
        self.steps = 0
        """Steps paid for, also those that failed."""
        self.busy = 0.0
        self.exhausted = False
        self.output: dict[int, str] = {}
        """What trials printed."""
        self.cut_off: dict[int, str] = {}
        """Messages on steps that the end of the budget cut off, by trial; only live ones are."""
        self.next_decision: Callable[[int, int], float | None] = lambda _trial, _step: None
        """The first step of a trial after another at which the scheduler may end or pause it, if
        that is known."""

    @abstractmethod
    def _begin_step(self, actor: Actor, on_result: Any, on_error: Any) -> None:
        """Let ``actor`` train its next step. :meth:`_finish_step` ends it, unless the actor's
        ``tasks`` has moved on by then."""

    @abstractmethod
    def _next_step(self) -> bool:
        """Wait for the next result, set ``now`` and finish its step. False if there is none."""

    @property
    @abstractmethod
    def training(self) -> bool:
        """Whether a result may still come."""

    def add_actor(
        self,
        cls: type,  # noqa: ARG002 - Ray's signature
        kwargs: dict[str, Any],
        resource_request: Any,  # noqa: ARG002
        *,
        on_start: Callable[[Actor], None],
        on_stop: Callable[[Actor], None],
        on_error: Callable[[Actor, Exception], None],  # noqa: ARG002
    ) -> Actor:
        actor = Actor(kwargs["trial"], kwargs["config"], on_start, on_stop)
        self._waiting.append(actor)
        self._place()
        return actor

    def _place(self) -> None:
        """Give free workers to waiting actors, the lowest worker first."""
        while self._waiting and self._free:
            actor = self._waiting.popleft()
            actor.worker = heapq.heappop(self._free)
            self._live_actors_to_ray_actors_resources[actor] = (None, None)
            self._soon(actor, lambda actor=actor: actor.on_start(actor))  # type: ignore[misc]

    def remove_actor(
        self,
        tracked_actor: Actor,
        kill: bool = False,  # noqa: ARG002
        stop_future: Any = None,  # noqa: ARG002
    ) -> bool:
        actor = tracked_actor
        if self._live_actors_to_ray_actors_resources.pop(actor, None) is None:
            self._waiting.remove(actor)
            return False
        actor.tasks += 1
        stopped = lambda: actor.on_stop and actor.on_stop(actor)  # noqa: E731
        self._instant_tasks.append((actor, None, stopped))
        self._leave(actor)
        assert actor.worker is not None
        heapq.heappush(self._free, actor.worker)
        self._place()
        return True

    def _leave(self, actor: Actor) -> None:  # noqa: B027 - only live workers need it
        """Release the worker of ``actor``, which leaves it."""

    def _before_save(self, actor: Actor) -> None:  # noqa: B027 - only live states are elsewhere
        """Fetch the state of ``actor``, which is about to be saved."""

    def is_actor_started(self, tracked_actor: Actor) -> bool:
        return tracked_actor in self._live_actors_to_ray_actors_resources

    def is_actor_failed(self, tracked_actor: Actor) -> bool:  # noqa: ARG002
        return False

    def clear_actor_task_futures(self, tracked_actor: Actor) -> None:
        tracked_actor.tasks += 1

    @property
    def num_live_actors(self) -> int:
        return len(self._live_actors_to_ray_actors_resources)

    @property
    def num_pending_actors(self) -> int:
        return len(self._waiting)

    @property
    def num_actor_tasks(self) -> int:
        return len(self._instant_tasks) + self.training

    @property
    def paid(self) -> float:
        """Units of the resource paid for; a step that failed costs as much as any other."""
        return self.steps * self._unit

    @property
    def idle(self) -> bool:
        """Whether nothing will happen unless the controller asks for it."""
        return not self._instant_tasks and not self.training

    def schedule_actor_task(
        self,
        tracked_actor: Actor,
        method_name: str,
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,  # noqa: ARG002
        on_result: Callable[..., None] | None = None,
        on_error: Callable[..., None] | None = None,
        _return_future: bool = False,
    ) -> Callable[[], Any] | None:
        actor = tracked_actor
        if method_name == "train":
            self._begin_step(actor, on_result, on_error)
        elif method_name == "save":
            self._before_save(actor)
            trial = SavedTrial(actor.trial, actor.step, actor.elapsed, actor.config, actor.state)
            state = saved(trial, dict(actor.result))
            assert on_result is not None
            self._soon(actor, lambda: on_result(actor, state))
            return lambda: state
        elif method_name == "restore":
            assert args is not None
            save = args[0]
            self._soon(actor, lambda: self._restore(actor, save, on_result))
        elif method_name != "stop":
            raise CellError(f"the stage has no actor task {method_name!r}")
        return None

    def _restore(self, actor: Actor, save: Any, on_result: Any) -> None:
        # Under the actor's own configuration, which a clone of PBT does not share with its parent.
        origin: SavedTrial = save.checkpoint.state
        actor.step, actor.elapsed, actor.state = origin.step, origin.elapsed, origin.state
        actor.result = dict(save.metrics)
        if origin.trial != actor.trial or origin.config != actor.config:
            actor.parent = (origin.trial, origin.step)
            if not self._clones_keep_states:
                actor.state = None
        on_result(actor, save)

    def _soon(self, actor: Actor, task: Callable[[], None]) -> None:
        self._instant_tasks.append((actor, actor.tasks, task))

    def next(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - Ray's signature
        """Let the next event happen. False if there is none or the budget is spent."""
        while self._instant_tasks and not self.exhausted:
            actor, tasks, task = self._instant_tasks.popleft()
            if tasks is None or tasks == actor.tasks:
                task()
                return True
        return not self.exhausted and self._next_step()

    def _finish_step(self, actor: Actor, step: TrainedStep, on_result: Any, on_error: Any) -> None:
        self.steps += 1
        self.exhausted = self.steps >= self._limit
        self.busy += step.cost
        if step.error is not None:
            on_error(actor, step.error)
            return
        actor.step += 1
        actor.elapsed += step.cost
        parent, parent_step = actor.parent or (None, None)
        event = Event(  # it waits for the scheduler's decision
            trial=actor.trial,
            step=actor.step,
            resource=self._unit,
            clock=self.now,
            loss=step.loss,
            heldout=step.heldout,
            cost=step.cost,
            worker=step.worker,
            parent=parent,
            parent_step=parent_step,
            config=None if parent is None else json.dumps(actor.config),
        )
        actor.result = {
            "loss": step.loss,
            "training_iteration": actor.step,
            "time_this_iter_s": step.cost,
            "time_total_s": actor.elapsed,
            EVENT: event,
        }
        actor.parent = None
        on_result(actor, actor.result)

    def _expire(self) -> bool:
        """End the stage, because the budget's time is over."""
        self.exhausted = True
        self.now = self._deadline
        return False
