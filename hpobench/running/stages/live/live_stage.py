"""The live stage: results from workers that really train, in the order of their arrival.

Everything that arrives is in the journal before it is used, and nothing else decides what happens.
So an interrupted cell is resumed by handing the journal's results to a fresh controller, scheduler
and searcher, which then are where their predecessors were. What was in training at that moment
goes on from its last saved state.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from hpobench.contract.cell import Budget
from hpobench.contract.errors import ReplayError, TrialError
from hpobench.contract.problem import Problem
from hpobench.contract.space import Config
from hpobench.running.stages.live.connections import Connections, Link
from hpobench.running.stages.live.journal import Blob, Journal
from hpobench.running.stages.live.wire import LONGEST_OUTPUT
from hpobench.running.stages.stage import (
    Actor,
    StageFailure,
    TrainedStep,
    TrainingStage,
    own_failures,
)

RETRIES = 3
"""How often in a row the worker of a trial may die before the trial counts as failed."""


class LastState(NamedTuple):
    """The last saved state of a trial, which may have trained further since."""

    saved: Blob
    at: int
    config: Config
    """The configuration it was saved under."""


class Arrival(NamedTuple):
    """A step that has arrived from a worker and waits until the controller asks for it."""

    order: int
    clock: float
    number: int
    """The number of the step within its trial."""
    config: str
    """The digest of the configuration that was trained."""
    step: TrainedStep
    saved: Blob | None
    """The state after the step, where the worker sent it."""


class LiveStage(TrainingStage):
    """A stage whose workers are processes, with everything that they send in ``journal``.

    Trials do not wait at steps at which the scheduler decides nothing.
    ``ahead``: seconds for which a trial may train ahead of the scheduler's decisions before it
    waits for them. Results of steps that a decision undoes are dropped.
    ``pauses``: whether the scheduler pauses trials, so that their states are sent with the results
    on which it is known to decide.
    ``trial_timeout``: seconds of training after which a trial fails.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        seed: int,
        workers: int,
        budget: Budget,
        connections: Connections,
        journal: Journal,
        ahead: float,
        pauses: bool = False,
        trial_timeout: float = math.inf,
    ) -> None:
        super().__init__(problem, workers=workers, budget=budget)
        self._seed, self._connections, self._journal = seed, connections, journal
        self._ahead, self._pauses, self._trial_timeout = ahead, pauses, trial_timeout
        self._arrived: dict[int, deque[Arrival]] = defaultdict(deque)
        """By trial."""
        self.notes: dict[int, dict[int, Any]] = defaultdict(dict)
        """What trainings noted, by trial and step."""
        self._arrivals = self._delivered = 0
        self._kept: dict[tuple[int, int], Blob] = {}
        """States that the journal has from an earlier attempt, by trial and the number of results
        that were delivered by then."""
        self._wanted: dict[Actor, tuple[int, Callable[..., None], Callable[..., None]]] = {}
        self._links: dict[Actor, Link] = {}
        self._since: dict[Actor, float] = {}
        self._deaths: dict[int, int] = defaultdict(int)
        self._base, self._start = 0.0, math.nan

    def replay(self, records: Iterable[tuple[dict[str, Any], Blob | None]]) -> None:
        """Let the results of ``records`` arrive again."""
        for header, saved in records:
            if "trial" in header:
                self._arrive(header, saved)
            elif saved is not None:
                self._kept[header["kept"], header["delivered"]] = saved
            self._base = header["clock"]

    def _arrive(self, header: dict[str, Any], saved: Blob | None) -> None:
        """Let the steps of one record of the journal arrive."""
        trial, worker, results = header["trial"], header["worker"], header["results"]
        steps = [TrainedStep(loss, heldout, cost, worker) for loss, heldout, cost, _ in results]
        last = len(steps) - 1
        if "error" in header:
            error = TrialError(header["error"])
            steps.append(TrainedStep(math.nan, None, header["cost"], worker, error))
        for i, step in enumerate(steps):
            state = saved if i == last else None
            self._arrivals += 1
            number = header["step"] + i
            self._arrived[trial].append(
                Arrival(self._arrivals, header["clock"], number, header["config"], step, state)
            )
        self.notes[trial].update(header.get("notes", ()))
        if "output" in header:
            self.output[trial] = (self.output.get(trial, "") + header["output"])[-LONGEST_OUTPUT:]

    def _clock(self) -> float:
        """Seconds since the first worker connected, leaving out the time between attempts."""
        if math.isnan(self._start):
            if not self._connections.links:
                return self._base
            self._start = time.monotonic()
        return self._base + time.monotonic() - self._start

    @property
    def training(self) -> bool:
        return bool(self._wanted)

    def _begin_step(self, actor: Actor, on_result: Any, on_error: Any) -> None:
        self._wanted[actor] = (actor.tasks, on_result, on_error)

    def _leave(self, actor: Actor) -> None:
        self._wanted.pop(actor, None)
        link = self._links.pop(actor, None)
        if link is not None and link.job is not None:
            self._connections.disconnect(link)

    def _next_step(self) -> bool:
        while True:
            for actor in [a for a, (tasks, *_) in self._wanted.items() if tasks != a.tasks]:
                del self._wanted[actor]  # its task is void
            if arrived := [actor for actor in self._wanted if self._arrived[actor.trial]]:
                self._deliver(min(arrived, key=lambda a: self._arrived[a.trial][0].order))
                return True
            if not self._wanted:
                return False
            if self._clock() >= self._deadline:
                for actor in self._wanted.keys() & self._links.keys():
                    spent = time.monotonic() - self._since[actor]
                    self.cut_off[actor.trial] = (
                        f"step {actor.step + 1} was cut off after {spent:.3g} s, when the "
                        "budget's time was over"
                    )
                return self._expire()
            self._dispatch()
            self._receive()

    def _deliver(self, actor: Actor) -> None:
        arrival = self._arrived[actor.trial].popleft()
        if (arrival.number, arrival.config) != (actor.step + 1, actor.digest):
            problem = (
                f"{self._journal.path}: the journal has step {arrival.number} of trial "
                f"{actor.trial}, but this time the trial has another configuration or is at step "
                f"{actor.step}; the searcher or the scheduler does not repeat itself"
            )
            raise StageFailure(ReplayError(problem))
        _, on_result, on_error = self._wanted.pop(actor)
        self.now = max(self.now, arrival.clock)
        self._delivered += 1
        if arrival.saved is not None:
            actor.state = LastState(arrival.saved, arrival.number, actor.config)
        self._finish_step(actor, arrival.step, on_result, on_error)

    @own_failures()
    def _dispatch(self) -> None:
        """Let the trials train that wait for a result, as far as there are workers, the trial that
        has waited longest first."""
        taken = set(self._links.values())
        idle = [link for link in self._connections.links if link not in taken]
        for actor in self._wanted:
            link = self._links.get(actor)
            if link is None and idle:
                link = self._links[actor] = idle.pop(0)
                self._order(actor, link, begin=True)
            elif link is not None and link.job is None:
                self._order(actor, link, begin=False)

    def _order(self, actor: Actor, link: Link, *, begin: bool) -> None:
        until = int(min(self._steps_of_trial, actor.step + self._limit - self.steps))
        foreseen = self.next_decision(actor.trial, actor.step)
        decided = actor.step + 1 if foreseen is None else int(min(foreseen, until))
        header: dict[str, Any] = {"until": until, "decided": decided, "ahead": self._ahead}
        if self._pauses and foreseen is not None and decided < self._steps_of_trial:
            header["save"] = True
        if actor.trial in self._deaths:
            # One step at a time: another death would lose the steps of a whole batch.
            header |= {"decided": actor.step + 1, "ahead": 0.0}
        link.job, link.reached = actor, actor.step
        self._since[actor] = time.monotonic()
        state = b""
        if begin:
            last: LastState | None = actor.state
            trial = {"config": actor.config, "seed": self._seed, "step": actor.step}
            header["begin"] = trial | {"under": actor.config, "at": 0}
            if last is not None:
                state = self._journal.read(last.saved)
                header["begin"] |= {"under": last.config, "at": last.at}
                if last.config != actor.config:  # a clone, which needs a state of its own
                    header["save"] = True
        link.order(header, state)

    @own_failures()
    def _before_save(self, actor: Actor) -> None:
        """Ask the worker, which is waiting, for the state, unless it has sent it already."""
        last: LastState | None = actor.state
        saved = self._kept.pop((actor.trial, self._delivered), None)
        link = self._links.get(actor)
        if saved is not None:
            actor.state = LastState(saved, actor.step, actor.config)
        elif (
            link is not None
            and link.job is None
            and (last is None or (last.at, last.config) != (actor.step, actor.config))
        ):
            link.job, self._since[actor] = actor, time.monotonic()
            link.order({"save": True})
            while link.job is actor and self._clock() < self._deadline:
                self._receive()

    @own_failures()
    def _receive(self) -> None:
        """Wait a moment at most for what arrives next, journal it, and only then use it."""
        # Now, when the workers have their orders: starting a flush keeps them waiting.
        self._journal.flush_soon()
        waiting = self._links.keys() & self._wanted.keys()
        left = min([self._deadline - self._clock(), *map(self._time_left, waiting)])
        answers = self._connections.wait(max(left, 0.0))
        clock = self._clock()
        if clock >= self._deadline:
            return
        taken = [self._take(*answer, clock) for answer in answers]
        records = [record for record in taken if record]
        for actor, link in list(self._links.items()):
            if link.job is actor and self._time_left(actor) <= 0:
                del self._links[actor]
                self._connections.disconnect(link)
                error = f"not finished after {self._trial_timeout:g} s of training"
                answer = _failure(link, error)
                records.append(self._journaled(actor, link.number, answer, b"", clock))
        self._journal.commit()
        for header, saved in records:
            self._arrive(header, saved)

    def _take(
        self, link: Link, answer: dict[str, Any] | None, state: bytes, clock: float
    ) -> tuple[dict[str, Any], Blob | None] | None:
        """The record that an answer, or the end of a link, adds to the journal."""
        actor = link.job
        if answer is None or "more" not in answer:
            link.job = None
        if answer is None:
            for held in [actor for actor, its in self._links.items() if its is link]:
                del self._links[held]
        if not isinstance(actor, Actor):
            return None
        if actor not in self._wanted:  # the worker was asked for the state only
            header = {"kept": actor.trial, "delivered": self._delivered, "clock": clock}
            saved = self._journal.append(header, state)
            if saved is not None:
                actor.state = LastState(saved, actor.step, actor.config)
            return None
        if answer is not None:
            link.reached = answer["step"] - 1 + len(answer["results"])
            self._deaths.pop(actor.trial, None)
        else:
            self._deaths[actor.trial] += 1
            deaths = self._deaths[actor.trial]
            if deaths <= RETRIES:
                return None  # the trial will go on from its last saved state
            answer = _failure(
                link,
                f"the worker process died in each of {deaths} attempts at step {link.reached + 1} "
                "(a crash in native code, os._exit, or out of memory): "
                f"{self._connections.why_lost(link)}",
            )
        record = self._journaled(actor, link.number, answer, state, clock)
        self._since[actor] = time.monotonic()
        return record

    def _time_left(self, actor: Actor) -> float:
        return self._trial_timeout - (actor.elapsed + time.monotonic() - self._since[actor])

    def _journaled(
        self, actor: Actor, worker: int, answer: dict[str, Any], state: bytes, clock: float
    ) -> tuple[dict[str, Any], Blob | None]:
        header = {
            "trial": actor.trial,
            "step": answer["step"],
            "config": actor.digest,
            "clock": clock,
            "worker": worker,
            "results": answer["results"],
        }
        if "error" in answer:
            spent = time.monotonic() - self._since[actor]
            header["error"] = answer["error"]
            header["cost"] = max(spent - sum(cost for _, _, cost, _ in answer["results"]), 0.0)
        header |= {key: answer[key] for key in ("notes", "output") if answer.get(key)}
        return header, self._journal.append(header, state)


def _failure(link: Link, error: str) -> dict[str, Any]:
    # In place of the answer that the link did not give.
    return {"results": [], "step": link.reached + 1, "error": error}
