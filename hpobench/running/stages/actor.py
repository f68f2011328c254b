"""A trial on a worker, its steps, and its saved states."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from hpobench.contract.space import Config


class Step(NamedTuple):
    """One step of training that ended."""

    loss: float
    heldout: float | None
    cost: float
    """Seconds."""
    worker: int
    """The worker that made it."""
    error: Exception | None = None
    """The reason why there is no loss. A failed step is paid for like any other."""


@dataclass(frozen=True)
class SavedTrial:
    """A trial as it was when it was saved."""

    trial: int
    step: int
    elapsed: float
    config: Config
    state: Any
    """What the stage needs to go on from here."""


class Actor:
    """A trial on a worker. It replaces Ray's tracked actor and the trainable inside it."""

    def __init__(self, trial: int, config: Config, on_start: Any, on_stop: Any) -> None:
        self.trial, self.config = trial, config
        self.on_start, self.on_stop = on_start, on_stop
        self.state: Any = None
        self.step = 0
        self.elapsed = 0.0
        self.result: dict[str, Any] = {}
        self.worker: int | None = None
        self.parent: tuple[int, int] | None = None
        """Trial and step that its state was cloned from, until the first result after that."""
        self.tasks = 0
        """The generation of its tasks; tasks of an older generation are void."""

    @functools.cached_property
    def digest(self) -> str:
        """A short hash of the configuration, by which a replay notices another one."""
        text = json.dumps(self.config, sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()

    def set_on_stop(self, on_stop: Callable[[Actor], None] | None) -> None:
        self.on_stop = on_stop

    def set_on_error(self, on_error: Callable[[Actor, Exception], None] | None) -> None:
        """Do nothing: the stage itself handles workers that die."""
