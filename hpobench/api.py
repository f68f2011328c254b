"""The plugin contract: what a searcher, a scheduler and a problem are.

Standard library only. A plugin is one file with one class (or a few):

    from hpobench.api import Config, Searcher, Space

    class Mine(Searcher):
        '''One line that `hpobench list searchers` shows.'''

        name = "mine"
        requires = ("some-package>=1",)

        def __init__(self, space: Space, *, seed: int, fidelity: Fidelity, greed: float = 0.5):
            ...

        def ask(self, trial: int) -> Config: ...
        def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None: ...

The class is found without importing the file, by its literal ``name``; import heavy libraries
inside ``__init__``, not at the top. The keyword arguments of ``__init__`` are the plugin's
options: a suite sets them by name and they are checked against their annotations.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from hpobench.space import (
    Categorical,
    Config,
    Float,
    Int,
    Ordinal,
    Parameter,
    Space,
    Value,
    When,
)

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler

__all__ = [
    "Budget",
    "Categorical",
    "Config",
    "Curve",
    "Exhausted",
    "Fidelity",
    "Float",
    "Int",
    "Objective",
    "Ordinal",
    "Parameter",
    "Problem",
    "Reference",
    "Scheduler",
    "Searcher",
    "Space",
    "TabulatedProblem",
    "TrainedProblem",
    "Training",
    "Value",
    "When",
]


class Plugin:
    """What all plugins share; found by these class attributes without being imported."""

    name: ClassVar[str]
    """The name that suites use; lower case with hyphens."""
    requires: ClassVar[tuple[str, ...]] = ()
    """PEP 508 requirements beyond hpobench's own dependencies. Their installed versions are
    part of every cell's identity; a missing one makes the plugin "not available"."""


# -- problems ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fidelity:
    """The axis along which a trial can be stopped early.

    A trial runs for at most ``steps`` steps and reports a loss after each; after step ``k`` it
    has used ``k * unit`` of the resource ``name`` ("epoch", "draws", "repeats").
    """

    name: str = "evaluation"
    steps: int = 1
    unit: float = 1.0

    @property
    def full(self) -> float:
        """The resource of one full evaluation."""
        return self.steps * self.unit


@dataclass(frozen=True)
class Objective:
    """The metric that the losses stand for.

    Losses are always minimised: for a ``maximize`` metric the loss is the negated value, and
    reports turn it back.
    """

    metric: str = "loss"
    direction: Literal["minimize", "maximize"] = "minimize"

    def loss(self, value: float) -> float:
        return value if self.direction == "minimize" else -value

    def value(self, loss: float) -> float:
        """The metric's value that ``loss`` stands for."""
        return loss if self.direction == "minimize" else -loss


@dataclass(frozen=True)
class Reference:
    """Frozen losses that regrets are measured with.

    ``optimum``: the best loss at full fidelity, known or the best ever recorded.
    ``clip``: the median full-fidelity loss of one random configuration.
    Both on the held-out loss where the problem has one. ``source`` says how they were obtained.
    """

    optimum: float
    clip: float
    source: str
    known: bool = True
    """Whether ``optimum`` is exact."""


class Curve(NamedTuple):
    """A whole trial of a tabulated problem, one entry a step."""

    losses: Sequence[float]
    """Loss visible to the searcher after each step; NaN or inf is a failure of the trial."""
    costs: Sequence[float]
    """Seconds that each step *adds*; positive."""
    heldout: Sequence[float] | None = None
    """Test or noise-free loss after each step, if there is one."""


class Problem(Plugin, ABC):
    """What is tuned. A family: its ``__init__`` keywords are its parameters.

    A parameter without a default must be given; ``Literal[...]`` annotations list the choices
    (and let a suite say ``all``). Building one must be cheap: load data on first use.
    """

    space: Space
    fidelity: Fidelity = Fidelity()
    objective: Objective = Objective()

    @classmethod
    def missing(cls) -> str | None:
        """Why the problem cannot run here (data absent, say), and what to do; or ``None``."""
        return None

    @abstractmethod
    def reference(self) -> Reference:
        """The frozen reference losses."""

    def fingerprint(self) -> str:
        """A hash of data that lies outside the plugin and its ``requires``, if there is any; part
        of every cell's identity."""
        return ""

    def estimate(self) -> float:
        """A rough median cost of one full evaluation in seconds, positive: for ``plan``, and for
        steps that fail before their cost is known."""
        return float(self.fidelity.steps)


