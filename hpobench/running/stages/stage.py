"""The stage under Ray's controller: logical workers in the place of Ray's actor manager.

What the controller asks for falls into steps of training, whose results take time, and
consequences (starting, saving, restoring, stopping a trial), which take none: they happen at
once, in the order in which they were asked for, before the next result. So a history depends on
nothing but the order of the results, and a subclass decides nothing but that order:
:class:`hpobench.running.stages.virtual.VirtualWorkers` by an event queue, and
:class:`hpobench.running.stages.live.workers.LiveWorkers` by the arrival of real ones.

That consequences go first matters: where two trials of a HyperBand bracket report at the same
instant and the first is still being saved, Ray's bracket overlooks it when it closes, and the
paused trial waits for ever (``cleanup_full`` in ray 2.60; ray#6780). Real Ray can run into it.
"""

from __future__ import annotations

import heapq
import json
import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from hpobench.contract.budget import Budget
from hpobench.contract.errors import CellError
from hpobench.contract.problem import Problem
from hpobench.contract.space import Config
from hpobench.running.ray.controller import EVENT, saved, trial_number
from hpobench.store.event import Event


class Step(NamedTuple):
    """One step of training that came to its end."""

    loss: float
    heldout: float | None
    cost: float
    """Seconds."""
    worker: int
    """The worker that made it."""
    error: Exception | None = None
    """Why there is no loss; a failed step is paid for like any other."""


@dataclass(frozen=True)
class Mark:
    """Where a trial stood when it was saved."""

    trial: int
    step: int
    elapsed: float
    config: Config
    state: Any
    """What the stage needs to go on from here."""


class Actor:
    """A trial on a worker: the place of Ray's tracked actor and of the trainable inside it."""

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
        self.tasks = 0  # the generation of its tasks; those of an older one are void

    def set_on_stop(self, on_stop: Callable[[Actor], None] | None) -> None:
        self.on_stop = on_stop

    def set_on_error(self, on_error: Callable[[Actor, Exception], None] | None) -> None:
        """Nothing to set: workers that die are the stage's business."""


