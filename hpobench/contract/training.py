"""Problems that really train, and what one of their trials does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

from hpobench.contract.errors import TrialError
from hpobench.contract.problem import Problem
from hpobench.contract.space import Config


@dataclass(frozen=True)
class Resources:
    """The resources of the cluster that one trial occupies while it trains."""

    cpu: float = 1.0
    """Processors. The trial's libraries get as many threads, at least one."""
    gpu: float = 0.0
    custom: Mapping[str, float] = field(default_factory=dict)
    """The amounts of Ray's custom resources, by name."""


class Training(ABC):
    """A running trial of a trained problem, in a worker's process."""

    note: Any = None
    """Plain JSON data on the last step, also on one that failed, for who runs the trial from a
    program; ``None`` for nothing. Results do not keep it."""

    @abstractmethod
    def step(self) -> Mapping[str, float]:
        """Train one step; return its ``loss`` and, if the problem has one, its ``heldout`` loss.
        An exception fails the trial, and so does a loss that is missing or not finite."""

    def save(self) -> bytes | None:
        """The state from which :meth:`load` goes on, including generators of random numbers.
        It is asked for after every step that the trial may have to return to. ``None`` if a state
        cannot be saved: after a pause or a crash the trial then repeats its finished steps."""
        return None

    def load(self, state: bytes) -> None:
        """Go on from ``state`` with this training's own configuration.
        It may differ in :attr:`Problem.mutable` parameters from the one that saved the state."""
        raise NotImplementedError

    def close(self) -> None:  # noqa: B027 - most trials hold nothing
        """Release what the trial holds: processes, files, device memory."""


class TrainedProblem(Problem):
    """A problem that really trains. It runs on the live stage."""

    resources: Resources = Resources()
    heldout: bool = False
    """Whether steps report held-out losses."""
    private_process: ClassVar[bool] = False
    """Whether trials run code of the user's, which may leave its process changed. Workers of such
    a problem serve no other problem, nor the same one with other options."""

    def prepare(self) -> None:
        """Load the libraries and data that all trials need. Each worker's process does this once,
        before the cell's clock starts, so that the first trial does not pay for it."""

    @abstractmethod
    def start(self, config: Config, seed: int) -> Training:
        """A new trial of ``config``; ``seed`` is the problem seed, the same for a cell's trials."""


def first_loss(problem: TrainedProblem, config: Config) -> float:
    """The loss of ``config`` after one step of training, a probe for problems with cheap steps."""
    training = problem.start(config, seed=0)
    try:
        return training.step()["loss"]
    finally:
        training.close()


Report: TypeAlias = float | Mapping[str, float]
"""A loss alone, or ``{"loss": ..., "heldout": ...}``."""


class FunctionProblem(TrainedProblem):
    """A problem that is one function, which trains and yields a loss after every step::

        class Mine(FunctionProblem):
            name = "mine"
            space = Space([Float("lr", 1e-4, 1.0, log=True)])
            fidelity = Fidelity("epoch", steps=20)

            def train(self, config, seed):
                model = ...
                for _ in range(20):
                    yield model.fit_one_epoch(config["lr"])

    If there is one step only, ``train`` may simply return the loss.
    """

    @abstractmethod
    def train(self, config: Config, seed: int) -> Iterator[Report] | Report:
        """Train one trial of ``config`` from its beginning, and yield a report after each step."""

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
