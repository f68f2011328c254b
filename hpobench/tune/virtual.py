"""The virtual stage: workers on an event queue instead of Ray actors.

Time is the problem's recorded or modelled cost. Events are ordered by time, then consequences
(starting, saving, stopping, which take no time) before results, then in the order of scheduling;
so a run is the same on any machine, whatever the host is busy with.

That consequences go first matters: where two trials of a HyperBand bracket report at the same
instant and the first is still being saved, Ray's bracket overlooks it when it closes, and the
paused trial waits for ever (``cleanup_full`` in ray 2.60; ray#6780). Real Ray can run into it.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

from hpobench.api import Config, Curve, TabulatedProblem
from hpobench.errors import CellError, TrialError
from hpobench.tune.controller import saved, trial_number

Event = Literal["started", "stopped", "train", "save", "restore"]


class Actor:
    """A trial on a worker: the place of Ray's tracked actor and of the trainable inside it."""

    __slots__ = (
        "_on_start",
        "_on_stop",
        "config",
        "curve",
        "elapsed",
        "result",
        "step",
        "tasks",
        "trial",
        "worker",
    )

    def __init__(self, trial: int, config: Config, on_start: Any, on_stop: Any) -> None:
        self.trial, self.config = trial, config
        self._on_start, self._on_stop = on_start, on_stop
        self.curve: Curve | None = None
        self.step = 0
        self.elapsed = 0.0
        self.result: dict[str, Any] = {}
        self.worker: int | None = None
        self.tasks = 0  # the generation of its tasks; events of an older one are void

    def set_on_stop(self, on_stop: Callable[[Actor], None] | None) -> None:
        self._on_stop = on_stop

    def set_on_error(self, on_error: Callable[[Actor, Exception], None] | None) -> None:
        """Nothing to set: virtual actors do not die."""