class Workers(ABC):
    """``workers`` logical workers, with the interface of Ray's actor manager.

    ``now`` is the clock. Nothing happens later than ``budget.time``, nor once the budget's
    resource is paid for; then ``exhausted`` is true.
    """

    def __init__(self, problem: Problem, *, workers: int, budget: Budget) -> None:
        self.count = workers
        self._steps_of_trial = problem.fidelity.steps
        self._unit = problem.fidelity.unit
        self._deadline = math.inf if budget.time is None else budget.time
        # Whole steps, for sums of units drift; the epsilon is for limits that are such sums.
        limit = budget.resource_limit(problem.fidelity)
        self._limit = limit if math.isinf(limit) else math.floor(limit / self._unit * (1 + 1e-9))
        self._free = list(range(workers))
        self._waiting: deque[Actor] = deque()
        self._consequences: deque[tuple[Actor, int | None, Callable[[], None]]] = deque()
        # Ray's controller looks an actor's handle up here.
        self._live_actors_to_ray_actors_resources: dict[Actor, tuple[None, None]] = {}
        self.now = 0.0
        self._steps = 0
        self.busy = 0.0
        self.exhausted = False
        self.output: dict[int, str] = {}
        """What trials printed."""

    # -- what a stage decides --------------------------------------------------------------

    @abstractmethod
    def _begin_step(self, actor: Actor, on_result: Any, on_error: Any) -> None:
        """Let ``actor`` train its next step; :meth:`_finish_step` ends it, unless ``tasks`` of
        the actor has moved on by then."""

    @abstractmethod
    def _next_step(self) -> bool:
        """Wait for the next result, set ``now`` and finish its step; false if there is none."""

    @property
    @abstractmethod
    def training(self) -> bool:
        """Whether a result may still come."""

    def cut_off(self, trial: int) -> str | None:  # noqa: ARG002 - for stages that really cut
        """What was lost when the budget ended in the middle of a step of ``trial``."""
        return None

    # -- actors ----------------------------------------------------------------------------

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
        config = {k: v for k, v in kwargs["config"].items() if not k.startswith("__")}
        actor = Actor(trial_number(kwargs), config, on_start, on_stop)
        self._waiting.append(actor)
        self._place()
        return actor

    def _place(self) -> None:
        """Give free workers to waiting actors, the lowest worker first."""
        while self._waiting and self._free:
            actor = self._waiting.popleft()
            actor.worker = heapq.heappop(self._free)
            self._live_actors_to_ray_actors_resources[actor] = (None, None)
            self._follow(actor, lambda actor=actor: actor.on_start(actor))  # type: ignore[misc]

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
        self._consequences.append((actor, None, lambda: self._stopped(actor)))
        self._leave(actor)
        assert actor.worker is not None
        heapq.heappush(self._free, actor.worker)
        self._place()
        return True

    def _stopped(self, actor: Actor) -> None:
        if actor.on_stop is not None:
            actor.on_stop(actor)

    def _leave(self, actor: Actor) -> None:  # noqa: B027 - most stages need not know
        """``actor`` gives its worker up."""

    def _before_save(self, actor: Actor) -> None:  # noqa: B027 - most states are at hand
        """``actor`` is about to be saved as it stands."""

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
    def num_total_actors(self) -> int:
        return self.num_live_actors + self.num_pending_actors

    @property
    def num_actor_tasks(self) -> int:
        return len(self._consequences) + self.training

    @property
    def paid(self) -> float:
        """Units of the resource paid for; a step that failed costs as much as any other."""
        return self._steps * self._unit

    @property
    def idle(self) -> bool:
        """Whether nothing is going to happen by itself."""
        return not self._consequences and not self.training

    # -- tasks -----------------------------------------------------------------------------

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
            mark = Mark(actor.trial, actor.step, actor.elapsed, actor.config, actor.state)
            state = saved(mark, dict(actor.result))
            assert on_result is not None
            self._follow(actor, lambda: on_result(actor, state))
            return lambda: state
        elif method_name == "restore":
            assert args is not None
            save = args[0]
            self._follow(actor, lambda: self._restore(actor, save, on_result))
        elif method_name != "stop":
            raise CellError(f"the stage has no actor task {method_name!r}")
        return None

    def _restore(self, actor: Actor, save: Any, on_result: Any) -> None:
        """Go on from ``save``, under the actor's own configuration (PBT clones across them)."""
        mark: Mark = save.checkpoint.state
        actor.step, actor.elapsed, actor.state = mark.step, mark.elapsed, mark.state
        actor.result = dict(save.metrics)
        if mark.trial != actor.trial or mark.config != actor.config:
            actor.parent = (mark.trial, mark.step)
            self._cloned(actor)
        on_result(actor, save)

    def _cloned(self, actor: Actor) -> None:  # noqa: B027 - states carry over by themselves
        """``actor`` was given the state of another configuration."""

    # -- events ----------------------------------------------------------------------------

    def _follow(self, actor: Actor, consequence: Callable[[], None]) -> None:
        self._consequences.append((actor, actor.tasks, consequence))

    def next(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - Ray's signature
        """Let the next event happen; false if there is none or the budget is spent."""
        while self._consequences and not self.exhausted:
            actor, tasks, consequence = self._consequences.popleft()
            if tasks is None or tasks == actor.tasks:
                consequence()
                return True
        return not self.exhausted and self._next_step()

    def _finish_step(self, actor: Actor, step: Step, on_result: Any, on_error: Any) -> None:
        self._steps += 1
        self.exhausted = self._steps >= self._limit
        self.busy += step.cost
        if step.error is not None:
            on_error(actor, step.error)
            return
        actor.step += 1
        actor.elapsed += step.cost
        actor.result = {
            "loss": step.loss,
            "training_iteration": actor.step,
            "time_this_iter_s": step.cost,
            "time_total_s": actor.elapsed,
            EVENT: self._event(actor, step),
        }
        actor.parent = None
        on_result(actor, actor.result)

    def _event(self, actor: Actor, step: Step) -> Event:
        """The record of ``step``, which waits for the scheduler's decision."""
        parent, parent_step = actor.parent or (None, None)
        return Event(
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

    def _expire(self) -> bool:
        """The budget's time is over."""
        self.exhausted = True
        self.now = self._deadline
        return False

    def cleanup(self) -> None:
        self._consequences.clear()
        self._waiting.clear()
        self._live_actors_to_ray_actors_resources.clear()
