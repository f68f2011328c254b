"""Runs a search: a searcher and a scheduler on a problem whose trials are candidates."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hpobench.bridges.search_cv.candidate import CandidateProblem
from hpobench.bridges.search_cv.folder import search_folder
from hpobench.bridges.search_cv.spaces import Drawn, InOrder
from hpobench.bridges.search_cv.worker import open_workers
from hpobench.contract.algorithms import Scheduler, Searcher
from hpobench.contract.budget import Budget
from hpobench.contract.cell import PluginRef
from hpobench.contract.errors import CellError, Interruption, ReplayError, UsageError
from hpobench.contract.seeding import derive_seed
from hpobench.contract.space import Config
from hpobench.plugins.build import build_scheduler, build_searcher
from hpobench.plugins.compatibility import compatibility, space_objection, trait
from hpobench.plugins.modules import load_class
from hpobench.plugins.refs import plugin_ref
from hpobench.plugins.registry import Registry
from hpobench.plugins.starting.prepare import Prepared
from hpobench.plugins.starting.started import StartedSearcher, start_objection
from hpobench.running.cells.tuning import Run
from hpobench.running.ray.trial import Trial
from hpobench.running.stages.actor import Actor
from hpobench.running.stages.live.journal import Journal
from hpobench.running.stages.live.live_stage import LiveStage
from hpobench.running.stages.stage import StageFailure

Named = str | Mapping[str, Any]
"""The name of a plugin, or ``{"name": NAME, option: value}``."""
Progress = Callable[[int, float], None]
"""Is told the number of candidates that are over, and the best mean score so far."""


@dataclass(frozen=True)
class Tried:
    """A candidate that was scored."""

    params: dict[str, Any]
    share: float
    """The share of the resource with which it was scored last."""
    resource: int
    fits: list[dict[str, Any]]
    """scikit-learn's record of each split."""
    status: str
    clock: float


@dataclass(frozen=True)
class Algorithm:
    """A searcher and a scheduler, for a search of ``trials`` candidates."""

    searcher: PluginRef
    scheduler: PluginRef
    trials: int
    timeout: float
    seed: int

    @property
    def needs_fidelity(self) -> bool:
        """Whether candidates should be scored with parts of a resource."""
        if build_scheduler(self.scheduler).needs_fidelity:
            return True
        return self.multi_fidelity or bool(trait(self._class, "schedules_itself"))

    @property
    def multi_fidelity(self) -> bool:
        """Whether the searcher learns from every score of a candidate."""
        return bool(trait(self._class, "multi_fidelity"))

    @property
    def _class(self) -> type:
        found: type = load_class(self.searcher.file, self.searcher.cls)
        return found

    def build(
        self, problem: CandidateProblem, points: Sequence[Config]
    ) -> tuple[Searcher, Scheduler]:
        """Both of them, ready for ``problem``, the searcher with its first ``points``.

        Raises :class:`UsageError` if they do not fit it.
        """
        scheduler = build_scheduler(self.scheduler)
        scheduler.check(problem)
        if isinstance(problem.search_space, Drawn):
            return InOrder(problem.space), scheduler
        if (objection := space_objection(self._class, problem.space)) is not None:
            raise UsageError(f"{self.searcher.name}: {objection}")
        if points and (objection := start_objection(self._class, {"points": points})):
            raise UsageError(f"{self.searcher.name}: {objection}")
        seed = derive_seed("searcher", self.seed)
        searcher = build_searcher(self.searcher, problem.space, seed, problem.fidelity)
        if points:
            searcher = StartedSearcher(searcher, Prepared(tuple(points)), problem.fidelity.steps)
        return searcher, scheduler


def algorithm(
    searcher: Named, scheduler: Named, *, trials: int, timeout: float | None, seed: int
) -> Algorithm:
    """The searcher and the scheduler of these names; raises :class:`UsageError` if they do not go
    together in a search, and :class:`NotAvailableError` where a library is missing."""
    registry = Registry()
    refs = {}
    for kind, named in (("searcher", searcher), ("scheduler", scheduler)):
        options = dict(named) if isinstance(named, Mapping) else {"name": named}
        refs[kind] = plugin_ref(registry, kind, options.pop("name", ""), options)  # type: ignore[arg-type]
    found = Algorithm(
        refs["searcher"], refs["scheduler"], trials, math.inf if timeout is None else timeout, seed
    )
    one, other = (load_class(ref.file, ref.cls) for ref in refs.values())
    pair = compatibility(one, other)
    if pair.level == "refused":
        raise UsageError(f"{refs['searcher'].name} and {refs['scheduler'].name}: {pair.text}")
    if trait(other, "clones"):
        raise UsageError(
            f"{refs['scheduler'].name} changes parameters while a model trains, so that no "
            "parameters say how to fit the best one again; take asha or hyperband"
        )
    return found


