"""What is known of a problem before anybody tunes it, by which near problems are found."""

from __future__ import annotations

from dataclasses import dataclass

from hpobench.contract.parameters import Categorical
from hpobench.contract.space import Space


@dataclass(frozen=True)
class Features:
    """Counts of the space's parameters, and the steps at which trials can be stopped."""

    floats: int
    integers: int
    choices: int
    """Categorical and ordinal parameters."""
    logarithmic: int
    """Numbers on a logarithmic scale."""
    conditional: bool
    steps: int
    """Steps of a trial; 1 where trials cannot be stopped early."""

    @property
    def dimensions(self) -> int:
        return self.floats + self.integers + self.choices

    @property
    def sensible(self) -> bool:
        """Whether a problem can have them."""
        counts = (self.floats, self.integers, self.choices, self.logarithmic)
        return min(counts) >= 0 and self.dimensions > 0 and self.steps > 0


def features_of(space: Space, steps: int) -> Features:
    """The features of a problem with trials of ``steps`` steps."""
    kinds = [parameter.kind for parameter in space]
    return Features(
        floats=kinds.count("float"),
        integers=kinds.count("int"),
        choices=sum(isinstance(parameter, Categorical) for parameter in space),
        logarithmic=sum(bool(getattr(parameter, "log", False)) for parameter in space),
        conditional=space.conditional,
        steps=steps,
    )
