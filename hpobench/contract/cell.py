"""A cell: one searcher x scheduler x problem x seed under one budget, as plain data."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hpobench.contract.budget import Budget
from hpobench.contract.seeding import derive_seed

Kind = Literal["searcher", "scheduler", "problem"]
Tell = Literal["last", "full", "every"]
Stage = Literal["virtual", "live"]


@dataclass(frozen=True)
class PluginRef:
    """A plugin as a suite uses it."""

    kind: Kind
    name: str
    label: str
    """What reports call it: the suite's ``as``, else the name with its options."""
    options: Mapping[str, Any]
    file: str
    """Where the plugin lies; absolute."""
    cls: str
    """The class in that file."""
    folder: str = field(default="", compare=False)
    """The suite's folder; absolute. No part of a cell's identity: what a problem reads there
    counts by its content."""

    def to_text(self) -> str:
        """JSON for :meth:`from_text`. Options keep their order, which may be that of a space."""
        return json.dumps({**vars(self), "options": dict(self.options)})

    @classmethod
    def from_text(cls, text: str) -> PluginRef:
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Cell:
    id: str
    """A readable prefix and a hash of all that changes the result."""
    searcher: PluginRef
    scheduler: PluginRef
    problem: PluginRef
    seed: int
    budget: Budget
    workers: int
    stage: Stage = "virtual"
    tell: Tell = "last"
    trial_timeout: float | None = None
    """Seconds of training after which a trial fails; for the live stage."""
    pace: float = 1.0
    """Wall seconds that a second of a tabulated problem's cost takes on the live stage."""
    spec: str = ""
    """JSON of all that changes the result: what ``id`` ends with the hash of."""

    def role_seed(self, role: Literal["searcher", "scheduler", "problem"]) -> int:
        """The seed of one role. It depends on the problem and the cell's seed alone, so that a
        seed means the same for every algorithm."""
        return derive_seed(role, self.problem.label, self.seed)

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {"budget": self.budget.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Cell:
        refs = {kind: PluginRef(**data[kind]) for kind in ("searcher", "scheduler", "problem")}
        return cls(**{**data, **refs, "budget": Budget(**data["budget"])})
