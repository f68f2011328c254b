"""A problem whose every loss depends on each step before: a lost or doubled one shows."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

from hpobench.api import (
    Config,
    Curve,
    Fidelity,
    Float,
    Reference,
    Space,
    TabulatedProblem,
    TrainedProblem,
    Training,
)


class Chain(TrainedProblem):
    """Hashes its configuration into its state, again and again, ``pause`` seconds each.

    Every step that is executed leaves a line in the file that ``CHAIN_LOG`` names.
    """

    name = "chain"
    space = Space([Float("x", 0.0, 1.0), Float("lr", 1e-3, 1.0, log=True)])
    mutable = ("lr",)

    def __init__(
        self, steps: int = 9, *, pause: float = 0.04, saves: bool = True, weight: int = 0
    ) -> None:
        self.fidelity = Fidelity("link", steps)
        self.pause, self.saves, self.weight = pause, saves, weight

    def start(self, config: Config, seed: int) -> Training:
        return _Links(self, config, seed)


class Table(TabulatedProblem):
    """The losses of :class:`Chain`, known beforehand."""

    name = "chain-table"
    space = Chain.space

    def __init__(self, steps: int = 9) -> None:
        self.fidelity = Fidelity("link", steps)

    def reference(self) -> Reference | None:
        return None

    def curve(self, config: Config, seed: int) -> Curve:
        state, losses = beginning(seed), []
        for step in range(1, self.fidelity.steps + 1):
            state = link(state, config)
            losses.append(loss_of(state, step, config))
        return Curve(losses, [1.0] * len(losses))


class _Links(Training):
    def __init__(self, problem: Chain, config: Config, seed: int) -> None:
        self._problem, self._config = problem, config
        self._state, self._step = beginning(seed), 0

    def step(self) -> Mapping[str, float]:
        time.sleep(self._problem.pause * (0.75 + int(self._state[:2], 16) / 512))
        self._state, self._step = link(self._state, self._config), self._step + 1
        loss = loss_of(self._state, self._step, self._config)
        _note(step=self._step, loss=loss, pid=os.getpid(), node=_node())
        return {"loss": loss}

    def save(self) -> bytes | None:
        if not self._problem.saves:
            return None
        return json.dumps([self._state, self._step]).encode().ljust(self._problem.weight)

    def load(self, state: bytes) -> None:
        self._state, self._step = json.loads(state)


def beginning(seed: int) -> str:
    return hashlib.sha256(str(seed).encode()).hexdigest()


def link(state: str, config: Config) -> str:
    return hashlib.sha256(f"{state} {json.dumps(config, sort_keys=True)}".encode()).hexdigest()


def loss_of(state: str, step: int, config: Config) -> float:
    """Falls with the steps, has its best at ``x = 0.3``, and tells states apart."""
    return (float(config["x"]) - 0.3) ** 2 + 0.8**step + 0.1 * int(state[:12], 16) / 16**12


def _note(**line: object) -> None:
    """One write of one line: whole, whoever else writes and whenever we are killed."""
    with Path(os.environ["CHAIN_LOG"]).open("ab", buffering=0) as file:
        file.write(json.dumps(line).encode() + b"\n")


def _node() -> str:
    import ray

    return str(ray.get_runtime_context().get_node_id())
