"""What is tuned: problems, the axis of their trials, and their training.

Part of the plugin contract; plugins import all of it from :mod:`hpobench.api`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, ClassVar, Literal, NamedTuple, TypeAlias

from hpobench.contract.errors import TrialError, UsageError
from hpobench.contract.references import Reference, frozen
from hpobench.contract.seeding import derive_seed
from hpobench.contract.space import Config, Parameter, Space

_DRAWS = 4001
"""Random configurations behind a clip that is not frozen."""


class Plugin:
    """What all plugins share; found by these class attributes without being imported."""

    name: ClassVar[str]
    """The name that suites use; lower case with hyphens."""
    requires: ClassVar[tuple[str, ...]] = ()
    """PEP 508 requirements beyond hpobench's own dependencies. Their installed versions are
    part of every cell's identity; a missing one makes the plugin "not available"."""


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
class Resources:
    """What one trial needs of the cluster while it trains."""

    cpu: float = 1.0
    """Processors; the trial's libraries are given as many threads, at least one."""
    gpu: float = 0.0
    custom: Mapping[str, float] = field(default_factory=dict)
    """Ray's custom resources by name."""


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

    source: ClassVar[str] = ""
    """The paper or page that the problem and its data are from."""
    licence: ClassVar[str] = ""
    """Of the data, an SPDX identifier; empty for what is mathematics only."""
    space: Space
    fidelity: Fidelity = Fidelity()
    objective: Objective = Objective()
    mutable: tuple[str, ...] | None = None
    """The parameters that may change while a trial runs, as population-based training does it;
    ``None``: all that are active in every configuration."""
    suite_folder: Path = Path()
    """Where relative paths among the options start: the folder of the suite that uses the problem
    (else the working folder). It is there before ``__init__`` runs."""

    def inside(self, path: str) -> Path:
        """The absolute ``path`` of something in ``suite_folder`` or below.

        Raises :class:`UsageError` for one that leads elsewhere: suites come from other people,
        and have to work wherever they are put.
        """
        folder = self.suite_folder.resolve()
        try:
            found = (folder / path).resolve()
        except (OSError, ValueError, RuntimeError) as error:
            raise UsageError(f"{path!r} is no path: {error}") from None
        if not found.is_relative_to(folder):
            raise UsageError(f"{path!r} leaves the suite's folder, {folder}")
        return found

    @property
    def mutable_parameters(self) -> tuple[Parameter, ...]:
        """The parameters that ``mutable`` stands for, in the space's order."""
        if self.mutable is None:
            return tuple(p for p in self.space if p.when is None)
        return tuple(self.space[name] for name in self.mutable)

    @classmethod
    def missing(cls) -> str | None:
        """Why the problem cannot run here (data absent, say), and what to do; or ``None``."""
        return None

    @classmethod
    def members(cls) -> Iterable[Mapping[str, Any]] | None:
        """The options of the members of the family that have frozen references; ``None`` for every
        combination of the choices of the options that must be given."""
        return None

    @property
    def key(self) -> str:
        """What this member is called in the family's file of frozen references."""
        return ""

    def optimum(self) -> tuple[float, str] | None:
        """The exact optimum at full fidelity, of the held-out loss where there is one, and how it
        is known; ``None`` while nobody knows it."""
        return None

    def reference(self) -> Reference | None:
        """The reference losses; ``None`` while nobody knows any. Reports then measure from the
        best and the median loss of the results at hand.

        By default those that ``hpobench problems freeze`` has put into ``references/NAME.json``
        beside the plugin or a folder above it. They may change while losses do not, so they are
        no part of a cell's identity.
        """
        found = frozen(type(self), self.key)
        return found.reference if found else None

    def fingerprint(self) -> str:
        """A hash of data that lies outside the plugin and its ``requires``, if there is any; part
        of every cell's identity."""
        return ""

    def probe(self, config: Config) -> float | None:  # noqa: ARG002 - of those that override it
        """A loss of ``config`` that tells whether this is still the same problem; ``None`` where
        that is too dear to find out. A few fixed configurations are asked for whenever a run
        begins or goes on; should one have another loss than before, nothing is mixed."""
        return None

    def estimate(self) -> float:
        """A rough median cost of one full evaluation in seconds, positive: for ``plan``, and for
        steps that fail before their cost is known."""
        found = frozen(type(self), self.key)
        return found.seconds if found else float(self.fidelity.steps)


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

    def finals(self, configs: Sequence[Config], seed: int) -> Sequence[tuple[float, float]]:
        """The visible and the held-out loss (the visible one again where there is none) of each of
        ``configs`` at full fidelity, infinite where it fails; to be overridden where many at once
        are cheaper."""
        return [self._final(config, seed) for config in configs]

    def _final(self, config: Config, seed: int) -> tuple[float, float]:
        try:
            curve = self.curve(config, seed)
        except Exception:  # it fails that trial
            return math.inf, math.inf
        return curve.losses[-1], (curve.losses if curve.heldout is None else curve.heldout)[-1]

    def everything(self) -> Sequence[tuple[float, float]] | None:
        """The :meth:`finals` of all configurations there are, where random search draws each with
        the same chance; ``None`` where there is no end of them."""
        return None

    def probe(self, config: Config) -> float | None:
        return self.curve(config, seed=0).losses[-1]

    def reference(self) -> Reference | None:
        """As frozen; where nothing is, but the optimum is known, the clip is drawn here."""
        found = super().reference()
        known = None if found else self.optimum()
        return found if known is None else self._drawn(*known)

    def _drawn(self, optimum: float, how: str) -> Reference:
        rng = Random(derive_seed("clip", self.name, self.key))
        finals = self.finals([self.space.sample(rng) for _ in range(_DRAWS)], seed=0)
        clip = median(loss for _, loss in finals if math.isfinite(loss))
        return Reference(optimum, clip, f"optimum: {how}; clip: {_DRAWS:,} random configurations")


