"""What proposes configurations and what decides how far they train: searchers and schedulers.

Part of the plugin contract; plugins import all of it from :mod:`hpobench.api`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from hpobench.contract.problem import Fidelity, Plugin, Problem
from hpobench.contract.space import Config, Space

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler


class Exhausted(Exception):
    """Raised by :meth:`Searcher.ask` when there is nothing left to propose."""


class NothingYet(Exception):
    """Raised by :meth:`Searcher.ask` when it wants to see more results first.

    It is asked again after the next result, with the same trial number. With no trial under way
    there is none to wait for: the cell then ends as stalled.
    """


class Searcher(Plugin, ABC):
    """Proposes configurations.

    ``__init__(self, space, *, seed, fidelity, **options)`` builds one for a single run. All
    randomness comes from ``seed`` (0 is a seed like any other), never from global generators.
    """

    deterministic: ClassVar[bool] = True
    """Whether the same seed and answers give the same proposals."""
    conditional: ClassVar[bool] = True
    """Whether it understands spaces with conditions."""
    multi_fidelity: ClassVar[bool] = False
    """Whether it learns from losses of different fidelities told apart by their step."""
    parallel: ClassVar[bool] = True
    """Whether it takes account of trials under way when it proposes the next."""
    cost_aware: ClassVar[bool] = False
    """Whether it wants to know what trials cost; see :meth:`charged`."""
    schedules_itself: ClassVar[bool] = False
    """Whether it schedules too: it says how far every trial trains (:meth:`steps`), and runs
    under no other scheduler."""
    library: ClassVar[str] = ""
    """The distribution whose algorithm it is; empty for one of its own."""
    preload: ClassVar[tuple[str, ...]] = ()
    """Modules that a process of its own imports before its first run, once for all runs. For
    a file with inline metadata (PEP 723); see the README."""
    call_timeout: ClassVar[float] = 600.0
    """Seconds that one call may take in a process of its own."""
    suite_folder: Path = Path()
    """Where relative paths among the options start, as a problem's; there before ``__init__``
    runs."""

    @abstractmethod
    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None: ...

    @classmethod
    def fingerprint(cls, folder: Path, options: Mapping[str, Any]) -> str:  # noqa: ARG003
        """A hash of the files that ``options`` name in the suite's ``folder``, if any do; part of
        every cell's identity."""
        return ""

    @classmethod
    def unsupported_reason(
        cls,
        space: Space,  # noqa: ARG003
        fidelity: Fidelity,  # noqa: ARG003
        options: Mapping[str, Any],  # noqa: ARG003
    ) -> str | None:
        """Why a searcher with these ``options`` (all of them, in plain types) is none for a
        problem of this shape; ``None`` if it is one.

        Asked when a suite is planned, without the searcher's library: the combination is then
        skipped with that reason.
        """
        return None

    @abstractmethod
    def ask(self, trial: int) -> Config:
        """The configuration of trial number ``trial`` (0, 1, 2, ... in the order of asking).

        Earlier trials may still be running. Raises :class:`Exhausted` when done, and
        :class:`NothingYet` for as long as it has to see more results first.
        """

    @abstractmethod
    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        """``trial`` reached ``step`` with ``loss``, to be minimised.

        ``final``: the trial is over and this is its last loss. Under the telling policy ``last``,
        the default for searchers that are not ``multi_fidelity``, that is the only call a trial
        gets. Under ``every``, the default for those that are, a trial that is ended while it is
        paused is told its last step once more, as final.
        """

    def steps(self, trial: int) -> int:
        """Of a ``schedules_itself`` searcher: the steps that ``trial`` trains for; asked once, after
        :meth:`ask`."""
        raise NotImplementedError

    # Notices that a searcher may ignore.

    def failed(self, trial: int) -> None:
        """``trial`` failed; it has no loss."""

    def dropped(self, trial: int) -> None:
        """``trial`` ended early and the telling policy withholds its loss."""

    def paused(self, trial: int) -> None:
        """The scheduler paused ``trial``."""

    def resumed(self, trial: int) -> None:
        """The scheduler lets the paused ``trial`` go on."""

    def charged(self, trial: int, seconds: float) -> None:
        """``trial`` has cost ``seconds`` of training so far; said before each loss and end of
        it, to searchers that are ``cost_aware``."""

    def close(self) -> None:
        """The run is over: let go of files and processes."""


class Scheduler(Plugin, ABC):
    """A factory for one of Ray Tune's trial schedulers; ``__init__`` keywords are options."""

    needs_fidelity: ClassVar[bool] = True
    """Whether it only makes sense for trials of several steps."""
    ends_trials: ClassVar[bool] = True
    """Whether it stops a trial at the last step itself; else the stage does."""
    lookahead: ClassVar[int] = 0
    """Trials asked for beyond the number of workers. HyperBand needs one: a bracket that holds
    no waiting trial when a result comes in takes itself for complete."""

    pauses: ClassVar[bool] = True
    """Whether it may pause trials or clone their states. One that does neither lets trials of
    cheap steps run ahead of its decisions on the live stage."""
    clones: ClassVar[bool] = False
    """Whether it changes the configurations of running trials."""
    leaves_scheduling: ClassVar[bool] = False
    """Whether it leaves all decisions to searchers that schedule themselves."""
    population: int | None = None
    """Trials that train side by side under one scheduler, at least as many as there are workers;
    once they are through, a fresh scheduler takes as many new ones."""

    def check(self, problem: Problem) -> None:
        """Raise :class:`hpobench.contract.errors.UsageError` if the options do not fit ``problem``.

        Asked when a suite is planned: the combination is then skipped with that reason.
        """

    @abstractmethod
    def build(self, problem: Problem) -> TrialScheduler:
        """A fresh scheduler for one run, without metric and mode (the controller sets them).

        Of ``problem`` it may use ``fidelity``, ``space`` and ``mutable_parameters``. The time
        attribute is ``training_iteration``, which counts steps.
        """
