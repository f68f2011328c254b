"""The budget of a cell."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

from hpobench.contract.problem import Fidelity


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
