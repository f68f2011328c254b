"""A cell: one searcher, scheduler, problem and seed under one budget, as plain data."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from hpobench.contract.problem import Fidelity
from hpobench.contract.seeding import derive_seed

Kind = Literal["searcher", "scheduler", "problem"]
Tell = Literal["last", "full", "every"]
Stage = Literal["virtual", "live"]
Exact = Literal["ray"]
"""``ray`` lets Ray's own code decide for its schedulers. By default ours takes the same decisions
in less time."""


@dataclass(frozen=True)
class Budget:
    """What a cell may spend; the first limit reached ends the cell. ``None`` is no limit."""

    time: float | None = None
    """Seconds on the cell's clock."""
    trials: int | None = None
    """The number of configurations that are started."""
    resource: float | None = None
    """Units of the problem's fidelity. A trial that goes on pays for the steps that it adds, and a
    step that fails costs as much as any other."""
    evaluations: float | None = None
    """The same as ``resource``, in full evaluations."""

    def __post_init__(self) -> None:
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        for key, value in given.items():
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ValueError(f"budget {key} must be positive, not {value}")
        if all(value is None for value in given.values()):
            raise ValueError(f"a budget needs one of {', '.join(given)}")

    def resource_limit(self, fidelity: Fidelity) -> float:
        """The smaller of ``resource`` and ``evaluations``, in units of ``fidelity``."""
        limits = [math.inf]
        if self.resource is not None:
            limits.append(self.resource)
        if self.evaluations is not None:
            limits.append(self.evaluations * fidelity.full)
        return min(limits)

    def __str__(self) -> str:
        return ", ".join(f"{name} {limit:g}" for name, limit in self.to_json().items())

    def to_json(self) -> dict[str, Any]:
        """The limits that are set, by name."""
        return {f.name: v for f in fields(self) if (v := getattr(self, f.name)) is not None}


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
        """The seed of one role in the cell. It depends on the problem and the cell's seed only, so
        that a seed means the same for every algorithm."""
        return derive_seed(role, self.problem.label, self.seed)
