"""What a twin answers: a forest for losses, and one for costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from numpy.typing import NDArray

from hpobench.api import Config, Curve, Fidelity, Objective, Space, TabulatedProblem
from hpobench.kit import Table, UsageError
from hpobench.problems.recorded._forest import Arrays, Forest, grow
from hpobench.problems.recorded._quality import learnt


def grown(table: Table, cost: str) -> Mapping[str, NDArray[Any]]:
    """The arrays of forests for the losses and the costs of the trials that did not fail."""
    rows, configs = learnt(table)
    if cost not in table.curves:
        raise UsageError(f"twin: the table has no {cost} seconds; choose another cost")
    space = Space.from_json(table.about["trained"])
    forests = [grow(space, configs, table.curves[kind][rows], kind) for kind in ("loss", cost)]
    totals = {"totals": table.curves[cost][rows].sum(axis=1)}
    return totals | {name: array for forest in forests for name, array in forest.items()}


class Model(TabulatedProblem):
    """A twin without its file."""

    name = "twin"

    def __init__(self, about: Mapping[str, Any], arrays: Arrays, cost: str) -> None:
        """``about``: the table's; ``arrays``: what :func:`grown` returned for ``cost``."""
        self.space = Space.from_json(about["trained"])
        self.fidelity = Fidelity(**about["fidelity"])
        self.objective = Objective(**about["objective"])
        self._losses = Forest(self.space, arrays, "loss")
        self._costs = Forest(self.space, arrays, cost)
        self._totals = arrays["totals"]

    def curve(self, config: Config, seed: int) -> Curve:
        plain = self._checked(config)
        return Curve(self._losses.curve(plain).tolist(), self._costs.curve(plain).tolist())

    def finals(self, configs: Sequence[Config], seed: int) -> Sequence[tuple[float, float]]:
        curves = [self._losses.curve(self._checked(config)) for config in configs]
        return [(loss, loss) for *_, loss in (curve.tolist() for curve in curves)]

    def _checked(self, config: Config) -> Config:
        """``config`` without NumPy's types, which a space does not know."""
        plain = {k: v.item() if hasattr(v, "item") else v for k, v in config.items()}
        self.space.check(plain)
        return plain

    def estimate(self) -> float:
        """The median cost of the trials that it was grown on, in seconds."""
        return float(median(self._totals.tolist()))