class Training(ABC):
    """One trial of a trained problem under way, in a worker's process."""

    @abstractmethod
    def step(self) -> Mapping[str, float]:
        """Train one step; returns ``loss`` and, where the problem has one, ``heldout``.

        Raising fails the trial, as does a loss that is missing or not finite.
        """

    def save(self) -> bytes | None:
        """Everything needed to go on, generators included; ``None`` if that is not possible.

        Called after every step that may have to be returned to. A trial that cannot save goes
        on after a pause or a crash by training its finished steps over again, unseen.
        """
        return None

    def load(self, state: bytes) -> None:
        """Go on from ``state``, under this training's own configuration; only
        :attr:`Problem.mutable` parameters may differ from those it was saved under."""
        raise NotImplementedError

    def close(self) -> None:  # noqa: B027 - nothing to do is the rule
        """Let go of what the trial holds: processes, files, device memory."""


class TrainedProblem(Problem):
    """A problem that really trains. Runs on the live stage."""

    resources: Resources = Resources()
    heldout: bool = False
    """Whether steps report held-out losses."""

    def prepare(self) -> None:
        """Load what all trials need, libraries and data; called once in each worker's process,
        before the cell's clock starts, so that the first trial does not pay for it."""

    @abstractmethod
    def start(self, config: Config, seed: int) -> Training:
        """Begin one trial; ``seed`` is the cell's problem seed, the same for all its trials."""


def first_loss(problem: TrainedProblem, config: Config) -> float:
    """The loss of ``config`` after one step of training: a probe where steps are cheap."""
    training = problem.start(config, seed=0)
    try:
        return training.step()["loss"]
    finally:
        training.close()


Report: TypeAlias = float | Mapping[str, float]
"""A loss, or ``{"loss": ..., "heldout": ...}``."""


class FunctionProblem(TrainedProblem):
    """A function as a problem: it trains, and yields a loss after every step.

        class Mine(FunctionProblem):
            name = "mine"
            space = Space([Float("lr", 1e-4, 1.0, log=True)])
            fidelity = Fidelity("epoch", steps=20)

            def train(self, config, seed):
                model = ...
                for _ in range(20):
                    yield model.fit_one_epoch(config["lr"])

    With one step only, ``train`` may simply return the loss.
    """

    @abstractmethod
    def train(self, config: Config, seed: int) -> Iterator[Report] | Report:
        """One trial of ``config`` from its beginning."""

    def start(self, config: Config, seed: int) -> Training:
        return _Function(self, config, seed)


class _Function(Training):
    def __init__(self, problem: FunctionProblem, config: Config, seed: int) -> None:
        self._problem, self._config, self._seed = problem, config, seed
        self._reports: Iterator[Report] | None = None

    def step(self) -> Mapping[str, float]:
        if self._reports is None:
            made = self._problem.train(self._config, self._seed)
            self._reports = made if isinstance(made, Iterator) else iter([made])
        try:
            report = next(self._reports)
        except StopIteration:
            raise TrialError("train() ended before the problem's last step") from None
        return report if isinstance(report, Mapping) else {"loss": report}

    def close(self) -> None:
        if isinstance(self._reports, Generator):
            self._reports.close()
