"""Problems: what is tuned, the axis of their trials, and the problems that are looked up."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, ClassVar, Literal, NamedTuple

from hpobench.contract.errors import UsageError
from hpobench.contract.frozen import Reference, frozen
from hpobench.contract.parameters import Parameter
from hpobench.contract.seeding import derive_seed
from hpobench.contract.space import Config, Space

_ONE_OBJECTIVE = ("objective", "metric", "mode", "refit")
"""What names an objective, in suites, in Ray Tune and in scikit-learn."""
_DRAWS = 4001
"""The number of random configurations behind a clip that is not frozen."""


class Plugin:
    """A plugin is found by these class attributes, without being imported."""

    name: ClassVar[str]
    """The name that suites use, in lower case with hyphens."""
    requires: ClassVar[tuple[str, ...]] = ()
    """PEP 508 requirements beyond hpobench's own dependencies. Their installed versions are part
    of every cell's identity. A plugin with a missing requirement is "not available"."""


@dataclass(frozen=True)
class Fidelity:
    """The axis along which a trial can be stopped early.
    A trial runs for at most ``steps`` steps and reports a loss after each. After step ``k`` it has
    used ``k * unit`` of the resource ``name`` ("epoch", "draws", "repeats")."""

    name: str = "evaluation"
    steps: int = 1
    unit: float = 1.0

    @property
    def full(self) -> float:
        """The resource that one full evaluation uses."""
        return self.steps * self.unit


@dataclass(frozen=True)
class Objective:
    """The metric that the losses stand for. Losses are always minimised. The loss of a ``maximize``
    metric is its negated value, which reports turn back."""

    metric: str = "loss"
    direction: Literal["minimize", "maximize"] = "minimize"

    def loss(self, value: float) -> float:
        """The loss that stands for the metric's ``value``."""
        return value if self.direction == "minimize" else -value

    def value(self, loss: float) -> float:
        """The value of the metric that ``loss`` stands for."""
        return loss if self.direction == "minimize" else -loss


def several_objectives(key: str, value: object) -> str:
    """What to say where ``value`` of ``key`` asks for several objectives; else empty."""
    several = isinstance(value, list | tuple | set | Mapping)
    if not (key in ("objectives", "metrics") or (several and key in _ONE_OBJECTIVE)):
        return ""
    return "hpobench compares one objective as of now, not several; name the one metric that counts"


def check_one_objective(**given: object) -> None:
    """Raise :class:`UsageError` if a keyword asks for several objectives."""
    for key, value in given.items():
        if message := several_objectives(key, value):
            raise UsageError(f"{key}: {message}")


class Curve(NamedTuple):
    """A whole trial of a tabulated problem, with one entry for each step."""

    losses: Sequence[float]
    """The loss that the searcher sees after each step. NaN or inf fails the trial."""
    costs: Sequence[float]
    """The seconds that each step *adds*, which are positive."""
    heldout: Sequence[float] | None = None
    """The test loss or noise-free loss after each step, if the problem has one."""


