"""A cell: one searcher, scheduler, problem and seed under one budget, as plain data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hpobench.contract.budget import Budget
from hpobench.contract.seeding import derive_seed

Kind = Literal["searcher", "scheduler", "problem"]
Tell = Literal["last", "full", "every"]
Stage = Literal["virtual", "live"]
Exact = Literal["ray"]
"""``ray`` lets Ray's own code decide for its schedulers. By default ours takes the same decisions
in less time."""


@dataclass(frozen=True)
class PluginRef:
    """A plugin with its options, as a suite uses it."""

    kind: Kind
    name: str
    label: str
    """The name in reports: the suite's ``as``, or else the plugin's name with its options."""
    options: Mapping[str, Any]
    file: str
    """The absolute path of the plugin file."""
    cls: str
    """The class in that file."""
    folder: str = field(default="", compare=False)
    """The absolute path of the suite's folder. It is no part of a cell's identity, because files
    that a problem reads there count by their content."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """What a suite gives a searcher beside its options, in plain JSON types: ``start``,
    ``prior`` and ``stop``."""

    def to_text(self) -> str:
        """JSON that :meth:`from_text` reads. Options keep their order, which may be a space's."""
        return json.dumps({**vars(self), "options": dict(self.options)})

    @classmethod
    def from_text(cls, text: str) -> PluginRef:
        """The reference that :meth:`to_text` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Cell:
    """One run of a suite: everything that its result depends on."""

    id: str
    """A readable prefix and a hash of everything that changes the result."""
    searcher: PluginRef
    scheduler: PluginRef
    problem: PluginRef
    seed: int
    budget: Budget
    workers: int
    stage: Stage = "virtual"
    tell: Tell = "last"
    trial_timeout: float | None = None
    """Seconds of training after which a trial fails on the live stage."""
    pace: float = 1.0
    """Wall seconds that a second of a tabulated problem's cost takes on the live stage."""
    exact: Exact | None = None
    """No part of the identity, because the results are the same."""
    spec: str = ""
    """JSON of everything that changes the result; ``id`` ends with its hash."""

    def role_seed(self, role: Literal["searcher", "scheduler", "problem"]) -> int:
        """The seed of one role in the cell.

        It depends on the problem and the cell's seed only, so that a seed means the same for
        every algorithm.
        """
        return derive_seed(role, self.problem.label, self.seed)
