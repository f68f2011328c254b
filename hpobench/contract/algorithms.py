"""Searchers propose configurations; schedulers decide how far each of them trains."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from hpobench.contract.prior import Prior
from hpobench.contract.problem import Fidelity, Plugin, Problem
from hpobench.contract.space import Config, Space

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler


class Exhausted(Exception):
    """A searcher has nothing left to propose; raised by :meth:`Searcher.ask`."""


class NothingYet(Exception):
    """A searcher needs more results before it proposes; raised by :meth:`Searcher.ask`.
    The searcher is asked again after the next result, with the same trial number. If no trial is
    running, no result can come, and the cell ends as stalled."""


class Searcher(Plugin, ABC):
    """A searcher proposes configurations and learns from their losses. ``__init__(self, space, *,
    seed, fidelity, **options)`` builds a searcher for one run. All randomness must come from
    ``seed`` (0 is a seed like any other), never from global generators."""

    deterministic: ClassVar[bool] = True
    """Whether the same seed and answers give the same proposals."""
    conditional: ClassVar[bool] = True
    """Whether the searcher understands spaces with conditions."""
    multi_fidelity: ClassVar[bool] = False
    """Whether the searcher learns from losses at different steps, and tells them apart."""
    parallel: ClassVar[bool] = True
    """Whether the searcher takes running trials into account when it proposes the next one."""
    cost_aware: ClassVar[bool] = False
    """Whether the searcher wants to know what trials cost; see :meth:`charged`."""
    learns: ClassVar[bool] = True
    """Whether proposals depend on losses. A searcher that does not learn need not be told what
    others chose. It changes no result and is no part of a cell's identity."""
    adopts: ClassVar[bool] = True
    """Whether an :meth:`adopt` of its own may return true. It changes no result and is no part of a
    cell's identity."""
    takes_prior: ClassVar[bool] = False
    """Whether the searcher uses :attr:`prior`. It changes no result without one and is no part of
    a cell's identity."""
    schedules_itself: ClassVar[bool] = False
    """Whether the searcher is its own scheduler: it decides how far every trial trains
    (:meth:`steps`) and runs under no other scheduler."""
    library: ClassVar[str] = ""
    """The distribution that the algorithm comes from, whose releases suites may name; empty for an
    algorithm of the plugin."""
    preload: ClassVar[tuple[str, ...]] = ()
    """Modules that a searcher's own process imports once, before its first run. This is for files
    with inline metadata (PEP 723) and for releases; see docs/libraries.md."""
    call_timeout: ClassVar[float] = 600.0
    """Seconds that one call may take in an isolated searcher's process."""
    suite_folder: Path = Path()
    """The folder where relative paths among the options start, as for a problem. It is set before
    ``__init__`` runs."""

    prior: Prior | None = None
    """The suite's belief about good configurations. It is set before ``__init__`` runs,
    and only if the searcher says ``takes_prior``."""

    @abstractmethod
    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None: ...

    @classmethod
    def fingerprint(cls, folder: Path, options: Mapping[str, Any]) -> str:  # noqa: ARG003
        """A hash of the files in the suite's ``folder`` that ``options`` name; empty without any.
        It is part of every cell's identity."""
        return ""

    @classmethod
    def unsupported_reason(
        cls,
        space: Space,  # noqa: ARG003
        fidelity: Fidelity,  # noqa: ARG003
        options: Mapping[str, Any],  # noqa: ARG003
    ) -> str | None:
        """The reason why this searcher cannot run on this space, or ``None`` if it can.
        ``options`` are all options, in plain types. This is asked when a suite is planned, where
        the searcher's library may be missing; the combination is then skipped with that reason."""
        return None

    @abstractmethod
    def ask(self, trial: int) -> Config:
        """The configuration for trial number ``trial`` (0, 1, 2, ... in the order of asking).
        Earlier trials may still be running. Raises :class:`Exhausted` if nothing is left to
        propose, and :class:`NothingYet` while more results are needed first."""

    @abstractmethod
    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        """Learn that ``trial`` reached ``step`` (1, 2, ...) with ``loss``, which is minimised.

        ``final`` says that the trial is over and this is its last loss. The telling policy
        ``last``, the default for searchers that are not ``multi_fidelity``, makes only this one
        call for a trial. The policy ``every``, the default for the others, repeats the last step
        of a trial that ends while it is paused, as final.
        """

    def adopt(self, trial: int, config: Config) -> bool:  # noqa: ARG002
        """Take ``config``, which somebody else chose, as the configuration of ``trial``.

        It is called instead of :meth:`ask` for that number, and the results of the trial are told
        like any other's. ``False``, the default, means that the searcher cannot learn from it; then
        nothing has happened, and the number is used again.
        """
        return False

    def recall(self, history: Sequence[Sequence[tuple[Config, float]]]) -> None:
        """Learn from trials of other data sets, before the first :meth:`ask`.

        ``history`` has the trials of each data set, with their losses at full fidelity on that data
        set's own scale. A searcher that does not override it is told old trials by :meth:`adopt`
        and :meth:`tell`, like its own.
        """
        raise NotImplementedError

    def steps(self, trial: int) -> int:
        """The number of steps that ``trial`` trains for.
        Only a searcher that ``schedules_itself`` is asked, once, right after :meth:`ask`."""
        raise NotImplementedError

    # A searcher may ignore the following notices.

    def failed(self, trial: int) -> None:
        """Learn that ``trial`` failed and has no loss."""

    def dropped(self, trial: int) -> None:
        """Learn that ``trial`` ended early; the telling policy withholds its loss."""

    def paused(self, trial: int) -> None:
        """Learn that the scheduler paused ``trial``."""

    def resumed(self, trial: int) -> None:
        """Learn that the scheduler lets the paused ``trial`` go on."""

    def charged(self, trial: int, seconds: float) -> None:
        """Learn that ``trial`` has cost ``seconds`` of training so far.
        Searchers that are ``cost_aware`` learn this before each loss and before the trial's end."""

    def close(self) -> None:
        """Release files and processes, because the run is over."""


