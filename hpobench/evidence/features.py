"""What is known of a problem before anybody tunes it, by which near problems are found."""

from __future__ import annotations

import math
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

    def unlike(self, other: Features) -> float:
        """How unlike two problems are: by the ratios of their numbers of parameters and steps, by
        the shares of each kind of parameter, and by whether there are conditions."""
        ratio = abs(math.log(self.dimensions / other.dimensions))
        ratio += abs(math.log(self.steps / other.steps)) / 4
        shares = sum(
            abs(getattr(self, kind) / self.dimensions - getattr(other, kind) / other.dimensions)
            for kind in ("floats", "integers", "choices", "logarithmic")
        )
        return float(ratio + shares / 2 + (self.conditional != other.conditional))


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