class TabulatedProblem(Problem):
    """A problem whose results are looked up or computed in no time, with a known cost.

    Runs on the virtual stage.
    """

    heldout: bool = False
    """Whether curves carry held-out losses."""

    @abstractmethod
    def curve(self, config: Config, seed: int) -> Curve:
        """The whole trial of ``config``.

        ``seed`` is the cell's problem seed; the same (config, seed) always gives the same
        curve, whatever was asked before. Raising fails the trial, not the cell.
        """


class Training(ABC):
    """One trial of a trained problem under way."""

    @abstractmethod
    def step(self) -> Mapping[str, float]:
        """Train one step; returns metrics, among them ``loss`` and maybe ``heldout``."""

    @abstractmethod
    def save(self) -> bytes:
        """Everything needed to go on, generators included."""

    @abstractmethod
    def load(self, state: bytes) -> None:
        """Go on from ``state``, under this training's own configuration."""


class TrainedProblem(Problem):
    """A problem that really trains. Runs on the live stage."""

    @abstractmethod
    def start(self, config: Config, seed: int) -> Training:
        """Begin one trial; ``seed`` is the cell's problem seed."""


# -- algorithms ----------------------------------------------------------------------------


class Exhausted(Exception):
    """Raised by :meth:`Searcher.ask` when there is nothing left to propose."""


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

    @abstractmethod
    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None: ...

    @abstractmethod
    def ask(self, trial: int) -> Config:
        """The configuration of trial number ``trial`` (0, 1, 2, ... in the order of asking).

        Earlier trials may still be running. Raises :class:`Exhausted` when done.
        """

    @abstractmethod
    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        """``trial`` reached ``step`` with ``loss``, to be minimised.

        ``final``: the trial is over and this is its last loss. Under the default telling policy
        (``last``) that is the only call a trial gets. Under ``every``, a trial that is ended
        while it is paused is told its last step once more, as final.
        """

    # Notices that a searcher may ignore.

    def failed(self, trial: int) -> None:
        """``trial`` failed; it has no loss."""

    def dropped(self, trial: int) -> None:
        """``trial`` ended early and the telling policy withholds its loss."""

    def paused(self, trial: int) -> None:
        """The scheduler paused ``trial``."""

    def resumed(self, trial: int) -> None:
        """The scheduler lets the paused ``trial`` go on."""


class Scheduler(Plugin, ABC):
    """A factory for one of Ray Tune's trial schedulers; ``__init__`` keywords are options."""

    needs_fidelity: ClassVar[bool] = True
    """Whether it only makes sense for trials of several steps."""
    ends_trials: ClassVar[bool] = True
    """Whether it stops a trial at the last step itself; else the stage does."""
    lookahead: ClassVar[int] = 0
    """Trials asked for beyond the number of workers. HyperBand needs one: a bracket that holds
    no waiting trial when a result comes in takes itself for complete."""

    def check(self, fidelity: Fidelity) -> None:
        """Raise :class:`hpobench.errors.UsageError` if the options do not fit ``fidelity``.

        Asked when a suite is planned: the combination is then skipped with that reason.
        """

    @abstractmethod
    def build(self, fidelity: Fidelity) -> TrialScheduler:
        """A fresh scheduler without metric and mode (the controller sets them).

        Its time attribute is ``training_iteration``, which counts steps.
        """


# -- budgets -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Budget:
    """What a cell may spend; the first that runs out ends it. ``None`` is no limit."""

    time: float | None = None
    """Seconds of the cell's clock."""
    trials: int | None = None
    """Configurations started."""
    resource: float | None = None
    """Units of the problem's fidelity paid for; a continued trial pays for what it adds, a step
    that failed like any other."""
    evaluations: float | None = None
    """The same in units of full evaluations."""

    def __post_init__(self) -> None:
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        for key, value in given.items():
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ValueError(f"budget {key} must be positive, not {value}")
        if all(value is None for value in given.values()):
            raise ValueError(f"a budget needs one of {', '.join(given)}")

    def resource_limit(self, fidelity: Fidelity) -> float:
        """The tighter of ``resource`` and ``evaluations`` in units of ``fidelity``."""
        limits = [math.inf]
        if self.resource is not None:
            limits.append(self.resource)
        if self.evaluations is not None:
            limits.append(self.evaluations * fidelity.full)
        return min(limits)

    def to_json(self) -> dict[str, Any]:
        return {f.name: v for f in fields(self) if (v := getattr(self, f.name)) is not None}
