"""The live stage: results from workers that really train, in the order of their arrival.

Whatever arrives is in the journal before anything is made of it, and nothing else decides what
happens. So a cell that was interrupted is taken up again by handing the journal's results to a
fresh controller, scheduler and searcher, which then stand where their predecessors stood; what
was being trained at that moment goes on from its last saved state.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from hpobench.contract.budget import Budget
from hpobench.contract.errors import ReplayError, TrialError
from hpobench.contract.problem import Problem
from hpobench.contract.space import Config
from hpobench.running.stages.live.connections import Crew, Link
from hpobench.running.stages.live.journal import Journal, Saved
from hpobench.running.stages.live.output import LIMIT
from hpobench.running.stages.stage import Actor, Step, Workers

RETRIES = 3
"""How often in a row the worker of a trial may die before the trial counts as failed."""


@dataclass(frozen=True)
class Arrival:
    """A step as it arrived."""

    order: int
    clock: float
    number: int
    """Of the step within its trial."""
    config: str
    """Digest of the configuration that was trained."""
    step: Step
    saved: Saved | None
    """The state after it, where one was sent along."""


class Standing(NamedTuple):
    """The last state that was saved of a trial, which may have come further since."""

    saved: Saved
    at: int
    config: Config
    """The configuration that it was saved under."""


class LiveWorkers(Workers):
    """Workers of ``crew``, with everything that they send in ``journal``.

    ``ahead``: seconds for which a trial may train on, ahead of the scheduler's decisions, before
    it waits for them; results of steps that a decision undoes are dropped.
    ``trial_timeout``: seconds of training after which a trial fails.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        seed: int,
        workers: int,
        budget: Budget,
        crew: Crew,
        journal: Journal,
        ahead: float,
        trial_timeout: float = math.inf,
    ) -> None:
        super().__init__(problem, workers=workers, budget=budget)
        self._seed, self._crew, self._journal = seed, crew, journal
        self._ahead, self._trial_timeout = ahead, trial_timeout
        self._inbox: dict[int, deque[Arrival]] = defaultdict(deque)
        self._arrivals = self._delivered = 0
        self._kept: dict[tuple[int, int], Saved] = {}
        """States that were asked for, by trial and the number of results delivered by then."""
        self._wanted: dict[Actor, tuple[int, Callable[..., None], Callable[..., None]]] = {}
        self._links: dict[Actor, Link] = {}
        self._since: dict[Actor, float] = {}
        self._deaths: dict[int, int] = defaultdict(int)
        self._cut: dict[int, str] = {}
        self._base, self._start = 0.0, math.nan

    def replay(self, records: Iterable[tuple[dict[str, Any], Saved | None]]) -> None:
        """Let the results of ``records`` arrive once more."""
        for header, saved in records:
            if "trial" in header:
                self._file(header, saved)
            elif saved is not None:
                self._kept[header["kept"], header["delivered"]] = saved
            self._base = header["clock"]

    def _clock(self) -> float:
        """Seconds since the first worker came, without the time between crash and resumption."""
        if math.isnan(self._start):
            if not self._crew.links:
                return self._base
            self._start = time.monotonic()
        return self._base + time.monotonic() - self._start

    # -- the stage -------------------------------------------------------------------------

    @property
    def training(self) -> bool:
        return bool(self._wanted)

    def cut_off(self, trial: int) -> str | None:
        return self._cut.get(trial)

    def _begin_step(self, actor: Actor, on_result: Any, on_error: Any) -> None:
        self._wanted[actor] = (actor.tasks, on_result, on_error)

    def _leave(self, actor: Actor) -> None:
        self._wanted.pop(actor, None)
        link = self._links.pop(actor, None)
        if link is not None and link.job is not None:
            self._crew.hang_up(link)

    def _next_step(self) -> bool:
        while True:
            actor = self._next_arrived()
            if actor is not None:
                self._deliver(actor)
                return True
            if not self._wanted:
                return False
            if self._clock() >= self._deadline:
                self._cut_all()
                return self._expire()
            self._dispatch()
            self._receive()

    def _next_arrived(self) -> Actor | None:
        """The trial that waits for the result that arrived first."""
        for actor in [a for a, (tasks, *_) in self._wanted.items() if tasks != a.tasks]:
            del self._wanted[actor]
        arrived = [actor for actor in self._wanted if self._inbox[actor.trial]]
        return min(arrived, key=lambda a: self._inbox[a.trial][0].order, default=None)

    def _deliver(self, actor: Actor) -> None:
        arrival = self._inbox[actor.trial].popleft()
        if (arrival.number, arrival.config) != (actor.step + 1, _digest(actor.config)):
            raise ReplayError(
                f"{self._journal.path}: the journal has step {arrival.number} of trial "
                f"{actor.trial}, but this time the trial is another or stands at {actor.step}; "
                "the searcher or the scheduler does not repeat itself"
            )
        _, on_result, on_error = self._wanted.pop(actor)
        self.now = max(self.now, arrival.clock)
        self._delivered += 1
        if arrival.saved is not None:
            actor.state = Standing(arrival.saved, arrival.number, actor.config)
        self._finish_step(actor, arrival.step, on_result, on_error)

    # -- orders ----------------------------------------------------------------------------

    def _dispatch(self) -> None:
        """Let those train that wait for a result, as far as there are workers; the trial that
        has waited longest first."""
        taken = set(self._links.values())
        idle = [link for link in self._crew.links if link not in taken]
        for actor in self._wanted:
            link = self._links.get(actor)
            if link is None and idle:
                link = self._links[actor] = idle.pop(0)
                self._order(actor, link, begin=True)
            elif link is not None and link.job is None:
                self._order(actor, link, begin=False)

    def _order(self, actor: Actor, link: Link, *, begin: bool) -> None:
        # After a death in small steps, for what a batch had done before it would be lost again.
        ahead = 0.0 if actor.trial in self._deaths else self._ahead
        until = int(min(self._steps_of_trial, actor.step + self._limit - self._steps))
        link.job, link.reached = actor, actor.step
        self._since[actor] = time.monotonic()
        header: dict[str, Any] = {"until": until, "ahead": ahead}
        state = b""
        if begin:
            standing: Standing | None = actor.state
            trial = {"config": actor.config, "seed": self._seed, "step": actor.step}
            header["begin"] = trial | {"under": actor.config, "at": 0}
            if standing is not None:
                state = self._journal.read(standing.saved)
                header["begin"] |= {"under": standing.config, "at": standing.at}
                if standing.config != actor.config:  # a clone: from now on by its own state
                    header["save"] = True
        link.order(header, state)

    def _before_save(self, actor: Actor) -> None:
        """Ask the worker, which stands still, for the state, unless it was sent along."""
        saved = self._kept.pop((actor.trial, self._delivered), None)
        link = self._links.get(actor)
        if saved is not None:
            actor.state = Standing(saved, actor.step, actor.config)
        elif link is not None and link.job is None and not _is_current(actor):
            link.job, self._since[actor] = actor, time.monotonic()
            link.order({"save": True})
            while link.job is actor and self._clock() < self._deadline:
                self._receive()

    def _keep(self, actor: Actor, state: bytes, clock: float) -> None:
        header = {"kept": actor.trial, "delivered": self._delivered, "clock": clock}
        saved = self._journal.append(header, state)
        if saved is not None:
            actor.state = Standing(saved, actor.step, actor.config)

    def _cut_all(self) -> None:
        for actor in self._wanted:
            if actor in self._links:
                spent = time.monotonic() - self._since[actor]
                self._cut[actor.trial] = (
                    f"step {actor.step + 1} was cut off after {spent:.3g} s, when the budget's "
                    "time was over"
                )

    # -- arrivals --------------------------------------------------------------------------

    def _receive(self) -> None:
        """Wait for what arrives next, a moment at most; journal all of it, then take note."""
        answers = self._crew.wait(max(self._patience(), 0.0))
        clock = self._clock()
        if clock >= self._deadline:
            return
        taken = [self._take(*answer, clock) for answer in answers]
        filed = [record for record in taken if record] + self._timed_out(clock)
        self._journal.commit()
        for header, saved in filed:
            self._file(header, saved)

    def _take(
        self, link: Link, answer: dict[str, Any] | None, state: bytes, clock: float
    ) -> tuple[dict[str, Any], Saved | None] | None:
        """What an answer, or the end of a link, adds to the journal."""
        actor = link.job
        if answer is None or "more" not in answer:
            link.job = None
        if answer is None:
            self._forget(link)
        if not isinstance(actor, Actor):
            return None
        if actor not in self._wanted:  # it was asked for its state only
            self._keep(actor, state, clock)
            return None
        if answer is None:
            answer = self._after_death(actor, link)
        else:
            link.reached = answer["step"] - 1 + len(answer["results"])
            self._deaths.pop(actor.trial, None)
        if answer is None:
            return None
        record = self._journaled(actor, link.number, answer, state, clock)
        self._since[actor] = time.monotonic()
        return record

    def _forget(self, link: Link) -> None:
        for actor in [actor for actor, held in self._links.items() if held is link]:
            del self._links[actor]

    def _patience(self) -> float:
        """Seconds until something has to be done by itself."""
        left = [self._deadline - self._clock()]
        if not math.isinf(self._trial_timeout):
            left += [self._time_left(actor) for actor in self._links if actor in self._wanted]
        return min(left)

    def _time_left(self, actor: Actor) -> float:
        spent = actor.elapsed + time.monotonic() - self._since[actor]
        return self._trial_timeout - spent

    def _after_death(self, actor: Actor, link: Link) -> dict[str, Any] | None:
        """The trial's failure, if its workers have died too often; else it will be tried again,
        from its last saved state."""
        self._deaths[actor.trial] += 1
        deaths = self._deaths[actor.trial]
        if deaths <= RETRIES:
            return None
        reason = self._crew.why_lost(link)
        error = (
            f"the worker process died in each of {deaths} attempts at step {link.reached + 1} "
            f"(a crash in native code, os._exit, or out of memory): {reason}"
        )
        return _failure(link, error)

    def _timed_out(self, clock: float) -> list[tuple[dict[str, Any], Saved | None]]:
        if math.isinf(self._trial_timeout):
            return []
        filed = []
        for actor, link in list(self._links.items()):
            if link.job is actor and self._time_left(actor) <= 0:
                del self._links[actor]
                self._crew.hang_up(link)
                error = f"not finished after {self._trial_timeout:g} s of training"
                answer = _failure(link, error)
                filed.append(self._journaled(actor, link.number, answer, b"", clock))
        return filed

    def _journaled(
        self, actor: Actor, worker: int, answer: dict[str, Any], state: bytes, clock: float
    ) -> tuple[dict[str, Any], Saved | None]:
        header = {
            "trial": actor.trial,
            "step": answer["step"],
            "config": _digest(actor.config),
            "clock": clock,
            "worker": worker,
            "results": answer["results"],
        }
        if "error" in answer:
            spent = time.monotonic() - self._since[actor]
            header["error"] = answer["error"]
            header["cost"] = max(spent - sum(cost for _, _, cost, _ in answer["results"]), 0.0)
        if answer["output"]:
            header["output"] = answer["output"]
        return header, self._journal.append(header, state)

    def _file(self, header: dict[str, Any], saved: Saved | None) -> None:
        """Sort the steps of one record into the inbox of their trial."""
        trial, worker = header["trial"], header["worker"]
        steps = [Step(loss, heldout, cost, worker) for loss, heldout, cost, _ in header["results"]]
        last = len(steps) - 1
        if "error" in header:
            error = TrialError(header["error"])
            steps.append(Step(math.nan, None, header["cost"], worker, error))
        for i, step in enumerate(steps):
            kept = saved if i == last else None
            self._arrivals += 1
            number = header["step"] + i
            self._inbox[trial].append(
                Arrival(self._arrivals, header["clock"], number, header["config"], step, kept)
            )
        if "output" in header:
            self.output[trial] = (self.output.get(trial, "") + header["output"])[-LIMIT:]

    def cleanup(self) -> None:
        super().cleanup()
        self._wanted.clear()
        self._links.clear()


def _failure(link: Link, error: str) -> dict[str, Any]:
    """What stands for the answer that ``link`` did not give."""
    return {"results": [], "step": link.reached + 1, "error": error, "output": ""}


def _is_current(actor: Actor) -> bool:
    standing: Standing | None = actor.state
    return standing is not None and (standing.at, standing.config) == (actor.step, actor.config)


def _digest(config: Config) -> str:
    text = json.dumps(config, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