class VirtualWorkers:
    """``workers`` virtual workers, with the interface of Ray's actor manager.

    ``now`` is the virtual clock. No event later than ``deadline`` happens, and none once
    ``limit`` units of the resource are paid for; then ``exhausted`` is true.
    """

    def __init__(
        self,
        problem: TabulatedProblem,
        *,
        seed: int,
        workers: int,
        deadline: float = math.inf,
        limit: float = math.inf,
    ) -> None:
        self._problem, self._seed = problem, seed
        self._unit = problem.fidelity.unit
        self._deadline = deadline
        # Whole steps, for sums of units drift; the epsilon is for limits that are such sums.
        self._limit = limit if math.isinf(limit) else math.floor(limit / self._unit * (1 + 1e-9))
        self._failure_cost = problem.estimate() / problem.fidelity.steps
        self._free = list(range(workers))
        self._waiting: deque[Actor] = deque()
        self._queue: list[tuple[float, bool, int, Event, Actor, int, Any, Any, Any]] = []
        self._sequence = 0
        # Ray's controller looks an actor's handle up here.
        self._live_actors_to_ray_actors_resources: dict[Actor, tuple[None, None]] = {}
        self.now = 0.0
        self._steps = 0
        self.busy = 0.0
        self.exhausted = False
        self.cost = 0.0
        self.heldout: float | None = None
        self.worker = -1

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
            self._push(0.0, "started", actor)

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
        self._push(0.0, "stopped", actor)
        assert actor.worker is not None
        heapq.heappush(self._free, actor.worker)
        self._place()
        return True

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
        return len(self._queue)

    @property
    def paid(self) -> float:
        """Units of the resource paid for; a step that failed costs as much as any other."""
        return self._steps * self._unit

    @property
    def idle(self) -> bool:
        """Whether nothing is going to happen by itself."""
        return not self._queue

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
            self._schedule_step(actor, on_result, on_error)
        elif method_name == "save":
            state = self._save(actor)
            self._push(0.0, "save", actor, state, on_result)
            return lambda: state
        elif method_name == "restore":
            assert args is not None
            self._push(0.0, "restore", actor, args[0], on_result)
        elif method_name != "stop":
            raise CellError(f"the virtual stage has no actor task {method_name!r}")
        return None

    def _schedule_step(self, actor: Actor, on_result: Any, on_error: Any) -> None:
        try:
            cost = self._next_cost(actor)
        except TrialError as error:
            self._push(self._failure_cost, "train", actor, error, on_result, on_error)
        else:
            self._push(cost, "train", actor, cost, on_result, on_error)

    def _next_cost(self, actor: Actor) -> float:
        """The cost of the next step; raises if the trial cannot make it."""
        if actor.curve is None:
            actor.curve = self._curve(actor.config)
        i = actor.step
        if i >= len(actor.curve.losses):
            raise TrialError(f"the scheduler let the trial run past its last step, {i}")
        loss, cost = actor.curve.losses[i], actor.curve.costs[i]
        if not math.isfinite(loss):
            raise TrialError(f"loss is {loss} at step {i + 1}")
        if not (math.isfinite(cost) and cost > 0):
            raise TrialError(f"cost is {cost} s at step {i + 1}, but must be positive")
        return cost

    def _curve(self, config: Config) -> Curve:
        try:
            curve = self._problem.curve(config, self._seed)
        except Exception as error:
            raise TrialError(f"{type(error).__name__}: {error}") from error
        steps = self._problem.fidelity.steps
        if not len(curve.losses) == len(curve.costs) == steps:
            raise TrialError(
                f"curve has {len(curve.losses)} losses and {len(curve.costs)} costs "
                f"for {steps} steps"
            )
        heldout = curve.heldout
        return Curve(
            [float(x) for x in curve.losses],
            [float(x) for x in curve.costs],
            None if heldout is None else [float(x) for x in heldout],
        )

    def _save(self, actor: Actor) -> Any:
        state = (actor.config, actor.curve, actor.step, actor.elapsed)
        return saved(state, dict(actor.result))

    def _restore(self, actor: Actor, save: Any) -> None:
        """Go on from ``save``, under the actor's own configuration (PBT clones across them)."""
        config, curve, actor.step, actor.elapsed = save.checkpoint.state
        actor.curve = curve if config == actor.config else None
        actor.result = dict(save.metrics)

    # -- events ----------------------------------------------------------------------------

    def _push(
        self,
        delay: float,
        event: Event,
        actor: Actor,
        payload: Any = None,
        on_result: Any = None,
        on_error: Any = None,
    ) -> None:
        self._sequence += 1
        order = (self.now + delay, event == "train", self._sequence)
        heapq.heappush(
            self._queue, (*order, event, actor, actor.tasks, payload, on_result, on_error)
        )

    def next(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - Ray's signature
        """Let the next event happen; false if there is none or the budget is spent."""
        while self._queue and not self.exhausted:
            time, _, _, event, actor, tasks, payload, on_result, on_error = self._queue[0]
            if event != "stopped" and tasks != actor.tasks:
                heapq.heappop(self._queue)
                continue
            if time > self._deadline:
                self.exhausted = True
                self.now = self._deadline
                return False
            heapq.heappop(self._queue)
            self.now = time
            if event == "train":
                self._finish_step(actor, payload, on_result, on_error)
            elif event == "started":
                actor._on_start(actor)
            elif event == "stopped":
                if actor._on_stop is not None:
                    actor._on_stop(actor)
            else:
                if event == "restore":
                    self._restore(actor, payload)
                on_result(actor, payload)
            return True
        return False

    def _finish_step(self, actor: Actor, payload: Any, on_result: Any, on_error: Any) -> None:
        self._steps += 1
        self.exhausted = self._steps >= self._limit
        if isinstance(payload, Exception):
            self.busy += self._failure_cost
            on_error(actor, payload)
            return
        assert actor.curve is not None
        assert actor.worker is not None
        loss = actor.curve.losses[actor.step]
        heldout = actor.curve.heldout
        self.cost, self.worker = payload, actor.worker
        self.heldout = None if heldout is None else heldout[actor.step]
        actor.step += 1
        actor.elapsed += payload
        self.busy += payload
        actor.result = {
            "loss": loss,
            "training_iteration": actor.step,
            "time_this_iter_s": payload,
            "time_total_s": actor.elapsed,
        }
        on_result(actor, actor.result)

    def cleanup(self) -> None:
        self._queue.clear()
        self._waiting.clear()
        self._live_actors_to_ray_actors_resources.clear()