class Problem(Plugin, ABC):
    """A family of problems to tune, whose members differ in the keywords of ``__init__``.
    A suite must set a keyword without a default. ``Literal[...]`` annotations list the choices, and
    let a suite say ``all``. Building a problem must be cheap, so load data on first use."""

    source: ClassVar[str] = ""
    """The paper or page that the problem and its data come from."""
    licence: ClassVar[str] = ""
    """The SPDX identifier of the data's licence; empty for a problem without data."""
    family: ClassVar[str] = ""
    """The family that the problem shares with other plugins, which tune the same model or are made
    in the same way; empty if it shares none and ``name`` is its family. Statistics that look beyond
    a suite count families and not problems. It changes no result, so it is no part of a cell's
    identity."""
    space: Space
    fidelity: Fidelity = Fidelity()
    objective: Objective = Objective()
    mutable: tuple[str, ...] | None = None
    """The parameters that may change while a trial runs, as in population-based training.
    ``None`` stands for all that are active in every configuration."""
    suite_folder: Path = Path()
    """The folder where relative paths among the options start: that of the suite that uses the
    problem, or else the working folder. It is set before ``__init__`` runs."""

    def inside(self, path: str) -> Path:
        """The absolute form of ``path``, which must lie in ``suite_folder`` or below.
        Raises :class:`UsageError` for a path that leads elsewhere, because suites come from other
        people and must work wherever they are put."""
        folder = self.suite_folder.resolve()
        try:
            found = (folder / path).resolve()
        except (OSError, ValueError, RuntimeError) as error:
            raise UsageError(f"{path!r} is not a valid path: {error}") from None
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
        """The reason why the problem cannot run here, and what to do; ``None`` if it can.
        A typical reason is data that is not on this machine."""
        return None

    @classmethod
    def members(cls) -> Iterable[Mapping[str, Any]] | None:
        """The options of each member of the family that has frozen references.
        ``None`` stands for every combination of the choices of the options without a default."""
        return None

    @property
    def key(self) -> str:
        """The name of this member in the family's file of frozen references."""
        return ""

    def optimum(self) -> tuple[float, str] | None:
        """The exact optimum at full fidelity and how it is known; ``None`` if nobody knows it.
        It is the optimum of the held-out loss if the problem has one."""
        return None

    def reference(self) -> Reference | None:
        """The reference losses that regrets are measured with; ``None`` if nobody knows any.

        Without them, reports measure from the best and the median loss of the results at hand. By
        default they are those that ``hpobench problems freeze`` wrote into
        ``references/NAME.json`` beside the plugin or a folder above it. References may change
        while losses do not, so they are no part of a cell's identity.
        """
        found = frozen(type(self), self.key)
        return found.reference if found else None

    def fingerprint(self) -> str:
        """A hash of the data outside the plugin and its ``requires``; empty without such data.
        It is part of every cell's identity."""
        return ""

    def probe(self, config: Config) -> float | None:  # noqa: ARG002 - of those that override it
        """A loss of ``config`` that shows whether this is still the same problem. A few fixed
        configurations are probed whenever a run begins or goes on. If one of them has another loss
        than before, the run refuses to mix results. ``None`` if a probe is too expensive."""
        return None

    def estimate(self) -> float:
        """A rough median cost of one full evaluation in seconds, which is positive.
        ``hpobench plan`` shows it, and a step that fails before its cost is known is charged it."""
        found = frozen(type(self), self.key)
        return found.seconds if found else float(self.fidelity.steps)


class TabulatedProblem(Problem):
    """A problem whose results are looked up or computed at once, each with a known cost.
    It runs on the virtual stage."""

    heldout: bool = False
    """Whether curves carry held-out losses."""

    @abstractmethod
    def curve(self, config: Config, seed: int) -> Curve:
        """The whole trial of ``config``.
        ``seed`` is the cell's problem seed. The same configuration and seed must give the same
        curve, whatever was asked before. An exception fails the trial, not the cell."""

    def finals(self, configs: Sequence[Config], seed: int) -> Sequence[tuple[float, float]]:
        """The visible and the held-out loss of each of ``configs`` at full fidelity.
        Without held-out losses the visible one stands twice. Both are infinite for a configuration
        that fails. Override this if many configurations at once are cheaper."""
        found = []
        for config in configs:
            try:
                curve = self.curve(config, seed)
            except Exception:  # the trial would fail
                found.append((math.inf, math.inf))
            else:
                heldout = curve.losses if curve.heldout is None else curve.heldout
                found.append((curve.losses[-1], heldout[-1]))
        return found

    def evaluated(self) -> Sequence[tuple[Config, float]] | None:
        """The recorded configurations behind the problem with their visible losses at full
        fidelity, in the order in which they were recorded; not finite where a trial failed.
        ``None`` for a problem that is no record of somebody's trials."""
        return None

    def everything(self) -> Sequence[tuple[float, float]] | None:
        """The :meth:`finals` of all configurations, if random search draws each equally often.
        ``None`` if there are too many to list."""
        return None

    def probe(self, config: Config) -> float | None:
        return self.curve(config, seed=0).losses[-1]

    def reference(self) -> Reference | None:
        """The frozen references; without any, a known optimum and a clip that is drawn here."""
        found = super().reference()
        if found or (known := self.optimum()) is None:
            return found
        rng = Random(derive_seed("clip", self.name, self.key))
        finals = self.finals([self.space.sample(rng) for _ in range(_DRAWS)], seed=0)
        clip = median(loss for _, loss in finals if math.isfinite(loss))
        how = f"optimum: {known[1]}; clip: {_DRAWS:,} random configurations"
        return Reference(known[0], clip, how)
