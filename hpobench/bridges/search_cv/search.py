"""Runs a search: a searcher and a scheduler on a problem whose trials are candidates."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from hpobench.api import Budget, Config, Scheduler, Searcher
from hpobench.bridges.search_cv.candidate import CandidateProblem, open_workers
from hpobench.bridges.search_cv.search_space import Drawn, InOrder
from hpobench.contract.cell import PluginRef
from hpobench.contract.errors import CellError, Interruption, ReplayError, UsageError
from hpobench.contract.seeding import derive_seed
from hpobench.plugins.building import build_scheduler, build_searcher, plugin_ref
from hpobench.plugins.compatibility import compatibility, space_objection, trait
from hpobench.plugins.modules import load_class
from hpobench.plugins.registry import Registry
from hpobench.plugins.starting.wrapped import Prepared, StartedSearcher, start_objection
from hpobench.running.cells.tuning import Run
from hpobench.running.stages.live.journal import Journal
from hpobench.running.stages.live.live_stage import LiveStage
from hpobench.running.stages.stage import Actor, StageFailure

Named = str | Mapping[str, Any]  # the name of a plugin, or {"name": NAME, option: value}
Progress = Callable[[int, float], None]
"""Is told the number of candidates that are over, and the best mean score so far."""


@dataclass(frozen=True)
class Tried:
    """A candidate that was scored."""

    params: dict[str, Any]
    share: float  # of the resource, with which it was scored last
    resource: int
    fits: list[dict[str, Any]]  # scikit-learn's record of each split
    status: str
    clock: float


@dataclass(frozen=True)
class ChosenAlgorithm:
    """A searcher and a scheduler, for a search of ``trials`` candidates."""

    searcher: PluginRef
    scheduler: PluginRef
    trials: int
    timeout: float
    seed: int

    def claims(self, name: str) -> bool:
        return bool(trait(load_class(self.searcher.file, self.searcher.cls), name))

    def build(
        self, problem: CandidateProblem, points: Sequence[Config]
    ) -> tuple[Searcher, Scheduler]:
        """Both, ready for ``problem``, the searcher with its first ``points``; raises
        :class:`UsageError` if they do not fit it."""
        scheduler = build_scheduler(self.scheduler)
        scheduler.check(problem)
        if isinstance(problem.search_space, Drawn):
            return InOrder(problem.space), scheduler
        cls = load_class(self.searcher.file, self.searcher.cls)
        objection = space_objection(cls, problem.space)
        if objection is None and points:
            objection = start_objection(cls, {"points": points})
        if objection is not None:
            raise UsageError(f"{self.searcher.name}: {objection}")
        seed = derive_seed("searcher", self.seed)
        searcher = build_searcher(self.searcher, problem.space, seed, problem.fidelity)
        if points:
            searcher = StartedSearcher(searcher, Prepared(tuple(points)), problem.fidelity.steps)
        return searcher, scheduler


def algorithm(
    searcher: Named, scheduler: Named, *, trials: int, timeout: float | None, seed: int
) -> ChosenAlgorithm:
    """The searcher and the scheduler of these names; raises :class:`UsageError` if they do not go
    together in a search, and :class:`NotAvailableError` where a library is missing."""
    registry = Registry()
    refs = {}
    for kind, named in (("searcher", searcher), ("scheduler", scheduler)):
        options = dict(named) if isinstance(named, Mapping) else {"name": named}
        refs[kind] = plugin_ref(registry, kind, options.pop("name", ""), options)  # type: ignore[arg-type]
    found = ChosenAlgorithm(
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


@dataclass(eq=False)
class Search:
    """A search under way; :attr:`tried` is what it has so far, also if it is interrupted."""

    problem: CandidateProblem
    chosen: ChosenAlgorithm
    points: Sequence[Config]  # the first candidates
    workers: int
    address: str | None
    folder: AbstractContextManager[Path]  # keeps the results to go on from
    progress: Progress
    _best: float = field(default=-math.inf, init=False)
    _run: Run | None = field(default=None, init=False)
    _stage: _SearchStage | None = field(default=None, init=False)

    def finish(self) -> None:
        """Run to the end. Raises what a fit raised, if ``error_score`` says so."""
        searcher, scheduler = self.chosen.build(self.problem, self.points)
        with (
            contextlib.closing(searcher),
            self.folder as folder,
            contextlib.closing(Journal(folder / "journal")) as journal,
            open_workers(self.problem, self.workers, self.address) as connections,
        ):
            stage = self._stage = _SearchStage(
                self.problem,
                seed=0,
                workers=self.workers,
                budget=Budget(trials=self.chosen.trials),
                connections=connections,
                journal=journal,
                ahead=0.0,
            )
            stage.after = self._after
            stage.replay(list(journal.records()))
            self._run = Run(
                self.problem,
                searcher,
                scheduler,
                stage,
                trials=self.chosen.trials,
                scheduler_seed=derive_seed("scheduler", self.chosen.seed),
                tell="every" if self.chosen.claims("multi_fidelity") else "last",
            )
            try:
                self._run.finish()
            except _Raised:
                self._raise_again()
            except StageFailure as failure:
                if not isinstance(failure.error, ReplayError):
                    raise failure.error from failure
                raise CellError(
                    f"{folder}: {failure.error}; a search that is to be resumed needs one job and "
                    "estimators, scorers and splits that repeat themselves"
                ) from failure

    def _after(self, actor: Actor) -> None:
        assert self._stage is not None
        assert self._run is not None
        notes = self._stage.notes[actor.trial]
        if "raised" in notes.get(max(notes, default=0), {}):
            raise _Raised
        if self._stage.now >= self.chosen.timeout:
            self._run.source.end()
        self._best = max(self._best, -actor.result.get("loss", math.inf))
        self.progress(len(self._run.ended), self._best)

    def _raise_again(self) -> None:
        assert self._run is not None
        task = self.problem.task
        if task.raised is None:  # in another process; the fit is repeated in this one
            for trial in reversed(self._run.source.trials):
                training = self.problem.start(trial.config, 0)
                for _ in range(self.problem.fidelity.steps):
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
            notes = self._stage.notes.get(trial.number, {})
            note = notes[max(notes)] if notes else {}
            if "fits" not in note:
                if trial.error is None:
                    continue  # it was not over
                # Its worker died again and again.
                fits = self.problem.task.failures(str(trial.error))
                note = {"share": 0.0, "resource": 0, "fits": fits}
            params = self.problem.search_space.params(trial.proposed)
            clock = clocks.get(trial.number, self._run.ended.get(trial.number, math.nan))
            found.append(Tried(params, **note, status=self._run.trial_status(trial), clock=clock))
        return found


@contextlib.contextmanager
def shown(problem: CandidateProblem, candidates: int, *, verbose: int) -> Iterator[Progress]:
    """What is called after each result; with ``verbose`` it shows a bar on standard error."""
    if not verbose:
        yield lambda *_: None
        return
    console = Console(stderr=True)
    splits, resource, steps = len(problem.task.splits), problem.resource, problem.fidelity.steps
    text = f"every candidate is fitted {splits} times, with all of the data"
    if resource is not None:
        rungs = sorted(problem.rungs)
        shares = ", ".join("all" if rung == steps else f"1/{steps // rung}" for rung in rungs)
        text = f"candidates are scored with {shares} of {resource.name}, on {splits} splits"
    console.print(text, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, TimeElapsedColumn(), console=console) as bar:
        shown_task = bar.add_task("candidates", total=candidates)

        def update(over: int, best: float) -> None:
            score = f", best score {best:.4g}" if math.isfinite(best) else ""
            bar.update(shown_task, completed=over, description=f"candidates{score}")

        yield update