class Scheduler(Plugin, ABC):
    """A scheduler plugin makes one of Ray Tune's trial schedulers.
    The keywords of ``__init__`` are its options."""

    needs_fidelity: ClassVar[bool] = True
    """Whether the scheduler only makes sense for trials of several steps."""
    ends_trials: ClassVar[bool] = True
    """Whether the scheduler stops a trial at the last step itself; otherwise the stage does."""
    lookahead: ClassVar[int] = 0
    """The number of trials that are asked for beyond the number of workers. HyperBand needs one,
    because a bracket without a waiting trial takes itself for complete when a result comes in."""
    pauses: ClassVar[bool] = True
    """Whether the scheduler may pause trials or clone their states. If it does neither, trials
    with cheap steps may run ahead of its decisions on the live stage."""
    clones: ClassVar[bool] = False
    """Whether the scheduler changes the configurations of running trials."""
    leaves_scheduling: ClassVar[bool] = False
    """Whether the scheduler leaves all decisions to searchers that schedule themselves."""
    population: int | None = None
    """The number of trials that train side by side under one scheduler, at least the number of
    workers. Once they are over, a fresh scheduler takes as many new trials."""

    def check(self, problem: Problem) -> None:
        """Raise :class:`hpobench.contract.errors.UsageError` if the options do not fit ``problem``.
        This is asked when a suite is planned; the combination is then skipped with that reason."""

    @abstractmethod
    def build(self, problem: Problem) -> TrialScheduler:
        """A fresh scheduler for one run, without a metric and mode (the controller sets them).
        It may use the ``fidelity``, ``space`` and ``mutable_parameters`` of ``problem``. The time
        attribute is ``training_iteration``, which counts steps."""