class _Raised(Interruption):
    """A fit raised an error that is to end the search."""


class _SearchStage(LiveStage):
    """Says after each result how the search goes on."""

    after: Callable[[Actor], None]

    def _deliver(self, actor: Actor) -> None:
        super()._deliver(actor)
        self.after(actor)


class Search:
    """A search under way; :attr:`tried` is what there is of it so far, also if it is interrupted.

    ``points``: the first candidates. ``resume``: a folder that keeps the results, so that the same
    search goes on there.
    """

    def __init__(
        self,
        problem: CandidateProblem,
        chosen: Algorithm,
        *,
        points: Sequence[Config],
        workers: int,
        address: str | None,
        resume: Path | None,
        identity: Mapping[str, Any],
        progress: Progress,
    ) -> None:
        self._problem, self._algorithm, self._points = problem, chosen, points
        self._workers, self._address = workers, address
        self._resume, self._identity = resume, identity
        self._progress, self._best = progress, -math.inf
        self._run: Run | None = None
        self._stage: _SearchStage | None = None

    def finish(self) -> None:
        """Run to the end. Raises what a fit raised, if ``error_score`` says so."""
        searcher, scheduler = self._algorithm.build(self._problem, self._points)
        with (
            contextlib.closing(searcher),
            self._journal() as journal,
            open_workers(self._problem, self._workers, self._address) as connections,
        ):
            stage = self._stage = _SearchStage(
                self._problem,
                seed=0,
                workers=self._workers,
                budget=Budget(trials=self._algorithm.trials),
                connections=connections,
                journal=journal,
                ahead=0.0,
            )
            stage.after = self._after
            stage.replay(list(journal.records()))
            self._run = Run(
                self._problem,
                searcher,
                scheduler,
                stage,
                trials=self._algorithm.trials,
                scheduler_seed=derive_seed("scheduler", self._algorithm.seed),
                tell="every" if self._algorithm.multi_fidelity else "last",
            )
            try:
                self._run.finish()
            except _Raised:
                self._raise_again()
            except StageFailure as failure:
                raise _explained(failure.error, self._resume) from failure

    @contextlib.contextmanager
    def _journal(self) -> Iterator[Journal]:
        with contextlib.ExitStack() as stack:
            if self._resume is None:
                folder = Path(stack.enter_context(TemporaryDirectory(prefix="hpobench-search-")))
            else:
                folder = stack.enter_context(search_folder(self._resume, self._identity))
            yield stack.enter_context(contextlib.closing(Journal(folder / "journal")))

    def _after(self, actor: Actor) -> None:
        assert self._stage is not None
        assert self._run is not None
        notes = self._stage.notes[actor.trial]
        if "raised" in notes.get(max(notes, default=0), {}):
            raise _Raised
        if self._stage.now >= self._algorithm.timeout:
            self._run.source.end()
        self._best = max(self._best, -actor.result.get("loss", math.inf))
        self._progress(len(self._run.ended), self._best)

    def _raise_again(self) -> None:
        """Raise what a fit raised; one of another process is repeated in this one."""
        assert self._run is not None
        task = self._problem.task
        if task.raised is None:
            for trial in reversed(self._run.source.trials):
                training = self._problem.start(trial.config, 0)
                for _ in range(self._problem.fidelity.steps):
                    training.step()
        raise task.raised or CellError("a fit raised an error in another process only")

    @property
    def tried(self) -> list[Tried]:
        """The candidates that have scores, in the order in which they were proposed."""
        if self._run is None or self._stage is None:
            return []
        clocks = {event.trial: event.clock for event in self._run.events}
        found = []
        for trial in self._run.source.trials:
            note = self._last_note(trial)
            if note is not None:
                params = self._problem.search_space.params(trial.proposed)
                clock = clocks.get(trial.number, self._run.ended.get(trial.number, math.nan))
                found.append(
                    Tried(params, **note, status=self._run.trial_status(trial), clock=clock)
                )
        return found

    def _last_note(self, trial: Trial) -> dict[str, Any] | None:
        """What is known of a candidate; ``None`` for one that was not over."""
        assert self._stage is not None
        notes = self._stage.notes.get(trial.number, {})
        if notes and "fits" in (last := notes[max(notes)]):
            return dict(last)
        if trial.error is None:
            return None
        # Its worker died again and again.
        return {"share": 0.0, "resource": 0, "fits": self._problem.task.failures(str(trial.error))}


def _explained(error: Exception, folder: Path | None) -> Exception:
    if isinstance(error, ReplayError):
        return CellError(
            f"{folder}: {error}; a search that is to be resumed needs one job and estimators, "
            "scorers and splits that repeat themselves"
        )
    return error
